/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mqtt_rig.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void on_message(void *ctx, const struct bus_message *message)
{
    struct test_bus *bus = ctx;
    struct kept_message *kept = &bus->messages[bus->count];

    assert_true(bus->count < BUS_MESSAGES_MAX);
    snprintf(kept->topic, sizeof kept->topic, "%s", message->topic);
    size_t shown = message->len < sizeof kept->text - 1 ? message->len : sizeof kept->text - 1;
    if (message->payload)
        memcpy(kept->text, message->payload, shown);
    kept->text[message->payload ? shown : 0] = '\0';
    kept->len = message->len;
    kept->token = message->token;
    kept->dup = message->dup;
    kept->oversize = message->oversize;
    if (bus->count++ < bus->ack_first)
        bus->hub.ops->ack(bus->hub.ctx, message->token);
}

void bus_init(struct test_bus *bus, const struct support_broker *broker)
{
    static const char *const topics[] = {"test/#"};

    signal(SIGPIPE, SIG_IGN); /* as every program with a transport */
    memset(bus, 0, sizeof *bus);
    mqtt_config_init(&bus->config);
    bus->config.host = "127.0.0.1";
    bus->config.port = broker->port;
    bus->config.client_id = "bus-test";
    bus->config.topics = topics;
    bus->config.topic_count = 1;
    bus->config.link.backoff_base_ms = 20;
    bus->config.link.backoff_cap_ms = 100;
    bus->config.link.breaker_threshold = 1000;
    bus->messages = calloc(BUS_MESSAGES_MAX, sizeof *bus->messages);
}

void bus_make(struct test_bus *bus)
{
    assert_int_equal(uv_loop_init(&bus->loop), 0);
    bus->metrics = metrics_new();
    assert_int_equal(
        mqtt_client_new(&bus->client, &bus->loop, &bus->config, bus->metrics, on_message, bus), 0);
    bus->hub = mqtt_client_bus(bus->client);
}

void bus_start(struct test_bus *bus)
{
    bus_make(bus);
    mqtt_client_start(bus->client);
}

static void wake_up(uv_timer_t *timer)
{
    (void)timer;
}

void bus_turn(struct test_bus *bus)
{
    uv_timer_t timer;

    uv_update_time(&bus->loop);
    uv_timer_init(&bus->loop, &timer);
    uv_timer_start(&timer, wake_up, 1, 0);
    uv_run(&bus->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&bus->loop, UV_RUN_NOWAIT);
}

void bus_wait_messages(struct test_bus *bus, size_t count)
{
    uint64_t until = support_now_ms() + BUS_WAIT_MS;

    while (bus->count < count) {
        bus_turn(bus);
        if (support_now_ms() > until)
            fail_msg("%zu of %zu messages came", bus->count, count);
    }
}

void bus_wait_ready(struct test_bus *bus)
{
    uint64_t until = support_now_ms() + BUS_WAIT_MS;

    while (mqtt_client_why(bus->client)) {
        bus_turn(bus);
        if (support_now_ms() > until)
            fail_msg("not ready: %s", mqtt_client_why(bus->client));
    }
}

void bus_wait_why(struct test_bus *bus, const char *part)
{
    uint64_t until = support_now_ms() + BUS_WAIT_MS;

    for (;;) {
        const char *why = mqtt_client_why(bus->client);
        if (why && strstr(why, part))
            return;
        bus_turn(bus);
        if (support_now_ms() > until)
            fail_msg("\"%s\" lacks \"%s\"", why ? why : "ready", part);
    }
}

double bus_metric(struct test_bus *bus, const char *line)
{
    size_t len, name_len = strlen(line);
    char *text = metrics_expose(bus->metrics, &len);
    double value = 0;

    for (const char *at = text; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, line, name_len) == 0)
            value = strtod(at + name_len, NULL);
    }
    free(text);
    return value;
}

void bus_wait_metric(struct test_bus *bus, const char *line, double value)
{
    uint64_t until = support_now_ms() + BUS_WAIT_MS;

    while (bus_metric(bus, line) < value) {
        bus_turn(bus);
        if (support_now_ms() > until)
            fail_msg("%s stays below %g", line, value);
    }
}

int bus_publish(struct test_bus *bus, const char *topic, const char *text, int qos)
{
    return bus->hub.ops->publish(bus->hub.ctx, topic, text, strlen(text), qos, false);
}

void bus_ack(struct test_bus *bus, size_t index)
{
    bus->hub.ops->ack(bus->hub.ctx, bus->messages[index].token);
}

static void on_stopped(void *ctx)
{
    ((struct test_bus *)ctx)->stopped = true;
}

void bus_stop(struct test_bus *bus)
{
    mqtt_client_stop(bus->client, on_stopped, bus);
    uv_run(&bus->loop, UV_RUN_DEFAULT);
    assert_true(bus->stopped);
    mqtt_client_free(bus->client);
    metrics_free(bus->metrics);
    assert_int_equal(uv_loop_close(&bus->loop), 0);
    free(bus->messages);
}

void peer_send(struct support_peer *peer, const char *topic, const char *text)
{
    support_peer_publish(peer, topic, text, strlen(text), false);
}
