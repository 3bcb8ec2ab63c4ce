/* SPDX-License-Identifier: Apache-2.0 */
/* Requests over raw sockets: well-formed, malformed, pipelined, deferred. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_rig.h"

#define HOST "Host: hub.example\r\n"

static struct rig rig;

static int setup(void **state)
{
    *state = &rig;
    rig_init(&rig);
    rig.config.cors_origins = "https://app.example, http://localhost:5173";
    rig.config.allowed_hosts = "hub.example, h, *.field.example, [::1]";
    rig_start(&rig);
    return 0;
}

static void test_answer_and_its_headers(void **state)
{
    struct answer answer;
    int fd = rig_connect(&rig);

    (void)state;
    assert_int_equal(ask(fd, "GET /hello/a%20b?say=%21 HTTP/1.1\r\n" HOST "\r\n", &answer), 200);
    assert_string_equal(answer.body, "hello a b!");
    assert_string_equal(answer_header(&answer, "Content-Type"), "text/plain");
    assert_string_equal(answer_header(&answer, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(answer_header(&answer, "X-Frame-Options"), "DENY");
    assert_string_equal(answer_header(&answer, "Referrer-Policy"), "no-referrer");
    assert_string_equal(answer_header(&answer, "Cache-Control"), "no-store");
    assert_non_null(strstr(answer_header(&answer, "Content-Security-Policy"), "'self'"));
    assert_non_null(strstr(answer_header(&answer, "Date"), " GMT"));
    assert_int_equal(strlen(answer_header(&answer, "X-Request-Id")), 32);
    assert_null(answer_header(&answer, "Strict-Transport-Security"));
    assert_null(answer_header(&answer, "Connection"));
    answer_free(&answer);
    /* The same connection goes on. */
    assert_int_equal(
        ask(fd, "GET /hello/c HTTP/1.1\r\n" HOST "X-Request-Id: trace-7\r\n\r\n", &answer), 200);
    assert_string_equal(answer.body, "hello c");
    assert_string_equal(answer_header(&answer, "X-Request-Id"), "trace-7");
    answer_free(&answer);
    assert_int_equal(
        ask(fd, "GET /hello/c HTTP/1.1\r\n" HOST "X-Request-Id: a b\"<\r\n\r\n", &answer), 200);
    assert_int_equal(strlen(answer_header(&answer, "X-Request-Id")), 32);
    answer_free(&answer);
    close(fd);
}

static void test_methods(void **state)
{
    struct answer answer;
    int fd = rig_connect(&rig);

    (void)state;
    assert_int_equal(ask(fd, "HEAD /hello/abc HTTP/1.1\r\n" HOST "\r\n", &answer), 200);
    assert_string_equal(answer_header(&answer, "Content-Length"), "9");
    answer_free(&answer);
    assert_int_equal(ask(fd, "GET /nowhere HTTP/1.1\r\n" HOST "\r\n", &answer), 404);
    assert_string_equal(answer.body,
                        "{\"error\":{\"code\":\"not_found\",\"message\":\"Not Found\"}}");
    assert_string_equal(answer_header(&answer, "Content-Type"), "application/json");
    answer_free(&answer);
    assert_int_equal(ask(fd, "DELETE /hello/a HTTP/1.1\r\n" HOST "\r\n", &answer), 405);
    assert_string_equal(answer_header(&answer, "Allow"), "GET, HEAD, OPTIONS");
    answer_free(&answer);
    assert_int_equal(ask(fd, "OPTIONS /echo HTTP/1.1\r\n" HOST "\r\n", &answer), 204);
    assert_string_equal(answer_header(&answer, "Allow"), "POST, OPTIONS");
    assert_null(answer_header(&answer, "Content-Length"));
    answer_free(&answer);
    assert_int_equal(ask(fd, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", NULL), 204);
    assert_int_equal(ask(fd, "BREW /hello/a HTTP/1.1\r\n" HOST "\r\n", NULL), 501);
    assert_int_equal(ask(fd, "TRACE /hello/a HTTP/1.1\r\n" HOST "\r\n", NULL), 501);
    close(fd);
}

static void test_old_clients(void **state)
{
    char text[4096];
    int fd = rig_connect(&rig);

    (void)state;
    send_text(fd, "GET /hello/a HTTP/1.0\r\nHost: h\r\n\r\n");
    read_to_end(fd, text, sizeof text);
    assert_memory_equal(text, "HTTP/1.1 200", 12);
    assert_non_null(strstr(text, "Connection: close\r\n"));
    close(fd);
    fd = rig_connect(&rig);
    send_text(fd, "\r\n\r\nGET /hello/a HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n\r\n");
    read_to_end(fd, text, sizeof text);
    assert_memory_equal(text, "HTTP/1.1 200", 12);
    close(fd);
}

static void test_malformed_requests(void **state)
{
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        {"\x16\x03\x01\x02 of TLS\r\n\r\n", 400},
        {"GET /hello/a\r\n\r\n", 400},
        {"GET /hello/a HTTP/1.1\r\nHost h\r\n\r\n", 400},
        {"GET /hello/a HTTP/1.1\r\nHost : h\r\n\r\n", 400},
        {"GET /hello/a HTTP/1.1\nHost: h\n\r\n\r\n", 400},
        {"GET /hello/a HTTP/3.0\r\nHost: h\r\n\r\n", 505},
        {"GET hello HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET /../etc/passwd HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET /hello/%00 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET /hello/a HTTP/1.1\r\n\r\n", 400},
        {"GET /hello/a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400},
        {"GET /hello/a HTTP/1.1\r\nHost: evil.example\r\n\r\n", 400},
        {"GET /hello/a HTTP/1.1\r\nHost: field.example\r\n\r\n", 400},
        {"GET /hello/a HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
         "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         400},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n", 400},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nExpect: wonders\r\nContent-Length: 1\r\n\r\na", 417},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer answer;
        if (ask_once(&rig, cases[i].text, &answer) != cases[i].status)
            fail_msg("%d for %s", answer.status, cases[i].text);
        assert_non_null(strstr(answer.body, "\"error\""));
        answer_free(&answer);
    }
    assert_int_equal(
        ask_once(&rig, "GET /hello/a HTTP/1.1\r\nHost: A.field.example:81\r\n\r\n", NULL), 200);
    assert_int_equal(ask_once(&rig, "GET /hello/a HTTP/1.1\r\nHost: [::1]:81\r\n\r\n", NULL), 200);
    assert_true(metric_of(&rig, "roost_http_malformed_total ") >= 6);
}

/* A framing that is not understood ends the connection: what follows could be anything. So does a
 * refusal ahead of the body, which would be taken for the next request. */
static void test_nothing_is_smuggled(void **state)
{
#define SMUGGLED "GET /hello/smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
    static const char *const texts[] = {
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
        "POST /echo%00 HTTP/1.1\r\nHost: h\r\nContent-Length: 43\r\n\r\n" SMUGGLED,
        "POST /echo HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 43\r\n\r\n" SMUGGLED,
        "POST /nothing HTTP/1.1\r\nHost: h\r\nContent-Length: 43\r\n\r\n" SMUGGLED,
        "OPTIONS * HTTP/1.1\r\nHost: h\r\nContent-Length: 43\r\n\r\n" SMUGGLED};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char got[8192];
        int fd = rig_connect(&rig);
        send_text(fd, texts[i]);
        read_to_end(fd, got, sizeof got);
        assert_memory_equal(got, "HTTP/1.1 ", 9);
        assert_null(strstr(got, "smuggled"));
        close(fd);
    }
#undef SMUGGLED
}

/* Answers come in the order of the requests, also behind one that is answered later; each handler
 * runs once, and nothing spins meanwhile. */
static void test_pipelining_behind_a_deferred_answer(void **state)
{
    struct answer answer;
    int fd = rig_connect(&rig);

    (void)state;
    unsigned before = rig.called;
    send_text(fd, "GET /hello/1 HTTP/1.1\r\nHost: h\r\n\r\n"
                  "GET /later HTTP/1.1\r\nHost: h\r\n\r\n"
                  "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
                  "GET /hello/2 HTTP/1.1\r\nHost: h\r\n\r\n");
    read_answer(fd, &answer, false);
    assert_string_equal(answer.body, "hello 1");
    answer_free(&answer);
    while (rig.called < before + 2)
        usleep(1000);
    assert_int_equal(rig.called, before + 2);
    assert_int_equal(ask_once(&rig, "GET /go HTTP/1.1\r\nHost: h\r\n\r\n", &answer), 200);
    assert_string_equal(answer.body, "went 1");
    answer_free(&answer);
    static const char *const bodies[] = {"now", "abc", "hello 2"};
    for (size_t i = 0; i < 3; i++) {
        read_answer(fd, &answer, false);
        assert_string_equal(answer.body, bodies[i]);
        answer_free(&answer);
    }
    assert_int_equal(rig.called, before + 4);
    close(fd);
}

/* A client that only sends fills its own socket, not our memory. */
static void test_pipelining_flood(void **state)
{
    enum { REQUESTS = 3000 };
    static const char request[] = "GET /big?bytes=1000 HTTP/1.1\r\nHost: h\r\n\r\n";
    int fd = rig_connect(&rig);

    (void)state;
    if (fork() == 0) { /* sends while this process reads */
        for (int i = 0; i < REQUESTS; i++)
            send_bytes(fd, request, sizeof request - 1);
        _exit(0);
    }
    for (int i = 0; i < REQUESTS; i++) {
        struct answer answer;
        read_answer(fd, &answer, false);
        assert_int_equal(answer.status, 200);
        assert_int_equal(answer.len, 1000);
        answer_free(&answer);
    }
    close(fd);
}

static void test_bodies(void **state)
{
    struct answer answer;
    char text[4096];
    int fd = rig_connect(&rig);

    (void)state;
    send_text(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123");
    usleep(20000); /* a second packet, in all likelihood; correct either way */
    assert_int_equal(ask(fd, "456789", &answer), 200);
    assert_string_equal(answer.body, "0123456789");
    answer_free(&answer);
    send_text(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (const char *c = "4\r\nWiki\r\n6;a=b\r\nPedia!\r\n0\r\nA: b\r\n\r\n"; *c; c++)
        send_bytes(fd, c, 1);
    read_answer(fd, &answer, false);
    assert_string_equal(answer.body, "WikiPedia!");
    answer_free(&answer);
    send_text(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n"
                  "Expect: 100-continue\r\n\r\n");
    assert_int_equal(recv(fd, text, 25, MSG_WAITALL), 25);
    assert_memory_equal(text, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    assert_int_equal(ask(fd, "ok", &answer), 200);
    assert_string_equal(answer.body, "ok");
    answer_free(&answer);
    close(fd);
}

static void test_body_limits(void **state)
{
    enum { LIMIT = 64 * 1024 };
    char head[256], got[4096];
    char *body = malloc(1 << 20);
    struct answer answer;

    (void)state;
    memset(body, 'b', 1 << 20);
    for (int over = 0; over <= 1; over++) {
        int fd = rig_connect(&rig);
        snprintf(head, sizeof head, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n",
                 LIMIT + over);
        send_text(fd, head);
        send_bytes(fd, body, LIMIT);
        read_answer(fd, &answer, false);
        assert_int_equal(answer.status, over ? 413 : 200);
        answer_free(&answer);
        if (over) /* the rest of the body is not waited for */
            assert_int_equal(read_to_end(fd, got, sizeof got), 0);
        close(fd);
    }
    int fd = rig_connect(&rig);
    send_text(fd, "POST /echo/large HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\n\r\n");
    send_bytes(fd, body, 1 << 20);
    read_answer(fd, &answer, false);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.len, 1 << 20);
    answer_free(&answer);
    send_text(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n");
    send_bytes(fd, body, 0x10001);
    read_answer(fd, &answer, false);
    assert_int_equal(answer.status, 413);
    answer_free(&answer);
    close(fd);
    assert_int_equal(
        ask_once(&rig, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999999999\r\n\r\n",
                 NULL),
        413);
    free(body);
}

/* The guard answers before a byte of the body is read. */
static void test_guard_comes_before_the_body(void **state)
{
    struct answer answer;
    unsigned before = rig.called;

    (void)state;
    assert_int_equal(ask_once(&rig,
                              "POST /secret HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n",
                              &answer),
                     401);
    assert_string_equal(answer_header(&answer, "Connection"), "close");
    answer_free(&answer);
    assert_int_equal(rig.called, before);
}

static void test_cors(void **state)
{
    struct answer answer;
    int fd = rig_connect(&rig);

    (void)state;
    assert_int_equal(
        ask(fd, "GET /hello/a HTTP/1.1\r\nHost: h\r\nOrigin: https://app.example\r\n\r\n", &answer),
        200);
    assert_string_equal(answer_header(&answer, "Access-Control-Allow-Origin"),
                        "https://app.example");
    assert_string_equal(answer_header(&answer, "Vary"), "Origin");
    answer_free(&answer);
    static const char *const foreign[] = {"https://evil.example", "https://app.example.evil",
                                          "http://app.example", "null", "https://app.example/"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "GET /hello/a HTTP/1.1\r\nHost: h\r\nOrigin: %s\r\n\r\n",
                 foreign[i]);
        assert_int_equal(ask(fd, text, &answer), 200);
        assert_null(answer_header(&answer, "Access-Control-Allow-Origin"));
        answer_free(&answer);
    }
    assert_int_equal(ask(fd,
                         "OPTIONS /echo HTTP/1.1\r\nHost: h\r\nOrigin: http://localhost:5173\r\n"
                         "Access-Control-Request-Method: POST\r\n\r\n",
                         &answer),
                     204);
    assert_string_equal(answer_header(&answer, "Access-Control-Allow-Origin"),
                        "http://localhost:5173");
    assert_non_null(strstr(answer_header(&answer, "Access-Control-Allow-Methods"), "POST"));
    assert_non_null(
        strstr(answer_header(&answer, "Access-Control-Allow-Headers"), "Authorization"));
    answer_free(&answer);
    close(fd);
}

static void test_etag(void **state)
{
    struct answer answer;
    char text[256], etag[128];
    int fd = rig_connect(&rig);

    (void)state;
    assert_int_equal(ask(fd, "GET /cached HTTP/1.1\r\nHost: h\r\n\r\n", &answer), 200);
    snprintf(etag, sizeof etag, "%s", answer_header(&answer, "ETag"));
    assert_string_equal(answer_header(&answer, "Cache-Control"), "public, max-age=600");
    answer_free(&answer);
    static const char *const known[] = {"%s", "W/%s", "\"other\", %s", "*"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char match[160];
        snprintf(match, sizeof match,
                 "GET /cached HTTP/1.1\r\nHost: h\r\nIf-None-Match: %s\r\n\r\n", known[i]);
        const char *hole = strstr(match, "%s");
        if (hole)
            snprintf(text, sizeof text, "%.*s%s%s", (int)(hole - match), match, etag, hole + 2);
        else
            snprintf(text, sizeof text, "%s", match);
        assert_int_equal(ask(fd, text, &answer), 304);
        assert_string_equal(answer_header(&answer, "ETag"), etag);
        assert_null(answer_header(&answer, "Content-Length"));
        answer_free(&answer);
    }
    assert_int_equal(
        ask(fd, "GET /cached HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"x\", y\r\n\r\n", NULL), 200);
    close(fd);
}

/* A client that ended its sending side still gets its answer; one that left costs nothing. */
static void test_clients_that_leave(void **state)
{
    char text[4096];
    int half = rig_connect(&rig);
    int gone = rig_connect(&rig);
    unsigned before = rig.called;

    (void)state;
    send_text(half, "GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
    shutdown(half, SHUT_WR);
    send_text(gone, "GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
    while (rig.called < before + 2)
        usleep(1000);
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    setsockopt(gone, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(gone);
    while (metric_of(&rig, "roost_http_connections ") > 2)
        usleep(1000);
    assert_int_equal(ask_once(&rig, "GET /go HTTP/1.1\r\nHost: h\r\n\r\n", NULL), 200);
    read_to_end(half, text, sizeof text);
    assert_non_null(strstr(text, "\r\n\r\nnow"));
    close(half);
    assert_int_equal(rig.gone, 1);
}

static void test_metrics_by_route(void **state)
{
    (void)state;
    assert_true(metric_of(&rig, "roost_http_requests_total{method=\"GET\","
                                "route=\"/hello/{name}\",status=\"200\"} ") >= 1);
    assert_true(metric_of(&rig, "roost_http_requests_total{method=\"GET\",route=\"none\","
                                "status=\"404\"} ") >= 1);
    assert_true(metric_of(&rig, "roost_http_request_seconds_count{route=\"/echo\"} ") >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer_and_its_headers),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_old_clients),
        cmocka_unit_test(test_malformed_requests),
        cmocka_unit_test(test_nothing_is_smuggled),
        cmocka_unit_test(test_pipelining_behind_a_deferred_answer),
        cmocka_unit_test(test_pipelining_flood),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_body_limits),
        cmocka_unit_test(test_guard_comes_before_the_body),
        cmocka_unit_test(test_cors),
        cmocka_unit_test(test_etag),
        cmocka_unit_test(test_clients_that_leave),
        cmocka_unit_test(test_metrics_by_route),
    };
    return cmocka_run_group_tests(tests, setup, rig_tear_down);
}
