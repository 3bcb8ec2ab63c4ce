/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP(S) and FTP of a board: libcurl's multi interface on the loop. A download's body is handed on
 * in pieces of at most ROOST_HTTP_PART_MAX bytes; while the device's queue is full the transfer is
 * paused and the piece is offered again after the device's next step, so that a download loses
 * nothing. An upload's waits in LINUX_HTTP_ROOM bytes; libcurl is paused while there are none. Each
 * transfer has a connection of its own: another one may trust and be trusted otherwise.
 */
#ifndef ROOST_PORT_LINUX_HTTP_H
#define ROOST_PORT_LINUX_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "port/linux/tls_link.h"
#include "port/port.h"

struct roost_board;
struct roost_host;

enum { LINUX_HTTP_REDIRECTS = 3, LINUX_HTTP_ROOM = 4096 };

struct linux_http_host {
    void *multi; /* CURLM, made with the first download */
    uv_timer_t timer;
};

struct linux_http {
    void *easy; /* CURL of the running transfer */
    struct linux_tls_link link;
    bool active, begun, finished, paused;
    uint64_t from;      /* the offset that was asked for */
    uint64_t offset;    /* of the next byte to hand on */
    size_t piece_taken; /* bytes of curl's current block the device has already */
    bool body_refused;  /* Range was ignored, or the answer is no content of the file */
    bool ftp;
    struct {
        bool active, whole; /* whole: write said that this was all */
        bool starved;       /* curl is paused until there is more */
        bool room_due;      /* HTTP_ROOM is owed */
        uint64_t len, taken, sent;
        size_t used;   /* bytes of room */
        uint8_t *room; /* LINUX_HTTP_ROOM */
        void *headers; /* struct curl_slist */
    } up;
    int status;
    long code;
};

void linux_http_init(struct roost_board *board);
void linux_http_deinit(struct roost_board *board);
void linux_http_deliver(struct roost_board *board);
void linux_http_drop(struct roost_board *board);

/* ---- between http*.c ---- */

/* The multi handle is there when it returns 0. */
int linux_http_multi(struct roost_host *host);
/* Looks for transfers that have ended. */
void linux_http_finished(struct roost_host *host);

int linux_http_set_upload(struct roost_board *board, const struct roost_http_request *request);
int linux_http_write(void *ctx, const void *data, size_t len);
/* Posts HTTP_ROOM when it is owed. */
void linux_http_offer_room(struct roost_board *board);
void linux_http_forget_upload(struct linux_http *http);

int linux_http_host_init(struct roost_host *host);
void linux_http_host_deinit(struct roost_host *host);

#endif
