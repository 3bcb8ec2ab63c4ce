/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP and FTP client of a modelled board: one download or upload at a time over the modelled
 * network, in parts of at most ROOST_HTTP_PART_MAX. While the device refuses a part the connection
 * is not read, so that the rest waits in the network. An upload's body waits in one segment. Every
 * host name is the hub's. Depends on web.h.
 */
#ifndef ROOST_PORT_SIM_HTTP_H
#define ROOST_PORT_SIM_HTTP_H

#include "port/port.h"
#include "port/sim/web.h"

struct sim_board;

enum { SIM_HTTP_STALL_MS = 20000, SIM_HTTP_REDIRECTS = 3 };

struct sim_http {
    bool active;
    struct sim_conn *conn;
    uint32_t life; /* counts downloads, guards their timers */
    bool secure, answered;
    unsigned redirects;
    char path[SIM_WEB_PATH_MAX + 1];
    uint16_t port;
    int code;
    uint64_t offset, left;       /* of the next byte to hand on; bytes to come from there on */
    struct sim_message *segment; /* being handed on, `taken` bytes of it are the device's */
    size_t taken;
    uint64_t heard_ms;
    uint64_t refused; /* parts, since power-on */
    struct sim_web_request request;
    struct {
        bool active, whole, ended, room_due, pumping;
        uint64_t len, taken;
        size_t used;
        uint8_t room[SIM_WEB_SEGMENT];
    } up;
};

void sim_http_init(struct sim_board *board);
/* ---- between http*.c ---- */

int sim_http_write(void *ctx, const void *data, size_t len);
/* The upload's connection stands. */
void sim_http_begin_upload(struct sim_board *board);
/* What an answer to an upload means. */
int sim_http_upload_status(const struct sim_http *http, int code);

/* Offers a part again that was refused. */
void sim_http_stepped(struct sim_board *board);
/* Without a word, as a reset or a power cut. */
void sim_http_off(struct sim_board *board);

#endif
