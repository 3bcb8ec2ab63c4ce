/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP(S) download of a board: libcurl's multi interface on the loop. The body is handed on in
 * pieces of at most ROOST_HTTP_PART_MAX bytes; while the device's queue is full the transfer is
 * paused and the piece is offered again after the device's next step, so that a download loses
 * nothing.
 */
#ifndef ROOST_PORT_LINUX_HTTP_H
#define ROOST_PORT_LINUX_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "port/port.h"

struct roost_board;
struct roost_host;

enum { LINUX_HTTP_REDIRECTS = 3 };

struct linux_http_host {
    void *multi; /* CURLM, made with the first download */
    uv_timer_t timer;
};

struct linux_http {
    void *easy; /* CURL of the running download */
    bool active, begun, finished, paused;
    uint64_t from;      /* the offset that was asked for */
    uint64_t offset;    /* of the next byte to hand on */
    size_t piece_taken; /* bytes of curl's current block the device has already */
    bool body_refused;  /* Range was ignored, or the answer is no content of the file */
    int status;
    long code;
};

void linux_http_init(struct roost_board *board);
void linux_http_deinit(struct roost_board *board);
void linux_http_deliver(struct roost_board *board);
void linux_http_drop(struct roost_board *board);

int linux_http_host_init(struct roost_host *host);
void linux_http_host_deinit(struct roost_host *host);

#endif
