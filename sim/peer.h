/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Serves the socket routes of hub services (hub/peer.h) in virtual time, as hub/sockets does on
 * roostd's HTTP server: boards reach them with port.ws over the modelled network. A crash forgets
 * routes and peers without a word to the services, whose memory is gone too; their peers' sockets
 * are reset. Paths are matched by the same code as roostd's. Draws no random number. Depends on
 * hub/peer.h, port/sim/ws_end.h, host/net's pure parts (routes, targets, UTF-8).
 *
 *     sim_sockets_init(&sockets, &sim.net);
 *     sim_sockets_add(&sockets, csms_routes, csms_route_count, csms);
 *     sim_sockets_start(&sockets);
 *     ...
 *     sockets.cut_in = 7;              the connection breaks at the seventh message from now
 *     sim_sockets_crash(&sockets);
 */
#ifndef ROOST_SIM_PEER_H
#define ROOST_SIM_PEER_H

#include "host/net/http_route.h"
#include "hub/peer.h"
#include "port/sim/ws_end.h"

enum {
    SIM_PEERS_MAX = 128, /* more are refused with 503 */
    SIM_SOCKET_ROUTES_MAX = 16,
    SIM_ANSWER_MS = 30000, /* for a service to answer; 504 after it */
};

struct sim_sockets;

/* One route of a service, and what leads to it. */
struct sim_socket_door {
    struct sim_sockets *sockets;
    const struct hub_socket_route *route;
    void *service;
    struct http_route http;
};

enum sim_peer_state { SIM_PEER_FREE, SIM_PEER_ASKING, SIM_PEER_OPEN };

struct sim_peer {
    struct sim_sockets *sockets;
    enum sim_peer_state state;
    uint32_t life;   /* counts peers in this place, guards their timers */
    uint32_t number; /* counts all peers: names this one in the trace */
    struct hub_peer peer;
    const struct sim_socket_door *door;
    struct sim_conn *conn; /* while it asks */
    struct sim_ws_end end;
    bool broken; /* by cut_in: what is sent or comes is lost, until the end is noticed */
    char subprotocol[SIM_WS_NAME_MAX + 1];
};

struct sim_sockets {
    struct sim_net *net;
    bool up;
    bool untrusted;  /* fault: the certificate under TLS */
    uint64_t cut_in; /* fault: the connection breaks at the n-th message from now; 0: none */
    /* Called after each call of a service, which may have something to do now. NULL: nobody. */
    void (*wake)(void *ctx);
    void *wake_ctx;

    struct sim_socket_door doors[SIM_SOCKET_ROUTES_MAX];
    size_t door_count;
    struct http_routes routes;
    struct sim_peer peers[SIM_PEERS_MAX];
    uint64_t asked, accepted, refused, messages_in, messages_out, dropped, cuts;
};

/* Listens at SIM_WS_PORT and SIM_WSS_PORT; refuses until it is started. */
void sim_sockets_init(struct sim_sockets *sockets, struct sim_net *net);
/* As hub_sockets_add. */
int sim_sockets_add(struct sim_sockets *sockets, const struct hub_socket_route *routes,
                    size_t count, void *service);
void sim_sockets_start(struct sim_sockets *sockets);
/* As kill -9. */
void sim_sockets_crash(struct sim_sockets *sockets);
/* Before the network's. */
void sim_sockets_deinit(struct sim_sockets *sockets);

/* Peers that are in. */
size_t sim_sockets_open(const struct sim_sockets *sockets);

#endif
