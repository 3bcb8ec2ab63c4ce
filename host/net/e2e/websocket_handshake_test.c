/* SPDX-License-Identifier: Apache-2.0 */
/* The opening handshake: what is accepted, what is refused and how, before any frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "websocket_rig.h"

static struct rig rig;
static struct service service;

static int setup(void **state)
{
    *state = &rig;
    rig_init(&rig);
    rig.config.cors_origins = "https://app.example";
    service_add(&service, &rig);
    rig_start(&rig);
    return 0;
}

static void test_accepted(void **state)
{
    struct answer answer;
    int fd = rig_connect(&rig);

    (void)state;
    assert_int_equal(ask(fd, upgrade_request("/ws/a", "X-Request-Id: abc-1\r\n"), &answer), 101);
    assert_string_equal(answer_header(&answer, "Upgrade"), "websocket");
    assert_string_equal(answer_header(&answer, "Connection"), "Upgrade");
    assert_string_equal(answer_header(&answer, "Sec-WebSocket-Accept"),
                        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); /* RFC 6455 section 1.3 */
    assert_string_equal(answer_header(&answer, "X-Request-Id"), "abc-1");
    assert_string_equal(answer_header(&answer, "X-Handler"), "was here");
    assert_null(answer_header(&answer, "Sec-WebSocket-Protocol"));
    assert_null(answer_header(&answer, "Sec-WebSocket-Extensions"));
    assert_null(answer_header(&answer, "Content-Length"));
    answer_free(&answer);
    send_message(fd, "hello");
    expect_frame(fd, 0x81, "hello");
    close(fd);
    /* Extensions are offered by every browser and taken by nobody here. */
    fd = rig_connect(&rig);
    assert_int_equal(
        ask(fd, upgrade_request("/ws/a", "Sec-WebSocket-Extensions: permessage-deflate\r\n"),
            &answer),
        101);
    assert_null(answer_header(&answer, "Sec-WebSocket-Extensions"));
    answer_free(&answer);
    close(fd);
}

/* Frames right behind the request, and a request before it on the same connection. */
static void test_in_one_write(void **state)
{
    char text[2200];
    int fd = rig_connect(&rig);

    (void)state;
    assert_int_equal(ask(fd, "GET /hello/a HTTP/1.1\r\nHost: h\r\n\r\n", NULL), 200);
    int n = snprintf(text, sizeof text, "%s", upgrade_request("/ws/a", ""));
    memcpy(text + n, "\x81\x82\0\0\0\0hi", 8);
    send_bytes(fd, text, (size_t)n + 8);
    struct answer answer;
    read_answer(fd, &answer, false);
    assert_int_equal(answer.status, 101);
    answer_free(&answer);
    expect_frame(fd, 0x81, "hi");
    close(fd);
}

static void test_not_an_upgrade(void **state)
{
    static const char *const heads[] = {
        "GET /ws/a HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /ws/a HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\n" WEBSOCKET_KEY "\r\n",
        "GET /ws/a HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: keep-alive\r\n"
        "Sec-WebSocket-Version: 13\r\n" WEBSOCKET_KEY "\r\n",
        "GET /ws/a HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 8\r\n" WEBSOCKET_KEY "\r\n",
        "GET /ws/a HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\n" WEBSOCKET_KEY "\r\n",
        "GET /ws/a HTTP/1.0\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\n" WEBSOCKET_KEY "\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct answer answer;
        assert_int_equal(ask_once(&rig, heads[i], &answer), 426);
        assert_string_equal(answer_header(&answer, "Sec-WebSocket-Version"), "13");
        assert_string_equal(answer_header(&answer, "Upgrade"), "websocket");
        answer_free(&answer);
    }
    assert_int_equal(ask_once(&rig, "POST /ws/a HTTP/1.1\r\nHost: h\r\n\r\n", NULL), 405);
}

static void test_bad_requests(void **state)
{
    static const char *const keys[] = {
        "",
        "Sec-WebSocket-Key: \r\n",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSE=\r\n", /* 17 bytes */
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j*Q==\r\n",
        WEBSOCKET_KEY WEBSOCKET_KEY,
        WEBSOCKET_KEY "Content-Length: 2\r\n",
        WEBSOCKET_KEY "Transfer-Encoding: chunked\r\n",
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        snprintf(text, sizeof text,
                 "GET /ws/a HTTP/1.1\r\nHost: h\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\n"
                 "Sec-WebSocket-Version: 13\r\n%s\r\n%s",
                 keys[i],
                 i == 6   ? "hi"
                 : i == 7 ? "0\r\n\r\n"
                          : "");
        assert_int_equal(ask_once(&rig, text, NULL), 400);
    }
}

static void test_origin(void **state)
{
    static const struct {
        const char *path, *origin;
        int status;
    } cases[] = {
        {"/ws/a", "https://app.example", 101},
        {"/ws/a", "http://hub.example:8080", 101}, /* the request's own host */
        {"/ws/a", "http://HUB.example:8080", 101},
        {"/ws/a", "http://hub.example", 403},
        {"/ws/a", "https://evil.example", 403},
        {"/ws/a", "https://app.example.evil.example", 403},
        {"/ws/a", "null", 403},
        {"/ws/a", "file://", 403},
        {"/ws/open", "file://", 101},
        {"/ws/open", "https://evil.example", 101},
    };
    char header[128];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(header, sizeof header, "Origin: %s\r\n", cases[i].origin);
        assert_int_equal(ask_once(&rig, upgrade_request(cases[i].path, header), NULL),
                         cases[i].status);
    }
}

static void test_refused_by_handler(void **state)
{
    struct answer answer;
    int fd = rig_connect(&rig);

    (void)state;
    assert_int_equal(ask(fd, upgrade_request("/ws/unknown", ""), NULL), 404);
    assert_int_equal(ask(fd, upgrade_request("/ws/guarded", ""), NULL), 401);
    assert_int_equal(ask(fd, upgrade_request("/ws/auth", ""), &answer), 401);
    assert_string_equal(answer_header(&answer, "WWW-Authenticate"), "Basic realm=\"test\"");
    answer_free(&answer);
    /* The connection is still good for the next attempt. */
    assert_int_equal(ask(fd, upgrade_request("/ws/auth", "Authorization: Basic eDp5\r\n"), NULL),
                     101);
    send_message(fd, "in");
    expect_frame(fd, 0x81, "in");
    close(fd);
}

static void test_subprotocol(void **state)
{
    static const struct {
        const char *offered, *chosen;
    } cases[] = {
        {"Sec-WebSocket-Protocol: ocpp1.6\r\n", "ocpp1.6"},
        {"Sec-WebSocket-Protocol: soap, ocpp1.6 ,ocpp1.5\r\n", "ocpp1.6"},
        {"Sec-WebSocket-Protocol: ocpp1.6, ocpp2.0.1\r\n", "ocpp2.0.1"},
        {"Sec-WebSocket-Protocol: ocpp1.5\r\nSec-WebSocket-Protocol: ocpp1.6\r\n", "ocpp1.6"},
        {"Sec-WebSocket-Protocol: OCPP1.6, ocpp1.61, ocpp1\r\n", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer answer;
        int fd = rig_connect(&rig);
        assert_int_equal(ask(fd, upgrade_request("/ws/ocpp", cases[i].offered), &answer), 101);
        const char *chosen = answer_header(&answer, "Sec-WebSocket-Protocol");
        if (cases[i].chosen) {
            assert_string_equal(chosen, cases[i].chosen);
            send_message(fd, "[2]");
            expect_frame(fd, 0x81, "[2]");
        } else {
            unsigned messages = service.messages;
            assert_null(chosen);
            send_message(fd, "too late");
            send_frame(fd, 0x88, "\x03\xEA", 2);
            expect_close(fd, WEBSOCKET_PROTOCOL_ERROR, "no common subprotocol");
            assert_int_equal(service.messages, messages);
        }
        answer_free(&answer);
        close(fd);
    }
}

static void wait_for_later(void)
{
    while (!service.waits)
        usleep(1000);
}

/* A handler that has to ask somebody first; then one whose client did not wait. */
static void test_accepted_later(void **state)
{
    struct answer answer;
    int fd = rig_connect(&rig);

    (void)state;
    send_text(fd, upgrade_request("/ws/later", ""));
    send_message(fd, "early");
    wait_for_later();
    assert_int_equal(ask_once(&rig, "GET /ws/accept HTTP/1.1\r\nHost: h\r\n\r\n", NULL), 200);
    read_answer(fd, &answer, false);
    assert_int_equal(answer.status, 101);
    answer_free(&answer);
    expect_frame(fd, 0x81, "early");
    close(fd);

    unsigned opened = service.opened;
    fd = rig_connect(&rig);
    send_text(fd, upgrade_request("/ws/later", ""));
    wait_for_later();
    close(fd);
    assert_int_equal(ask_once(&rig, "GET /ws/accept HTTP/1.1\r\nHost: h\r\n\r\n", NULL), 200);
    assert_int_equal(service.opened, opened);

    /* One that waits too long is told so; accepting comes to nothing. */
    fd = rig_connect(&rig);
    assert_int_equal(ask(fd, upgrade_request("/ws/later", ""), NULL), 504);
    assert_int_equal(ask_once(&rig, "GET /ws/accept HTTP/1.1\r\nHost: h\r\n\r\n", NULL), 200);
    assert_int_equal(service.opened, opened);
    close(fd);
}

static void test_limit(void **state)
{
    struct rig own;
    struct service other;
    struct answer answer;
    int fds[3];

    (void)state;
    rig_init(&own);
    own.config.connections_max = 4; /* so three WebSockets */
    service_add(&other, &own);
    rig_start(&own);
    for (int i = 0; i < 3; i++)
        fds[i] = open_websocket(&own, "/ws/a");
    int fd = rig_connect(&own);
    assert_int_equal(ask(fd, upgrade_request("/ws/a", ""), &answer), 503);
    assert_non_null(answer_header(&answer, "Retry-After"));
    answer_free(&answer);
    assert_int_equal(ask(fd, "GET /hello/a HTTP/1.1\r\nHost: h\r\n\r\n", NULL), 200);
    close(fds[0]);
    service_closed(&other, 1);
    assert_int_equal(ask(fd, upgrade_request("/ws/a", ""), NULL), 101);
    close(fd);
    close(fds[1]);
    close(fds[2]);
    rig_stop(&own);
    rig_join(&own);
    assert_int_equal(other.closed, other.opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),       cmocka_unit_test(test_in_one_write),
        cmocka_unit_test(test_not_an_upgrade), cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_origin),         cmocka_unit_test(test_refused_by_handler),
        cmocka_unit_test(test_subprotocol),    cmocka_unit_test(test_accepted_later),
        cmocka_unit_test(test_limit),
    };
    return cmocka_run_group_tests(tests, setup, rig_tear_down);
}
