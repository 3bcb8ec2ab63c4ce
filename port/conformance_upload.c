/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uploads. The server of port/conformance_http.c has these paths, for PUT and POST:
 *   /upload        201 when the body has come
 *   /upload/auth   like it, but 401 unless Basic authorization is user "unit", password "p@ss:word"
 *   /upload/full   507, before the body has come
 *   /upload/moved  302 to /upload, before the body has come
 *   /upload/cut    closes the connection after 4000 bytes of it
 *   anything else: 404, before the body has come
 */
#include "port/conformance_tests.h"

#include <stdio.h>

enum { WAIT_MS = 20000, BODY_BYTES = 100000, STEP = 700 };

static char url[256];

/* Byte i of every body here. */
static uint8_t byte_at(uint64_t i)
{
    return (uint8_t)(11 * i + (i >> 8));
}

static struct roost_http_request request_for(struct roost_conformance *suite, const char *path,
                                             enum roost_http_method method, uint64_t len)
{
    snprintf(url, sizeof url, "%s%s", suite->http.url, path);
    return (struct roost_http_request){.url = url, .method = method, .len = len};
}

static void start(struct roost_conformance *suite, const struct roost_http_request *request)
{
    int err;

    conformance_network(suite);
    OP(suite, err, http, start, request);
    assert_int_equal(err, 0);
}

static int put(struct roost_conformance *suite, const void *data, size_t len)
{
    int taken;

    OP(suite, taken, http, write, data, len);
    return taken;
}

struct body {
    struct roost_conformance *suite;
    uint64_t at, end;
};

/* Lets the body go out as far as there is room. Returns false when nobody wants it any more. */
static bool feed(struct body *body)
{
    uint8_t part[STEP];

    while (body->at < body->end) {
        size_t len = body->end - body->at < STEP ? (size_t)(body->end - body->at) : STEP;
        for (size_t i = 0; i < len; i++)
            part[i] = byte_at(body->at + i);
        int taken = put(body->suite, part, len);
        if (taken < 0)
            return false;
        body->at += (unsigned)taken;
        if ((size_t)taken < len)
            return true;
    }
    return true;
}

static bool room_or_done(void *arg)
{
    struct roost_conformance *suite = arg;

    return conformance_count(suite, ROOST_EV_HTTP_ROOM) ||
           conformance_count(suite, ROOST_EV_HTTP_DONE);
}

/* Answers every HTTP_ROOM until it is over. */
static struct roost_event finish(struct roost_conformance *suite, uint64_t bytes, bool tells_end)
{
    struct body body = {.suite = suite, .end = bytes};
    bool ended = false;

    for (;;) {
        if (!suite->run_until(suite->ctx, room_or_done, suite, WAIT_MS))
            fail_msg("the upload stands still at %u", (unsigned)body.at);
        if (conformance_count(suite, ROOST_EV_HTTP_DONE))
            break;
        const struct roost_conformance_event *room = conformance_take(suite, ROOST_EV_HTTP_ROOM);
        assert_int_equal(room->event.token, body.at);
        conformance_forget(suite);
        (void)feed(&body);
        if (tells_end && body.at == body.end && !ended) {
            ended = true;
            assert_int_equal(put(suite, NULL, 0), 0);
            assert_int_equal(put(suite, "x", 1), ROOST_ERR_STATE);
        }
    }
    return conformance_expect(suite, ROOST_EV_HTTP_DONE, 0)->event;
}

static void expect_uploaded(struct roost_conformance *suite, enum roost_http_method method,
                            uint64_t bytes, const char *type)
{
    static uint8_t body[BODY_BYTES];
    struct roost_conformance_upload got;

    for (size_t i = 0; i < bytes; i++)
        body[i] = byte_at(i);
    assert_true(suite->http.uploaded(suite->ctx, &got));
    assert_int_equal(got.bytes, bytes);
    assert_int_equal(got.hash, conformance_hash(body, (size_t)bytes));
    assert_int_equal(got.method, method);
    assert_string_equal(got.type, type);
}

static void test_known_length(void **state)
{
    static const uint64_t lengths[] = {0, 1, 4096, BODY_BYTES};
    struct roost_conformance *suite = *state;
    int err;

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (int m = ROOST_HTTP_PUT; m <= ROOST_HTTP_POST; m++) {
            enum roost_http_method method = (enum roost_http_method)m;
            struct roost_http_request request = request_for(suite, "/upload", method, lengths[i]);
            start(suite, &request);
            OP(suite, err, http, start, &request);
            assert_int_equal(err, ROOST_ERR_BUSY);
            struct roost_event done = finish(suite, lengths[i], false);
            assert_int_equal(done.status, 0);
            assert_int_equal(done.token, 201);
            expect_uploaded(suite, method, lengths[i], "application/octet-stream");
            assert_int_equal(put(suite, "x", 1), ROOST_ERR_STATE);
        }
    }
}

/* More than any buffer, and its length is not known before it is over. */
static void test_unknown_length(void **state)
{
    static const uint64_t lengths[] = {0, 1, BODY_BYTES};
    struct roost_conformance *suite = *state;

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (int m = ROOST_HTTP_PUT; m <= ROOST_HTTP_POST; m++) {
            enum roost_http_method method = (enum roost_http_method)m;
            struct roost_http_request request =
                request_for(suite, "/upload", method, ROOST_HTTP_LEN_UNKNOWN);
            request.type = "text/plain";
            start(suite, &request);
            assert_int_equal(finish(suite, lengths[i], true).status, 0);
            expect_uploaded(suite, method, lengths[i], "text/plain");
        }
    }
}

static void test_beyond_the_length(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_http_request request = request_for(suite, "/upload", ROOST_HTTP_PUT, 3);
    int err;

    start(suite, &request);
    (void)conformance_expect(suite, ROOST_EV_HTTP_ROOM, WAIT_MS);
    assert_int_equal(put(suite, "abcd", 4), ROOST_ERR_RANGE);
    assert_int_equal(put(suite, "abc", 3), 3);
    assert_int_equal(put(suite, "d", 1), ROOST_ERR_STATE);
    assert_int_equal(conformance_expect(suite, ROOST_EV_HTTP_DONE, WAIT_MS)->event.status, 0);
    OP(suite, err, http, get, url, 0, NULL); /* and the next one may come */
    assert_int_equal(err, 0);
    (void)conformance_expect(suite, ROOST_EV_HTTP_DONE, WAIT_MS);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *path;
        int status;
        unsigned code;
    } cases[] = {{"/upload/auth", ROOST_ERR_AUTH, 401},
                 {"/upload/full", ROOST_ERR_NO_SPACE, 507},
                 {"/upload/moved", ROOST_ERR_UNSUPPORTED, 302},
                 {"/elsewhere", ROOST_ERR_NOT_FOUND, 404}};
    struct roost_conformance *suite = *state;
    struct roost_conformance_upload got;

    (void)suite->http.uploaded(suite->ctx, &got);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int known = 0; known <= 1; known++) {
            struct roost_http_request request = request_for(
                suite, cases[i].path, ROOST_HTTP_PUT, known ? BODY_BYTES : ROOST_HTTP_LEN_UNKNOWN);
            start(suite, &request);
            struct roost_event done = finish(suite, BODY_BYTES, !known);
            assert_int_equal(done.status, cases[i].status);
            assert_int_equal(done.token, cases[i].code);
            assert_false(suite->http.uploaded(suite->ctx, &got));
        }
    }
}

/* In the URL, percent-encoded. */
static void test_credentials(void **state)
{
    struct roost_conformance *suite = *state;
    const char *host = strstr(suite->http.url, "//") + 2;
    struct roost_http_request request = request_for(suite, "", ROOST_HTTP_POST, 100);

    snprintf(url, sizeof url, "http://unit:p%%40ss%%3Aword@%s/upload/auth", host);
    start(suite, &request);
    assert_int_equal(finish(suite, 100, false).status, 0);
    expect_uploaded(suite, ROOST_HTTP_POST, 100, "application/octet-stream");
}

static void test_cut(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_http_request request =
        request_for(suite, "/upload/cut", ROOST_HTTP_PUT, BODY_BYTES);

    start(suite, &request);
    assert_int_equal(finish(suite, BODY_BYTES, false).status, ROOST_ERR_CLOSED);
}

/* A sink without room is told again. */
static void test_full_sink(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_http_request request =
        request_for(suite, "/upload", ROOST_HTTP_PUT, ROOST_HTTP_LEN_UNKNOWN);

    suite->refuse.times = suite->refuse.left = 2;
    start(suite, &request);
    struct roost_event done = finish(suite, BODY_BYTES, true);
    suite->refuse.times = suite->refuse.left = 0;
    assert_int_equal(done.status, 0);
    expect_uploaded(suite, ROOST_HTTP_PUT, BODY_BYTES, "application/octet-stream");
}

/* A device that writes late, and one that gives up. */
static void test_slow_and_cancelled(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_http_request request =
        request_for(suite, "/upload", ROOST_HTTP_PUT, ROOST_HTTP_LEN_UNKNOWN);
    struct roost_conformance_upload got;
    int err;

    start(suite, &request);
    (void)conformance_expect(suite, ROOST_EV_HTTP_ROOM, WAIT_MS);
    conformance_pass(suite, 2000);
    assert_int_equal(put(suite, "late", 4), 4);
    conformance_pass(suite, 500);
    OP0(suite, err, http, cancel);
    assert_int_equal(err, 0);
    conformance_forget(suite);
    assert_int_equal(put(suite, "x", 1), ROOST_ERR_STATE);
    conformance_pass(suite, 500);
    assert_int_equal(suite->event_count, 0);
    assert_false(suite->http.uploaded(suite->ctx, &got));
    request.len = 10;
    start(suite, &request);
    assert_int_equal(finish(suite, 10, false).status, 0);
    expect_uploaded(suite, ROOST_HTTP_PUT, 10, "application/octet-stream");
}

static void test_not_a_url(void **state)
{
    static const char *const urls[] = {"", "/upload", "gopher://127.0.0.1/x", "http://", "ftp://"};
    struct roost_conformance *suite = *state;

    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        const struct roost_http_request request = {
            .url = urls[i], .method = ROOST_HTTP_PUT, .len = 1};
        int err;
        OP(suite, err, http, start, &request);
        assert_int_equal(err, ROOST_ERR_INVALID);
    }
    assert_int_equal(put(suite, "x", 1), ROOST_ERR_STATE);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_known_length),      cmocka_unit_test(test_unknown_length),
    cmocka_unit_test(test_beyond_the_length), cmocka_unit_test(test_refusals),
    cmocka_unit_test(test_credentials),       cmocka_unit_test(test_cut),
    cmocka_unit_test(test_full_sink),         cmocka_unit_test(test_slow_and_cancelled),
    cmocka_unit_test(test_not_a_url),
};

struct conformance_group conformance_upload_group(void)
{
    return (struct conformance_group){"uploads", tests, sizeof tests / sizeof tests[0]};
}
