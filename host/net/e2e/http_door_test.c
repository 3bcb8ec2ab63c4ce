/* SPDX-License-Identifier: Apache-2.0 */
/* No stranger takes all: shares of an address, and who gives way when it is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_rig.h"
#include "tests/support/certs.h"
#include "tests/support/support.h"

enum { ALL = 32, SHARE = 8, STREAMS = 16, STREAM_SHARE = 4 };

#define STRANGER "127.0.0.2"
#define PROXY    "127.0.0.9"

static struct rig rig;

static void whoami(void *ctx, const struct http_request *request, struct http_exchange *ex)
{
    (void)ctx;
    const char *address = http_client_address(ex);
    assert_string_equal(request->remote, address);
    http_answer(ex, 200, "text/plain", address, strlen(address));
}

static const struct http_route routes[] = {
    {.method = HTTP_GET, .path = "/whoami", .handler = whoami}};

static int setup(void **state)
{
    *state = &rig;
    rig_init(&rig);
    rig.routes = routes;
    rig.route_count = 1;
    rig.config.connections_max = ALL;
    rig.config.streams_max = STREAMS;
    rig.config.address_share_pct = 25;
    rig.config.trusted_proxies = PROXY;
    rig.config.request_timeout_s = rig.config.answer_timeout_s = rig.config.idle_timeout_s = 60;
    rig_start(&rig);
    return 0;
}

static bool is_open(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
}

static void expect_closed(int fd)
{
    char text[256];

    read_to_end(fd, text, sizeof text);
}

static int ask_from(const char *address, const char *text, struct answer *answer)
{
    int fd = rig_connect_from(&rig, address);
    int status = ask(fd, text, answer);

    close(fd);
    return status;
}

/* The other addresses' answer, which no stranger may keep from them. */
static void expect_served(const char *address)
{
    assert_int_equal(ask_from(address, "GET /hello/a HTTP/1.1\r\nHost: h\r\n\r\n", NULL), 200);
}

static void close_all(int *fds, int count)
{
    for (int i = 0; i < count; i++)
        close(fds[i]);
    /* The question is a connection of its own. */
    while (metric_of(&rig, "roost_http_connections ") > 1)
        usleep(1000);
}

/* What a client may leave unfinished. */
static const char *const unfinished[] = {
    "",
    "GET /hello/a HTTP/1.1\r\nHost: h",
    "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf",
    "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf",
    "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n",
};

static void test_own_oldest_gives_way(void **state)
{
    int fds[3 * SHARE];

    (void)state;
    for (size_t kind = 0; kind < sizeof unfinished / sizeof unfinished[0]; kind++) {
        for (int i = 0; i < 3 * SHARE; i++) {
            fds[i] = rig_connect_from(&rig, STRANGER);
            send_text(fds[i], unfinished[kind]);
            if (i >= SHARE)
                expect_closed(fds[i - SHARE]);
            /* Others are served, and when they are, this one's bytes were read before the next
             * one's: who waits longest is known. */
            expect_served("127.0.0.1");
        }
        for (int i = 2 * SHARE + 1; i < 3 * SHARE; i++)
            if (unfinished[kind][0] != 'P')
                assert_true(is_open(fds[i]));
        /* Even to itself it is open, and the oldest goes for that. */
        expect_served(STRANGER);
        expect_closed(fds[2 * SHARE]);
        close_all(fds, 3 * SHARE);
    }
}

/* Whose request is whole is answered; the stranger's next ones wait outside. */
static void test_requests_under_way_stay(void **state)
{
    int fds[SHARE];
    struct answer answer;

    (void)state;
    for (int i = 0; i < SHARE; i++) {
        fds[i] = rig_connect_from(&rig, STRANGER);
        send_text(fds[i], "GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
        while (rig.later_count < (size_t)i + 1)
            usleep(1000);
    }
    double before = metric_of(&rig, "roost_http_connections_refused_total ");
    int refused = rig_connect_from(&rig, STRANGER);
    expect_closed(refused);
    close(refused);
    assert_true(metric_of(&rig, "roost_http_connections_refused_total ") == before + 1);
    assert_int_equal(ask_from("127.0.0.1", "GET /go HTTP/1.1\r\nHost: h\r\n\r\n", NULL), 200);
    for (int i = 0; i < SHARE; i++) {
        read_answer(fds[i], &answer, false);
        assert_int_equal(answer.status, 200);
        answer_free(&answer);
    }
    close_all(fds, SHARE);
}

/* Who does not read what was asked for has no better claim. */
static void test_readers_that_stop(void **state)
{
    int fds[2 * SHARE];

    (void)state;
    rig.called = 0;
    for (int i = 0; i < 2 * SHARE; i++) {
        fds[i] = rig_connect_from(&rig, STRANGER);
        send_text(fds[i], "GET /big?bytes=8000000 HTTP/1.1\r\nHost: h\r\n\r\n");
        while (rig.called < (unsigned)i + 1)
            usleep(1000);
    }
    expect_served(STRANGER);
    for (int i = 0; i < SHARE; i++)
        expect_closed(fds[i]);
    close_all(fds, 2 * SHARE);
}

static void test_many_strangers(void **state)
{
    int fds[ALL];
    char address[16];

    (void)state;
    for (int i = 0; i < ALL; i++) {
        snprintf(address, sizeof address, "127.0.1.%d", 1 + i / SHARE);
        fds[i] = rig_connect_from(&rig, address);
        send_text(fds[i], unfinished[1]);
    }
    double before = metric_of(&rig, "roost_http_connections_evicted_total ");
    for (int i = 0; i < 4; i++)
        expect_served("127.0.0.1");
    expect_closed(fds[0]); /* the oldest of all */
    assert_true(is_open(fds[ALL - 1]));
    assert_true(metric_of(&rig, "roost_http_connections_evicted_total ") >= before);
    close_all(fds, ALL);
}

static int open_stream(const char *address, const char *headers, int *status)
{
    char text[256], line[16] = "";
    int fd = rig_connect_from(&rig, address);

    snprintf(text, sizeof text, "GET /stream HTTP/1.1\r\nHost: h\r\n%s\r\n", headers);
    send_text(fd, text);
    read_bytes(fd, line, 12);
    *status = (int)strtol(line + 9, NULL, 10);
    return fd;
}

static void test_streams(void **state)
{
    static const char *const addresses[] = {STRANGER, "127.0.0.3", "127.0.0.4", "127.0.0.5"};
    int fds[STREAMS], status;

    (void)state;
    for (int i = 0; i < STREAMS; i++) {
        fds[i] = open_stream(addresses[i / STREAM_SHARE], "", &status);
        assert_int_equal(status, 200);
        if (i % STREAM_SHARE == STREAM_SHARE - 1 && i != STREAMS - 1) {
            close(open_stream(addresses[i / STREAM_SHARE], "", &status));
            assert_int_equal(status, 429);
        }
    }
    close(open_stream("127.0.0.1", "", &status));
    assert_int_equal(status, 503);
    expect_served("127.0.0.1");
    close_all(fds, STREAMS);
    close(open_stream(STRANGER, "", &status));
    assert_int_equal(status, 200);
}

/* A proxy that is trusted stands for its clients, and its word counts; nobody else's does. */
static void test_behind_a_proxy(void **state)
{
    static const char asked[] = "GET /whoami HTTP/1.1\r\nHost: h\r\n"
                                "X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n\r\n";
    int fds[2 * SHARE], status;
    struct answer answer;

    (void)state;
    for (int i = 0; i < 2 * SHARE; i++) {
        fds[i] = rig_connect_from(&rig, PROXY);
        send_text(fds[i], unfinished[1]);
    }
    expect_served(PROXY);
    for (int i = 0; i < 2 * SHARE; i++)
        assert_true(is_open(fds[i]));
    close_all(fds, 2 * SHARE);
    assert_int_equal(ask_from(PROXY, asked, &answer), 200);
    assert_string_equal(answer.body, "203.0.113.9");
    answer_free(&answer);
    assert_int_equal(ask_from(STRANGER, asked, &answer), 200);
    assert_string_equal(answer.body, STRANGER);
    answer_free(&answer);
    for (int i = 0; i < STREAM_SHARE; i++) {
        fds[i] = open_stream(PROXY, "Forwarded: for=\"[2001:db8::9]:1\"\r\n", &status);
        assert_int_equal(status, 200);
    }
    close(open_stream(PROXY, "Forwarded: for=\"[2001:db8::8]\"\r\n", &status));
    assert_int_equal(status, 429); /* the same /64 */
    fds[STREAM_SHARE] = open_stream(PROXY, "X-Forwarded-For: 203.0.113.9\r\n", &status);
    assert_int_equal(status, 200);
    close_all(fds, STREAM_SHARE + 1);
}

/* A listener for both families sees IPv4 clients under IPv6 addresses, one /64 for all of them. */
static void test_both_families(void **state)
{
    struct rig own;
    struct answer answer;
    int fds[SHARE];

    (void)state;
    rig_init(&own);
    own.config = rig.config;
    own.config.address = "::";
    own.routes = routes;
    own.route_count = 1;
    rig_start(&own);
    for (int i = 0; i < SHARE; i++)
        fds[i] = rig_connect_from(&own, STRANGER);
    int fd = rig_connect_from(&own, "127.0.0.3");
    assert_int_equal(ask(fd, "GET /whoami HTTP/1.1\r\nHost: h\r\n\r\n", &answer), 200);
    assert_string_equal(answer.body, "127.0.0.3");
    answer_free(&answer);
    close(fd);
    for (int i = 0; i < SHARE; i++) {
        assert_true(is_open(fds[i]));
        close(fds[i]);
    }
    rig_stop(&own);
    rig_join(&own);
}

static void test_half_hellos(void **state)
{
    static char folder[SUPPORT_PATH_MAX], cert[SUPPORT_PATH_MAX + 16], key[SUPPORT_PATH_MAX + 16];
    struct rig own;
    int fds[2 * SHARE];

    (void)state;
    support_make_dir(folder);
    support_make_certificates(folder);
    snprintf(cert, sizeof cert, "%s/server.pem", folder);
    snprintf(key, sizeof key, "%s/server.key", folder);
    rig_init(&own);
    own.config = rig.config;
    own.config.tls_cert = cert;
    own.config.tls_key = key;
    rig_start(&own);
    for (int i = 0; i < 2 * SHARE; i++) {
        fds[i] = rig_connect_from(&own, STRANGER);
        send_bytes(fds[i], "\x16\x03\x01\x02\x00\x01", 6);
        if (i >= SHARE)
            expect_closed(fds[i - SHARE]);
    }
    for (int i = 0; i < 2 * SHARE; i++)
        close(fds[i]);
    rig_stop(&own);
    rig_join(&own);
    support_remove_dir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_oldest_gives_way),
        cmocka_unit_test(test_requests_under_way_stay),
        cmocka_unit_test(test_readers_that_stop),
        cmocka_unit_test(test_many_strangers),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_behind_a_proxy),
        cmocka_unit_test(test_both_families),
        cmocka_unit_test(test_half_hellos),
    };
    return cmocka_run_group_tests(tests, setup, rig_tear_down);
}
