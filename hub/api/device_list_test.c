/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of a fleet of a hundred thousand devices, over the real server. */
#include "hub/api/test_web.h"

#include <time.h>

#include "hub/api/device_list.h"
#include "host/log.h"
#include "hub/store/registry_fake.h"

enum { DEVICES = 100000 };

struct rig {
    struct web *web;
    struct registry registry;
    struct bus bus;
    struct hub_feed feed;
    struct hub_set services;
    struct fleet *fleet;
    struct device_lists *lists;
    struct client client, other;
    double worst_ms; /* CPU time of a turn of the loop */
};

static int load_devices(void *ctx, registry_device_fn fn, void *arg)
{
    struct registry_device device = {.type = "window", .claimed = true};
    int err = 0;
    (void)ctx;
    for (int i = 0; i < DEVICES && !err; i++) {
        snprintf(device.id, sizeof device.id, "window-%06d", i);
        snprintf(device.name, sizeof device.name, "Room %d", i);
        snprintf(device.location, sizeof device.location, "House %d, the %s", i / 100,
                 i % 1000 == 999 ? "CELLAR" : "upper floor");
        err = fn(arg, &device);
    }
    return err;
}

static const struct registry_ops ops = {.load_devices = load_devices, REGISTRY_FAKE_OPS};
static const struct bus_ops bus_ops = {0};

static bool nobody_looks(void *ctx)
{
    (void)ctx;
    return false;
}

static const struct hub_feed_ops feed_ops = {.wanted = nobody_looks};
static const struct hub_service window = {.name = "climate", .type = "window"};

static void no_log(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    (void)ctx, (void)level, (void)line, (void)len;
}

static void list(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    device_lists_ask(ctx, request, exchange);
}

static void cheap(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    (void)ctx, (void)request;
    http_answer(exchange, 204, NULL, "", 0);
}

static int set_up(void **state)
{
    static const struct fleet_config config = {
        .inactive_after_ms = 300000, .command_timeout_ms = 10000, .device_max = DEVICES};
    static struct http_route routes[2];
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    *state = rig;
    host_log_init(ROOST_LOG_DEBUG, no_log, NULL);
    struct web *web = rig->web = web_new();
    rig->registry = (struct registry){&ops, rig};
    rig->bus = (struct bus){&bus_ops, rig};
    rig->feed = (struct hub_feed){&feed_ops, rig};
    rig->fleet =
        fleet_new(&config, &rig->registry, &rig->bus, &web->clock, &rig->feed, web->metrics);
    assert_non_null(rig->fleet);
    rig->services = (struct hub_set){.at = {{&window, NULL}}, .count = 1};
    fleet_join(rig->fleet, &rig->services);
    assert_int_equal(fleet_load(rig->fleet), 0);
    rig->lists = device_lists_new(&web->loop, rig->fleet);
    assert_non_null(rig->lists);
    routes[0] = (struct http_route){
        .method = HTTP_GET, .path = "/devices", .handler = list, .ctx = rig->lists};
    routes[1] = (struct http_route){.method = HTTP_GET, .path = "/cheap", .handler = cheap};
    assert_int_equal(http_server_add(web->server, routes, 2), 0);
    assert_int_equal(http_server_listen(web->server), 0);
    client_open(web, &rig->client);
    client_open(web, &rig->other);
    return 0;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    client_close(&rig->client);
    client_close(&rig->other);
    for (int i = 0; i < 3; i++)
        uv_run(&rig->web->loop, UV_RUN_NOWAIT); /* the server hears of it */
    device_lists_free(rig->lists);
    web_free(rig->web);
    fleet_free(rig->fleet);
    free(rig);
    return 0;
}

/* Of this thread: others of the machine do not count. */
static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Turns until the client has a whole answer. Returns how many turns that took. */
static int turns_to(struct rig *rig, struct client *client, const char *path)
{
    int turns = 0;
    client_send(client, "GET", path, NULL, NULL);
    while (!client_got(client, "\"counts\"")) {
        double start_ms = cpu_ms();
        web_turn(rig->web);
        double ms = cpu_ms() - start_ms;
        rig->worst_ms = ms > rig->worst_ms ? ms : rig->worst_ms;
        turns++;
    }
    assert_int_equal(client_answer(client), 200);
    return turns;
}

static int listed(const struct client *client)
{
    int count = 0;
    for (const char *at = client->in; (at = strstr(at, "\"device_id\"")); at++)
        count++;
    return count;
}

static void a_search_holds_nobody_up(void **state)
{
    struct rig *rig = *state;
    int turns = turns_to(rig, &rig->client, "/devices?q=cellar&limit=500");
    assert_int_equal(listed(&rig->client), DEVICES / 1000);
    assert_true(client_got(&rig->client, "\"next\":null,\"counts\":{\"total\":100000,"));
    assert_true(client_got(&rig->client, "\"never\":100000"));
    assert_true(turns > 3); /* in slices */
    printf("a search among %d devices: %d turns of the loop, the longest %.2f ms\n", DEVICES, turns,
           rig->worst_ms);
    rig->worst_ms = 0;
    turns_to(rig, &rig->client, "/devices?limit=500");
    printf("a page of 500: the longest %.2f ms\n", rig->worst_ms);
    client_send(&rig->client, "GET", "/devices?q=nowhere", NULL, NULL);
    client_send(&rig->other, "GET", "/cheap", NULL, NULL);
    client_wait(&rig->other, "204");
    assert_false(client_got(&rig->client, "HTTP"));
    client_wait(&rig->client, "\"devices\":[],\"next\":null");
    assert_int_equal(client_answer(&rig->client), 200);
}

static void pages_follow_each_other(void **state)
{
    struct rig *rig = *state;
    turns_to(rig, &rig->client, "/devices?q=window-0123&limit=60&after=window-012299");
    assert_int_equal(listed(&rig->client), 60);
    assert_true(client_got(&rig->client, "\"next\":\"window-012359\""));
    turns_to(rig, &rig->client, "/devices?q=window-0123&limit=60&after=window-012359");
    assert_int_equal(listed(&rig->client), 40);
    assert_true(client_got(&rig->client, "\"next\":null"));
    turns_to(rig, &rig->client, "/devices?type=meter");
    assert_int_equal(listed(&rig->client), 0);
    turns_to(rig, &rig->client, "/devices?type=window&connectivity=never&limit=3");
    assert_int_equal(listed(&rig->client), 3);
    assert_int_equal(client_ask(&rig->client, "GET", "/devices?limit=501", NULL, NULL), 400);
    assert_int_equal(client_ask(&rig->client, "GET", "/devices?condition=odd", NULL, NULL), 400);
}

static void a_list_ends_with_its_client(void **state)
{
    struct rig *rig = *state;
    struct client gone;
    client_open(rig->web, &gone);
    client_send(&gone, "GET", "/devices?q=cellar", NULL, NULL);
    client_send(&rig->client, "GET", "/devices?q=cellar", NULL, NULL);
    web_turn(rig->web);
    client_close(&gone);
    client_wait(&rig->client, "\"total\":100000");
    assert_int_equal(client_answer(&rig->client), 200);
    assert_int_equal(listed(&rig->client), DEVICES / 1000);
}

/* What waits when the hub ends is dropped. */
static void lists_under_way_are_dropped_at_the_end(void **state)
{
    struct rig *rig = *state;
    client_send(&rig->client, "GET", "/devices?q=cellar", NULL, NULL);
    client_send(&rig->other, "GET", "/devices?q=cellar", NULL, NULL);
    for (int i = 0; i < 3; i++)
        uv_run(&rig->web->loop, UV_RUN_NOWAIT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_search_holds_nobody_up),
        TEST(pages_follow_each_other),
        TEST(a_list_ends_with_its_client),
        TEST(lists_under_way_are_dropped_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
