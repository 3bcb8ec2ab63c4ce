/* SPDX-License-Identifier: Apache-2.0 */
/* How a WebSocket ends, as the server sees it. */
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

enum { LIMIT_MS = 10000 };

static struct roost_host host;
static struct roost_board board;
static struct support_server server;
static char url[64];
static bool opened, closed, late;
static struct roost_event last;
static size_t messages;

static int post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    opened |= event->type == ROOST_EV_WS_OPENED;
    messages += event->type == ROOST_EV_WS_TEXT || event->type == ROOST_EV_WS_BINARY;
    if (event->type == ROOST_EV_WS_CLOSED) {
        closed = true;
        last = *event;
    }
    return 0;
}

static void on_limit(uv_timer_t *timer)
{
    (void)timer;
    late = true;
}

static void wait_for(const bool *what)
{
    uv_timer_t limit;

    late = false;
    uv_timer_init(host.loop, &limit);
    uv_timer_start(&limit, on_limit, LIMIT_MS, 0);
    while (!*what && !late)
        uv_run(host.loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&limit, NULL);
    uv_run(host.loop, UV_RUN_NOWAIT);
    assert_true(*what);
}

static void start(const char *path)
{
    snprintf(url, sizeof url, "ws://127.0.0.1:%u%s", server.port, path);
    const struct roost_ws_options options = {.url = url, .message_max = 70000};
    opened = closed = false;
    messages = 0;
    server.close_code = 0;
    assert_int_equal(board.port.ws.ops->open(board.port.ws.ctx, &options), 0);
    wait_for(&opened);
}

/* The server is told the code, and what was queued before arrives before. */
static void test_close_code_arrives(void **state)
{
    static char text[10000];

    (void)state;
    start("/echo");
    for (int i = 0; i < 5; i++)
        assert_int_equal(board.port.ws.ops->send(board.port.ws.ctx, text, sizeof text, true), 0);
    assert_int_equal(board.port.ws.ops->close(board.port.ws.ctx, 4001), 0);
    assert_int_equal(board.port.ws.ops->send(board.port.ws.ctx, text, 1, true), ROOST_ERR_CLOSED);
    wait_for(&closed);
    assert_int_equal(last.status, 0);
    assert_int_equal(last.token, 4001);
    assert_int_equal(server.close_code, 4001);
}

/* More than fits is refused with 1009 while the rest of it still comes. */
static void test_message_too_long(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        start("/huge");
        wait_for(&closed);
        assert_int_equal(last.status, ROOST_ERR_TOO_LONG);
        assert_int_equal(last.token, 1009);
        assert_int_equal(server.close_code, 1009);
        assert_int_equal(messages, 0);
    }
}

static int set_up(void **state)
{
    const struct roost_board_options options = {.post = post, .device = &board};
    char why[256];

    (void)state;
    if (roost_host_init(&host, uv_default_loop()) ||
        roost_board_init(&board, &host, &options, why, sizeof why))
        return -1;
    support_server_start(&server, host.loop);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    roost_board_close_now(&board);
    support_server_stop(&server);
    roost_host_deinit(&host);
    return uv_loop_close(uv_default_loop());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_close_code_arrives),
        cmocka_unit_test(test_message_too_long),
    };

    return cmocka_run_group_tests_name("ws", tests, set_up, tear_down);
}
