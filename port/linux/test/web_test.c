/* SPDX-License-Identifier: Apache-2.0 */
/* How a WebSocket ends, as the server sees it; and what becomes of a download that fails. */
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
static bool opened, closed, done, late;
static struct roost_event last;
static size_t messages, bytes;

static int post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    opened |= event->type == ROOST_EV_WS_OPENED;
    messages += event->type == ROOST_EV_WS_TEXT || event->type == ROOST_EV_WS_BINARY;
    if (event->type == ROOST_EV_WS_CLOSED) {
        closed = true;
        last = *event;
    }
    if (event->type == ROOST_EV_HTTP_DONE) {
        done = true;
        last = *event;
    }
    bytes += event->type == ROOST_EV_HTTP_DATA ? event->len : 0;
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

static void expect_download(const char *address, uint64_t offset, int status, uint64_t code)
{
    const struct roost_http *http = &board.port.http;

    done = false;
    bytes = 0;
    assert_int_equal(http->ops->get(http->ctx, address, offset, NULL), 0);
    wait_for(&done);
    if (last.status != status || last.token != code || bytes != 0)
        fail_msg("%s: status %d, code %d, %zu bytes", address, last.status, (int)last.token, bytes);
}

/* Only 404 and 410 say that there is nothing: a name that cannot be found says nothing at all. */
static void test_download_fails(void **state)
{
    static const struct {
        int code, status;
    } answers[] = {
        {404, ROOST_ERR_NOT_FOUND}, {410, ROOST_ERR_NOT_FOUND}, {401, ROOST_ERR_REFUSED},
        {403, ROOST_ERR_REFUSED},   {416, ROOST_ERR_REFUSED},   {429, ROOST_ERR_REFUSED},
        {500, ROOST_ERR_REFUSED},   {503, ROOST_ERR_REFUSED},   {203, ROOST_ERR_REFUSED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        snprintf(url, sizeof url, "http://127.0.0.1:%u/status/%d", server.port, answers[i].code);
        expect_download(url, 0, answers[i].status, (uint64_t)answers[i].code);
    }
    snprintf(url, sizeof url, "http://127.0.0.1:%u/status/200", server.port);
    expect_download(url, 100, ROOST_ERR_UNSUPPORTED, 200);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/file", support_free_port());
    expect_download(url, 0, ROOST_ERR_CLOSED, 0);
    expect_download("http://nowhere.invalid/file", 0, ROOST_ERR_CLOSED, 0);
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
        cmocka_unit_test(test_download_fails),
    };

    return cmocka_run_group_tests_name("web", tests, set_up, tear_down);
}
