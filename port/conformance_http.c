/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Downloads. The server has these paths; byte i of the file of 10000 bytes is (7 * i + 3) mod 256:
 *   /file      the file, with Range
 *   /whole     the file, Range ignored
 *   /cut       says 10000 bytes and closes the connection after 4000
 *   /redirect  302 to /file
 *   anything else: 404 with a page of text
 */
#include "port/conformance_tests.h"

#include <limits.h>
#include <stdio.h>

enum { FILE_BYTES = 10000, WAIT_MS = 20000 };

static char url[256];

static void start(struct roost_conformance *suite, const char *path, uint64_t offset)
{
    int err;

    conformance_network(suite);
    snprintf(url, sizeof url, "%s%s", suite->http.url, path);
    OP(suite, err, http, get, url, offset, NULL);
    assert_int_equal(err, 0);
}

/* Waits for the end and checks that the body is the file from `offset` to `end`, in order. */
static struct roost_event finished(struct roost_conformance *suite, uint64_t offset, uint64_t end)
{
    struct roost_event done = conformance_expect(suite, ROOST_EV_HTTP_DONE, WAIT_MS)->event;
    const struct roost_conformance_event *part;

    while ((part = conformance_take(suite, ROOST_EV_HTTP_DATA))) {
        assert_int_equal(part->event.token, offset);
        assert_in_range(part->event.len, 1, ROOST_HTTP_PART_MAX);
        size_t shown = part->event.len < sizeof part->data ? part->event.len : sizeof part->data;
        for (size_t i = 0; i < shown; i++)
            assert_int_equal(part->data[i], (uint8_t)(7 * (offset + i) + 3));
        offset += part->event.len;
    }
    assert_int_equal(offset, end);
    return done;
}

static void test_whole_file(void **state)
{
    struct roost_conformance *suite = *state;
    int err;

    start(suite, "/file", 0);
    OP(suite, err, http, get, url, 0, NULL);
    assert_int_equal(err, ROOST_ERR_BUSY);
    struct roost_event done = finished(suite, 0, FILE_BYTES);
    assert_int_equal(done.status, 0);
    assert_int_equal(done.token, 200);
    start(suite, "/redirect", 0);
    assert_int_equal(finished(suite, 0, FILE_BYTES).status, 0);
}

static void test_resume(void **state)
{
    struct roost_conformance *suite = *state;

    start(suite, "/cut", 0);
    assert_int_equal(finished(suite, 0, 4000).status, ROOST_ERR_CLOSED);
    start(suite, "/file", 4000);
    struct roost_event done = finished(suite, 4000, FILE_BYTES);
    assert_int_equal(done.status, 0);
    assert_int_equal(done.token, 206);
}

static void test_range_ignored(void **state)
{
    struct roost_conformance *suite = *state;

    start(suite, "/whole", 100);
    assert_int_equal(finished(suite, 100, 100).status, ROOST_ERR_UNSUPPORTED);
    start(suite, "/whole", 0);
    assert_int_equal(finished(suite, 0, FILE_BYTES).status, 0);
}

static void test_error_page(void **state)
{
    struct roost_conformance *suite = *state;

    start(suite, "/missing", 0);
    struct roost_event done = finished(suite, 0, 0);
    assert_int_equal(done.status, ROOST_ERR_NOT_FOUND);
    assert_int_equal(done.token, 404);
}

static void refuse(struct roost_conformance *suite, unsigned times)
{
    suite->refuse.times = suite->refuse.left = times;
    suite->refuse.skipped = false;
}

/* A sink without room is offered the same part until it has some. */
static void test_full_sink(void **state)
{
    struct roost_conformance *suite = *state;

    for (unsigned times = 1; times <= 3; times++) {
        refuse(suite, times);
        start(suite, "/file", 0);
        struct roost_event done = finished(suite, 0, FILE_BYTES);
        bool skipped = suite->refuse.skipped;
        refuse(suite, 0);
        assert_int_equal(done.status, 0);
        assert_false(skipped);
    }
    refuse(suite, 2);
    start(suite, "/cut", 0);
    struct roost_event done = finished(suite, 0, 4000);
    refuse(suite, 0);
    assert_int_equal(done.status, ROOST_ERR_CLOSED);
}

/* A cancelled download gives nothing on, not even what was refused before. */
static void test_cancel_full(void **state)
{
    struct roost_conformance *suite = *state;
    int err;

    refuse(suite, UINT_MAX); /* for as long as it lasts */
    start(suite, "/file", 0);
    conformance_pass(suite, 500);
    OP0(suite, err, http, cancel);
    refuse(suite, 0);
    assert_int_equal(err, 0);
    conformance_pass(suite, 500);
    assert_int_equal(conformance_count(suite, ROOST_EV_HTTP_DATA), 0);
    assert_int_equal(conformance_count(suite, ROOST_EV_HTTP_DONE), 0);
}

static void test_not_a_url(void **state)
{
    static const char *const urls[] = {"", "/file", "file", "ftp://127.0.0.1/file", "http://"};
    struct roost_conformance *suite = *state;

    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        int err;
        OP(suite, err, http, get, urls[i], 0, NULL);
        assert_int_equal(err, ROOST_ERR_INVALID);
    }
    conformance_pass(suite, 100);
    assert_int_equal(conformance_count(suite, ROOST_EV_HTTP_DONE), 0);
}

static void test_cancel(void **state)
{
    struct roost_conformance *suite = *state;
    int err;

    start(suite, "/file", 0);
    OP0(suite, err, http, cancel);
    assert_int_equal(err, 0);
    conformance_pass(suite, 200);
    assert_int_equal(conformance_count(suite, ROOST_EV_HTTP_DONE), 0);
    start(suite, "/file", 0);
    assert_int_equal(finished(suite, 0, FILE_BYTES).status, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_whole_file),    cmocka_unit_test(test_resume),
    cmocka_unit_test(test_range_ignored), cmocka_unit_test(test_error_page),
    cmocka_unit_test(test_cancel),        cmocka_unit_test(test_full_sink),
    cmocka_unit_test(test_cancel_full),   cmocka_unit_test(test_not_a_url),
};

struct conformance_group conformance_http_group(void)
{
    return (struct conformance_group){"HTTP", tests, sizeof tests / sizeof tests[0]};
}
