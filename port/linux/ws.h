/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WebSocket client of a board on libwebsockets, which runs on the same loop. One context serves all
 * boards of a host and is made with the first open, so that a process without WebSockets does not
 * pay for it. Limits: LINUX_WS_SEND_MAX bytes wait to be sent.
 */
#ifndef ROOST_PORT_LINUX_WS_H
#define ROOST_PORT_LINUX_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "port/linux/names.h"
#include "port/linux/tls_link.h"
#include "port/port.h"

struct lws;
struct lws_context;
struct lws_vhost;
struct roost_board;
struct roost_host;

enum { LINUX_WS_SEND_MAX = 256 * 1024, LINUX_WS_MESSAGE_MAX = 64 * 1024 };

struct linux_ws_host {
    struct lws_context *context;
};

struct linux_ws_message {
    struct linux_ws_message *next;
    size_t len;
    int kind; /* LWS_WRITE_TEXT and the like */
    uint8_t bytes[]; /* LWS_PRE in front, then len */
};

enum linux_ws_state {
    LINUX_WS_CLOSED,
    LINUX_WS_CONNECTING,
    LINUX_WS_OPEN,
    LINUX_WS_CLOSING, /* what is queued goes out, then the close frame */
    LINUX_WS_ENDING,  /* WS_CLOSED is to be posted */
};

struct linux_ws {
    enum linux_ws_state state;
    struct roost_ws_options options;
    struct lws_vhost *vhost; /* holds the certificates of this connection */
    struct linux_tls_link link;
    struct lws *connection;
    struct linux_names names;
    char *url; /* a copy, cut into its parts by the next three */
    const char *host;
    int port;
    bool tls;
    char path[512];
    struct linux_ws_message *first, *last;
    size_t queued_bytes;
    uint8_t *incoming; /* the message that is arriving; NULL: in parts */
    size_t incoming_len, incoming_size;
    uv_timer_t ping_timer;
    bool ping_due, pong_missing, drop, close_sent;
    uint16_t close_code;   /* what to send, then what was received */
    uint16_t refused_code; /* HTTP status of a handshake that was refused */
    int status;
};

void linux_ws_init(struct roost_board *board);
void linux_ws_deinit(struct roost_board *board);
void linux_ws_deliver(struct roost_board *board);
void linux_ws_drop(struct roost_board *board);
size_t linux_ws_held_bytes(const struct linux_ws *ws);

void linux_ws_host_deinit(struct roost_host *host);
/* When the loop has run after it. */
void linux_ws_host_free(struct roost_host *host);

#endif
