/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A modelled web and FTP server on the hub's machine: named files over GET, with Range, at the pace
 * of a line, boxes that uploads come into (sim_web_box), and whatever servers and what stands
 * before them do to a download. The exchange is modelled, not its text: one struct each way, then
 * the body in segments. Depends on net.h.
 *
 *     struct sim_web_file *file = sim_web_put(&sim.web, "/firmware.bin", image, image_len);
 *     file->cut_after = 4000;
 */
#ifndef ROOST_PORT_SIM_WEB_H
#define ROOST_PORT_SIM_WEB_H

#include "port/port.h"
#include "port/sim/net.h"

enum {
    SIM_HTTP_PORT = 80,
    SIM_HTTPS_PORT = 443,
    SIM_FTP_PORT = 21,
    SIM_WEB_BOXES_MAX = 8,
    SIM_WEB_UPLOAD_MAX = 1024 * 1024, /* more is answered with 507, 552 of FTP */
    SIM_WEB_WORD_MAX = 63,
    SIM_WEB_FILES_MAX = 16,
    SIM_WEB_TRANSFERS_MAX = 64, /* more at once are reset */
    SIM_WEB_PATH_MAX = 63,
    SIM_WEB_LOCATION_MAX = 127,
    SIM_WEB_SEGMENT = 1460,
    SIM_WEB_WINDOW = 8 /* segments on the way */
};

/* What is sent for a GET, and what answers it ahead of the body. */
struct sim_web_request {
    uint64_t offset; /* Range, 0: none */
    bool secure, ftp;
    uint8_t method; /* enum roost_http_method: the body of an upload follows, an empty segment ends
                       it */
    char path[SIM_WEB_PATH_MAX + 1];
    char user[SIM_WEB_WORD_MAX + 1], password[SIM_WEB_WORD_MAX + 1], type[SIM_WEB_WORD_MAX + 1];
};
struct sim_web_answer {
    int code;
    bool untrusted;  /* the handshake showed a certificate nobody vouches for: there is no code */
    uint64_t offset; /* 206: of the first byte */
    uint64_t length; /* of the body that follows */
    char location[SIM_WEB_LOCATION_MAX + 1]; /* 3xx */
};

struct sim_web_file {
    bool used;
    char path[SIM_WEB_PATH_MAX + 1];
    struct sim_message *content;
    /* How it is served; zeros: as it should be. */
    int code; /* instead of 200 and 206: this, with a short page */
    bool ignores_range;
    size_t cut_after;    /* the connection is closed behind this many bytes of the file */
    uint32_t segment_ms; /* between two segments; 0: the server's */
    char location[SIM_WEB_LOCATION_MAX + 1]; /* with a code of 3xx */
    uint64_t requests;
};

/* Where uploads to a path go. */
struct sim_web_box {
    bool used;
    char path[SIM_WEB_PATH_MAX + 1];
    /* How they are taken; zeros: as it should be. */
    int code;                    /* this, before the body has come */
    const char *user, *password; /* 401, or 530 of FTP, without them; NULL: anybody */
    size_t cut_after;            /* the connection is closed behind this many bytes */
    /* The last one that came whole. */
    uint64_t uploads;
    uint8_t method;
    char type[SIM_WEB_WORD_MAX + 1];
    uint8_t *bytes;
    size_t len;
};

struct sim_web_transfer {
    struct sim_web *web;
    struct sim_conn *conn; /* NULL: free */
    uint32_t life;         /* guards its timer */
    struct sim_message *content;
    size_t at, end; /* of what is still to be sent */
    bool cut;
    uint32_t segment_ms;
    struct sim_web_box *box; /* of an upload */
    struct sim_web_request request;
    uint8_t *came;
    size_t came_len;
    uint64_t moved_ms; /* when the line last took a segment */
};

struct sim_web {
    struct sim_net *net;
    bool away;      /* nobody listens */
    bool untrusted; /* its certificate */
    uint32_t segment_ms;
    struct sim_web_file files[SIM_WEB_FILES_MAX];
    struct sim_web_box boxes[SIM_WEB_BOXES_MAX];
    struct sim_web_transfer transfers[SIM_WEB_TRANSFERS_MAX];
    uint64_t requests, bytes;
};

void sim_web_init(struct sim_web *web, struct sim_net *net);
void sim_web_deinit(struct sim_web *web);

/* Serves a copy of the bytes under this path from now on, as it should be; a download on its way
 * goes on with what it began. More than SIM_WEB_FILES_MAX is a bug of the user and asserts. */
struct sim_web_file *sim_web_put(struct sim_web *web, const char *path, const void *bytes,
                                 size_t len);
/* Takes uploads to this path from now on; one to any other is answered with 404, 550 of FTP. */
struct sim_web_box *sim_web_box(struct sim_web *web, const char *path);
/* 404 from now on. */
void sim_web_remove(struct sim_web *web, const char *path);

#endif
