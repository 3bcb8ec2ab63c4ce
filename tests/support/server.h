/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small web server of the port's conformance suite, on the test's own loop: the WebSocket paths
 * of port/conformance_ws.c, the download paths of port/conformance_http.c and the upload paths of
 * port/conformance_upload.c, written from RFC 6455
 * and RFC 9110 without the libraries the port is made of, and able to behave badly on purpose.
 * Beside those of the suite: /huge sends one text message of 200000 bytes in four frames,
 * /status/NNN answers a download with that code and a word.
 */
#ifndef ROOST_TESTS_SUPPORT_SERVER_H
#define ROOST_TESTS_SUPPORT_SERVER_H

#include <stdint.h>
#include <uv.h>

#include "tests/support/upload.h"

struct support_server {
    uv_tcp_t listener;
    uv_loop_t *loop;
    uint16_t port;
    struct support_connection *connections;
    uint16_t close_code;            /* of the last close frame a client sent */
    struct support_upload uploaded; /* the last upload that came whole */
    char uploaded_method[8], uploaded_type[64];
};

/* Listens on a free port of 127.0.0.1. */
void support_server_start(struct support_server *server, uv_loop_t *loop);

/* Closes everything; the loop has to run once more before it is gone. */
void support_server_stop(struct support_server *server);

#endif
