/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "core/err.h"
#include "host/net/http_parse.h"

/* A copy of exactly the text's bytes, so that a read behind them is caught. */
static char *copy(const char *text, size_t len)
{
    char *bytes = malloc(len ? len : 1);

    memcpy(bytes, text, len);
    return bytes;
}

static int parse(struct http_head *head, char **bytes, const char *text)
{
    size_t scanned = 0;

    *bytes = copy(text, strlen(text));
    return http_head_parse(head, *bytes, strlen(text), &scanned);
}

static int parse_only(const char *text)
{
    struct http_head head;
    char *bytes;
    int n = parse(&head, &bytes, text);

    free(bytes);
    return n;
}

static void test_head(void **state)
{
    static const char text[] = "GET /a?b HTTP/1.1\r\n"
                               "Host: example:80\r\n"
                               "X-Empty:\r\n"
                               "x-padded: \t two words \t\r\n"
                               "Host: second\r\n"
                               "\r\n"
                               "left over";
    struct http_head head;
    char *bytes;

    (void)state;
    assert_int_equal(parse(&head, &bytes, text), sizeof text - sizeof "left over");
    assert_string_equal(head.method, "GET");
    assert_string_equal(head.target, "/a?b");
    assert_int_equal(head.minor, 1);
    assert_string_equal(http_head_field(&head, "HOST"), "example:80");
    assert_int_equal(http_head_count(&head, "host"), 2);
    assert_string_equal(http_head_field(&head, "X-Empty"), "");
    assert_string_equal(http_head_field(&head, "X-Padded"), "two words");
    assert_null(http_head_field(&head, "X"));
    free(bytes);
}

/* A head that comes byte by byte reads the same and is searched once. */
static void test_head_in_pieces(void **state)
{
    static const char text[] = "POST / HTTP/1.0\r\nA: b\r\n\r\n";
    size_t len = sizeof text - 1, scanned = 0;
    struct http_head head;
    char bytes[sizeof text];

    (void)state;
    for (size_t i = 1; i < len; i++) {
        memcpy(bytes, text, i);
        assert_int_equal(http_head_parse(&head, bytes, i, &scanned), 0);
        assert_memory_equal(bytes, text, i);
        assert_true(scanned + 3 >= i || i < 3);
    }
    memcpy(bytes, text, len);
    assert_int_equal(http_head_parse(&head, bytes, len, &scanned), (int)len);
    assert_int_equal(head.minor, 0);
    assert_string_equal(http_head_field(&head, "a"), "b");
}

static void test_bad_heads(void **state)
{
    static const char *const cases[] = {
        "GET /\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n",
        " GET / HTTP/1.1\r\n\r\n",
        "GE(T / HTTP/1.1\r\n\r\n",
        "GET /\x01 HTTP/1.1\r\n\r\n",
        "GET /\xC3\xA4 HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.x\r\n\r\n",
        "GET / http/1.1\r\n\r\n",
        "GET / HTTP/11\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\n: empty\r\n\r\n",
        "GET / HTTP/1.1\r\nA: \x01\r\n\r\n",
        "GET / HTTP/1.1\r\nA: \x7F\r\n\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (parse_only(cases[i]) != ROOST_ERR_INVALID)
            fail_msg("accepted: %s", cases[i]);
    assert_int_equal(parse_only("GET / HTTP/2.0\r\n\r\n"), ROOST_ERR_UNSUPPORTED);

    struct http_head head;
    size_t scanned = 0;
    char nul[] = "GET / HTTP/1.1\r\nA: b\0c\r\n\r\n";
    assert_int_equal(http_head_parse(&head, nul, sizeof nul - 1, &scanned), ROOST_ERR_INVALID);
}

static void test_head_limits(void **state)
{
    static char text[HTTP_HEAD_MAX + 1];
    struct http_head head;
    size_t scanned = 0;

    (void)state;
    memset(text, 'a', HTTP_HEAD_MAX);
    memcpy(text, "GET /", 5);
    assert_int_equal(http_head_parse(&head, text, HTTP_HEAD_MAX - 1, &scanned), 0);
    assert_int_equal(http_head_parse(&head, text, HTTP_HEAD_MAX, &scanned), ROOST_ERR_TOO_LONG);

    for (int lines = HTTP_HEADERS_MAX; lines <= HTTP_HEADERS_MAX + 1; lines++) {
        size_t len = (size_t)sprintf(text, "GET / HTTP/1.1\r\n");
        for (int i = 0; i < lines; i++)
            len += (size_t)sprintf(text + len, "A: b\r\n");
        len += (size_t)sprintf(text + len, "\r\n");
        scanned = 0;
        assert_int_equal(http_head_parse(&head, text, len, &scanned),
                         lines > HTTP_HEADERS_MAX ? ROOST_ERR_TOO_LONG : (int)len);
    }
}

static void test_framing(void **state)
{
    static const struct {
        const char *fields;
        int err;
        enum http_framing framing;
        uint64_t length;
    } cases[] = {
        {"", 0, HTTP_NO_BODY, 0},
        {"Content-Length: 0\r\n", 0, HTTP_NO_BODY, 0},
        {"Content-Length: 12\r\n", 0, HTTP_LENGTH, 12},
        {"Content-Length: 999999999999999\r\n", 0, HTTP_LENGTH, 999999999999999},
        {"Transfer-Encoding: Chunked\r\n", 0, HTTP_CHUNKED, 0},
        {"Content-Length: 9999999999999999\r\n", ROOST_ERR_INVALID, HTTP_NO_BODY, 0},
        {"Content-Length: -1\r\n", ROOST_ERR_INVALID, HTTP_NO_BODY, 0},
        {"Content-Length: +1\r\n", ROOST_ERR_INVALID, HTTP_NO_BODY, 0},
        {"Content-Length: 0x10\r\n", ROOST_ERR_INVALID, HTTP_NO_BODY, 0},
        {"Content-Length: 1, 1\r\n", ROOST_ERR_INVALID, HTTP_NO_BODY, 0},
        {"Content-Length:\r\n", ROOST_ERR_INVALID, HTTP_NO_BODY, 0},
        {"Content-Length: 1\r\nContent-Length: 1\r\n", ROOST_ERR_INVALID, HTTP_NO_BODY, 0},
        {"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", ROOST_ERR_INVALID, HTTP_NO_BODY, 0},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", ROOST_ERR_INVALID,
         HTTP_NO_BODY, 0},
        {"Transfer-Encoding: gzip, chunked\r\n", ROOST_ERR_UNSUPPORTED, HTTP_NO_BODY, 0},
        {"Transfer-Encoding: identity\r\n", ROOST_ERR_UNSUPPORTED, HTTP_NO_BODY, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_head head;
        enum http_framing framing;
        uint64_t length;
        char text[256], *bytes;
        snprintf(text, sizeof text, "POST / HTTP/1.1\r\n%s\r\n", cases[i].fields);
        assert_true(parse(&head, &bytes, text) > 0);
        int err = http_head_framing(&head, &framing, &length);
        if (err != cases[i].err)
            fail_msg("%d for %s", err, cases[i].fields);
        if (err == 0) {
            assert_int_equal(framing, cases[i].framing);
            assert_int_equal(length, cases[i].length);
        }
        free(bytes);
    }
    struct http_head head;
    enum http_framing framing;
    uint64_t length;
    char *bytes;
    assert_true(parse(&head, &bytes, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") > 0);
    assert_int_equal(http_head_framing(&head, &framing, &length), ROOST_ERR_INVALID);
    free(bytes);
}

static void test_targets(void **state)
{
    char text[] = "http://host:80/a%20b/c+d?x=1&y=a+b%26&z&=&e=%C3%A4&x=2";
    struct http_target target;

    (void)state;
    assert_int_equal(http_target_parse(&target, text), 0);
    assert_string_equal(target.path, "/a b/c+d");
    assert_string_equal(target.authority, "host:80");
    assert_int_equal(target.query_count, 6);
    assert_string_equal(target.query[1].name, "y");
    assert_string_equal(target.query[1].value, "a b&");
    assert_string_equal(target.query[2].name, "z");
    assert_string_equal(target.query[2].value, "");
    assert_string_equal(target.query[3].name, "");
    assert_string_equal(target.query[4].value, "\xC3\xA4");
    assert_string_equal(target.query[5].value, "2");
    char dots[] = "/.well-known/..a/b../...";
    assert_int_equal(http_target_parse(&target, dots), 0);
    assert_string_equal(target.authority, "");
}

static void test_a_damaged_parameter_is_empty(void **state)
{
    struct http_target target;
    char text[] = "/a?b=1%00&c=%zz&d=2&%0a=3";

    (void)state;
    assert_int_equal(http_target_parse(&target, text), ROOST_ERR_INVALID);
    assert_true(target.damaged);
    assert_string_equal(target.path, "/a");
    assert_int_equal(target.query_count, 4);
    assert_string_equal(target.query[0].name, "b");
    assert_string_equal(target.query[0].value, "");
    assert_string_equal(target.query[1].value, "");
    assert_string_equal(target.query[2].value, "2");
    assert_string_equal(target.query[3].name, "");
    char path[] = "/a%00?b=%zz";
    assert_int_equal(http_target_parse(&target, path), ROOST_ERR_INVALID);
    assert_false(target.damaged);
    char good[] = "/a?b=1";
    assert_int_equal(http_target_parse(&target, good), 0);
    assert_false(target.damaged);
}

static void test_bad_targets(void **state)
{
    static const char *const cases[] = {
        "",           "*",         "a",         "http://host",    "http:///a",
        "http://h?a", "ftp://h/a", "/..",       "/../etc/passwd", "/a/../b",
        "/a/.",       "/./a",      "/%2e%2e/a", "/%2E./a",        "/a%2fb",
        "/a%5cb",     "/a\\b",     "/a%00b",    "/a%0Ab",         "/a%7F",
        "/%",         "/%4",       "/%zz",      "/a#b",           "/a?b=%00",
        "/a?b=%",     "/a?%zz=1",  "/a/..?b",
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_target target;
        char text[64];
        snprintf(text, sizeof text, "%s", cases[i]);
        if (http_target_parse(&target, text) != ROOST_ERR_INVALID)
            fail_msg("accepted: %s", cases[i]);
    }
    static char text[HTTP_TARGET_MAX + 2];
    struct http_target target;
    memset(text, '/', HTTP_TARGET_MAX + 1);
    assert_int_equal(http_target_parse(&target, text), ROOST_ERR_TOO_LONG);
    text[HTTP_PATH_MAX + 1] = '\0';
    assert_int_equal(http_target_parse(&target, text), ROOST_ERR_TOO_LONG);
    text[HTTP_PATH_MAX] = '\0';
    assert_int_equal(http_target_parse(&target, text), 0);
    size_t at = (size_t)snprintf(text, sizeof text, "/?");
    for (int i = 0; i <= HTTP_QUERY_MAX; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "a&");
    assert_int_equal(http_target_parse(&target, text), ROOST_ERR_INVALID);
}

static void test_lists(void **state)
{
    struct http_head head;
    char *bytes;

    (void)state;
    assert_true(parse(&head, &bytes,
                      "GET / HTTP/1.1\r\nA: one\r\nB: close\r\na: ,\ttwo ,Three\r\n\r\n") > 0);
    assert_true(http_head_lists(&head, "A", "one", 3, true));
    assert_true(http_head_lists(&head, "A", "TWO", 3, true));
    assert_false(http_head_lists(&head, "A", "TWO", 3, false));
    assert_true(http_head_lists(&head, "A", "Three", 5, false));
    assert_false(http_head_lists(&head, "A", "Thre", 4, true));
    assert_false(http_head_lists(&head, "A", "close", 5, true));
    assert_false(http_head_lists(&head, "C", "close", 5, true));
    free(bytes);
}

static void test_host_names(void **state)
{
    static const struct {
        const char *host;
        size_t len;
    } cases[] = {{"h", 1},        {"a-b.example:80", 11},
                 {"a.:", 2},      {"[::1]", 5},
                 {"[::1]:80", 5}, {"", 0},
                 {":80", 0},      {"h:8x", 0},
                 {"u@h", 0},      {"u:1@h", 0},
                 {"h/a", 0},      {"[::1", 0},
                 {"[::1]a", 0},   {"[evil]", 0},
                 {"h,other", 0},  {"h\xC3\xA4", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (http_host_name(cases[i].host) != cases[i].len)
            fail_msg("%s: %zu", cases[i].host, http_host_name(cases[i].host));
}

/* Feeds the text in pieces of `step` bytes; the body goes to `out`. Returns the last result. */
static int read_chunks(const char *text, size_t step, char *out, size_t *taken)
{
    struct http_chunks chunks = {0};
    size_t len = strlen(text), out_len = 0;
    int whole = 0;

    *taken = 0;
    while (whole == 0 && *taken < len) {
        size_t here = len - *taken < step ? len - *taken : step;
        char *bytes = copy(text + *taken, here);
        size_t used, data_len;
        const char *data;
        whole = http_chunks_read(&chunks, bytes, here, &used, &data, &data_len);
        if (whole >= 0) {
            assert_true(used > 0 && used <= here);
            memcpy(out + out_len, data, data_len);
            out_len += data_len;
            *taken += used;
        }
        free(bytes);
    }
    out[out_len] = '\0';
    return whole;
}

static void test_chunks(void **state)
{
    static const char text[] = "4;ext=\"x\"\r\nWiki\r\n00A\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"
                               "GET";
    (void)state;
    for (size_t step = 1; step < sizeof text; step++) {
        char out[64];
        size_t taken;
        assert_int_equal(read_chunks(text, step, out, &taken), 1);
        assert_string_equal(out, "Wiki0123456789");
        assert_int_equal(taken, sizeof text - sizeof "GET");
    }
}

static void test_bad_chunks(void **state)
{
    static const char *const cases[] = {
        "\r\n",           "g\r\n",          "-1\r\n",         "4\nWiki",         "4 \r\nWiki\r\n",
        "4\r\nWikiX\r\n", "4\r\nWiki\rX",   ";x\r\n",         "4;\nWiki",        "123456789\r\n",
        "0\r\nA: b\nC",   "0\r\n\nA",       "0\rX",           "0\r\nA\rB",       "0x4\r\nWiki\r\n",
        "4;a\1\r\nWiki",  "4;a\x7F\r\n",    "0\r\nA: \1\r\n", "0\r\nA\1: b\r\n", "0\r\nA\r\n",
        "0\r\n: b\r\n",   "0\r\nA : b\r\n", "0\r\n A: b\r\n",
    };
    char out[64];
    size_t taken;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t step = 1; step <= strlen(cases[i]); step++)
            if (read_chunks(cases[i], step, out, &taken) != ROOST_ERR_INVALID)
                fail_msg("accepted: %s", cases[i]);
    assert_int_equal(read_chunks("4\r\nWi", 64, out, &taken), 0);
    assert_int_equal(read_chunks("0\r\n\r", 64, out, &taken), 0);

    /* NUL ends no text here. */
    struct http_chunks chunks = {0};
    const char *data;
    size_t used, data_len;
    assert_int_equal(http_chunks_read(&chunks, "4;a\0b\r\nWiki", 12, &used, &data, &data_len),
                     ROOST_ERR_INVALID);
    chunks = (struct http_chunks){0};
    assert_int_equal(http_chunks_read(&chunks, "0\r\nA: b\0\r\n\r\n", 12, &used, &data, &data_len),
                     ROOST_ERR_INVALID);

    static char endless[16 * 1024];
    memset(endless, 'x', sizeof endless - 1);
    memcpy(endless, "4;", 2);
    assert_int_equal(read_chunks(endless, 1000, out, &taken), ROOST_ERR_TOO_LONG);
    memcpy(endless, "0\r\n", 3);
    assert_int_equal(read_chunks(endless, 1000, out, &taken), ROOST_ERR_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head),        cmocka_unit_test(test_head_in_pieces),
        cmocka_unit_test(test_bad_heads),   cmocka_unit_test(test_head_limits),
        cmocka_unit_test(test_framing),     cmocka_unit_test(test_targets),
        cmocka_unit_test(test_bad_targets), cmocka_unit_test(test_a_damaged_parameter_is_empty),
        cmocka_unit_test(test_chunks),      cmocka_unit_test(test_bad_chunks),
        cmocka_unit_test(test_lists),       cmocka_unit_test(test_host_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
