/* SPDX-License-Identifier: Apache-2.0 */
/* A hub whose product is the echo service (tests/echo): its row's socket route, tick and lifecycle
 * in the simulator's hub, with one board whose port is driven by hand. */
#include "sim/hub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "port/sim/sim.h"
#include "tests/echo/echo.h"

enum { TEXT_MAX = 100, WAIT_MS = 60000 };

static struct sim sim;
static struct sim_store store;
static struct sim_hub hub;
static struct sim_board board;
static struct {
    enum roost_event_type type; /* ROOST_EV_NONE: nothing came */
    int status;
    char text[TEXT_MAX + 1];
} came; /* the newest event */

/* ---- the product ---- */

static struct echo echo;

static int echo_open(void **service, const struct hub_parts *parts)
{
    echo_init(&echo, parts->clock);
    *service = &echo;
    return 0;
}

static uint64_t tick(void *service, uint64_t now_ms)
{
    return echo_tick(service, now_ms);
}

static const struct hub_service echo_service = {
    .name = "echo", .open = echo_open, .tick = tick, .sockets = echo.routes, .socket_count = 1};
static const struct hub_service *const products[] = {&echo_service};

/* ---- the board ---- */

static int post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    assert_true(event->len <= TEXT_MAX);
    came.type = event->type;
    came.status = event->status;
    if (event->len > 0)
        memcpy(came.text, event->data, event->len);
    came.text[event->len] = '\0';
    return 0;
}

/* Waits for the next event, which must be this one. */
static void expect(enum roost_event_type type)
{
    uint64_t until_ms = sim.clock.now_ms + WAIT_MS;

    while (came.type == ROOST_EV_NONE && sim_run_one(&sim.clock, until_ms)) {
    }
    assert_int_equal(came.type, type);
    came.type = ROOST_EV_NONE;
}

static void open_ws(const char *url)
{
    const struct roost_ws_options options = {
        .url = url, .ping_interval_ms = 20000, .message_max = TEXT_MAX};

    assert_int_equal(board.port.ws.ops->open(board.port.ws.ctx, &options), 0);
}

static void say(const char *text)
{
    assert_int_equal(board.port.ws.ops->send(board.port.ws.ctx, text, strlen(text), false), 0);
    expect(ROOST_EV_WS_TEXT);
    assert_string_equal(came.text, text);
}

static void expect_closed(int status)
{
    expect(ROOST_EV_WS_CLOSED);
    assert_int_equal(came.status, status);
}

/* ---- both ---- */

static void make_hub(const struct hub_service *const *rows, size_t count)
{
    sim_hub_init(&hub, &sim.clock, &sim.net, &store);
    hub.products = rows;
    hub.product_count = count;
    sim_hub_start(&hub);
    assert_true(hub.running);
}

static int setup(void **state)
{
    static const struct sim_board_options options = {.flash_sectors = 4};
    static const struct sim_firmware by_hand = {.post = post};

    (void)state;
    assert_int_equal(sim_init(&sim, 7), 0);
    assert_int_equal(sim_store_init(&store, &sim.clock), 0);
    make_hub(products, 1);
    assert_int_equal(sim_board_init(&board, &sim.clock, &sim.net, &options), 0);
    sim_board_power_on(&board, &by_hand);
    came.type = ROOST_EV_NONE;
    sim_run_until(&sim.clock, 1);
    assert_int_equal(board.port.wifi.ops->connect(board.port.wifi.ctx, NULL, NULL), 0);
    expect(ROOST_EV_WIFI_UP);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sim_board_deinit(&board);
    sim_hub_deinit(&hub);
    sim_store_deinit(&store);
    sim_deinit(&sim);
    return 0;
}

static void a_rows_route_lets_its_peers_in(void **state)
{
    (void)state;
    open_ws("ws://hub/echo/a");
    expect(ROOST_EV_WS_OPENED);
    say("hello");
    say("and again");
    assert_int_equal(sim_sockets_open(&hub.sockets), 1);
    assert_int_equal(echo_count(&echo), 1);
    assert_int_equal(board.port.ws.ops->close(board.port.ws.ctx, 1000), 0);
    expect_closed(0);
    open_ws("ws://hub/echo/stranger");
    expect_closed(ROOST_ERR_REFUSED);
    open_ws("ws://hub/other/a");
    expect_closed(ROOST_ERR_REFUSED);
    assert_int_equal(echo.asked, 2);
    assert_true(echo_adds_up(&echo));
}

/* What a peer does makes the hub turn, and the turn ticks its service. */
static void a_service_answers_when_it_is_time(void **state)
{
    uint64_t asked_ms = sim.clock.now_ms;

    (void)state;
    open_ws("ws://hub/echo/late-1");
    expect(ROOST_EV_WS_OPENED);
    assert_in_range(sim.clock.now_ms - asked_ms, ECHO_LATE_MS, ECHO_LATE_MS + 1000);
    say("at last");
}

static void a_crash_takes_peers_and_routes_with_it(void **state)
{
    (void)state;
    open_ws("ws://hub/echo/a");
    expect(ROOST_EV_WS_OPENED);
    say("hello");
    sim_hub_crash(&hub);
    expect_closed(ROOST_ERR_CLOSED);
    open_ws("ws://hub/echo/a");
    expect_closed(ROOST_ERR_CLOSED);
    assert_int_equal(sim_sockets_open(&hub.sockets), 0);
    assert_int_equal(echo.closed, 0);                              /* nobody was told */
    for (int life = 0; life < 2 * SIM_SOCKET_ROUTES_MAX; life++) { /* routes do not pile up */
        sim_hub_start(&hub);
        sim_hub_crash(&hub);
    }
    sim_hub_start(&hub);
    open_ws("ws://hub/echo/a");
    expect(ROOST_EV_WS_OPENED);
    say("hello again");
    assert_int_equal(echo.asked, 1);
}

static void without_the_row_there_is_no_route(void **state)
{
    (void)state;
    sim_hub_deinit(&hub);
    make_hub(NULL, 0);
    open_ws("ws://hub/echo/a");
    expect_closed(ROOST_ERR_REFUSED);
    assert_int_equal(hub.sockets.asked, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_rows_route_lets_its_peers_in),
        TEST(a_service_answers_when_it_is_time),
        TEST(a_crash_takes_peers_and_routes_with_it),
        TEST(without_the_row_there_is_no_route),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
