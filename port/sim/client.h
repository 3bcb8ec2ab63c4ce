/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modelled MQTT client, on whose events the device's port, the hub's bus and the model's stand-in
 * are built. Calls its events from the event loop only. Depends on port/sim/net.h.
 */
#ifndef ROOST_PORT_SIM_CLIENT_H
#define ROOST_PORT_SIM_CLIENT_H

#include "port/sim/net.h"

enum { SIM_CLIENT_OUTGOING_MAX = 32 };

struct sim_client_ops {
    void (*opened)(void *ctx, bool session_present);
    /* Once for each open: ROOST_OK after close(), REFUSED, TIMEOUT, IO. */
    void (*closed)(void *ctx, int why);
    void (*acked)(void *ctx, uint64_t token);
    /* token: for sim_client_ack, 0 for QoS 0. */
    void (*message)(void *ctx, const struct sim_message *message, uint64_t token, bool retain,
                    bool dup);
};

struct sim_client_options {
    const char *client_id;
    const char *will_topic, *will_payload; /* NULL: none */
    uint16_t keepalive_s;
    bool clean_session;
};

enum sim_client_state {
    SIM_CLIENT_CLOSED,
    SIM_CLIENT_CONNECTING,
    SIM_CLIENT_OPEN,
    SIM_CLIENT_CLOSING
};

struct sim_client {
    struct sim_net *net;
    struct sim_host *host;
    const struct sim_client_ops *ops;
    void *ctx;
    bool
        manual_ack; /* the owner calls sim_client_ack; else a message is acknowledged on delivery */
    uint32_t outgoing_max; /* QoS-1 publishes that may wait for their acknowledgement */
    enum sim_client_state state;
    uint32_t connection; /* counts opens, guards timers */
    struct sim_conn *conn;
    uint64_t keepalive_ms, sent_ms, heard_ms;
    uint16_t next_id;
    bool paused;
    uint16_t outgoing[SIM_CLIENT_OUTGOING_MAX]; /* packet ids waiting, 0: free */
    uint64_t published, received, connects;
};

void sim_client_init(struct sim_client *client, struct sim_net *net, struct sim_host *host,
                     const struct sim_client_ops *ops, void *ctx);
/* As port.h: open, publish, subscribe and close of struct roost_mqtt_ops. */
int sim_client_open(struct sim_client *client, const struct sim_client_options *options);
int sim_client_publish(struct sim_client *client, const char *topic, const void *payload,
                       size_t len, int qos, bool retain);
int sim_client_subscribe(struct sim_client *client, const char *topic);
int sim_client_close(struct sim_client *client);
/* Acknowledges a received message; nothing happens when its connection is over. */
void sim_client_ack(struct sim_client *client, uint64_t token);
void sim_client_pause(struct sim_client *client, bool paused);

/* Its machine lost power or its process was killed: no event follows. A killed process's connection
 * is reset by its system, a machine without power is silent. */
void sim_client_die(struct sim_client *client, bool silent);

#endif
