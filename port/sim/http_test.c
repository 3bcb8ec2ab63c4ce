/* SPDX-License-Identifier: Apache-2.0 */
/* Downloads over the modelled network, and the lines: what the conformance suite cannot break. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "port/sim/sim.h"

enum { FILE_BYTES = 100000, INPUT = 2, OUTPUT = 5 };

static struct sim sim;
static struct sim_board board;
static uint8_t file[FILE_BYTES];

/* A firmware that takes one part a step, or as many as come. */
static struct {
    bool one_a_step, taken, wants_none;
    uint8_t body[FILE_BYTES];
    uint64_t begin, end; /* of the body */
    int done, status;
    uint64_t code, boots, lines;
    int line_level;
} app;

static int app_boot(void *ctx)
{
    (void)ctx;
    app.boots++;
    return board.port.wifi.ops->connect(&board, NULL, NULL);
}

static uint64_t app_step(void *ctx)
{
    (void)ctx;
    app.taken = false;
    board.port.system.ops->feed_watchdog(&board);
    return board.port.clock.ops->now_ms(&board) + 50;
}

static int app_post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    switch (event->type) {
    case ROOST_EV_HTTP_DATA:
        if (app.wants_none || (app.one_a_step && app.taken))
            return ROOST_ERR_FULL;
        assert_true(event->len > 0 && event->len <= ROOST_HTTP_PART_MAX);
        assert_true(event->token == app.end && app.end + event->len <= FILE_BYTES);
        memcpy(app.body + app.end, event->data, event->len);
        app.end += event->len;
        app.taken = true;
        return 0;
    case ROOST_EV_HTTP_DONE:
        app.done++;
        app.status = event->status;
        app.code = event->token;
        return 0;
    case ROOST_EV_GPIO:
        app.lines++;
        app.line_level = event->status;
        return 0;
    default:
        return 0;
    }
}

static void pass(uint64_t ms)
{
    sim_run_until(&sim.clock, sim.clock.now_ms + ms);
}

static int setup(void **state)
{
    static const struct sim_firmware firmware = {
        .boot = app_boot, .step = app_step, .post = app_post};
    static const struct sim_board_options options = {
        .index = 1, .gpio_inputs = 1u << INPUT, .gpio_outputs = 1u << OUTPUT};

    (void)state;
    memset(&app, 0, sizeof app);
    if (sim_init(&sim, 9) < 0 || sim_board_init(&board, &sim.clock, &sim.net, &options) < 0)
        return -1;
    for (size_t i = 0; i < sizeof file; i++)
        file[i] = (uint8_t)(i * 31 >> 3);
    sim_web_put(&sim.web, "/file", file, sizeof file);
    sim_board_power_on(&board, &firmware);
    pass(5000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sim_board_deinit(&board);
    sim_deinit(&sim);
    return 0;
}

static void get(const char *url, uint64_t offset)
{
    app.done = 0;
    app.begin = app.end = offset;
    assert_int_equal(board.port.http.ops->get(&board, url, offset, NULL), 0);
}

static void expect_done(int status, uint64_t code)
{
    assert_int_equal(app.done, 1);
    assert_int_equal(app.status, status);
    assert_int_equal(app.code, code);
}

static void expect_file(uint64_t begin)
{
    assert_int_equal(app.end, FILE_BYTES);
    assert_memory_equal(app.body + begin, file + begin, FILE_BYTES - begin);
}

static size_t transfers(void)
{
    size_t count = 0;

    for (size_t i = 0; i < SIM_WEB_TRANSFERS_MAX; i++)
        count += sim.web.transfers[i].conn != NULL;
    return count;
}

static void a_bad_line_only_takes_longer(void **state)
{
    (void)state;
    get("http://hub/file", 0);
    pass(3000);
    expect_done(0, 200);
    expect_file(0);
    board.host.loss_per_million = 200000;
    board.host.delay_ms = 300;
    get("http://hub/file", 0);
    pass(5000);
    assert_int_equal(app.done, 0);
    sim_host_set_partitioned(&sim.net, &board.host, true);
    pass(10000);
    sim_host_set_partitioned(&sim.net, &board.host, false);
    pass(60000);
    expect_done(0, 200);
    expect_file(0);
    assert_int_equal(transfers(), 0);
}

static void a_dead_line_ends_it_and_range_goes_on(void **state)
{
    uint64_t there;

    (void)state;
    get("http://hub/file", 0);
    pass(500);
    sim_host_set_partitioned(&sim.net, &board.host, true);
    pass(30000);
    expect_done(ROOST_ERR_TIMEOUT, 200);
    there = app.end;
    assert_true(there > 0 && there < FILE_BYTES);
    pass(7200000);
    assert_int_equal(transfers(), 0); /* the server has given up, too */
    sim_host_set_partitioned(&sim.net, &board.host, false);
    get("http://hub/file", there);
    pass(10000);
    expect_done(0, 206);
    expect_file(there);
}

static void a_device_without_room_is_waited_for(void **state)
{
    (void)state;
    app.one_a_step = true;
    get("http://hub/file", 0);
    pass(10000);
    assert_true(board.http.refused > 0);
    expect_done(0, 200);
    expect_file(0);
    app.wants_none = true;
    get("http://hub/file", 0);
    pass(50000);
    assert_int_equal(app.done, 0);
    app.wants_none = false;
    pass(30000);
    expect_done(0, 200);
    expect_file(0);
}

static void a_device_that_never_takes_it_is_given_up(void **state)
{
    uint64_t handled;

    (void)state;
    app.wants_none = true;
    get("http://hub/file", 0);
    handled = sim.clock.handled;
    pass(600000);
    assert_true(sim.clock.handled - handled < 50000); /* nobody spins */
    assert_int_equal(transfers(), 0);
    app.wants_none = false;
    pass(1000);
    expect_done(ROOST_ERR_CLOSED, 200);
}

static void without_power_no_event_follows(void **state)
{
    (void)state;
    get("http://hub/file", 0);
    pass(500);
    sim_board_power_cut(&board, 1000);
    pass(10000);
    assert_int_equal(app.boots, 2);
    assert_int_equal(app.done, 0);
    pass(120000);
    assert_int_equal(transfers(), 0);
    get("http://hub/file", 0);
    pass(500);
    sim_board_reset(&board, ROOST_RESET_COMMAND);
    pass(120000);
    assert_int_equal(app.done, 0);
    get("http://hub/file", 0);
    pass(5000);
    expect_done(0, 200);
    expect_file(0);
}

static void what_servers_do(void **state)
{
    struct sim_web_file *served = sim_web_put(&sim.web, "/odd", file, 3000);

    (void)state;
    get("http://hub/nothing", 0);
    pass(1000);
    expect_done(ROOST_ERR_NOT_FOUND, 404);
    served->code = 503;
    get("http://hub/odd", 0);
    pass(1000);
    expect_done(ROOST_ERR_REFUSED, 503);
    served->code = 302;
    strcpy(served->location, "/odd");
    get("http://hub/odd", 0);
    pass(1000);
    expect_done(ROOST_ERR_REFUSED, 302); /* round and round */
    strcpy(served->location, "http://hub/file");
    get("https://hub/odd", 0);
    pass(1000);
    expect_done(ROOST_ERR_UNSUPPORTED, 302);
    get("http://hub/odd", 0);
    pass(5000);
    expect_done(0, 200);
    expect_file(0);
    get("http://hub/file", FILE_BYTES);
    pass(1000);
    expect_done(ROOST_ERR_REFUSED, 416);
    sim.web.untrusted = true;
    get("https://hub/file", 0);
    pass(1000);
    expect_done(ROOST_ERR_CRYPTO, ROOST_TLS_AUTHORITY);
    sim.web.away = true;
    get("http://hub/file", 0);
    pass(1000);
    expect_done(ROOST_ERR_REFUSED, 0);
    get("http://hub:8443/file", 0);
    pass(1000);
    expect_done(ROOST_ERR_REFUSED, 0);
    sim_board_set_wifi(&board, false);
    get("http://hub/file", 0);
    pass(1000);
    expect_done(ROOST_ERR_CLOSED, 0);
    assert_int_equal(transfers(), 0);
}

static void a_file_may_change_on_the_way(void **state)
{
    uint8_t other[10] = {0};

    (void)state;
    get("http://hub/file", 0);
    pass(300);
    sim_web_put(&sim.web, "/file", other, sizeof other);
    pass(5000);
    expect_done(0, 200);
    expect_file(0);
    get("http://hub/file", 0);
    pass(1000);
    assert_int_equal(app.end, sizeof other);
    sim_web_put(&sim.web, "/file", "", 0);
    get("http://hub/file", 0);
    pass(1000);
    expect_done(0, 200);
    assert_int_equal(app.end, 0);
}

/* The modelled server's FTP: codes of its own, the same file, a box that asks for a login. */
static void files_by_ftp(void **state)
{
    const struct roost_http *http = &board.port.http;
    struct roost_http_request request = {.url = "ftp://hub/file", .offset = 100};
    struct sim_web_box *box = sim_web_box(&sim.web, "/log");

    (void)state;
    app.done = 0;
    app.begin = app.end = 100;
    assert_int_equal(http->ops->start(&board, &request), 0);
    pass(5000);
    expect_done(0, 226);
    expect_file(100);
    request = (struct roost_http_request){.url = "ftp://hub/missing"};
    app.done = 0;
    assert_int_equal(http->ops->start(&board, &request), 0);
    pass(5000);
    expect_done(ROOST_ERR_NOT_FOUND, 550);
    box->user = "unit";
    box->password = "p w";
    static const struct {
        const char *url;
        int status;
        uint64_t code;
    } cases[] = {{"ftp://hub/log", ROOST_ERR_AUTH, 530},
                 {"ftp://unit:p%20w@hub/log", 0, 226},
                 {"ftp://unit:p%20w@hub/elsewhere", ROOST_ERR_REFUSED, 550}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        request =
            (struct roost_http_request){.url = cases[i].url, .method = ROOST_HTTP_PUT, .len = 3};
        app.done = 0;
        assert_int_equal(http->ops->start(&board, &request), 0);
        (void)http->ops->write(&board, "abc", 3);
        pass(5000);
        expect_done(cases[i].status, cases[i].code);
    }
    assert_int_equal(box->uploads, 1);
    assert_memory_equal(box->bytes, "abc", 3);
}

static void lines_after_a_reset(void **state)
{
    const struct roost_gpio *gpio = &board.port.gpio;

    (void)state;
    assert_int_equal(gpio->ops->write(&board, OUTPUT, true), 0);
    assert_int_equal(gpio->ops->watch(&board, INPUT, true), 0);
    for (int i = 0; i < 5; i++)
        sim_board_set_gpio(&board, INPUT, i % 2 == 0);
    pass(10);
    assert_true(app.lines == 1 && app.line_level == 1);
    sim_board_set_gpio(&board, INPUT, false);
    sim_board_reset(&board, ROOST_RESET_COMMAND);
    pass(5000);
    assert_int_equal(gpio->ops->read(&board, OUTPUT), 0); /* a pin without a program is one */
    assert_int_equal(gpio->ops->read(&board, INPUT), 0);
    sim_board_set_gpio(&board, INPUT, true);
    pass(10);
    assert_int_equal(gpio->ops->read(&board, INPUT), 1);
    assert_int_equal(app.lines, 1); /* the reset came first, and now nobody watches */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        TEST(a_bad_line_only_takes_longer),
        TEST(a_dead_line_ends_it_and_range_goes_on),
        TEST(a_device_without_room_is_waited_for),
        TEST(a_device_that_never_takes_it_is_given_up),
        TEST(without_power_no_event_follows),
        TEST(what_servers_do),
        TEST(a_file_may_change_on_the_way),
        TEST(lines_after_a_reset),
        TEST(files_by_ftp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
