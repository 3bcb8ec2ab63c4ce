/* SPDX-License-Identifier: Apache-2.0 */
#include "port/sim/broker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"

bool sim_topic_matches(const char *filter, const char *topic)
{
    for (;;) {
        if (filter[0] == '#')
            return true;
        if (filter[0] == '+') {
            topic += strcspn(topic, "/");
            filter++;
        } else {
            while (*filter && *filter != '/' && *filter == *topic) {
                filter++;
                topic++;
            }
        }
        if (*topic == '\0')
            return *filter == '\0' || strcmp(filter, "/#") == 0;
        if (*filter != '/' || *topic != '/')
            return false;
        filter++;
        topic++;
    }
}

/* ---- sessions ---- */

static struct sim_session *session_find(const struct sim_broker *broker, const char *client_id)
{
    for (size_t i = 0; i < SIM_SESSIONS_MAX; i++)
        if (broker->sessions[i].used && strcmp(broker->sessions[i].client_id, client_id) == 0)
            return (struct sim_session *)&broker->sessions[i];
    return NULL;
}

static struct sim_session *session_new(struct sim_broker *broker, const char *client_id)
{
    for (size_t i = 0; i < SIM_SESSIONS_MAX; i++) {
        struct sim_session *session = &broker->sessions[i];

        if (session->used)
            continue;
        *session = (struct sim_session){
            .broker = broker, .used = true, .connection = session->connection + 1};
        snprintf(session->client_id, sizeof session->client_id, "%s", client_id);
        return session;
    }
    ROOST_ASSERT(!"more clients than the modelled broker has sessions");
    return NULL;
}

static void session_clear(struct sim_session *session)
{
    while (session->head) {
        struct sim_delivery *delivery = session->head;

        session->head = delivery->next;
        sim_message_drop(delivery->message);
        free(delivery);
    }
    session->tail = NULL;
    session->queued = session->in_flight = 0;
    session->subscription_count = 0;
}

static void session_end(struct sim_session *session)
{
    sim_message_drop(session->will);
    session_clear(session);
    session->used = false;
}

static void send_publish(struct sim_session *session, const struct sim_delivery *delivery, bool dup)
{
    struct sim_packet packet = {.type = SIM_PUBLISH, .id = delivery->id, .dup = dup};

    packet.message = sim_message_hold(delivery->message);
    packet.session_present =
        delivery->retain; /* PUBLISH: the retain flag as the receiver sees it */
    sim_conn_send(session->conn, SIM_SERVER, &packet);
}

/* Sends what the window has room for. Deliveries in flight are always the first of the queue. */
static void session_pump(struct sim_session *session)
{
    struct sim_delivery *delivery = session->head;

    for (size_t i = 0; i < session->in_flight; i++) {
        ROOST_ASSERT(delivery);
        delivery = delivery->next;
    }
    while (session->conn && delivery && session->in_flight < SIM_IN_FLIGHT_MAX) {
        if (++session->next_id == 0)
            session->next_id = 1;
        delivery->id = session->next_id;
        session->in_flight++;
        send_publish(session, delivery, false);
        delivery = delivery->next;
    }
}

static void session_deliver(struct sim_session *session, struct sim_message *message, bool retain)
{
    struct sim_delivery *delivery;

    if (!session->conn && (session->clean || message->qos == 0))
        return;
    if (message->qos == 0) {
        struct sim_delivery now = {.message = message, .retain = retain};

        send_publish(session, &now, false);
        return;
    }
    if (session->queued == SIM_QUEUE_MAX) {
        session->dropped++;
        return;
    }
    delivery = calloc(1, sizeof *delivery);
    ROOST_ASSERT(delivery);
    delivery->message = sim_message_hold(message);
    delivery->retain = retain;
    if (session->tail)
        session->tail->next = delivery;
    else
        session->head = delivery;
    session->tail = delivery;
    if (++session->queued > session->queued_high_water)
        session->queued_high_water = session->queued;
    session_pump(session);
}

static void session_acked(struct sim_session *session, uint16_t id)
{
    struct sim_delivery *before = NULL;
    struct sim_delivery *delivery = session->head;

    for (size_t i = 0; i < session->in_flight; i++) {
        if (delivery->id == id) {
            if (before)
                before->next = delivery->next;
            else
                session->head = delivery->next;
            if (session->tail == delivery)
                session->tail = before;
            sim_message_drop(delivery->message);
            free(delivery);
            session->queued--;
            session->in_flight--;
            session_pump(session);
            return;
        }
        before = delivery;
        delivery = delivery->next;
    }
}

/* ---- routing ---- */

static void retain(struct sim_broker *broker, struct sim_message *message)
{
    struct sim_message **slot = NULL;

    for (size_t i = 0; i < SIM_RETAINED_MAX; i++) {
        if (!broker->retained[i])
            slot = slot ? slot : &broker->retained[i];
        else if (strcmp(broker->retained[i]->topic, message->topic) == 0) {
            slot = &broker->retained[i];
            break;
        }
    }
    ROOST_ASSERT(slot);
    sim_message_drop(*slot);
    *slot = message->len > 0 ? sim_message_hold(message) : NULL;
}

static void route(struct sim_broker *broker, struct sim_message *message)
{
    bool heard = false;

    broker->published++;
    if (message->retain)
        retain(broker, message);
    for (size_t i = 0; i < SIM_SESSIONS_MAX; i++) {
        struct sim_session *session = &broker->sessions[i];

        if (!session->used)
            continue;
        for (size_t k = 0; k < session->subscription_count; k++)
            if (sim_topic_matches(session->subscriptions[k], message->topic)) {
                session_deliver(session, message, false);
                heard = true;
                break;
            }
    }
    broker->unheard += !heard;
}

/* ---- connections ---- */

enum farewell { ORDERLY, LOST };

static void session_disconnected(struct sim_session *session, enum farewell farewell)
{
    struct sim_message *will = session->will;

    session->conn = NULL;
    session->connection++;
    session->will = NULL;
    if (session->clean)
        session_end(session);
    if (will && farewell == LOST) {
        session->broker->wills++;
        route(session->broker, will);
    }
    sim_message_drop(will);
}

static void keepalive_check(void *ctx, uint64_t number, void *data)
{
    struct sim_session *session = ctx;
    struct sim_broker *broker = session->broker;
    uint64_t due = session->heard_ms + session->keepalive_ms * 3 / 2;

    (void)number;
    (void)data;
    if (broker->clock->now_ms < due) {
        sim_at_guarded(broker->clock, due, keepalive_check, session, 0, NULL, &session->connection);
        return;
    }
    broker->keepalive_losses++;
    sim_conn_reset(session->conn, SIM_SERVER);
    session_disconnected(session, LOST);
}

/* In-flight messages are sent again in order, marked as possible duplicates. */
static void session_resume(struct sim_session *session)
{
    struct sim_delivery *delivery = session->head;

    for (size_t i = 0; i < session->in_flight; i++, delivery = delivery->next)
        send_publish(session, delivery, true);
    session_pump(session);
}

static void handle_connect(struct sim_broker *broker, struct sim_conn *conn,
                           const struct sim_packet *packet)
{
    struct sim_session *session = session_find(broker, packet->client_id);
    struct sim_packet answer = {.type = SIM_CONNACK};

    if (session && session->conn) {
        broker->takeovers++;
        sim_conn_reset(session->conn, SIM_SERVER);
        session_disconnected(session, LOST);
        session = session_find(broker, packet->client_id);
    }
    if (session && packet->clean_session)
        session_clear(session);
    answer.session_present = session && !packet->clean_session;
    if (!session)
        session = session_new(broker, packet->client_id);
    session->clean = packet->clean_session;
    session->conn = conn;
    session->connection++;
    session->will = packet->message ? sim_message_hold(packet->message) : NULL;
    session->keepalive_ms = packet->keepalive_s * 1000u;
    session->heard_ms = broker->clock->now_ms;
    conn->ctx[SIM_SERVER] = session;
    if (session->keepalive_ms > 0)
        sim_at_guarded(broker->clock, session->heard_ms + session->keepalive_ms * 3 / 2,
                       keepalive_check, session, 0, NULL, &session->connection);
    sim_conn_send(conn, SIM_SERVER, &answer);
    session_resume(session);
}

static void handle_subscribe(struct sim_session *session, const char *filter)
{
    struct sim_broker *broker = session->broker;
    size_t at = 0;

    while (at < session->subscription_count && strcmp(session->subscriptions[at], filter) != 0)
        at++;
    if (at == session->subscription_count) {
        ROOST_ASSERT(at < SIM_SUBSCRIPTIONS_MAX);
        snprintf(session->subscriptions[at], sizeof session->subscriptions[at], "%s", filter);
        session->subscription_count++;
    }
    for (size_t i = 0; i < SIM_RETAINED_MAX; i++)
        if (broker->retained[i] && sim_topic_matches(filter, broker->retained[i]->topic))
            session_deliver(session, broker->retained[i], true);
}

static void session_packet(void *ctx, struct sim_conn *conn, const struct sim_packet *packet)
{
    struct sim_session *session = ctx;
    struct sim_packet answer = {.id = packet->id};

    session->heard_ms = session->broker->clock->now_ms;
    switch (packet->type) {
    case SIM_PUBLISH:
        route(session->broker, packet->message);
        answer.type = SIM_PUBACK;
        /* Routing may have ended this very session only by a takeover, which needs a packet of its
         * own: the connection is still there. */
        if (packet->message->qos > 0)
            sim_conn_send(conn, SIM_SERVER, &answer);
        return;
    case SIM_PUBACK:
        session_acked(session, packet->id);
        return;
    case SIM_SUBSCRIBE:
        handle_subscribe(session, packet->message->topic);
        return;
    case SIM_PINGREQ:
        answer.type = SIM_PINGRESP;
        sim_conn_send(conn, SIM_SERVER, &answer);
        return;
    case SIM_DISCONNECT:
        sim_conn_close(conn, SIM_SERVER);
        session_disconnected(session, ORDERLY);
        return;
    default: /* CONNECT twice, or a packet only a server sends */
        sim_conn_reset(conn, SIM_SERVER);
        session_disconnected(session, LOST);
    }
}

static void session_closed(void *ctx, struct sim_conn *conn, int why)
{
    (void)conn;
    (void)why;
    session_disconnected(ctx, LOST);
}

static const struct sim_end_ops session_ops = {.packet = session_packet, .closed = session_closed};

/* A connection that has not said CONNECT yet. */
static void door_packet(void *ctx, struct sim_conn *conn, const struct sim_packet *packet)
{
    struct sim_broker *broker = ctx;

    if (!broker->up || packet->type != SIM_CONNECT || packet->client_id[0] == '\0') {
        sim_conn_reset(conn, SIM_SERVER);
        return;
    }
    conn->ops[SIM_SERVER] = &session_ops;
    handle_connect(broker, conn, packet);
}

static void door_closed(void *ctx, struct sim_conn *conn, int why)
{
    (void)ctx;
    (void)conn;
    (void)why;
}

static const struct sim_end_ops door_ops = {.packet = door_packet, .closed = door_closed};

/* ---- lifecycle ---- */

void sim_broker_init(struct sim_broker *broker, struct sim_net *net)
{
    memset(broker, 0, sizeof *broker);
    broker->net = net;
    broker->clock = net->clock;
    broker->up = true;
    sim_net_listen(net, SIM_BROKER_PORT, &door_ops, broker);
}

void sim_broker_deinit(struct sim_broker *broker)
{
    for (size_t i = 0; i < SIM_SESSIONS_MAX; i++)
        if (broker->sessions[i].used)
            session_end(&broker->sessions[i]);
    for (size_t i = 0; i < SIM_RETAINED_MAX; i++) {
        sim_message_drop(broker->retained[i]);
        broker->retained[i] = NULL;
    }
}

void sim_broker_stop(struct sim_broker *broker)
{
    broker->up = false;
    for (size_t i = 0; i < SIM_SESSIONS_MAX; i++) {
        struct sim_session *session = &broker->sessions[i];

        if (!session->used || !session->conn)
            continue;
        sim_conn_reset(session->conn, SIM_SERVER);
        session_disconnected(session, ORDERLY); /* a broker that goes publishes no wills */
    }
}

void sim_broker_start(struct sim_broker *broker)
{
    broker->up = true;
}

bool sim_broker_kick(struct sim_broker *broker, const char *client_id)
{
    struct sim_session *session = session_find(broker, client_id);

    if (!session || !session->conn)
        return false;
    sim_conn_reset(session->conn, SIM_SERVER);
    session_disconnected(session, LOST);
    return true;
}

const struct sim_session *sim_broker_session(const struct sim_broker *broker, const char *client_id)
{
    return session_find(broker, client_id);
}

const struct sim_message *sim_broker_retained(const struct sim_broker *broker, const char *topic)
{
    for (size_t i = 0; i < SIM_RETAINED_MAX; i++)
        if (broker->retained[i] && strcmp(broker->retained[i]->topic, topic) == 0)
            return broker->retained[i];
    return NULL;
}
