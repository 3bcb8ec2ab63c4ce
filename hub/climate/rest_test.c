/* SPDX-License-Identifier: Apache-2.0 */
/* Histories over the real server, of a store that answers when the test says so. */
#include "hub/api/test_web.h"

#include "host/log.h"
#include "hub/climate/climate_internal.h"
#include "hub/fleet/fleet.h"
#include "hub/store/registry_fake.h"

static struct {
    struct web *web;
    struct registry registry;
    struct bus bus;
    struct hub_feed feed;
    struct hub_set services;
    struct fleet *fleet;
    struct series series;
    struct climate climate;
    struct http_route routes[CLIMATE_ROUTES];
    struct client client;

    int refuse; /* what asking the store returns */
    struct series_history_query query;
    series_history_fn history;
    series_rows_fn rows;
    void *arg;
    const void *cancelled;
} rig;

static int load_devices(void *ctx, registry_device_fn fn, void *arg)
{
    const struct registry_device device = {.id = "w1", .type = "window", .claimed = true};
    (void)ctx;
    return fn(arg, &device);
}

static int history(void *ctx, const struct series_history_query *query, series_history_fn done,
                   void *arg)
{
    (void)ctx;
    rig.query = *query;
    rig.history = done;
    rig.arg = arg;
    return rig.refuse;
}

static int newest(void *ctx, enum series_table table, const char *device_id, uint32_t limit,
                  series_rows_fn done, void *arg)
{
    (void)ctx, (void)table, (void)device_id, (void)limit;
    rig.rows = done;
    rig.arg = arg;
    return rig.refuse;
}

static void cancel(void *ctx, const void *arg)
{
    (void)ctx;
    rig.cancelled = arg;
}

static bool nobody_looks(void *ctx)
{
    (void)ctx;
    return false;
}

static void no_log(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    (void)ctx, (void)level, (void)line, (void)len;
}

static const struct registry_ops registry_ops = {.load_devices = load_devices, REGISTRY_FAKE_OPS};
static const struct series_ops series_ops = {
    .history = history, .newest = newest, .cancel = cancel};
static const struct bus_ops bus_ops = {0};
static const struct hub_feed_ops feed_ops = {.wanted = nobody_looks};

static int set_up(void **state)
{
    static const struct fleet_config config = {
        .inactive_after_ms = 300000, .command_timeout_ms = 10000, .device_max = 10};
    (void)state;
    memset(&rig, 0, sizeof rig);
    host_log_init(ROOST_LOG_DEBUG, no_log, NULL);
    rig.web = web_new();
    rig.registry = (struct registry){&registry_ops, NULL};
    rig.bus = (struct bus){&bus_ops, NULL};
    rig.feed = (struct hub_feed){&feed_ops, NULL};
    rig.series = (struct series){&series_ops, NULL};
    rig.fleet =
        fleet_new(&config, &rig.registry, &rig.bus, &rig.web->clock, &rig.feed, rig.web->metrics);
    assert_non_null(rig.fleet);
    fleet_join(rig.fleet, &rig.services);
    assert_int_equal(fleet_load(rig.fleet), 0);
    rig.climate.parts =
        (struct hub_parts){.fleet = rig.fleet, .series = &rig.series, .clock = &rig.web->clock};
    for (size_t i = 0; i < CLIMATE_ROUTES; i++) {
        rig.routes[i] = climate_routes[i];
        rig.routes[i].ctx = &rig.climate;
    }
    assert_int_equal(http_server_add(rig.web->server, rig.routes, CLIMATE_ROUTES), 0);
    assert_int_equal(http_server_listen(rig.web->server), 0);
    client_open(rig.web, &rig.client);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    client_close(&rig.client);
    web_free(rig.web);
    fleet_free(rig.fleet);
    return 0;
}

#define HISTORY   "/api/v1/devices/w1/history?metric=temperature"
#define DECISIONS "/api/v1/devices/w1/decisions"

/* Sends a request and turns the loop until the store was asked. */
static void ask(struct client *client, const char *path)
{
    rig.arg = NULL;
    rig.cancelled = NULL;
    client_send(client, "GET", path, NULL, NULL);
    while (!rig.arg)
        web_turn(rig.web);
}

static void a_history_is_answered(void **state)
{
    const struct series_point points[] = {
        {.unix_ms = 5, .mean = 1, .min = 0, .max = 2, .count = 2}};
    (void)state;
    ask(&rig.client, HISTORY "&from=1&to=1000&points=7");
    assert_string_equal(rig.query.device_id, "w1");
    assert_true(rig.query.from_ms == 1 && rig.query.to_ms == 1000 && rig.query.max_points == 7);
    rig.history(rig.arg, 0, points, 1);
    assert_int_equal(client_answer(&rig.client), 200);
    assert_true(client_got(&rig.client, "[5,1.0,0.0,2.0]"));
    assert_null(rig.cancelled);
}

static void the_store_hears_that_a_client_left(void **state)
{
    static const char *const paths[] = {HISTORY, DECISIONS};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct client gone;
        client_open(rig.web, &gone);
        ask(&gone, paths[i]);
        client_close(&gone);
        while (!rig.cancelled)
            web_turn(rig.web);
        assert_ptr_equal(rig.cancelled, rig.arg);
        if (i == 0) /* the store answers as it always does */
            rig.history(rig.arg, ROOST_ERR_CLOSED, NULL, 0);
        else
            rig.rows(rig.arg, ROOST_ERR_CLOSED, NULL, 0);
    }
}

static void too_many_are_told_to_come_again(void **state)
{
    (void)state;
    rig.refuse = ROOST_ERR_FULL;
    assert_int_equal(client_ask(&rig.client, "GET", HISTORY, NULL, NULL), 503);
    assert_true(client_got(&rig.client, "Retry-After: "));
    assert_true(client_got(&rig.client, "\"busy\""));
    assert_int_equal(client_ask(&rig.client, "GET", DECISIONS, NULL, NULL), 503);
    rig.refuse = ROOST_ERR_IO;
    assert_int_equal(client_ask(&rig.client, "GET", HISTORY, NULL, NULL), 500);
    assert_false(client_got(&rig.client, "Retry-After: "));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_history_is_answered),
        TEST(the_store_hears_that_a_client_left),
        TEST(too_many_are_told_to_come_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
