/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A service with WebSocket routes on the server of http_rig.h, and frames over blocking sockets
 * against it. Every wait ends at the latest after RIG_WAIT_S.
 */
#ifndef ROOST_HOST_NET_E2E_WEBSOCKET_RIG_H
#define ROOST_HOST_NET_E2E_WEBSOCKET_RIG_H

#include <stdatomic.h>

#include "host/net/websocket.h"
#include "http_rig.h"

/*
 * GET /ws/{id}     sends every message back; 404 for the id "unknown". The text "close CODE REASON"
 *                  closes, "bad" tries to send what is not UTF-8, "huge" more than send_max
 * GET /ws/auth     the same; 401 without Authorization
 * GET /ws/ocpp     the same with ocpp2.0.1 or ocpp1.6; without one it closes with 1002
 * GET /ws/open     the same, for every Origin
 * GET /ws/guarded  refused by the guard: 401
 * GET /ws/ping     pings each 100 ms
 * GET /ws/idle     closes after 100 ms without a message
 * GET /ws/small    queues 64 KiB; "flood" sends 40 numbered messages of 1000 bytes; says "writable"
 * GET /ws/later    accepted when /ws/accept is asked
 */
struct service {
    struct http_route routes[10];
    atomic_uint opened, messages, closed, refused; /* refused: sends that were FULL */
    atomic_uint code;                              /* of the last one closed */
    atomic_int bad, huge;                          /* what those sends returned */
    atomic_uint accepted;                          /* numbered messages that were queued */
    struct http_exchange *later;
    atomic_bool waits; /* one is at /ws/later */
};

/* Between rig_init and rig_start. */
void service_add(struct service *service, struct rig *rig);
/* Waits until so many are closed, and returns the code of the last. */
unsigned service_closed(struct service *service, unsigned count);

#define WEBSOCKET_KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" /* RFC 6455's own */

/* The request for an upgrade, with further header lines. In static memory. */
const char *upgrade_request(const char *path, const char *headers);
/* Connects and is accepted. */
int open_websocket(const struct rig *rig, const char *path);

/* head: the first byte, 0x81 for a whole text. */
void send_frame(int fd, unsigned head, const void *data, size_t len);
void send_message(int fd, const char *text);

struct frame {
    unsigned head;
    size_t len;
    char data[128 * 1024]; /* NUL-terminated */
};

void read_frame(int fd, struct frame *frame);
void expect_frame(int fd, unsigned head, const char *text);
/* Reads the close frame, with the reason unless that is NULL, and the end of the connection. */
void expect_close(int fd, unsigned code, const char *reason);

#endif
