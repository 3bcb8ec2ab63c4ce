/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modelled network: connections that behave like TCP under everything a field network does. Packets
 * arrive in order after delay and jitter, a lost one late (it is sent again); a partition holds
 * what is on the way until it heals; an end that lost power is silent, and answers with a reset
 * once it is back. Carries whole MQTT packets and pieces of any other stream. All servers are one
 * machine, told apart by their ports. Depends on port/sim/clock.h and core/err.h.
 */
#ifndef ROOST_PORT_SIM_NET_H
#define ROOST_PORT_SIM_NET_H

#include "port/sim/clock.h"

/* ---- what is carried ---- */

/* A message is shared by all who hold it. topic and bytes are inside the same allocation. */
struct sim_message {
    uint32_t refs;
    uint8_t qos;
    bool retain;
    const char *topic;    /* NUL-terminated */
    const uint8_t *bytes; /* a NUL follows the last */
    size_t len;
};

/* Starts with one reference. Never NULL: out of memory ends the simulation. */
struct sim_message *sim_message_new(const char *topic, const void *bytes, size_t len, int qos,
                                    bool retain);
struct sim_message *sim_message_hold(struct sim_message *message);
void sim_message_drop(struct sim_message *message); /* NULL allowed */

enum sim_packet_type {
    SIM_CONNECT,
    SIM_CONNACK,
    SIM_PUBLISH,
    SIM_PUBACK,
    SIM_SUBSCRIBE,
    SIM_PINGREQ,
    SIM_PINGRESP,
    SIM_DISCONNECT,
    SIM_BYTES, /* of another protocol: message->bytes */
    SIM_FIN,   /* the network's own: the other end closed */
    SIM_RESET, /* the network's own: the other end is not there */
};

enum { SIM_CLIENT_ID_MAX = 64 };

struct sim_packet {
    struct sim_packet *next;
    uint64_t arrive_ms;
    enum sim_packet_type type;
    uint16_t id;
    bool dup, clean_session, session_present;
    uint16_t keepalive_s;
    char client_id[SIM_CLIENT_ID_MAX + 1]; /* CONNECT */
    struct sim_message *message; /* PUBLISH; CONNECT: the will or NULL; SUBSCRIBE: its topic */
};

/* ---- hosts and connections ---- */

/* Where clients live: a device with its radio, or the hub's machine. */
struct sim_host {
    struct sim_random random;
    uint32_t delay_ms, jitter_ms, loss_per_million;
    bool partitioned; /* nothing gets through, nobody is told */
    bool powered;     /* false: as partitioned, and no reset is answered */
};

enum sim_end { SIM_CLIENT, SIM_SERVER };

struct sim_conn;

/* Called from the event loop, never from inside a call of this module. */
struct sim_end_ops {
    /* The packet is the caller's and valid during the call; hold its message to keep it. */
    void (*packet)(void *ctx, struct sim_conn *conn, const struct sim_packet *packet);
    /* The other end closed (0) or is gone (ROOST_ERR_IO). The connection must not be used again. */
    void (*closed)(void *ctx, struct sim_conn *conn, int why);
};

/* One direction. */
struct sim_way {
    struct sim_packet *head, *tail;
    size_t count;
    uint64_t last_arrival_ms;
    bool scheduled, paused;
};

struct sim_conn {
    struct sim_net *net;
    struct sim_host *host;
    struct sim_conn *next;
    bool established; /* something arrived: before that there is nobody to take leave of */
    bool gone[2];     /* by enum sim_end */
    const struct sim_end_ops *ops[2];
    void *ctx[2];
    struct sim_way towards[2];
};

enum { SIM_LISTENERS_MAX = 8 };

struct sim_listener {
    uint16_t port;
    const struct sim_end_ops *ops;
    void *ctx;
};

struct sim_net {
    struct sim_clock *clock;
    struct sim_conn *conns;
    struct sim_listener listeners[SIM_LISTENERS_MAX];
    size_t listener_count;
    uint64_t packets, resent, resets;
    size_t conn_count, way_high_water;
};

void sim_net_init(struct sim_net *net, struct sim_clock *clock);
void sim_net_deinit(struct sim_net *net);
void sim_host_init(struct sim_host *host, uint64_t seed, uint64_t index);

/* Starts or heals a partition, or gives and takes power; what waited is resent after a while. */
void sim_host_set_partitioned(struct sim_net *net, struct sim_host *host, bool partitioned);
void sim_host_set_powered(struct sim_net *net, struct sim_host *host, bool powered);

/* From now on `ops` answer who connects to this port. */
void sim_net_listen(struct sim_net *net, uint16_t port, const struct sim_end_ops *ops, void *ctx);

/* Where nobody listens the first packet is answered with a reset. */
struct sim_conn *sim_net_connect(struct sim_net *net, struct sim_host *host, uint16_t port,
                                 const struct sim_end_ops *ops, void *ctx);

/* Sends a copy; takes over the caller's reference to packet->message. */
void sim_conn_send(struct sim_conn *conn, enum sim_end from, const struct sim_packet *packet);
/* Back-pressure: packets towards `end` wait in the network. */
void sim_conn_pause(struct sim_conn *conn, enum sim_end end, bool paused);
/* After these the end's callbacks are not called again. close: the other end hears of it after what
 * is on the way; reset: at once; vanish: not before it sends something. */
void sim_conn_close(struct sim_conn *conn, enum sim_end end);
void sim_conn_reset(struct sim_conn *conn, enum sim_end end);
void sim_conn_vanish(struct sim_conn *conn, enum sim_end end);

#endif
