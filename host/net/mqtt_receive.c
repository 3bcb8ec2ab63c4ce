/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/err.h"
#include "host/log.h"
#include "host/net/mqtt_internal.h"
#include "host/net/mqtt_packet.h"

enum {
    READ_MIN = 4096,        /* room offered to a read at least */
    READ_SIZE = 64 * 1024,  /* the receive buffer at rest */
    READ_KEEP = 256 * 1024, /* a larger one is given back when it is empty */
};

static void deliver(struct mqtt_client *c, const char *topic, size_t topic_len,
                    struct bus_message *message, uint16_t packet_id)
{
    memcpy(c->topic, topic, topic_len);
    c->topic[topic_len] = '\0';
    message->topic = c->topic;
    message->token = packet_id ? c->generation << 16 | packet_id : 0;
    metric_add(c->count.received, 1);
    metric_add(c->count.received_bytes, (double)message->len);
    c->message(c->ctx, message);
}

static int on_publish(struct mqtt_client *c, const struct mqtt_packet *packet)
{
    struct bus_message message = {.payload = (const char *)packet->payload,
                                  .len = packet->payload_len,
                                  .retain = packet->retain,
                                  .dup = packet->dup};

    if (packet->qos > 1)
        return mqtt_broken(c, ROOST_ERR_INVALID, "the broker sent QoS 2, which was not subscribed");
    deliver(c, packet->topic, packet->topic_len, &message, packet->packet_id);
    return 0;
}

/* A message over packet_max: its topic and id are read, the rest is skipped as it comes. Returns 0,
 * or ROOST_ERR_AGAIN when even those are not there yet. */
static int on_oversize(struct mqtt_client *c)
{
    const uint8_t *bytes = c->in + c->in_start;
    size_t len = c->in_len - c->in_start;
    size_t head = 1, remaining = 0;

    if (bytes[0] >> 4 != MQTT_PUBLISH)
        return mqtt_broken(c, ROOST_ERR_TOO_LONG, "a packet over the limit that is no PUBLISH");
    for (unsigned shift = 0;; shift += 7) {
        remaining |= (size_t)(bytes[head] & 0x7F) << shift;
        if (bytes[head++] < 0x80)
            break;
    }
    uint8_t qos = bytes[0] >> 1 & 3;
    size_t id_len = qos > 0 ? 2 : 0;
    if (len < head + 2)
        return ROOST_ERR_AGAIN;
    size_t topic_len = roost_be_get16(bytes + head);
    size_t before = 2 + topic_len + id_len; /* of the payload, within `remaining` */
    if (qos > 1 || before > remaining || topic_len == 0)
        return mqtt_broken(c, ROOST_ERR_INVALID, "a packet that breaks the standard");
    if (len < head + before)
        return ROOST_ERR_AGAIN;
    const uint8_t *topic = bytes + head + 2;
    const uint8_t *id = topic + topic_len;
    uint16_t packet_id = qos > 0 ? roost_be_get16(id) : 0;
    if (memchr(topic, '\0', topic_len) || (qos > 0 && packet_id == 0))
        return mqtt_broken(c, ROOST_ERR_INVALID, "a packet that breaks the standard");
    struct bus_message message = {.len = remaining - before,
                                  .retain = bytes[0] & 1,
                                  .dup = bytes[0] >> 3 & 1,
                                  .oversize = true};
    c->in_start += head + before;
    c->skip = message.len;
    metric_add(c->count.oversize, 1);
    deliver(c, (const char *)topic, topic_len, &message, packet_id);
    return 0;
}

static int on_connack(struct mqtt_client *c, const struct mqtt_packet *packet)
{
    static const char *const reasons[] = {
        "",
        "the broker refused the protocol version",
        "the broker refused the client id",
        "the broker is not available",
        "the broker refused user or password",
        "the broker does not authorise this user",
    };

    if (c->session != SESSION_CONNECT_SENT)
        return mqtt_broken(c, ROOST_ERR_INVALID, "CONNACK where none was expected");
    if (packet->code != 0) {
        size_t code = packet->code < sizeof reasons / sizeof reasons[0] ? packet->code : 3;
        return mqtt_broken(c, packet->code >= 4 ? ROOST_ERR_AUTH : ROOST_ERR_REFUSED,
                           reasons[code]);
    }
    c->session = SESSION_UP;
    metric_set(c->count.connected, 1);
    metric_add(c->count.connects, 1);
    mqtt_set_why(c, "waits for the broker to confirm the subscriptions");
    uint32_t again = outbox_rewind(c->outbox, packet->session_present);
    HOST_LOG_LIMITED(ROOST_LOG_INFO, "mqtt", "connected", RF_STR("host", c->config.host),
                     RF_INT("port", c->config.port),
                     RF_INT("session_present", packet->session_present),
                     RF_INT("sent_again", again));
    mqtt_judge_session(c, packet->session_present);
    mqtt_link_step(c, ROOST_LINK_OPENED);
    int err = 0;
    if (c->config.topic_count > 0)
        err = mqtt_send_subscribe(c);
    else
        mqtt_subscribed(c);
    if (err == 0)
        mqtt_pump(c);
    return err;
}

static int on_packet(struct mqtt_client *c, const struct mqtt_packet *packet)
{
    if (c->session != SESSION_UP && packet->type != MQTT_CONNACK)
        return mqtt_broken(c, ROOST_ERR_INVALID, "a packet before CONNACK");
    switch (packet->type) {
    case MQTT_PUBLISH:
        return on_publish(c, packet);
    case MQTT_PUBACK:
        if (outbox_acked(c->outbox, packet->packet_id) == 0)
            metric_add(c->count.publish_acked, 1);
        mqtt_pump(c);
        return 0;
    case MQTT_UNSUBACK: /* nothing waits for it */
    case MQTT_PINGRESP:
        return 0; /* any byte shows that it lives */
    case MQTT_CONNACK:
        return on_connack(c, packet);
    case MQTT_SUBACK:
        return mqtt_granted(c, packet->payload, packet->payload_len);
    default:
        return mqtt_broken(c, ROOST_ERR_INVALID, "a packet that only clients send");
    }
}

static void skip(struct mqtt_client *c)
{
    size_t n = c->in_len - c->in_start;

    if (n > c->skip)
        n = c->skip;
    c->in_start += n;
    c->skip -= n;
}

/* Returns 0, or the error that ends the connection; transport_abort is idempotent after it. */
int mqtt_decode(struct mqtt_client *c)
{
    while (!c->paused && c->in_start < c->in_len) {
        if (c->skip > 0) {
            skip(c);
            continue;
        }
        struct mqtt_packet packet;
        int n = mqtt_packet_decode(&packet, c->in + c->in_start, c->in_len - c->in_start,
                                   c->config.packet_max);
        int err = 0;
        if (n == 0)
            break;
        if (n == ROOST_ERR_TOO_LONG) {
            err = on_oversize(c);
            if (err == ROOST_ERR_AGAIN)
                break;
        } else if (n < 0) {
            err = mqtt_broken(c, n, "a packet that breaks the standard");
        } else {
            c->in_start += (size_t)n;
            err = on_packet(c, &packet);
        }
        if (err < 0)
            return err;
        if (!c->transport)
            return ROOST_ERR_CLOSED;
    }
    return 0;
}

uint8_t *mqtt_space(void *ctx, size_t *len)
{
    struct mqtt_client *c = ctx;

    if (c->in_start == c->in_len) {
        c->in_start = 0;
        c->in_len = 0;
        if (c->in_size > READ_KEEP) {
            free(c->in);
            c->in = NULL;
            c->in_size = 0;
        }
    } else if (c->in_size - c->in_len < READ_MIN) {
        memmove(c->in, c->in + c->in_start, c->in_len - c->in_start);
        c->in_len -= c->in_start;
        c->in_start = 0;
    }
    if (c->in_size - c->in_len < READ_MIN) {
        size_t size = c->in_size > 0 ? 2 * c->in_size : READ_SIZE;
        uint8_t *in = realloc(c->in, size);
        if (!in)
            return NULL;
        c->in = in;
        c->in_size = size;
    }
    *len = c->in_size - c->in_len;
    return c->in + c->in_len;
}

int mqtt_received(void *ctx, size_t len)
{
    struct mqtt_client *c = ctx;

    c->in_len += len;
    c->received_ms = uv_now(c->loop);
    c->ping_ms = 0;
    return mqtt_decode(c);
}
