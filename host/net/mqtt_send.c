/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "host/net/mqtt_internal.h"
#include "host/net/mqtt_packet.h"

enum {
    ACK_ROOM = 512 * 1024, /* kept free of publishes: every packet id there is, acknowledged */
    CONNECT_MAX = 4096,
    PUBACK_LEN = 4,
    PUBLISH_HEAD_MAX = 1 + 4 + 2 + 2, /* beside the topic */
};

static void commit(struct mqtt_client *c, size_t len)
{
    transport_commit(c->transport, len);
    c->sent_ms = uv_now(c->loop);
    mqtt_wake(c);
}

int mqtt_send_connect(struct mqtt_client *c)
{
    const struct mqtt_connect connect = {
        .client_id = c->config.client_id,
        .user = c->config.user[0] ? c->config.user : NULL,
        .password = c->config.password[0] ? c->config.password : NULL,
        .clean_session = c->config.clean_session,
        .keepalive_s = c->config.keepalive_s,
    };
    uint8_t *out = transport_reserve(c->transport, CONNECT_MAX);
    int len = out ? mqtt_write_connect(out, CONNECT_MAX, &connect) : ROOST_ERR_NO_MEMORY;

    if (len < 0)
        return mqtt_broken(c, len, "CONNECT cannot be written");
    c->session = SESSION_CONNECT_SENT;
    commit(c, (size_t)len);
    return 0;
}

static size_t filters_len(const char *const *topics, size_t count)
{
    size_t len = 16; /* what stands before them */

    for (size_t i = 0; i < count; i++)
        len += strlen(topics[i]) + 3;
    return len;
}

int mqtt_send_subscribe(struct mqtt_client *c)
{
    size_t size = filters_len(c->config.topics, c->config.topic_count);
    uint8_t *out = transport_reserve(c->transport, size);
    int len = out ? mqtt_write_subscribe(out, size, UINT16_MAX, c->config.topics,
                                         c->config.topic_count, 1)
                  : ROOST_ERR_NO_MEMORY;
    if (len < 0)
        return mqtt_broken(c, len, "SUBSCRIBE cannot be written");
    commit(c, (size_t)len);
    return 0;
}

int mqtt_client_unsubscribe(struct mqtt_client *c, const char *const *topics, size_t count)
{
    size_t size = filters_len(topics, count);

    if (c->session != SESSION_UP || !c->subscribed)
        return ROOST_ERR_CLOSED;
    uint8_t *out = transport_reserve(c->transport, size);
    int len =
        out ? mqtt_write_unsubscribe(out, size, UINT16_MAX, topics, count) : ROOST_ERR_NO_MEMORY;
    if (len < 0)
        return mqtt_broken(c, len, "UNSUBSCRIBE cannot be written");
    commit(c, (size_t)len);
    return 0;
}

void mqtt_send_ping(struct mqtt_client *c)
{
    uint8_t *out = transport_reserve(c->transport, 2);
    int len = out ? mqtt_write_pingreq(out, 2) : ROOST_ERR_NO_MEMORY;

    if (len < 0) {
        mqtt_broken(c, len, "PINGREQ cannot be written");
        return;
    }
    c->ping_ms = uv_now(c->loop);
    commit(c, (size_t)len);
}

/* Returns 0, ROOST_ERR_FULL when there is no room now. */
static int write_publish(struct mqtt_client *c, const char *topic, const void *payload, size_t len,
                         uint8_t qos, bool retain, bool dup, uint16_t packet_id)
{
    size_t size = PUBLISH_HEAD_MAX + strlen(topic) + len;
    size_t room = transport_room(c->transport);
    uint8_t *out =
        room > ACK_ROOM && size <= room - ACK_ROOM ? transport_reserve(c->transport, size) : NULL;

    if (!out)
        return ROOST_ERR_FULL;
    int head = mqtt_write_publish_head(out, size, topic, len, qos, retain, dup, packet_id);
    if (head < 0)
        return head;
    if (len > 0)
        memcpy(out + head, payload, len);
    commit(c, (size_t)head + len);
    metric_add(dup ? c->count.resent : c->count.published, 1);
    return 0;
}

/* Sends of the outbox what in_flight_max and the send buffer leave room for. */
void mqtt_pump(struct mqtt_client *c)
{
    const struct outbox_message *m;

    while (c->session == SESSION_UP && (m = outbox_next(c->outbox))) {
        if (write_publish(c, m->topic, m->payload, m->len, 1, m->retain, m->dup, m->packet_id) < 0)
            return;
        outbox_sent(c->outbox);
    }
}

static int refuse(struct mqtt_client *c, int err)
{
    metric_add(err == ROOST_ERR_CLOSED ? c->count.dropped_away : c->count.dropped_full, 1);
    return err;
}

static int bus_publish(void *ctx, const char *topic, const void *payload, size_t len, int qos,
                       bool retain)
{
    struct mqtt_client *c = ctx;

    ROOST_ASSERT(qos == 0 || qos == 1);
    if (len > c->config.payload_max || strlen(topic) > UINT16_MAX)
        return refuse(c, ROOST_ERR_TOO_LONG);
    if (c->session != SESSION_UP)
        return refuse(c, ROOST_ERR_CLOSED);
    int err = qos == 0 ? write_publish(c, topic, payload, len, 0, retain, false, 0)
                       : outbox_put(c->outbox, topic, payload, len, retain);
    if (err < 0)
        return refuse(c, err);
    mqtt_pump(c);
    return 0;
}

static void bus_ack(void *ctx, uint64_t token)
{
    struct mqtt_client *c = ctx;

    if (token == 0)
        return;
    if (c->session != SESSION_UP || token >> 16 != c->generation) {
        metric_add(c->count.acked_late, 1); /* the broker sends it again */
        return;
    }
    uint8_t *out = transport_reserve(c->transport, PUBACK_LEN);
    int len = out ? mqtt_write_puback(out, PUBACK_LEN, (uint16_t)token) : ROOST_ERR_NO_MEMORY;
    if (len < 0) {
        mqtt_broken(c, len, "PUBACK cannot be written");
        return;
    }
    commit(c, (size_t)len);
    metric_add(c->count.acked, 1);
}

static void bus_pause(void *ctx, bool paused)
{
    struct mqtt_client *c = ctx;

    if (c->paused == paused)
        return;
    c->paused = paused;
    metric_set(c->count.paused, paused);
    if (c->transport)
        transport_pause(c->transport, paused);
    if (!paused) {
        c->resumed = true;
        /* The broker's answers stood in the queue with the rest. */
        c->received_ms = uv_now(c->loop);
        if (c->ping_ms > 0)
            c->ping_ms = c->received_ms;
        mqtt_wake(c);
    }
}

struct bus mqtt_client_bus(struct mqtt_client *client)
{
    static const struct bus_ops ops = {.publish = bus_publish, .ack = bus_ack, .pause = bus_pause};

    return (struct bus){.ops = &ops, .ctx = client};
}
