/* SPDX-License-Identifier: Apache-2.0 */
/* A service on hub/peer.h over real sockets. */
#include "rig.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKETS_MAX = 3 };

static struct rig f;
static char text[4096];

static int setup(void **state)
{
    (void)state;
    rig_init(&f);
    f.config.websockets_max = SOCKETS_MAX;
    rig_start(&f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_deinit(&f);
    return 0;
}

static bool nobody_is_there(void *arg)
{
    const struct echo *echo = arg;

    return echo_count(echo) == 0;
}

static bool somebody_left(void *arg)
{
    return *(const uint64_t *)arg > 0;
}

/* The close frame's code; its reason is in `text`. */
static unsigned closed_with(int fd)
{
    char frame[130];
    size_t len;

    assert_int_equal(bare_read(&f, fd, frame, sizeof frame, &len), 0x88);
    assert_true(len >= 2);
    snprintf(text, sizeof text, "%s", frame + 2);
    return (unsigned)((uint8_t)frame[0] << 8 | (uint8_t)frame[1]);
}

static void test_echo(void **state)
{
    const struct roost_ws_ops *ws = f.board.port.ws.ops;

    (void)state;
    client_open(&f, "/echo/a", (struct roost_ws_options){.subprotocol = "echo"});
    client_expect(&f, ROOST_EV_WS_OPENED);
    client_send(&f, "hello");
    assert_string_equal(f.events[client_expect(&f, ROOST_EV_WS_TEXT)].data, "hello");
    assert_int_equal(ws->send(f.board.port.ws.ctx, "\0\xFF", 2, true), 0);
    size_t i = client_expect(&f, ROOST_EV_WS_BINARY);
    assert_int_equal(f.events[i].len, 2);
    assert_int_equal(echo_count(&f.echo), 1);
    assert_int_equal(ws->close(f.board.port.ws.ctx, 1000), 0);
    i = client_expect(&f, ROOST_EV_WS_CLOSED);
    assert_int_equal(f.events[i].status, 0);
    rig_wait(&f, nobody_is_there, &f.echo);
    assert_int_equal(f.echo.code, HUB_PEER_NORMAL);
    assert_int_equal(f.echo.messages, 2);
    assert_true(
        rig_metric(&f, "roost_websocket_messages_total{route=\"/echo/{id}\",direction=\"in\"}") ==
        2);
}

static void test_closed_by_service(void **state)
{
    (void)state;
    client_open(&f, "/echo/a", (struct roost_ws_options){0});
    client_expect(&f, ROOST_EV_WS_OPENED);
    client_send(&f, "close 4711 enough");
    assert_int_equal(f.events[client_expect(&f, ROOST_EV_WS_CLOSED)].token, 4711);
    rig_wait(&f, nobody_is_there, &f.echo);
    assert_int_equal(f.echo.code, 4711);

    int fd = bare_ask(&f, "/echo/guest", "");
    assert_int_equal(bare_answer(&f, fd, text, sizeof text), 101);
    assert_int_equal(closed_with(fd), 1008);
    assert_string_equal(text, "guests are not let in");
    bare_end(&f, fd);
}

static void test_refused(void **state)
{
    (void)state;
    int fd = bare_ask(&f, "/echo/stranger", "");
    assert_int_equal(bare_answer(&f, fd, text, sizeof text), 404);
    assert_non_null(strstr(text, "\"code\":\"unknown_id\""));
    close(fd);
    fd = bare_ask(&f, "/echo/secret", "Authorization: Basic dW5pdDpwYXNT\r\n");
    assert_int_equal(bare_answer(&f, fd, text, sizeof text), 401);
    assert_non_null(strstr(text, "WWW-Authenticate: Basic realm=\"echo\"\r\n"));
    close(fd);
    assert_true(rig_metric(&f, "roost_peer_refused_total{route=\"/echo/{id}\",reason=\"wrong_"
                               "password\"}") == 1);

    client_open(&f, "/echo/secret", (struct roost_ws_options){0});
    assert_int_equal(f.events[client_expect(&f, ROOST_EV_WS_CLOSED)].status, ROOST_ERR_AUTH);
    client_open(&f, "/echo/secret",
                (struct roost_ws_options){.user = "unit", .password = "pass", .password_len = 4});
    client_expect(&f, ROOST_EV_WS_OPENED);
}

/* Who does not speak WebSocket is answered without the service. */
static void test_no_upgrade(void **state)
{
    static const char plain[] = "GET /echo/a HTTP/1.1\r\nHost: hub\r\n\r\n";
    int fd = bare_connect(&f);

    (void)state;
    assert_int_equal(send(fd, plain, sizeof plain - 1, 0), sizeof plain - 1);
    assert_int_equal(bare_answer(&f, fd, text, sizeof text), 426);
    close(fd);
    assert_int_equal(f.echo.asked, 0);
}

static void test_subprotocol(void **state)
{
    (void)state;
    int fd = bare_ask(&f, "/echo/a", "Sec-WebSocket-Protocol: other, echo\r\n");
    assert_int_equal(bare_answer(&f, fd, text, sizeof text), 101);
    assert_non_null(strstr(text, "Sec-WebSocket-Protocol: echo\r\n"));
    close(fd);
    fd = bare_ask(&f, "/echo/b", "Sec-WebSocket-Protocol: other\r\n");
    assert_int_equal(bare_answer(&f, fd, text, sizeof text), 101);
    assert_null(strstr(text, "Sec-WebSocket-Protocol"));
    close(fd);
    rig_wait(&f, nobody_is_there, &f.echo);
    assert_int_equal(f.echo.code, HUB_PEER_LOST);
}

static void test_later(void **state)
{
    (void)state;
    client_open(&f, "/echo/late-1", (struct roost_ws_options){0});
    client_expect(&f, ROOST_EV_WS_OPENED);
    client_send(&f, "at last");
    assert_string_equal(f.events[client_expect(&f, ROOST_EV_WS_TEXT)].data, "at last");
    int fd = bare_ask(&f, "/echo/late-no", "");
    assert_int_equal(bare_answer(&f, fd, text, sizeof text), 403);
    close(fd);
}

/* A peer that goes before it has an answer: by an end, by a reset, by a half-closed socket. */
static void test_left(void **state)
{
    static const struct linger at_once = {.l_onoff = 1};

    (void)state;
    for (int way = 0; way < 3; way++) {
        f.ticking = false;
        f.echo.left = 0;
        f.echo.asked = 0;
        int fd = bare_ask(&f, "/echo/late-1", "");
        rig_wait(&f, somebody_left, &f.echo.asked);
        assert_true(rig_metric(&f, "roost_peer_waiting ") == 1);
        if (way == 1)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        if (way == 2)
            shutdown(fd, SHUT_WR);
        else
            close(fd);
        rig_wait(&f, somebody_left, &f.echo.left);
        assert_true(rig_metric(&f, "roost_peer_waiting ") == 0);
        assert_int_equal(f.echo.code, HUB_PEER_LOST);
        if (way == 2) {
            assert_int_equal(bare_answer(&f, fd, text, sizeof text), 503);
            close(fd);
        }
        f.ticking = true;
        rig_pass(&f, ECHO_LATE_MS + 50); /* nothing is answered to nobody */
        assert_true(echo_adds_up(&f.echo));
    }
}

/* A service that never answers. */
static void test_too_late(void **state)
{
    (void)state;
    f.ticking = false;
    int fd = bare_ask(&f, "/echo/late-1", "");
    assert_int_equal(bare_answer(&f, fd, text, sizeof text), 504);
    assert_int_equal(f.echo.left, 1);
    close(fd);
}

static void test_replaced(void **state)
{
    (void)state;
    client_open(&f, "/echo/a", (struct roost_ws_options){0});
    client_expect(&f, ROOST_EV_WS_OPENED);
    int fd = bare_ask(&f, "/echo/a", "");
    assert_int_equal(bare_answer(&f, fd, text, sizeof text), 101);
    assert_int_equal(f.events[client_expect(&f, ROOST_EV_WS_CLOSED)].token, ECHO_REPLACED);
    bare_send(fd, "still here");
    char frame[64];
    size_t len;
    assert_int_equal(bare_read(&f, fd, frame, sizeof frame, &len), 0x81);
    assert_string_equal(frame, "still here");
    close(fd);
}

/* What does not fit is dropped and counted, and the service hears when there is room again. */
static void test_slow_reader(void **state)
{
    char frame[ECHO_FLOOD_BYTES + 1];
    size_t len, got = 0;
    int fd = bare_ask(&f, "/echo/a", "");

    (void)state;
    assert_int_equal(bare_answer(&f, fd, text, sizeof text), 101);
    bare_send(fd, "flood 100");
    do {
        assert_int_equal(bare_read(&f, fd, frame, sizeof frame, &len), 0x81);
        got++;
    } while (strcmp(frame, "drained") != 0);
    assert_int_equal(got, f.echo.sent);
    assert_int_equal(f.echo.sent - 1 + f.echo.dropped, 100);
    assert_true(rig_metric(&f, "roost_websocket_dropped_total") == (double)f.echo.dropped);
    close(fd);
}

static void test_limit_of_sockets(void **state)
{
    static const char *const paths[] = {"/echo/a", "/echo/b", "/echo/c"};
    int fds[SOCKETS_MAX];

    (void)state;
    for (int i = 0; i < SOCKETS_MAX; i++) {
        fds[i] = bare_ask(&f, paths[i], "");
        assert_int_equal(bare_answer(&f, fds[i], text, sizeof text), 101);
    }
    int fd = bare_ask(&f, "/echo/d", "");
    assert_int_equal(bare_answer(&f, fd, text, sizeof text), 503);
    close(fd);
    assert_int_equal(f.echo.asked, SOCKETS_MAX);
    for (int i = 0; i < SOCKETS_MAX; i++)
        close(fds[i]);
}

/* Two wait for the last place: the answer comes too late for one. */
static void test_limit_met_while_waiting(void **state)
{
    static const char *const paths[] = {"/echo/a", "/echo/b", "/echo/late-1", "/echo/late-2"};
    int fds[4], opened = 0;

    (void)state;
    for (int i = 0; i < 4; i++)
        fds[i] = bare_ask(&f, paths[i], "");
    for (int i = 0; i < 4; i++)
        opened += bare_answer(&f, fds[i], text, sizeof text) == 101;
    assert_int_equal(opened, SOCKETS_MAX);
    assert_int_equal(f.echo.left, 1);
    assert_true(echo_adds_up(&f.echo));
    for (int i = 0; i < 4; i++)
        close(fds[i]);
}

static void test_stop(void **state)
{
    (void)state;
    int fd = bare_ask(&f, "/echo/a", "");
    assert_int_equal(bare_answer(&f, fd, text, sizeof text), 101);
    f.ticking = false;
    int waits = bare_ask(&f, "/echo/late-1", "");
    uint64_t *asked = &f.echo.asked;
    *asked = 0;
    rig_wait(&f, somebody_left, asked);
    *asked = 2;
    rig_stop(&f);
    assert_int_equal(closed_with(fd), HUB_PEER_GOING_AWAY);
    close(fd);
    close(waits);
    assert_int_equal(f.echo.left, 1);
}

static void test_table(void **state)
{
    static struct hub_socket_route many[HUB_SOCKETS_MAX];
    static char paths[HUB_SOCKETS_MAX][16];
    const struct hub_socket_route bad = {.path = "no slash", .events = f.echo.routes[0].events};

    (void)state;
    assert_int_equal(hub_sockets_add(f.sockets, f.echo.routes, 1, &f.echo), ROOST_ERR_EXISTS);
    assert_int_equal(hub_sockets_add(f.sockets, &bad, 1, &f.echo), ROOST_ERR_INVALID);
    for (int i = 0; i < HUB_SOCKETS_MAX; i++) {
        snprintf(paths[i], sizeof paths[i], "/more/%d", i);
        many[i] = f.echo.routes[0];
        many[i].path = paths[i];
    }
    assert_int_equal(hub_sockets_add(f.sockets, many, HUB_SOCKETS_MAX, &f.echo), ROOST_ERR_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_echo, setup, teardown),
        cmocka_unit_test_setup_teardown(test_closed_by_service, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_upgrade, setup, teardown),
        cmocka_unit_test_setup_teardown(test_subprotocol, setup, teardown),
        cmocka_unit_test_setup_teardown(test_later, setup, teardown),
        cmocka_unit_test_setup_teardown(test_left, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_late, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slow_reader, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limit_of_sockets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limit_met_while_waiting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stop, setup, teardown),
        cmocka_unit_test_setup_teardown(test_table, setup, teardown),
    };
    return cmocka_run_group_tests(tests, rig_host, rig_host_end);
}
