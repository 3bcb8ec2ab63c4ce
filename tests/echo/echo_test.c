/* SPDX-License-Identifier: Apache-2.0 */
/* A service on hub/peer.h with peers played by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hub/peer_fake.h"
#include "tests/echo/echo.h"

static struct echo echo;
static struct hub_peer_fake fakes[ECHO_PEERS_MAX + 1];
static uint64_t now;

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return now;
}

static int setup(void **state)
{
    static const struct host_clock_ops ops = {.now_ms = now_ms};

    (void)state;
    now = 1000;
    echo_init(&echo, &(struct host_clock){.ops = &ops});
    for (size_t i = 0; i <= ECHO_PEERS_MAX; i++)
        hub_peer_fake_init(&fakes[i]);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return echo_adds_up(&echo) ? 0 : -1;
}

static const struct hub_peer_events *on(void)
{
    return echo.routes[0].events;
}

static struct hub_peer_fake *ask(struct hub_peer_fake *fake, const char *id)
{
    const struct hub_field param = {"id", id};
    const struct hub_peer_request request = hub_peer_fake_request("/echo", &param);

    on()->admit(&echo, &fake->peer, &request);
    return fake;
}

static void hear(struct hub_peer_fake *fake, const char *text)
{
    on()->message(&echo, &fake->peer, HUB_PEER_TEXT, text, strlen(text));
}

static void test_request(void **state)
{
    static const struct hub_field params[] = {{"id", "a"}};
    static const struct hub_field query[] = {{"id", "b"}, {"child", ""}, {"id", "c"}};
    static const struct hub_field headers[] = {{"Host", "hub"}, {"AUTHORIZATION", "Basic x"}};
    struct hub_peer_request request = hub_peer_fake_request("/x", params);

    (void)state;
    request.query = query;
    request.query_count = 3;
    request.headers = headers;
    request.header_count = 2;
    assert_string_equal(hub_peer_param(&request, "id"), "a");
    assert_null(hub_peer_param(&request, "ID"));
    assert_string_equal(hub_peer_query(&request, "id"), "b");
    assert_string_equal(hub_peer_query(&request, "child"), "");
    assert_null(hub_peer_query(&request, "age"));
    assert_string_equal(hub_peer_header(&request, "authorization"), "Basic x");
    assert_null(hub_peer_header(&request, "Origin"));
}

static void test_refused(void **state)
{
    (void)state;
    ask(&fakes[0], "stranger");
    assert_int_equal(fakes[0].state, HUB_PEER_FAKE_REFUSED);
    assert_int_equal(fakes[0].status, 404);
    assert_string_equal(fakes[0].reason, "unknown_id");
    ask(&fakes[1], "secret");
    assert_int_equal(fakes[1].status, 401);
    ask(&fakes[2], "guest");
    assert_int_equal(fakes[2].state, HUB_PEER_FAKE_CLOSING);
    assert_int_equal(fakes[2].code, HUB_PEER_POLICY);
    on()->closed(&echo, &fakes[2].peer, HUB_PEER_POLICY);
    assert_int_equal(echo.refused, 2);
    assert_int_equal(echo.closed, 1);
}

static void test_echo(void **state)
{
    (void)state;
    ask(&fakes[0], "a");
    assert_int_equal(fakes[0].state, HUB_PEER_FAKE_OPEN);
    hear(&fakes[0], "hello");
    assert_string_equal(hub_peer_fake_last(&fakes[0]), "hello");
    on()->message(&echo, &fakes[0].peer, HUB_PEER_BINARY, "\0\1", 2);
    assert_int_equal(fakes[0].sent[1].type, HUB_PEER_BINARY);
    assert_int_equal(fakes[0].sent[1].len, 2);
    hear(&fakes[0], "close 4711 enough");
    assert_int_equal(fakes[0].code, 4711);
    assert_string_equal(fakes[0].reason, "enough");
    hear(&fakes[0], "too late");
    assert_int_equal(fakes[0].sent_count, 2);
    on()->closed(&echo, &fakes[0].peer, 4711);
    assert_int_equal(echo_count(&echo), 0);
}

static void test_replaced(void **state)
{
    (void)state;
    ask(&fakes[0], "a");
    ask(&fakes[1], "a");
    assert_int_equal(fakes[0].code, ECHO_REPLACED);
    assert_int_equal(fakes[1].state, HUB_PEER_FAKE_OPEN);
    on()->closed(&echo, &fakes[0].peer, ECHO_REPLACED);
    hear(&fakes[1], "still here");
    assert_string_equal(hub_peer_fake_last(&fakes[1]), "still here");
}

static void test_later(void **state)
{
    (void)state;
    ask(&fakes[0], "late-1");
    ask(&fakes[1], "late-no");
    ask(&fakes[2], "late-2");
    ask(&fakes[3], "late-3");
    assert_int_equal(fakes[0].state, HUB_PEER_FAKE_ASKING);
    assert_int_equal(echo_tick(&echo, now), now + ECHO_LATE_MS);
    /* One leaves while it waits, and is not answered any more; one cannot be had any more. */
    on()->closed(&echo, &fakes[2].peer, HUB_PEER_LOST);
    fakes[3].accept_err = ROOST_ERR_CLOSED;
    now += ECHO_LATE_MS;
    assert_int_equal(echo_tick(&echo, now), UINT64_MAX);
    assert_int_equal(fakes[0].state, HUB_PEER_FAKE_OPEN);
    assert_int_equal(fakes[1].status, 403);
    assert_int_equal(fakes[2].state, HUB_PEER_FAKE_ASKING);
    assert_int_equal(fakes[3].state, HUB_PEER_FAKE_GONE);
    assert_int_equal(echo.left, 2);
    assert_int_equal(echo_count(&echo), 1);
}

static void test_limits(void **state)
{
    char id[] = "a";

    (void)state;
    for (size_t i = 0; i < ECHO_PEERS_MAX; i++, id[0]++)
        ask(&fakes[i], id);
    ask(&fakes[ECHO_PEERS_MAX], "one more");
    assert_int_equal(fakes[ECHO_PEERS_MAX].status, 503);
    fakes[0].send_err = ROOST_ERR_FULL;
    hear(&fakes[0], "flood 3");
    assert_int_equal(echo.dropped, 3);
    fakes[0].send_err = 0;
    on()->writable(&echo, &fakes[0].peer);
    assert_string_equal(hub_peer_fake_last(&fakes[0]), "drained");
    fakes[0].unsent = 17;
    assert_int_equal(hub_peer_unsent(&fakes[0].peer), 17);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_request, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_echo, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(test_later, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
