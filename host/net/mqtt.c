/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/mqtt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/timer.h"
#include "host/log.h"
#include "host/net/mqtt_internal.h"
#include "host/net/mqtt_packet.h"

enum { SEND_MAX = 4 * 1024 * 1024, LINGER_MS = 2000 };

void mqtt_config_init(struct mqtt_config *config)
{
    *config = (struct mqtt_config){
        .ca_file = "",
        .user = "",
        .password = "",
        .labels = "",
        .keepalive_s = 30,
        .ping_timeout_ms = 10000,
        .resubscribe_ms = 30000,
        .packet_max = 2 * 1024 * 1024,
        .payload_max = 1024 * 1024,
        .outbox = {.in_flight_max = 1024, .count = 8192, .bytes = 8 * 1024 * 1024},
        .link = {.backoff_base_ms = 500,
                 .backoff_cap_ms = 15000,
                 .connect_timeout_ms = 15000,
                 .stable_ms = 30000,
                 .breaker_threshold = 20,
                 .breaker_open_ms = 30000},
    };
}

void mqtt_set_why(struct mqtt_client *c, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(c->why, sizeof c->why, format, args);
    va_end(args);
}

/* For the spread of retries: all clients of a broker lose it in the same moment. */
static uint32_t draw(void)
{
    uint32_t random = 0;

    while (getrandom(&random, sizeof random, 0) != sizeof random)
        ;
    return random;
}

/* A part of the protocol the other side broke, or memory: the connection ends. */
int mqtt_broken(struct mqtt_client *c, int err, const char *what)
{
    c->broken = true;
    transport_abort(c->transport, err, what);
    return err;
}

/* ---- the connection's life ---- */

static void on_opened(void *ctx)
{
    mqtt_send_connect(ctx);
}

static void on_drained(void *ctx)
{
    mqtt_pump(ctx);
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

    mqtt_rival_lost(&c->rival, was_up, !c->broken && err == ROOST_ERR_CLOSED);
    c->transport = NULL;
    c->session = SESSION_NONE;
    c->subscribed = false;
    c->resubscribe_ms = 0;
    metric_set(c->count.connected, 0);
    if (c->done) {
        mqtt_set_why(c, "stopped");
        maybe_done(c);
        return;
    }
    if (was_up)
        metric_add(c->count.losses, 1);
    if (c->config.ca_file[0] || err == ROOST_ERR_CRYPTO)
        mqtt_trust_anew(c);
    mqtt_set_why(c, "%s: %s", was_up ? "connection lost" : "cannot connect", why);
    if (c->link.state == ROOST_LINK_UP || c->link.state == ROOST_LINK_CONNECTING)
        mqtt_link_step(c, ROOST_LINK_LOST);
    HOST_LOG_LIMITED(ROOST_LOG_WARN, "mqtt", was_up ? "connection lost" : "cannot connect",
                     RF_STR("host", c->config.host), RF_INT("port", c->config.port),
                     RF_ERR("error", err), RF_STR("why", why),
                     RF_INT("retry_ms", roost_link_due(&c->link) - uv_now(c->loop)));
}

static void open_connection(struct mqtt_client *c)
{
    static const struct transport_events events = {.opened = on_opened,
                                                   .space = mqtt_space,
                                                   .received = mqtt_received,
                                                   .drained = on_drained,
                                                   .closed = on_closed};
    mqtt_trust_take(c);
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
        mqtt_link_step(c, ROOST_LINK_LOST);
    else if (c->paused)
        transport_pause(c->transport, true);
}

/* When the connection needs care next: a ping, or the end of waiting for its answer. Silence of
 * ours ends the session at the broker; silence of the broker's may be a connection that is dead. */
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
        mqtt_broken(c, ROOST_ERR_TIMEOUT, "the broker does not answer a ping");
    else
        mqtt_send_ping(c);
}

static void on_timer(uv_timer_t *timer);

void mqtt_schedule(struct mqtt_client *c)
{
    uint64_t now = uv_now(c->loop);
    uint64_t due = roost_link_due(&c->link);
    uint64_t care_ms = care_due(c);

    if (c->done)
        return;
    if (care_ms < due)
        due = care_ms;
    if (c->resubscribe_ms > 0 && c->resubscribe_ms < due)
        due = c->resubscribe_ms;
    if (due == ROOST_NEVER)
        uv_timer_stop(&c->timer);
    else
        uv_timer_start(&c->timer, on_timer, due > now ? due - now : 1, 0);
}

void mqtt_link_step(struct mqtt_client *c, enum roost_link_event event)
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
    mqtt_schedule(c);
}

static void on_timer(uv_timer_t *timer)
{
    struct mqtt_client *c = timer->data;
    uint64_t now = uv_now(c->loop);

    if (roost_link_due(&c->link) <= now)
        mqtt_link_step(c, ROOST_LINK_DUE);
    if (care_due(c) <= now)
        care(c);
    if (c->resubscribe_ms > 0 && c->resubscribe_ms <= now) {
        c->resubscribe_ms = 0;
        mqtt_send_subscribe(c);
    }
    mqtt_schedule(c);
}

/* Runs before the loop sleeps: what was resumed is decoded, what was committed is sent. */
static void on_turn(uv_idle_t *idle)
{
    struct mqtt_client *c = idle->data;

    uv_idle_stop(idle);
    if (c->resumed && c->transport && !c->paused) {
        c->resumed = false;
        mqtt_decode(c);
    }
    while (c->transport && transport_flush(c->transport)) {
        const struct outbox_message *more = outbox_next(c->outbox);
        if (c->session != SESSION_UP || !more)
            break;
        mqtt_pump(c);
    }
}

void mqtt_wake(struct mqtt_client *c)
{
    if (c->handles > 0 && !c->done)
        uv_idle_start(&c->turn, on_turn);
}

/* ---- lifecycle ---- */

static void register_metrics(struct mqtt_counters *count, struct metrics *m, const char *labels)
{
    static const char dropped[] = "Messages refused by the bus before sending";
    const char *more = labels[0] ? "," : "";
    char away[96], full[96];

    snprintf(away, sizeof away, "reason=\"away\"%s%s", more, labels);
    snprintf(full, sizeof full, "reason=\"full\"%s%s", more, labels);
    labels = labels[0] ? labels : NULL;
    count->connected = metrics_gauge(m, "roost_mqtt_connected", "1 while connected", labels);
    count->connects = metrics_counter(m, "roost_mqtt_connects_total", "Connections made", labels);
    count->losses = metrics_counter(m, "roost_mqtt_losses_total", "Connections lost", labels);
    count->received = metrics_counter(m, "roost_mqtt_received_total", "Messages received", labels);
    count->received_bytes =
        metrics_counter(m, "roost_mqtt_received_bytes_total", "Payload bytes received", labels);
    count->oversize = metrics_counter(m, "roost_mqtt_oversize_total",
                                      "Messages skipped for being over the packet limit", labels);
    count->acked =
        metrics_counter(m, "roost_mqtt_acked_total", "Messages acknowledged to the broker", labels);
    count->acked_late =
        metrics_counter(m, "roost_mqtt_acked_late_total",
                        "Acknowledgements of a connection that was gone by then", labels);
    count->published = metrics_counter(m, "roost_mqtt_published_total",
                                       "Messages published, first sendings", labels);
    count->publish_acked = metrics_counter(m, "roost_mqtt_publish_acked_total",
                                           "Messages the broker acknowledged to us", labels);
    count->resent = metrics_counter(m, "roost_mqtt_resent_total",
                                    "Messages sent again after a reconnect", labels);
    count->dropped_away = metrics_counter(m, "roost_mqtt_publish_dropped_total", dropped, away);
    count->dropped_full = metrics_counter(m, "roost_mqtt_publish_dropped_total", dropped, full);
    count->takeovers =
        metrics_counter(m, "roost_mqtt_takeovers_total",
                        "Times another client seems to have taken our client id", labels);
    count->sessions_gone = metrics_counter(
        m, "roost_mqtt_sessions_gone_total",
        "Times the broker had forgotten our session, and what waited in it", labels);
    count->paused = metrics_gauge(m, "roost_mqtt_paused", "1 while reading is paused", labels);
    count->waiting = metrics_gauge(m, "roost_mqtt_publish_waiting",
                                   "Messages published and not acknowledged yet", labels);
}

static void collect(void *ctx)
{
    struct mqtt_client *c = ctx;

    metric_set(c->count.waiting, outbox_count(c->outbox));
}

int mqtt_client_new(struct mqtt_client **out, uv_loop_t *loop, const struct mqtt_config *config,
                    struct metrics *metrics,
                    void (*message)(void *ctx, const struct bus_message *message), void *ctx)
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
    register_metrics(&c->count, metrics, config->labels);
    metrics_on_collect(metrics, collect, c);
    uv_timer_init(loop, &c->timer);
    uv_idle_init(loop, &c->turn);
    c->timer.data = c;
    c->turn.data = c;
    c->handles = 2;
    mqtt_set_why(c, "not started");
    *out = c;
    return 0;
}

void mqtt_client_start(struct mqtt_client *c)
{
    mqtt_set_why(c, "connecting");
    mqtt_link_step(c, ROOST_LINK_NET_UP);
    mqtt_link_step(c, ROOST_LINK_START);
}

const char *mqtt_client_why(const struct mqtt_client *c)
{
    return c->subscribed ? NULL : c->why;
}

void mqtt_let_go(struct mqtt_client *c)
{
    c->handles--;
    maybe_done(c);
}

static void on_handle_closed(uv_handle_t *handle)
{
    mqtt_let_go(handle->data);
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
    tls_context_free(c->tls_next);
    outbox_free(c->outbox);
    free(c->in);
    free(c);
}
