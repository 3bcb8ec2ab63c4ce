/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modelled MQTT 3.1.1 broker: QoS 1 in both directions, retained messages, last will, persistent
 * and clean sessions, subscriptions with + and #, keep-alive, a window of messages in flight and a
 * bounded queue for each session, restart. What it does on a restart is what Mosquitto does with
 * persistence on: persistent sessions, their queues and retained messages stay; connections and
 * clean sessions go. Depends on port/sim/net.h.
 */
#ifndef ROOST_PORT_SIM_BROKER_H
#define ROOST_PORT_SIM_BROKER_H

#include "port/sim/net.h"

enum {
    SIM_BROKER_PORT = 1883,
    SIM_SESSIONS_MAX = 64,
    SIM_SUBSCRIPTIONS_MAX = 16,
    SIM_RETAINED_MAX = 256,
    SIM_IN_FLIGHT_MAX = 100,
    SIM_QUEUE_MAX = 50000
};

/* A message a session has to get: in flight (id != 0) or waiting behind those. */
struct sim_delivery {
    struct sim_delivery *next;
    struct sim_message *message;
    uint16_t id;
    bool retain;
};

struct sim_session {
    struct sim_broker *broker;
    bool used, clean;
    char client_id[SIM_CLIENT_ID_MAX + 1];
    char subscriptions[SIM_SUBSCRIPTIONS_MAX][128];
    size_t subscription_count;
    struct sim_conn *conn;
    uint32_t connection; /* counts connections: guards the keep-alive of an older one */
    struct sim_message *will;
    uint64_t keepalive_ms, heard_ms;
    struct sim_delivery *head, *tail;
    size_t queued, in_flight, queued_high_water;
    uint64_t dropped; /* over SIM_QUEUE_MAX */
    uint16_t next_id;
};

struct sim_broker {
    struct sim_net *net;
    struct sim_clock *clock;
    bool up;
    struct sim_session sessions[SIM_SESSIONS_MAX];
    struct sim_message *retained[SIM_RETAINED_MAX];
    uint64_t published, unheard /* nobody subscribed */, wills, takeovers, keepalive_losses;
};

void sim_broker_init(struct sim_broker *broker, struct sim_net *net);
void sim_broker_deinit(struct sim_broker *broker);

void sim_broker_stop(struct sim_broker *broker);
void sim_broker_start(struct sim_broker *broker);

/* Ends a client's connection as a broker or the path to it may; false when it has none. */
bool sim_broker_kick(struct sim_broker *broker, const char *client_id);

const struct sim_session *sim_broker_session(const struct sim_broker *broker,
                                             const char *client_id);
const struct sim_message *sim_broker_retained(const struct sim_broker *broker, const char *topic);

bool sim_topic_matches(const char *filter, const char *topic);

#endif
