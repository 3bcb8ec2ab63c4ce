/* SPDX-License-Identifier: Apache-2.0 */
#include "port/sim/net.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"

/* A lost segment is sent again after the sender's time-out. */
enum { RESEND_LOW_MS = 200, RESEND_HIGH_MS = 1000, HEAL_LOW_MS = 200, HEAL_HIGH_MS = 3000 };

/* ---- messages ---- */

struct sim_message *sim_message_new(const char *topic, const void *bytes, size_t len, int qos,
                                    bool retain)
{
    size_t topic_size = strlen(topic) + 1;
    struct sim_message *message = malloc(sizeof *message + topic_size + len + 1);
    char *tail = (char *)(message + 1);

    ROOST_ASSERT(message);
    memcpy(tail, topic, topic_size);
    if (len > 0)
        memcpy(tail + topic_size, bytes, len);
    tail[topic_size + len] = '\0';
    *message = (struct sim_message){
        .refs = 1,
        .qos = (uint8_t)qos,
        .retain = retain,
        .topic = tail,
        .bytes = (const uint8_t *)tail + topic_size,
        .len = len,
    };
    return message;
}

struct sim_message *sim_message_hold(struct sim_message *message)
{
    message->refs++;
    return message;
}

void sim_message_drop(struct sim_message *message)
{
    if (message && --message->refs == 0)
        free(message);
}

/* ---- ways ---- */

static enum sim_end other(enum sim_end end)
{
    return end == SIM_CLIENT ? SIM_SERVER : SIM_CLIENT;
}

static void packet_free(struct sim_packet *packet)
{
    sim_message_drop(packet->message);
    free(packet);
}

static void way_clear(struct sim_way *way)
{
    while (way->head) {
        struct sim_packet *packet = way->head;

        way->head = packet->next;
        packet_free(packet);
    }
    way->tail = NULL;
    way->count = 0;
}

static void conn_release(struct sim_conn *conn)
{
    struct sim_net *net = conn->net;

    if (!conn->gone[SIM_CLIENT] || !conn->gone[SIM_SERVER] || conn->towards[SIM_CLIENT].scheduled ||
        conn->towards[SIM_SERVER].scheduled)
        return;
    for (struct sim_conn **at = &net->conns; *at; at = &(*at)->next)
        if (*at == conn) {
            *at = conn->next;
            break;
        }
    way_clear(&conn->towards[SIM_CLIENT]);
    way_clear(&conn->towards[SIM_SERVER]);
    net->conn_count--;
    free(conn);
}

static bool reachable(const struct sim_host *host)
{
    return host->powered && !host->partitioned;
}

static void way_run(void *ctx, uint64_t end, void *data);

static void way_schedule(struct sim_conn *conn, enum sim_end end)
{
    struct sim_way *way = &conn->towards[end];

    if (way->scheduled || !way->head || way->paused || !reachable(conn->host))
        return;
    way->scheduled = true;
    sim_at(conn->net->clock, way->head->arrive_ms, way_run, conn, end, NULL);
}

static void way_push(struct sim_conn *conn, enum sim_end end, struct sim_packet *packet)
{
    struct sim_way *way = &conn->towards[end];
    struct sim_host *host = conn->host;
    uint64_t arrive = conn->net->clock->now_ms + host->delay_ms;

    arrive += sim_random_below(&host->random, host->jitter_ms + 1u);
    if (sim_random_chance(&host->random, host->loss_per_million)) {
        arrive += sim_random_between(&host->random, RESEND_LOW_MS, RESEND_HIGH_MS);
        conn->net->resent++;
    }
    if (arrive < way->last_arrival_ms)
        arrive = way->last_arrival_ms; /* in order: behind what went before */
    way->last_arrival_ms = arrive;
    packet->arrive_ms = arrive;
    packet->next = NULL;
    if (way->tail)
        way->tail->next = packet;
    else
        way->head = packet;
    way->tail = packet;
    if (++way->count > conn->net->way_high_water)
        conn->net->way_high_water = way->count;
    way_schedule(conn, end);
}

/* The end that is not there answers with a reset, which overtakes whatever else is on the way. */
static void answer_reset(struct sim_conn *conn, enum sim_end to)
{
    struct sim_packet *packet;

    way_clear(&conn->towards[to]);
    conn->net->resets++;
    packet = calloc(1, sizeof *packet);
    ROOST_ASSERT(packet);
    packet->type = SIM_RESET;
    way_push(conn, to, packet);
}

static void way_deliver(struct sim_conn *conn, enum sim_end end, const struct sim_packet *packet)
{
    bool last = packet->type == SIM_FIN || packet->type == SIM_RESET;

    conn->established = true;
    if (conn->gone[end]) {
        if (!last && !conn->gone[other(end)])
            answer_reset(conn, other(end));
        return;
    }
    if (!last) {
        conn->ops[end]->packet(conn->ctx[end], conn, packet);
        return;
    }
    conn->gone[end] = true;
    conn->ops[end]->closed(conn->ctx[end], conn, packet->type == SIM_FIN ? 0 : ROOST_ERR_IO);
}

static void way_run(void *ctx, uint64_t end, void *data)
{
    struct sim_conn *conn = ctx;
    struct sim_way *way = &conn->towards[end];
    struct sim_packet *packet = way->head;

    (void)data;
    if (packet && !way->paused && reachable(conn->host)) {
        if (packet->arrive_ms <= conn->net->clock->now_ms) {
            way->head = packet->next;
            if (!way->head)
                way->tail = NULL;
            way->count--;
            conn->net->packets++;
            /* Stays scheduled meanwhile: that keeps the connection alive through the callback. */
            way_deliver(conn, (enum sim_end)end, packet);
            packet_free(packet);
        }
    }
    way->scheduled = false;
    way_schedule(conn, (enum sim_end)end);
    conn_release(conn);
}

/* ---- hosts ---- */

void sim_host_init(struct sim_host *host, uint64_t seed, uint64_t index)
{
    *host =
        (struct sim_host){.delay_ms = 4, .jitter_ms = 8, .loss_per_million = 2000, .powered = true};
    sim_random_init(&host->random, seed, "host", index);
}

/* What was held is sent again some time after the network is back: the sender's timer has grown. */
static void host_changed(struct sim_net *net, struct sim_host *host, bool was_reachable)
{
    if (was_reachable || !reachable(host))
        return;
    for (struct sim_conn *conn = net->conns; conn; conn = conn->next) {
        uint64_t again;

        if (conn->host != host)
            continue;
        again = net->clock->now_ms + sim_random_between(&host->random, HEAL_LOW_MS, HEAL_HIGH_MS);
        for (int end = SIM_CLIENT; end <= SIM_SERVER; end++) {
            struct sim_way *way = &conn->towards[end];

            for (struct sim_packet *packet = way->head; packet; packet = packet->next)
                if (packet->arrive_ms < again)
                    packet->arrive_ms = again;
            if (way->head && way->last_arrival_ms < again)
                way->last_arrival_ms = again;
            way_schedule(conn, (enum sim_end)end);
        }
    }
}

void sim_host_set_partitioned(struct sim_net *net, struct sim_host *host, bool partitioned)
{
    bool was = reachable(host);

    host->partitioned = partitioned;
    host_changed(net, host, was);
}

void sim_host_set_powered(struct sim_net *net, struct sim_host *host, bool powered)
{
    bool was = reachable(host);

    host->powered = powered;
    host_changed(net, host, was);
}

/* ---- connections ---- */

void sim_net_init(struct sim_net *net, struct sim_clock *clock)
{
    *net = (struct sim_net){.clock = clock};
}

void sim_net_deinit(struct sim_net *net)
{
    while (net->conns) {
        struct sim_conn *conn = net->conns;

        net->conns = conn->next;
        way_clear(&conn->towards[SIM_CLIENT]);
        way_clear(&conn->towards[SIM_SERVER]);
        free(conn);
    }
    net->conn_count = 0;
}

void sim_net_listen(struct sim_net *net, uint16_t port, const struct sim_end_ops *ops, void *ctx)
{
    ROOST_ASSERT(net->listener_count < SIM_LISTENERS_MAX);
    net->listeners[net->listener_count++] = (struct sim_listener){port, ops, ctx};
}

struct sim_conn *sim_net_connect(struct sim_net *net, struct sim_host *host, uint16_t port,
                                 const struct sim_end_ops *ops, void *ctx)
{
    struct sim_conn *conn = calloc(1, sizeof *conn);

    ROOST_ASSERT(conn);
    conn->net = net;
    conn->host = host;
    conn->ops[SIM_CLIENT] = ops;
    conn->ctx[SIM_CLIENT] = ctx;
    conn->gone[SIM_SERVER] = true;
    for (size_t i = 0; i < net->listener_count; i++)
        if (net->listeners[i].port == port) {
            conn->ops[SIM_SERVER] = net->listeners[i].ops;
            conn->ctx[SIM_SERVER] = net->listeners[i].ctx;
            conn->gone[SIM_SERVER] = false;
        }
    conn->next = net->conns;
    net->conns = conn;
    net->conn_count++;
    return conn;
}

void sim_conn_send(struct sim_conn *conn, enum sim_end from, const struct sim_packet *packet)
{
    struct sim_packet *copy = malloc(sizeof *copy);

    ROOST_ASSERT(copy && !conn->gone[from]);
    *copy = *packet;
    way_push(conn, other(from), copy);
}

void sim_conn_pause(struct sim_conn *conn, enum sim_end end, bool paused)
{
    conn->towards[end].paused = paused;
    way_schedule(conn, end);
}

void sim_conn_close(struct sim_conn *conn, enum sim_end end)
{
    struct sim_packet fin = {.type = SIM_FIN};

    sim_conn_send(conn, end, &fin);
    sim_conn_vanish(conn, end);
}

void sim_conn_reset(struct sim_conn *conn, enum sim_end end)
{
    if (!conn->gone[other(end)])
        answer_reset(conn, other(end));
    sim_conn_vanish(conn, end);
}

void sim_conn_vanish(struct sim_conn *conn, enum sim_end end)
{
    conn->gone[end] = true;
    if (!conn->established) { /* given up during the handshake: none of it arrives any more */
        conn->gone[other(end)] = true;
        way_clear(&conn->towards[other(end)]);
    }
    /* What was already on the way to this end is refused on arrival, not before. */
    conn->towards[end].paused = false;
    way_schedule(conn, end);
    conn_release(conn);
}
