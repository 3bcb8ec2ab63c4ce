/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The WebSocket client of a modelled board, with the limits of the chip's (port/esp-idf/esp_ws.c):
 * what waits to be sent and a message are bounded as there. Every host name is the hub's, at the
 * port of the URL. A client certificate, a slot's too, is read for its subject. A server that shows
 * its chain is judged by it when there are roots to go by; else it says itself whether it is to be
 * trusted. Depends on ws_end.h, port/pki/server.h and OpenSSL's X.509.
 */
#ifndef ROOST_PORT_SIM_WS_H
#define ROOST_PORT_SIM_WS_H

#include "port/port.h"
#include "port/sim/ws_end.h"

struct sim_board;

enum {
    SIM_WS_SEND_MAX = 18 * 1024,    /* bytes that wait; a message takes at most half of it */
    SIM_WS_MESSAGE_MAX = 32 * 1024, /* put together in memory; ... */
    SIM_WS_PARTS_MAX = 64 * 1024,   /* ... and handed over in parts */
    SIM_WS_PART_BYTES = 1024,
    SIM_WS_CONNECT_MS = 20000,
};

struct sim_ws {
    bool active;           /* from open to WS_CLOSED */
    struct sim_conn *conn; /* while it connects: then it is the end's */
    uint32_t life;         /* counts opens, guards their timers */
    struct roost_ws_options options;
    uint16_t port;
    struct sim_ws_request request;
    struct sim_ws_end end;
};

void sim_ws_init(struct sim_board *board);
/* Without a word, as a reset or a power cut. */
void sim_ws_off(struct sim_board *board);

/* Fault: the firmware's task does not get to reading, or does again. Lasts as long as the
 * connection. */
void sim_ws_stall(struct sim_board *board, bool stalled);

#endif
