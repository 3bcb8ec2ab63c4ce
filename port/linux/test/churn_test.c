/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections opened, closed and dropped in every order, by a seed that is printed: each open ends
 * in exactly one closed event, nothing is posted from inside an operation, and in the end no file
 * descriptor and no handle is left over.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"
#include "port/linux/linux.h"
#include "tests/support/server.h"
#include "tests/support/support.h"

enum { ROUNDS = 1500, SETTLE_MS = 20000, LIVES = 8 };

static struct {
    struct roost_host host;
    struct roost_board board;
    struct support_server server;
    struct support_broker broker;
    uv_timer_t tick;
    uint64_t random;
    uint16_t closed_port;
    bool inside;
    int mqtt_open, ws_open, http_open; /* closed events owed */
    uint32_t mqtt_opened, ws_opened, downloads;
    char url[64];
} test;

static uint32_t draw(uint32_t below)
{
    test.random ^= test.random << 13;
    test.random ^= test.random >> 7;
    test.random ^= test.random << 17;
    return (uint32_t)(test.random >> 33) % below;
}

static int post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    assert_false(test.inside);
    switch (event->type) {
    case ROOST_EV_MQTT_OPENED:
        assert_int_equal(test.mqtt_open, 1);
        test.mqtt_opened++;
        break;
    case ROOST_EV_MQTT_CLOSED:
        assert_int_equal(test.mqtt_open--, 1);
        break;
    case ROOST_EV_WS_OPENED:
        assert_int_equal(test.ws_open, 1);
        test.ws_opened++;
        break;
    case ROOST_EV_WS_CLOSED:
        assert_int_equal(test.ws_open--, 1);
        break;
    case ROOST_EV_HTTP_DONE:
        assert_int_equal(test.http_open--, 1);
        test.downloads += event->status == 0;
        break;
    case ROOST_EV_HTTP_DATA:
        return draw(4) ? 0 : ROOST_ERR_FULL; /* a queue that is full now and then */
    default:
        break;
    }
    return 0;
}

/* ---- one random operation ---- */

static void open_mqtt(void)
{
    const struct roost_mqtt *mqtt = &test.board.port.mqtt;
    static struct roost_mqtt_options options;

    if (test.mqtt_open)
        return;
    options = (struct roost_mqtt_options){.host = draw(2) ? "localhost" : "127.0.0.1",
                                          .port = draw(4) ? test.broker.port : test.closed_port,
                                          .client_id = "churn",
                                          .keepalive_s = 10,
                                          .clean_session = true};
    if (draw(10) == 0)
        options.host = "no-such-host.invalid";
    test.mqtt_open = 1;
    assert_int_equal(mqtt->ops->open(mqtt->ctx, &options), 0);
}

static void use_mqtt(void)
{
    const struct roost_mqtt *mqtt = &test.board.port.mqtt;

    (void)mqtt->ops->publish(mqtt->ctx, "churn/a", "payload", 7, (int)draw(2), false);
    if (draw(8) == 0)
        (void)mqtt->ops->subscribe(mqtt->ctx, "churn/#");
}

static void close_mqtt(void)
{
    const struct roost_mqtt *mqtt = &test.board.port.mqtt;

    assert_int_equal(mqtt->ops->close(mqtt->ctx), 0);
}

static void open_ws(void)
{
    static const char *const paths[] = {"/echo", "/close", "/auth", "/big", "/other"};
    const struct roost_ws *ws = &test.board.port.ws;

    if (test.ws_open)
        return;
    snprintf(test.url, sizeof test.url, "ws://%s:%u%s", draw(2) ? "localhost" : "127.0.0.1",
             (unsigned)(draw(4) ? test.server.port : test.closed_port), paths[draw(5)]);
    const struct roost_ws_options options = {
        .url = test.url, .message_max = 6000, .ping_interval_ms = draw(2) * 5};
    test.ws_open = 1;
    assert_int_equal(ws->ops->open(ws->ctx, &options), 0);
}

static void use_ws(void)
{
    const struct roost_ws *ws = &test.board.port.ws;

    (void)ws->ops->send(ws->ctx, "message", 7, draw(2));
}

static void close_ws(void)
{
    const struct roost_ws *ws = &test.board.port.ws;

    assert_int_equal(ws->ops->close(ws->ctx, 1000), 0);
}

static void get(void)
{
    static const char *const paths[] = {"/file", "/whole", "/cut", "/redirect", "/missing"};
    const struct roost_http *http = &test.board.port.http;
    char url[64];

    if (test.http_open)
        return;
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s",
             (unsigned)(draw(4) ? test.server.port : test.closed_port), paths[draw(5)]);
    test.http_open = 1;
    assert_int_equal(http->ops->get(http->ctx, url, draw(2) * 100, NULL), 0);
}

static void cancel(void)
{
    const struct roost_http *http = &test.board.port.http;

    assert_int_equal(http->ops->cancel(http->ctx), 0);
    test.http_open = 0;
}

static void lose_wifi(void)
{
    roost_board_wifi(&test.board, false);
    if (draw(2))
        roost_board_wifi(&test.board, true);
}

static void find_wifi(void)
{
    roost_board_wifi(&test.board, true);
}

static void one_round(void)
{
    static void (*const operations[])(void) = {
        open_mqtt, open_mqtt, use_mqtt, use_mqtt, close_mqtt, open_ws,   open_ws,   use_ws,
        use_ws,    close_ws,  get,      get,      cancel,     lose_wifi, find_wifi, find_wifi};

    test.inside = true;
    operations[draw(sizeof operations / sizeof operations[0])]();
    test.inside = false;
    /* From no time at all to as long as an exchange takes. */
    for (uint32_t turns = draw(4) ? draw(4) : draw(40); turns > 0; turns--)
        uv_run(test.host.loop, UV_RUN_ONCE);
}

/* ---- the course ---- */

static bool settled(void *unused)
{
    (void)unused;
    uv_run(test.host.loop, UV_RUN_NOWAIT);
    return !test.mqtt_open && !test.ws_open && !test.http_open;
}

static void close_everything(void)
{
    find_wifi();
    close_mqtt();
    close_ws();
    if (!support_wait(settled, NULL, SETTLE_MS))
        fail_msg("owed: mqtt %d, ws %d (state %d), http %d", test.mqtt_open, test.ws_open,
                 (int)test.board.ws.state, test.http_open);
}

static void power_on(void)
{
    const struct roost_board_options options = {.post = post};
    char why[256];

    assert_int_equal(roost_board_init(&test.board, &test.host, &options, why, sizeof why), 0);
}

static int open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static void test_churn(void **state)
{
    (void)state;
    print_message("seed %llu\n", (unsigned long long)test.random);
    int files = 0;
    for (int life = 0; life < LIVES; life++) {
        power_on();
        for (int round = 0; round < ROUNDS / LIVES; round++)
            one_round();
        if (life % 2)
            close_everything();
        test.mqtt_open = test.ws_open = test.http_open = 0;
        roost_board_close_now(&test.board);
        for (int turns = 0; turns < 50; turns++)
            uv_run(test.host.loop, UV_RUN_NOWAIT);
        if (life == 1)
            files = open_files();
    }
    print_message("opened: mqtt %u, ws %u; downloads %u\n", test.mqtt_opened, test.ws_opened,
                  test.downloads);
    assert_true(test.mqtt_opened > 0 && test.ws_opened > 0 && test.downloads > 0);
    /* The server's side of a connection may still be closing. */
    assert_true(open_files() <= files + 8);
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer; /* bounds how long a turn of the loop takes */
}

static int set_up(void **state)
{
    const char *seed = getenv("ROOST_TEST_SEED");

    (void)state;
    test.random = seed ? strtoull(seed, NULL, 10) : 20261;
    test.closed_port = support_free_port();
    if (roost_host_init(&test.host, uv_default_loop()))
        return -1;
    uv_timer_init(test.host.loop, &test.tick);
    uv_timer_start(&test.tick, on_tick, 1, 1);
    support_server_start(&test.server, test.host.loop);
    support_broker_start(&test.broker, &(struct support_broker_options){0});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    support_server_stop(&test.server);
    uv_close((uv_handle_t *)&test.tick, NULL);
    roost_host_deinit(&test.host);
    support_broker_deinit(&test.broker);
    return uv_loop_close(uv_default_loop()); /* UV_EBUSY: a handle was forgotten */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_churn),
    };

    return cmocka_run_group_tests_name("churn", tests, set_up, tear_down);
}
