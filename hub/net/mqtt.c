/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/net/mqtt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/timer.h"
#include "hub/log.h"
#include "hub/net/transport.h"
#include "proto/mqtt/packet.h"

enum {
    READ_MIN = 4096,        /* room offered to a read at least */
    READ_SIZE = 64 * 1024,  /* the receive buffer at rest */
    READ_KEEP = 256 * 1024, /* a larger one is given back when it is empty */
    SEND_MAX = 4 * 1024 * 1024,
    ACK_ROOM = 512 * 1024, /* kept free of publishes: every packet id there is, acknowledged */
    CONNECT_MAX = 4096,
    LINGER_MS = 2000,
    PUBACK_LEN = 4,
    PUBLISH_HEAD_MAX = 1 + 4 + 2 + 2, /* beside the topic */
};

/* What the broker knows of us on this connection. */
enum session_state { SESSION_NONE, SESSION_CONNECT_SENT, SESSION_UP };

struct counters {
    struct metric *connected, *connects, *losses, *received, *received_bytes, *oversize, *acked,
        *acked_late, *published, *publish_acked, *resent, *dropped_away, *dropped_full, *paused,
        *waiting;
};

struct mqtt_client {
    struct mqtt_config config;
    uv_loop_t *loop;
    struct tls_context *tls;
    void (*message)(void *ctx, const struct hub_message *message);
    void *ctx;
    struct roost_link link;
    struct transport *transport; /* NULL: none */
    enum session_state session;
    bool subscribed;
    bool broken; /* given up, and not closed yet */
    uint64_t generation; /* of the connection; the upper part of a token */
    bool paused, resumed;
    struct outbox *outbox;
    uint8_t *in; /* [start, len) is received and not decoded */
    size_t in_start, in_len, in_size;
    size_t skip;                            /* bytes of an oversize message still to come */
    uint64_t sent_ms, received_ms, ping_ms; /* ping_ms 0: none is unanswered */
    uv_timer_t timer;
    uv_idle_t turn; /* active: something is to be flushed or decoded before the loop sleeps */
    int handles;
    void (*done)(void *ctx);
    void *done_ctx;
    struct counters count;
    char why[160];
    char topic[UINT16_MAX + 1];
};

static void link_step(struct mqtt_client *c, enum roost_link_event event);

/* ---- small things ---------------------------------------------------------------------------- */

void mqtt_config_init(struct mqtt_config *config)
{
    *config = (struct mqtt_config){
        .ca_file = "",
        .user = "",
        .password = "",
        .keepalive_s = 30,
        .ping_timeout_ms = 10000,
        .packet_max = 2 * 1024 * 1024,
        .payload_max = 1024 * 1024,
        .outbox = {.window = 1024, .count = 8192, .bytes = 8 * 1024 * 1024},
        .link = {.backoff_base_ms = 500,
                 .backoff_cap_ms = 15000,
                 .connect_timeout_ms = 15000,
                 .stable_ms = 30000,
                 .breaker_threshold = 20,
                 .breaker_open_ms = 30000},
    };
}

static void set_why(struct mqtt_client *c, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(c->why, sizeof c->why, format, args);
    va_end(args);
}

static uint32_t draw(void)
{
    uint32_t random = 0;

    while (getrandom(&random, sizeof random, 0) != sizeof random)
        ;
    return random;
}

static void wake(struct mqtt_client *c);

/* A part of the protocol the other side broke, or memory: the connection ends. */
static int broken(struct mqtt_client *c, int err, const char *what)
{
    c->broken = true;
    transport_abort(c->transport, err, what);
    return err;
}

/* ---- sending --------------------------------------------------------------------------------- */

static void commit(struct mqtt_client *c, size_t len)
{
    transport_commit(c->transport, len);
    c->sent_ms = uv_now(c->loop);
    wake(c);
}

static int send_connect(struct mqtt_client *c)
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
        return broken(c, len, "CONNECT cannot be written");
    c->session = SESSION_CONNECT_SENT;
    commit(c, (size_t)len);
    return 0;
}

static int send_subscribe(struct mqtt_client *c)
{
    size_t size = 16;

    for (size_t i = 0; i < c->config.topic_count; i++)
        size += strlen(c->config.topics[i]) + 3;
    uint8_t *out = transport_reserve(c->transport, size);
    int len = out ? mqtt_write_subscribe(out, size, UINT16_MAX, c->config.topics,
                                         c->config.topic_count, 1)
                  : ROOST_ERR_NO_MEMORY;
    if (len < 0)
        return broken(c, len, "SUBSCRIBE cannot be written");
    commit(c, (size_t)len);
    return 0;
}

static void send_ping(struct mqtt_client *c)
{
    uint8_t *out = transport_reserve(c->transport, 2);
    int len = out ? mqtt_write_pingreq(out, 2) : ROOST_ERR_NO_MEMORY;

    if (len < 0) {
        broken(c, len, "PINGREQ cannot be written");
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

/* Sends of the outbox what the window and the send buffer take. */
static void pump(struct mqtt_client *c)
{
    const struct outbox_message *m;

    while (c->session == SESSION_UP && (m = outbox_next(c->outbox)) != NULL) {
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
    pump(c);
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
        broken(c, len, "PUBACK cannot be written");
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
        wake(c);
    }
}

struct hub_bus mqtt_client_bus(struct mqtt_client *client)
{
    static const struct hub_bus_ops ops = {
        .publish = bus_publish, .ack = bus_ack, .pause = bus_pause};

    return (struct hub_bus){.ops = &ops, .ctx = client};
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void deliver(struct mqtt_client *c, const char *topic, size_t topic_len,
                    struct hub_message *message, uint16_t packet_id)
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
    struct hub_message message = {.payload = (const char *)packet->payload,
                                  .len = packet->payload_len,
                                  .retain = packet->retain,
                                  .dup = packet->dup};

    if (packet->qos > 1)
        return broken(c, ROOST_ERR_INVALID, "the broker sent QoS 2, which was not subscribed");
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
        return broken(c, ROOST_ERR_TOO_LONG, "a packet over the limit that is no PUBLISH");
    for (unsigned shift = 0;; shift += 7) {
        remaining |= (size_t)(bytes[head] & 0x7F) << shift;
        if (bytes[head++] < 0x80)
            break;
    }
    uint8_t qos = bytes[0] >> 1 & 3;
    size_t id_len = qos > 0 ? 2 : 0;
    if (len < head + 2)
        return ROOST_ERR_AGAIN;
    size_t topic_len = (size_t)(bytes[head] << 8 | bytes[head + 1]);
    size_t before = 2 + topic_len + id_len; /* of the payload, within `remaining` */
    if (qos > 1 || before > remaining || topic_len == 0)
        return broken(c, ROOST_ERR_INVALID, "a packet that breaks the standard");
    if (len < head + before)
        return ROOST_ERR_AGAIN;
    const uint8_t *topic = bytes + head + 2;
    const uint8_t *id = topic + topic_len;
    uint16_t packet_id = (uint16_t)(qos > 0 ? id[0] << 8 | id[1] : 0);
    if (memchr(topic, '\0', topic_len) || (qos > 0 && packet_id == 0))
        return broken(c, ROOST_ERR_INVALID, "a packet that breaks the standard");
    struct hub_message message = {.len = remaining - before,
                                  .retain = bytes[0] & 1,
                                  .dup = bytes[0] >> 3 & 1,
                                  .oversize = true};
    c->in_start += head + before;
    c->skip = message.len;
    metric_add(c->count.oversize, 1);
    deliver(c, (const char *)topic, topic_len, &message, packet_id);
    return 0;
}

static void subscribed(struct mqtt_client *c)
{
    c->subscribed = true;
    c->why[0] = '\0';
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
        return broken(c, ROOST_ERR_INVALID, "CONNACK where none was expected");
    if (packet->code != 0) {
        size_t code = packet->code < sizeof reasons / sizeof reasons[0] ? packet->code : 3;
        return broken(c, packet->code >= 4 ? ROOST_ERR_AUTH : ROOST_ERR_REFUSED, reasons[code]);
    }
    c->session = SESSION_UP;
    metric_set(c->count.connected, 1);
    metric_add(c->count.connects, 1);
    set_why(c, "waits for the broker to confirm the subscriptions");
    uint32_t again = outbox_rewind(c->outbox, packet->session_present);
    HUB_LOG(ROOST_LOG_INFO, "mqtt", "connected", RF_STR("host", c->config.host),
            RF_INT("port", c->config.port), RF_INT("session_present", packet->session_present),
            RF_INT("sent_again", again));
    link_step(c, ROOST_LINK_OPENED);
    int err = 0;
    if (c->config.topic_count > 0)
        err = send_subscribe(c);
    else
        subscribed(c);
    if (err == 0)
        pump(c);
    return err;
}

static int on_suback(struct mqtt_client *c, const struct mqtt_packet *packet)
{
    if (packet->code == MQTT_SUBACK_FAILURE)
        return broken(c, ROOST_ERR_AUTH, "the broker refused a subscription");
    subscribed(c);
    return 0;
}

static int on_packet(struct mqtt_client *c, const struct mqtt_packet *packet)
{
    if (c->session != SESSION_UP && packet->type != MQTT_CONNACK)
        return broken(c, ROOST_ERR_INVALID, "a packet before CONNACK");
    switch (packet->type) {
    case MQTT_PUBLISH:
        return on_publish(c, packet);
    case MQTT_PUBACK:
        if (outbox_acked(c->outbox, packet->packet_id) == 0)
            metric_add(c->count.publish_acked, 1);
        pump(c);
        return 0;
    case MQTT_PINGRESP:
        return 0; /* any byte shows that it lives */
    case MQTT_CONNACK:
        return on_connack(c, packet);
    case MQTT_SUBACK:
        return on_suback(c, packet);
    default:
        return broken(c, ROOST_ERR_INVALID, "a packet that only clients send");
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
static int decode(struct mqtt_client *c)
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
            err = broken(c, n, "a packet that breaks the standard");
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

static uint8_t *on_space(void *ctx, size_t *len)
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

static int on_received(void *ctx, size_t len)
{
    struct mqtt_client *c = ctx;

    c->in_len += len;
    c->received_ms = uv_now(c->loop);
    c->ping_ms = 0;
    return decode(c);
}

/* ---- the connection's life ------------------------------------------------------------------- */

static void on_opened(void *ctx)
{
    send_connect(ctx);
}

static void on_drained(void *ctx)
{
    pump(ctx);
}

static void maybe_done(struct mqtt_client *c)
{
    if (c->done && !c->transport && c->handles == 0)
        c->done(c->done_ctx);
}

static void on_closed(void *ctx, int err, const char *why)
{
    struct mqtt_client *c = ctx;
    bool was_up = c->session == SESSION_UP;

    c->transport = NULL;
    c->session = SESSION_NONE;
    c->subscribed = false;
    metric_set(c->count.connected, 0);
    if (c->done) {
        set_why(c, "stopped");
        maybe_done(c);
        return;
    }
    if (was_up)
        metric_add(c->count.losses, 1);
    set_why(c, "%s: %s", was_up ? "connection lost" : "cannot connect", why);
    if (c->link.state == ROOST_LINK_UP || c->link.state == ROOST_LINK_CONNECTING)
        link_step(c, ROOST_LINK_LOST);
    HUB_LOG(ROOST_LOG_WARN, "mqtt", was_up ? "connection lost" : "cannot connect",
            RF_STR("host", c->config.host), RF_INT("port", c->config.port), RF_ERR("error", err),
            RF_STR("why", why), RF_INT("retry_ms", roost_link_due(&c->link) - uv_now(c->loop)));
}

static void open_connection(struct mqtt_client *c)
{
    static const struct transport_events events = {.opened = on_opened,
                                                   .space = on_space,
                                                   .received = on_received,
                                                   .drained = on_drained,
                                                   .closed = on_closed};
    const struct transport_options options = {
        .host = c->config.host, .port = c->config.port, .tls = c->tls, .send_max = SEND_MAX};

    ROOST_ASSERT(!c->transport); /* it closes within the turn of the loop that aborted it */
    c->generation++;
    c->broken = false;
    c->in_start = 0;
    c->in_len = 0;
    c->skip = 0;
    c->ping_ms = 0;
    c->resumed = false;
    c->sent_ms = c->received_ms = uv_now(c->loop);
    int err = transport_open(&c->transport, c->loop, &options, &events, c);
    if (err < 0)
        link_step(c, ROOST_LINK_LOST);
    else if (c->paused)
        transport_pause(c->transport, true);
}

/* When the connection needs care next: a ping, or the end of waiting for its answer. */
static uint64_t care_due(const struct mqtt_client *c)
{
    if (c->session != SESSION_UP || c->broken)
        return ROOST_NEVER;
    if (c->ping_ms > 0 && !c->paused)
        return c->ping_ms + c->config.ping_timeout_ms;
    uint64_t quiet_ms = c->sent_ms;
    if (!c->paused && c->received_ms < quiet_ms)
        quiet_ms = c->received_ms;
    return quiet_ms + c->config.keepalive_s * 1000u;
}

/* While reading is paused the broker's answer cannot be seen: it is kept content, not judged. */
static void care(struct mqtt_client *c)
{
    if (c->ping_ms > 0 && !c->paused)
        broken(c, ROOST_ERR_TIMEOUT, "the broker does not answer a ping");
    else
        send_ping(c);
}

static void on_timer(uv_timer_t *timer);

static void schedule(struct mqtt_client *c)
{
    uint64_t now = uv_now(c->loop);
    uint64_t due = roost_link_due(&c->link);
    uint64_t care_ms = care_due(c);

    if (c->done)
        return;
    if (care_ms < due)
        due = care_ms;
    if (due == ROOST_NEVER)
        uv_timer_stop(&c->timer);
    else
        uv_timer_start(&c->timer, on_timer, due > now ? due - now : 1, 0);
}

static void link_step(struct mqtt_client *c, enum roost_link_event event)
{
    switch (roost_link_handle(&c->link, event, uv_now(c->loop), draw())) {
    case ROOST_LINK_OPEN:
        open_connection(c);
        break;
    case ROOST_LINK_CLOSE:
        if (c->transport)
            transport_abort(c->transport, ROOST_ERR_TIMEOUT, "no answer in time");
        break;
    case ROOST_LINK_NOTHING:
        break;
    }
    schedule(c);
}

static void on_timer(uv_timer_t *timer)
{
    struct mqtt_client *c = timer->data;
    uint64_t now = uv_now(c->loop);

    if (roost_link_due(&c->link) <= now)
        link_step(c, ROOST_LINK_DUE);
    if (care_due(c) <= now)
        care(c);
    schedule(c);
}

/* Runs before the loop sleeps: what was resumed is decoded, what was committed is sent. */
static void on_turn(uv_idle_t *idle)
{
    struct mqtt_client *c = idle->data;

    uv_idle_stop(idle);
    if (c->resumed && c->transport && !c->paused) {
        c->resumed = false;
        decode(c);
    }
    while (c->transport && transport_flush(c->transport)) {
        const struct outbox_message *more = outbox_next(c->outbox);
        if (c->session != SESSION_UP || !more)
            break;
        pump(c);
    }
}

static void wake(struct mqtt_client *c)
{
    if (c->handles > 0 && !c->done)
        uv_idle_start(&c->turn, on_turn);
}

/* ---- lifecycle ---------------------------------------------------------------------------------
 */

static void register_metrics(struct counters *count, struct metrics *m)
{
    static const char published[] = "Messages published, first sendings";
    static const char dropped[] = "Messages refused by the bus before sending";
    static const char acked[] = "Messages acknowledged to the broker";

    count->connected = metrics_gauge(m, "roost_mqtt_connected", "1 while connected", NULL);
    count->connects = metrics_counter(m, "roost_mqtt_connects_total", "Connections made", NULL);
    count->losses = metrics_counter(m, "roost_mqtt_losses_total", "Connections lost", NULL);
    count->received = metrics_counter(m, "roost_mqtt_received_total", "Messages received", NULL);
    count->received_bytes =
        metrics_counter(m, "roost_mqtt_received_bytes_total", "Payload bytes received", NULL);
    count->oversize = metrics_counter(m, "roost_mqtt_oversize_total",
                                      "Messages skipped for being over the packet limit", NULL);
    count->acked = metrics_counter(m, "roost_mqtt_acked_total", acked, NULL);
    count->acked_late =
        metrics_counter(m, "roost_mqtt_acked_late_total",
                        "Acknowledgements of a connection that was gone by then", NULL);
    count->published = metrics_counter(m, "roost_mqtt_published_total", published, NULL);
    count->publish_acked = metrics_counter(m, "roost_mqtt_publish_acked_total",
                                           "Messages the broker acknowledged to us", NULL);
    count->resent = metrics_counter(m, "roost_mqtt_resent_total",
                                    "Messages sent again after a reconnect", NULL);
    count->dropped_away =
        metrics_counter(m, "roost_mqtt_publish_dropped_total", dropped, "reason=\"away\"");
    count->dropped_full =
        metrics_counter(m, "roost_mqtt_publish_dropped_total", dropped, "reason=\"full\"");
    count->paused = metrics_gauge(m, "roost_mqtt_paused", "1 while reading is paused", NULL);
    count->waiting = metrics_gauge(m, "roost_mqtt_publish_waiting",
                                   "Messages published and not acknowledged yet", NULL);
}

static void collect(void *ctx)
{
    struct mqtt_client *c = ctx;

    metric_set(c->count.waiting, outbox_count(c->outbox));
}

int mqtt_client_new(struct mqtt_client **out, uv_loop_t *loop, const struct mqtt_config *config,
                    struct metrics *metrics,
                    void (*message)(void *ctx, const struct hub_message *message), void *ctx)
{
    struct mqtt_client *c = calloc(1, sizeof *c);
    int err = 0;

    if (!c)
        return ROOST_ERR_NO_MEMORY;
    c->config = *config;
    c->loop = loop;
    c->message = message;
    c->ctx = ctx;
    c->outbox = outbox_new(&config->outbox);
    if (!c->outbox)
        err = ROOST_ERR_NO_MEMORY;
    else if (config->tls)
        err = tls_client_context(&c->tls, config->ca_file);
    if (err < 0) {
        mqtt_client_free(c);
        return err;
    }
    roost_link_init(&c->link, &config->link);
    register_metrics(&c->count, metrics);
    metrics_on_collect(metrics, collect, c);
    uv_timer_init(loop, &c->timer);
    uv_idle_init(loop, &c->turn);
    c->timer.data = c;
    c->turn.data = c;
    c->handles = 2;
    set_why(c, "not started");
    *out = c;
    return 0;
}

void mqtt_client_start(struct mqtt_client *c)
{
    set_why(c, "connecting");
    link_step(c, ROOST_LINK_NET_UP);
    link_step(c, ROOST_LINK_START);
}

const char *mqtt_client_why(const struct mqtt_client *c)
{
    return c->subscribed ? NULL : c->why;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct mqtt_client *c = handle->data;

    c->handles--;
    maybe_done(c);
}

void mqtt_client_stop(struct mqtt_client *c, void (*done)(void *ctx), void *ctx)
{
    ROOST_ASSERT(!c->done && done);
    c->done = done;
    c->done_ctx = ctx;
    roost_link_handle(&c->link, ROOST_LINK_STOP, uv_now(c->loop), draw());
    if (c->transport && c->session == SESSION_UP) {
        uint8_t *bytes = transport_reserve(c->transport, 2);
        int len = bytes ? mqtt_write_disconnect(bytes, 2) : 0;
        if (len > 0)
            transport_commit(c->transport, (size_t)len);
        c->session = SESSION_NONE; /* later acknowledgements would stand behind DISCONNECT */
        transport_close(c->transport, LINGER_MS);
    } else if (c->transport) {
        transport_abort(c->transport, 0, "stopped");
    }
    uv_close((uv_handle_t *)&c->timer, on_handle_closed);
    uv_close((uv_handle_t *)&c->turn, on_handle_closed);
}

void mqtt_client_free(struct mqtt_client *c)
{
    if (!c)
        return;
    tls_context_free(c->tls);
    outbox_free(c->outbox);
    free(c->in);
    free(c);
}
