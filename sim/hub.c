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

/* ---- sessions at the broker ---- */

static const char *const client_ids[HUB_LANE_COUNT] = {
    [HUB_LANE_STORED] = SIM_HUB_CLIENT, [HUB_LANE_PROMPT] = SIM_HUB_ANSWERS};

static void connect(void *ctx, uint64_t number, void *data)
{
    struct sim_hub_session *session = ctx;
    struct sim_client_options options = {
        .client_id = client_ids[session->lane], .keepalive_s = 30, .clean_session = false};

    (void)number;
    (void)data;
    (void)sim_client_open(&session->client, &options); /* its end is the closed event */
}

static void opened(void *ctx, bool session_present)
{
    services_filter filters[SERVICES_FILTERS_MAX];
    struct sim_hub_session *session = ctx;
    struct sim_hub *hub = session->hub;
    size_t count = services_filters(hub->products, hub->product_count, session->lane, filters);

    (void)session_present;
    for (size_t i = 0; i < count; i++)
        ROOST_ASSERT(sim_client_subscribe(&session->client, filters[i]) == 0);
    sim_client_pause(&session->client, session->paused);
    wake(hub);
}

static void closed(void *ctx, int why)
{
    struct sim_hub_session *session = ctx;
    struct sim_hub *hub = session->hub;

    (void)why;
    sim_at_guarded(hub->clock,
                   hub->clock->now_ms +
                       sim_random_between(&hub->random, RECONNECT_LOW_MS, RECONNECT_HIGH_MS),
                   connect, session, 0, NULL, &hub->life);
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
    struct sim_hub_session *session = ctx;
    struct sim_hub *hub = session->hub;
    struct bus_message in = {.topic = message->topic,
                             .payload = (const char *)message->bytes,
                             .len = message->len,
                             .retain = retain,
                             .dup = dup,
                             .token = token};

    sim_trace(hub->clock, UINT32_MAX, message->topic, message->bytes,
              message->len < TRACED ? message->len : TRACED);
    hub->received++;
    services_message(&hub->services, session->lane, &in);
    wake(hub);
}

static const struct sim_client_ops client_ops = {
    .opened = opened, .closed = closed, .acked = acked, .message = message_came};

static int bus_publish(void *ctx, const char *topic, const void *payload, size_t len, int qos,
                       bool retain)
{
    struct sim_hub_session *session = ctx;
    int result = sim_client_publish(&session->client, topic, payload, len, qos, retain);

    return result > 0 ? 0 : result;
}

static void bus_ack(void *ctx, uint64_t token)
{
    struct sim_hub_session *session = ctx;

    sim_client_ack(&session->client, token);
}

static void bus_pause(void *ctx, bool paused)
{
    struct sim_hub_session *session = ctx;

    session->hub->pauses += paused && !session->paused;
    session->paused = paused;
    sim_client_pause(&session->client, paused);
}

static const struct bus_ops bus_ops = {.publish = bus_publish, .ack = bus_ack, .pause = bus_pause};

static void session_init(struct sim_hub *hub, enum hub_lane lane, struct sim_net *net)
{
    struct sim_hub_session *session = &hub->sessions[lane];

    *session = (struct sim_hub_session){.hub = hub, .lane = lane};
    session->bus = (struct bus){.ops = &bus_ops, .ctx = session};
    sim_client_init(&session->client, net, &hub->host, &client_ops, session);
    session->client.manual_ack = true;
}

bool sim_hub_quiet(const struct sim_hub *hub, const struct sim_broker *broker)
{
    for (int lane = 0; lane < HUB_LANE_COUNT; lane++) {
        const struct sim_session *session = sim_broker_session(broker, client_ids[lane]);

        if (!session || !session->conn || session->queued > 0)
            return false;
    }
    return hub->running && services_waiting(&hub->services) == 0;
}

/* ---- clock and feed ---- */

static uint64_t clock_now_ms(void *ctx)
{
    struct sim_hub *hub = ctx;

    return hub->clock->now_ms;
}

static int64_t clock_unix_ms(void *ctx)
{
    struct sim_hub *hub = ctx;

    return sim_unix_ms(hub->clock) + hub->unix_offset_ms;
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
    *hub = (struct sim_hub){.clock = clock,
                            .store = store,
                            .products = hub_products,
                            .product_count = hub_product_count,
                            .alarm_ms = ROOST_NEVER};
    hub->hub_clock = (struct host_clock){.ops = &clock_ops, .ctx = hub};
    hub->feed = (struct hub_feed){.ops = &feed_ops, .ctx = hub};
    sim_random_init(&hub->random, clock->seed, "hub", 0);
    sim_host_init(&hub->host, clock->seed, 1000);
    hub->host.delay_ms = 1;
    hub->host.jitter_ms = 1;
    for (int lane = 0; lane < HUB_LANE_COUNT; lane++)
        session_init(hub, (enum hub_lane)lane, net);
    sim_voice_init(&hub->voice, clock);
    sim_csms_init(&hub->csms, clock);
    hub->extras[0] = hub->voice.extras[0];
    hub->extras[1] = (struct hub_extra){CSMS_EXTRA, &hub->csms.parts};
    sim_sockets_init(&hub->sockets, net);
    hub->sockets.wake = wake;
    hub->sockets.wake_ctx = hub;
    store->on_done = wake;
    store->hub = hub;
}

static void restart(void *ctx, uint64_t number, void *data)
{
    (void)number;
    (void)data;
    sim_hub_start(ctx);
}

void sim_hub_deinit(struct sim_hub *hub)
{
    if (hub->running)
        sim_hub_crash(hub);
    sim_sockets_deinit(&hub->sockets);
    sim_csms_deinit(&hub->csms);
}

/* Where the products' WebSocket peers come in. */
static void open_sockets(struct sim_hub *hub)
{
    for (size_t i = 0; i < hub->services.set.count; i++) {
        const struct hub_service *row = hub->services.set.at[i].row;

        ROOST_ASSERT(sim_sockets_add(&hub->sockets, row->sockets, row->socket_count,
                                     hub->services.set.at[i].service) == 0);
    }
    sim_sockets_start(&hub->sockets);
}

static void keep_book(struct sim_hub *hub)
{
    hub->kept = book_registry_new(&hub->store->registry, &hub->hub_clock, SIM_REGISTRY_KEY);
    ROOST_ASSERT(hub->kept);
    hub->voice.kept = book_registry_book(hub->kept);
}

static void drop_book(struct sim_hub *hub)
{
    book_registry_free(hub->kept);
    hub->kept = NULL;
}

void sim_hub_start(struct sim_hub *hub)
{
    static const struct settings settings = {.device_policy = FLEET_POLICY_OPEN,
                                             .inactive_after_s = 300,
                                             .device_max = 1000,
                                             .device_rate_per_s = 2000,
                                             .device_burst = 120000,
                                             .waiting_max = 2000,
                                             .trigger_temperature_degc = 0.5,
                                             .trigger_humidity_pct = 2.0,
                                             .trigger_sound = true,
                                             .trigger_interval_s = 5,
                                             .esp32_secret = SIM_ESP32_SECRET,
                                             .esp32_sessions_max = SIM_PEERS_MAX,
                                             .esp32_session_min = 30,
                                             .voice_talk_min = 30,
                                             .voice_rate_per_s = 40};
    const struct bus *prompt = &hub->sessions[HUB_LANE_PROMPT].bus;
    const struct ingest_lanes lanes = {
        .bus = {
            [HUB_LANE_STORED] = &hub->sessions[HUB_LANE_STORED].bus, [HUB_LANE_PROMPT] = prompt}};
    const char *what;

    hub->starts++;
    hub->metrics = metrics_new();
    keep_book(hub);
    hub->parts = (struct hub_parts){.settings = &settings,
                                    .registry = &hub->store->registry,
                                    .series = &hub->store->series,
                                    .bus = prompt,
                                    .clock = &hub->hub_clock,
                                    .extras = hub->extras,
                                    .feed = &hub->feed,
                                    .metrics = hub->metrics};
    int err = services_open(&hub->services, hub->products, hub->product_count, &hub->parts, &lanes,
                            &what);
    if (err < 0) { /* roostd says why and exits; who watches over it starts it again */
        ROOST_ASSERT(err != ROOST_ERR_NO_MEMORY);
        hub->life++;
        sim_store_crash(hub->store);
        drop_book(hub);
        metrics_free(hub->metrics);
        hub->metrics = NULL;
        hub->failed_starts++;
        sim_at_guarded(hub->clock, hub->clock->now_ms + RESTART_MS, restart, hub, 0, NULL,
                       &hub->life);
        return;
    }
    hub->running = true;
    for (int lane = 0; lane < HUB_LANE_COUNT; lane++) {
        hub->sessions[lane].paused = false;
        connect(&hub->sessions[lane], 0, NULL);
    }
    open_sockets(hub);
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
    for (int lane = 0; lane < HUB_LANE_COUNT; lane++)
        sim_client_die(&hub->sessions[lane].client, false);
    sim_csms_crash(&hub->csms);
    sim_store_crash(hub->store); /* its answers still find the sockets they are about */
    sim_sockets_crash(&hub->sockets);
    services_close(&hub->services);
    drop_book(hub);
    sim_voice_crash(&hub->voice);
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

void *sim_hub_service(const struct sim_hub *hub, const struct hub_service *row)
{
    const struct hub_set *set = &hub->services.set;

    for (size_t i = 0; hub->running && i < set->count; i++)
        if (set->at[i].row == row)
            return set->at[i].service;
    return NULL;
}

void sim_hub_wake(struct sim_hub *hub)
{
    wake(hub);
}
