/* SPDX-License-Identifier: Apache-2.0 */
#include "port/sim/client.h"

#include <stdio.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "port/sim/broker.h"

enum { CONNECT_TIMEOUT_MS = 20000 };

/* What a received message is acknowledged by: which connection, which packet. */
static uint64_t token_of(const struct sim_client *client, uint16_t id)
{
    return (uint64_t)client->connection << 16 | id;
}

static void forget_connection(struct sim_client *client)
{
    client->conn = NULL;
    client->state = SIM_CLIENT_CLOSED;
    client->connection++;
    memset(client->outgoing, 0, sizeof client->outgoing);
}

static void lose(struct sim_client *client, int why)
{
    forget_connection(client);
    client->ops->closed(client->ctx, why);
}

static void send(struct sim_client *client, const struct sim_packet *packet)
{
    client->sent_ms = client->net->clock->now_ms;
    sim_conn_send(client->conn, SIM_CLIENT, packet);
}

static void keepalive(void *ctx, uint64_t number, void *data)
{
    struct sim_client *client = ctx;
    uint64_t now_ms = client->net->clock->now_ms;
    struct sim_packet ping = {.type = SIM_PINGREQ};

    (void)number;
    (void)data;
    if (client->paused)
        client->heard_ms = now_ms; /* it is the one that does not listen */
    if (now_ms - client->heard_ms >= client->keepalive_ms * 3 / 2) {
        sim_conn_reset(client->conn, SIM_CLIENT);
        lose(client, ROOST_ERR_TIMEOUT);
        return;
    }
    if (now_ms - client->heard_ms >= client->keepalive_ms / 2 ||
        now_ms - client->sent_ms >= client->keepalive_ms / 2)
        send(client, &ping);
    sim_at_guarded(client->net->clock, now_ms + client->keepalive_ms / 2, keepalive, client, 0,
                   NULL, &client->connection);
}

static void connect_timeout(void *ctx, uint64_t number, void *data)
{
    struct sim_client *client = ctx;

    (void)number;
    (void)data;
    if (client->state != SIM_CLIENT_CONNECTING)
        return;
    sim_conn_reset(client->conn, SIM_CLIENT);
    lose(client, ROOST_ERR_TIMEOUT);
}

static void closed_by_us(void *ctx, uint64_t number, void *data)
{
    (void)number;
    (void)data;
    lose(ctx, 0);
}

/* ---- packets ---- */

static void handle_puback(struct sim_client *client, uint16_t id)
{
    for (size_t i = 0; i < client->outgoing_max; i++)
        if (client->outgoing[i] == id) {
            client->outgoing[i] = 0;
            client->ops->acked(client->ctx, id);
            return;
        }
}

static void client_packet(void *ctx, struct sim_conn *conn, const struct sim_packet *packet)
{
    struct sim_client *client = ctx;
    uint64_t token;

    (void)conn;
    client->heard_ms = client->net->clock->now_ms;
    if (client->state == SIM_CLIENT_CLOSING)
        return;
    switch (packet->type) {
    case SIM_CONNACK:
        client->state = SIM_CLIENT_OPEN;
        client->connects++;
        if (client->keepalive_ms > 0)
            sim_at_guarded(client->net->clock, client->heard_ms + client->keepalive_ms / 2,
                           keepalive, client, 0, NULL, &client->connection);
        client->ops->opened(client->ctx, packet->session_present);
        return;
    case SIM_PUBACK:
        handle_puback(client, packet->id);
        return;
    case SIM_PUBLISH:
        client->received++;
        token = packet->id ? token_of(client, packet->id) : 0;
        if (token && !client->manual_ack)
            sim_client_ack(client, token);
        client->ops->message(client->ctx, packet->message, token, packet->session_present,
                             packet->dup);
        return;
    default: /* PINGRESP: hearing it was all */
        return;
    }
}

static void client_closed(void *ctx, struct sim_conn *conn, int why)
{
    struct sim_client *client = ctx;
    enum sim_client_state state = client->state;

    (void)conn;
    (void)why;
    if (state == SIM_CLIENT_CLOSING)
        return; /* the answer to close() is on its way */
    lose(client, state == SIM_CLIENT_CONNECTING ? ROOST_ERR_REFUSED : ROOST_ERR_IO);
}

static const struct sim_end_ops end_ops = {.packet = client_packet, .closed = client_closed};

/* ---- calls ---- */

void sim_client_init(struct sim_client *client, struct sim_net *net, struct sim_host *host,
                     const struct sim_client_ops *ops, void *ctx)
{
    *client = (struct sim_client){
        .net = net, .host = host, .ops = ops, .ctx = ctx, .outgoing_max = SIM_CLIENT_OUTGOING_MAX};
}

int sim_client_open(struct sim_client *client, const struct sim_client_options *options)
{
    struct sim_packet packet = {.type = SIM_CONNECT,
                                .clean_session = options->clean_session,
                                .keepalive_s = options->keepalive_s};

    if (client->state != SIM_CLIENT_CLOSED)
        return ROOST_ERR_BUSY;
    if (strlen(options->client_id) > SIM_CLIENT_ID_MAX)
        return ROOST_ERR_TOO_LONG;
    snprintf(packet.client_id, sizeof packet.client_id, "%s", options->client_id);
    if (options->will_topic)
        packet.message = sim_message_new(options->will_topic, options->will_payload,
                                         strlen(options->will_payload), 1, true);
    client->state = SIM_CLIENT_CONNECTING;
    client->connection++;
    client->next_id = 0;
    client->paused = false;
    client->keepalive_ms = options->keepalive_s * 1000u;
    client->heard_ms = client->net->clock->now_ms;
    client->conn = sim_net_connect(client->net, client->host, SIM_BROKER_PORT, &end_ops, client);
    sim_at_guarded(client->net->clock, client->heard_ms + CONNECT_TIMEOUT_MS, connect_timeout,
                   client, 0, NULL, &client->connection);
    send(client, &packet);
    return 0;
}

int sim_client_publish(struct sim_client *client, const char *topic, const void *payload,
                       size_t len, int qos, bool retain)
{
    struct sim_packet packet = {.type = SIM_PUBLISH};
    size_t slot = 0;

    if (client->state != SIM_CLIENT_OPEN)
        return ROOST_ERR_CLOSED;
    if (qos > 0) {
        while (slot < client->outgoing_max && client->outgoing[slot] != 0)
            slot++;
        if (slot == client->outgoing_max)
            return ROOST_ERR_FULL;
        client->next_id = (uint16_t)(client->next_id % UINT16_MAX + 1);
        packet.id = client->next_id;
        client->outgoing[slot] = packet.id;
    }
    packet.message = sim_message_new(topic, payload, len, qos, retain);
    client->published++;
    send(client, &packet);
    return qos > 0 ? packet.id : 0;
}

int sim_client_subscribe(struct sim_client *client, const char *topic)
{
    struct sim_packet packet = {.type = SIM_SUBSCRIBE, .id = 1};

    if (client->state != SIM_CLIENT_OPEN)
        return ROOST_ERR_CLOSED;
    packet.message = sim_message_new(topic, "", 0, 1, false);
    send(client, &packet);
    return 0;
}

int sim_client_close(struct sim_client *client)
{
    struct sim_packet packet = {.type = SIM_DISCONNECT};

    if (client->state == SIM_CLIENT_CLOSED || client->state == SIM_CLIENT_CLOSING)
        return 0;
    send(client, &packet);
    sim_conn_close(client->conn, SIM_CLIENT);
    client->state = SIM_CLIENT_CLOSING;
    sim_at_guarded(client->net->clock, client->net->clock->now_ms + 1, closed_by_us, client, 0,
                   NULL, &client->connection);
    return 0;
}

void sim_client_ack(struct sim_client *client, uint64_t token)
{
    struct sim_packet packet = {.type = SIM_PUBACK, .id = (uint16_t)token};

    if (client->state == SIM_CLIENT_OPEN && token >> 16 == client->connection)
        send(client, &packet);
}

void sim_client_pause(struct sim_client *client, bool paused)
{
    client->paused = paused;
    if (client->state == SIM_CLIENT_OPEN)
        sim_conn_pause(client->conn, SIM_CLIENT, paused);
}

void sim_client_die(struct sim_client *client, bool silent)
{
    if (client->state == SIM_CLIENT_CLOSED)
        return;
    if (client->state != SIM_CLIENT_CLOSING) {
        if (silent)
            sim_conn_vanish(client->conn, SIM_CLIENT);
        else
            sim_conn_reset(client->conn, SIM_CLIENT);
    }
    forget_connection(client);
}
