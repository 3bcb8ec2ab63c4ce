/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/timer.h"
#include "hub/products/products.h"
#include "hub/settings.h"

enum { RECONNECT_LOW_MS = 500, RECONNECT_HIGH_MS = 3000, RESTART_MS = 3000 };

/* ---- ticks ---- */

static void tick(void *ctx, uint64_t number, void *data);

static void arm(struct sim_hub *hub, uint64_t due_ms)
{
    if (due_ms >= hub->alarm_ms)
        return;
    hub->alarm++;
    hub->alarm_ms = due_ms > hub->clock->now_ms ? due_ms : hub->clock->now_ms;
    sim_at_guarded(hub->clock, hub->alarm_ms, tick, hub, 0, NULL, &hub->alarm);
}

static void tick(void *ctx, uint64_t number, void *data)
{
    struct sim_hub *hub = ctx;
    uint64_t now_ms = hub->clock->now_ms;

    (void)number;
    (void)data;
    hub->alarm_ms = ROOST_NEVER;
    if (!hub->running)
        return;
    arm(hub, services_tick(&hub->services, now_ms));
}

/* roostd ticks its services once in each turn of its loop, whatever woke it. */
static void wake(void *ctx)
{
    struct sim_hub *hub = ctx;

    arm(hub, hub->clock->now_ms);
}

/* ---- bus ---- */

static void connect(void *ctx, uint64_t number, void *data)
{
    static const struct sim_client_options options = {
        .client_id = SIM_HUB_CLIENT, .keepalive_s = 30, .clean_session = false};
    struct sim_hub *hub = ctx;

    (void)number;
    (void)data;
    (void)sim_client_open(&hub->client, &options); /* its end is the closed event */
}

static void opened(void *ctx, bool session_present)
{
    services_filter filters[SERVICES_FILTERS_MAX];
    struct sim_hub *hub = ctx;
    size_t count;

    (void)session_present;
    count = services_filters(hub_products, hub_product_count, HUB_LANE_STORED, filters);
    for (size_t i = 0; i < count; i++)
        ROOST_ASSERT(sim_client_subscribe(&hub->client, filters[i]) == 0);
    sim_client_pause(&hub->client, hub->paused);
    wake(hub);
}

static void closed(void *ctx, int why)
{
    struct sim_hub *hub = ctx;

    (void)why;
    sim_at_guarded(hub->clock,
                   hub->clock->now_ms +
                       sim_random_between(&hub->random, RECONNECT_LOW_MS, RECONNECT_HIGH_MS),
                   connect, hub, 0, NULL, &hub->life);
}

static void acked(void *ctx, uint64_t token)
{
    (void)ctx;
    (void)token;
}

static void message_came(void *ctx, const struct sim_message *message, uint64_t token, bool retain,
                         bool dup)
{
    enum { TRACED = 256 }; /* of a payload: sound is long */
    struct sim_hub *hub = ctx;
    struct bus_message in = {.topic = message->topic,
                             .payload = (const char *)message->bytes,
                             .len = message->len,
                             .retain = retain,
                             .dup = dup,
                             .token = token};

    sim_trace(hub->clock, UINT32_MAX, message->topic, message->bytes,
              message->len < TRACED ? message->len : TRACED);
    hub->received++;
    services_message(&hub->services, HUB_LANE_STORED, &in);
    wake(hub);
}

static const struct sim_client_ops client_ops = {
    .opened = opened, .closed = closed, .acked = acked, .message = message_came};

static int bus_publish(void *ctx, const char *topic, const void *payload, size_t len, int qos,
                       bool retain)
{
    struct sim_hub *hub = ctx;
    int result = sim_client_publish(&hub->client, topic, payload, len, qos, retain);

    return result > 0 ? 0 : result;
}

static void bus_ack(void *ctx, uint64_t token)
{
    struct sim_hub *hub = ctx;

    sim_client_ack(&hub->client, token);
}

static void bus_pause(void *ctx, bool paused)
{
    struct sim_hub *hub = ctx;

    hub->pauses += paused && !hub->paused;
    hub->paused = paused;
    sim_client_pause(&hub->client, paused);
}

static const struct bus_ops bus_ops = {.publish = bus_publish, .ack = bus_ack, .pause = bus_pause};

/* ---- clock and feed ---- */

static uint64_t clock_now_ms(void *ctx)
{
    struct sim_hub *hub = ctx;

    return hub->clock->now_ms;
}

static int64_t clock_unix_ms(void *ctx)
{
    struct sim_hub *hub = ctx;

    return sim_unix_ms(hub->clock);
}

static void clock_random(void *ctx, void *out, size_t len)
{
    struct sim_hub *hub = ctx;

    sim_random_fill(&hub->random, out, len);
}

static const struct host_clock_ops clock_ops = {
    .now_ms = clock_now_ms, .unix_ms = clock_unix_ms, .random = clock_random};

static bool feed_wanted(void *ctx)
{
    (void)ctx;
    return true; /* the trace looks at all of it */
}

static void feed_send(void *ctx, const char *event, const char *json, size_t len)
{
    struct sim_hub *hub = ctx;

    sim_trace(hub->clock, UINT32_MAX - 1, event, json, len);
}

static const struct hub_feed_ops feed_ops = {.wanted = feed_wanted, .send = feed_send};

/* ---- process ---- */

void sim_hub_init(struct sim_hub *hub, struct sim_clock *clock, struct sim_net *net,
                  struct sim_store *store)
{
    *hub = (struct sim_hub){.clock = clock, .store = store, .alarm_ms = ROOST_NEVER};
    hub->bus = (struct bus){.ops = &bus_ops, .ctx = hub};
    hub->hub_clock = (struct host_clock){.ops = &clock_ops, .ctx = hub};
    hub->feed = (struct hub_feed){.ops = &feed_ops, .ctx = hub};
    sim_random_init(&hub->random, clock->seed, "hub", 0);
    sim_host_init(&hub->host, clock->seed, 1000);
    hub->host.delay_ms = 1;
    hub->host.jitter_ms = 1;
    sim_client_init(&hub->client, net, &hub->host, &client_ops, hub);
    hub->client.manual_ack = true;
    store->on_done = wake;
    store->hub = hub;
}

static void restart(void *ctx, uint64_t number, void *data)
{
    (void)number;
    (void)data;
    sim_hub_start(ctx);
}

void sim_hub_start(struct sim_hub *hub)
{
    static const struct settings settings = {.device_policy = FLEET_POLICY_OPEN,
                                             .inactive_after_s = 300,
                                             .device_max = 1000,
                                             .device_rate_per_s = 2000,
                                             .waiting_max = 2000,
                                             .trigger_temperature_degc = 0.5,
                                             .trigger_humidity_pct = 2.0,
                                             .trigger_sound = true,
                                             .trigger_interval_s = 5};
    const struct ingest_lanes lanes = {
        .bus = {[HUB_LANE_STORED] = &hub->bus, [HUB_LANE_PROMPT] = &hub->bus}};
    const char *what;

    hub->starts++;
    hub->paused = false;
    hub->metrics = metrics_new();
    hub->parts = (struct hub_parts){.settings = &settings,
                                    .registry = &hub->store->registry,
                                    .series = &hub->store->series,
                                    .bus = &hub->bus,
                                    .clock = &hub->hub_clock,
                                    .feed = &hub->feed,
                                    .metrics = hub->metrics};
    int err =
        services_open(&hub->services, hub_products, hub_product_count, &hub->parts, &lanes, &what);
    if (err < 0) { /* roostd says why and exits; who watches over it starts it again */
        ROOST_ASSERT(err != ROOST_ERR_NO_MEMORY);
        hub->life++;
        sim_store_crash(hub->store);
        metrics_free(hub->metrics);
        hub->metrics = NULL;
        hub->failed_starts++;
        sim_at_guarded(hub->clock, hub->clock->now_ms + RESTART_MS, restart, hub, 0, NULL,
                       &hub->life);
        return;
    }
    hub->running = true;
    connect(hub, 0, NULL);
    wake(hub);
}

void sim_hub_crash(struct sim_hub *hub)
{
    hub->life++; /* also gives up a restart that was waiting */
    if (!hub->running)
        return;
    hub->running = false;
    hub->alarm++;
    hub->alarm_ms = ROOST_NEVER;
    sim_client_die(&hub->client, false);
    sim_store_crash(hub->store);
    services_close(&hub->services);
    metrics_free(hub->metrics);
    hub->metrics = NULL;
}

int sim_hub_command(struct sim_hub *hub, const char *device_id, const char *name,
                    const char *args_json)
{
    int err;

    if (!hub->running)
        return ROOST_ERR_CLOSED;
    err = fleet_command(hub->services.fleet, device_id, name, args_json, 1, NULL, NULL);
    wake(hub);
    return err;
}
