/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest hub service with WebSocket peers: it sends every message back. Its tests run it with
 * a peer played by hand, over real sockets and in virtual time, unchanged. Pure; depends on
 * hub/peer.h, host/clock.h.
 *
 * /echo/{id}, subprotocol "echo":
 *     stranger     refused with 404
 *     secret       refused with 401 unless Basic authorization is unit:pass
 *     guest        let in and closed with 1008 and a reason
 *     late-...     let in ECHO_LATE_MS later; late-no... refused with 403 then
 *     any other    let in at once; a second one of an id replaces the first (4000)
 * Messages: "close CODE REASON" closes; "flood N" sends N messages of ECHO_FLOOD_BYTES, and
 * "drained" when some did not fit and the rest is sent; "who" is answered with the certificate's
 * name; all else is sent back.
 */
#ifndef ROOST_TESTS_ECHO_ECHO_H
#define ROOST_TESTS_ECHO_ECHO_H

#include "host/clock.h"
#include "hub/peer.h"

enum { ECHO_PEERS_MAX = 16, ECHO_ID_MAX = 24, ECHO_LATE_MS = 300, ECHO_FLOOD_BYTES = 1000 };
enum { ECHO_REPLACED = 4000 };

struct echo;

struct echo_peer {
    struct echo *echo;
    struct hub_peer *peer; /* NULL: free */
    bool open;
    uint64_t answer_ms;
    char id[ECHO_ID_MAX + 1], certificate[32];
};

struct echo {
    struct host_clock clock;
    struct echo_peer peers[ECHO_PEERS_MAX];
    struct hub_socket_route routes[1];
    uint64_t asked, refused, opened, closed, left; /* left: before they were let in */
    uint64_t messages, sent, dropped;
    uint16_t code; /* of the last one closed */
};

void echo_init(struct echo *echo, const struct host_clock *clock);
/* Answers whose turn it is; returns when next, UINT64_MAX: never. */
uint64_t echo_tick(struct echo *echo, uint64_t now_ms);
/* Peers that are open. */
size_t echo_count(const struct echo *echo);
/* Every peer that asked was refused, or is there, or was reported gone. */
bool echo_adds_up(const struct echo *echo);

#endif
