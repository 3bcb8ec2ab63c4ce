/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>

#include "core/datetime.h"
#include "core/err.h"
#include "core/json_read.h"
#include "host/log.h"

static struct {
    char line[HOST_LOG_LINE_MAX + 1];
    enum roost_log_level level;
    unsigned count;
} got;

static void keep(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    (void)ctx;
    assert_true(len < sizeof got.line);
    memcpy(got.line, line, len);
    got.line[len] = '\0';
    got.level = level;
    got.count++;
}

static int setup(void **state)
{
    (void)state;
    host_log_init(ROOST_LOG_INFO, keep, NULL);
    host_log_scope(NULL);
    memset(&got, 0, sizeof got);
    return 0;
}

/* The line without its time, which is checked to be one. */
static const char *after_time(void)
{
    static const char start[] = "{\"ts\":\"";
    int64_t unix_ms;

    assert_memory_equal(got.line, start, sizeof start - 1);
    assert_int_equal(
        roost_datetime_parse(got.line + sizeof start - 1, ROOST_DATETIME_LEN, &unix_ms), 0);
    assert_true(unix_ms > 1700000000000);
    return got.line + sizeof start - 1 + ROOST_DATETIME_LEN + 2;
}

static void test_line(void **state)
{
    (void)state;
    HOST_LOG(ROOST_LOG_WARN, "mqtt", "connection \"lost\"", RF_STR("host", "a\nb"),
             RF_INT("port", -3), RF_MILLI("wait_s", 1500), RF_ERR("error", ROOST_ERR_CLOSED),
             RF_STR("none", NULL));
    assert_string_equal(after_time(), "\"level\":\"warn\",\"area\":\"mqtt\","
                                      "\"msg\":\"connection \\\"lost\\\"\",\"host\":\"a\\nb\","
                                      "\"port\":-3,\"wait_s\":1.5,\"error\":\"CLOSED\","
                                      "\"none\":null}");
    assert_int_equal(got.level, ROOST_LOG_WARN);
}

static void test_levels(void **state)
{
    (void)state;
    uint64_t before = host_log_lines(ROOST_LOG_INFO);
    HOST_LOG(ROOST_LOG_DEBUG, "a", "not kept");
    assert_int_equal(got.count, 0);
    assert_false(host_log_enabled(ROOST_LOG_DEBUG));
    HOST_LOG(ROOST_LOG_INFO, "a", "kept");
    assert_int_equal(got.count, 1);
    assert_int_equal(host_log_lines(ROOST_LOG_INFO), before + 1);
}

static void test_secrets_are_masked(void **state)
{
    (void)state;
    HOST_LOG(ROOST_LOG_INFO, "api", "sign-in", RF_STR("password", "geheim"), RF_INT("token", 1234),
             RF_STR("authorization", "Bearer geheim"), RF_STR("child_name", "geheim"));
    assert_null(strstr(got.line, "geheim"));
    assert_null(strstr(got.line, "1234"));
    assert_non_null(strstr(got.line, "\"password\":\"***\",\"token\":\"***\""));
}

static void test_correlation_id(void **state)
{
    (void)state;
    assert_null(host_log_scope("req-1"));
    HOST_LOG(ROOST_LOG_INFO, "api", "one");
    assert_non_null(strstr(got.line, "\"correlation_id\":\"req-1\""));
    assert_string_equal(host_log_scope(NULL), "req-1");
    HOST_LOG(ROOST_LOG_INFO, "api", "two");
    assert_null(strstr(got.line, "correlation_id"));
}

/* What is too long is cut between two characters, and the line stays one JSON object. */
static void test_long_lines_are_cut(void **state)
{
    (void)state;
    for (size_t len = 3900; len < 4300; len++) {
        char text[4400];
        for (size_t i = 0; i < len; i += 2)
            memcpy(text + i, "\xC3\xA4", 2);
        text[len & ~(size_t)1] = '\0';
        HOST_LOG(ROOST_LOG_INFO, "a", "long", RF_STR("text", text), RF_INT("after", 7));
        struct roost_json_token tokens[32];
        struct roost_json doc;
        assert_true(strlen(got.line) <= HOST_LOG_LINE_MAX);
        int root = roost_json_parse(&doc, tokens, 32, got.line, strlen(got.line));
        assert_true(root >= 0);
        assert_true((strstr(got.line, "\"cut\":true") != NULL) ==
                    (!strstr(got.line, text) || !strstr(got.line, "\"after\"")));
    }
}

/* ---- lines that others can cause ---- */

static void test_a_budget_is_a_burst_and_then_a_rate(void **state)
{
    struct host_log_limit limit = {0};
    uint64_t left_out = 99, now_ms = 1000, before = host_log_left_out();

    (void)state;
    for (int i = 0; i < HOST_LOG_BURST; i++) {
        assert_true(host_log_admit(&limit, now_ms, &left_out));
        assert_int_equal(left_out, 0);
    }
    for (int i = 0; i < 1000; i++)
        assert_false(host_log_admit(&limit, now_ms, &left_out));
    assert_int_equal(host_log_left_out() - before, 1000);
    now_ms += HOST_LOG_EVERY_MS - 1;
    assert_false(host_log_admit(&limit, now_ms, &left_out));
    assert_true(host_log_admit(&limit, now_ms + 1, &left_out));
    assert_int_equal(left_out, 1001);
    assert_false(host_log_admit(&limit, now_ms + 1, &left_out));

    now_ms += (uint64_t)HOST_LOG_BURST * HOST_LOG_EVERY_MS + 1; /* quiet: the whole burst again */
    assert_true(host_log_admit(&limit, now_ms, &left_out));
    assert_int_equal(left_out, 1);
    for (int i = 1; i < HOST_LOG_BURST; i++)
        assert_true(host_log_admit(&limit, now_ms, &left_out));
    assert_false(host_log_admit(&limit, now_ms, &left_out));
}

/* Of the caller's burst and rate, and a new log keeps them. */
static void test_a_budget_may_be_the_callers(void **state)
{
    struct host_log_limit limit = {.burst = 3, .every_ms = 100};
    uint64_t left_out, now_ms = 5;

    (void)state;
    for (int run = 0; run < 2; run++) {
        setup(state);
        for (int i = 0; i < 3; i++)
            assert_true(host_log_admit(&limit, now_ms, &left_out));
        assert_false(host_log_admit(&limit, now_ms + 99, &left_out));
        assert_true(host_log_admit(&limit, now_ms + 100, &left_out));
        assert_int_equal(left_out, 1);
    }
    HOST_LOG_AFTER(left_out, ROOST_LOG_INFO, "a", "b", RF_INT("n", 1));
    assert_string_equal(after_time(),
                        "\"level\":\"info\",\"area\":\"a\",\"msg\":\"b\",\"left_out\":1,\"n\":1}");
    HOST_LOG_AFTER(0, ROOST_LOG_INFO, "a", "b", RF_INT("n", 1));
    assert_string_equal(after_time(), "\"level\":\"info\",\"area\":\"a\",\"msg\":\"b\",\"n\":1}");
}

static void two_sites(int times)
{
    for (int i = 0; i < times; i++)
        HOST_LOG_LIMITED(ROOST_LOG_WARN, "http", "refused", RF_STR("remote", "192.0.2.7"));
    HOST_LOG_LIMITED(ROOST_LOG_WARN, "http", "another line");
}

/* A flood at one place takes nothing from another; a new log begins with whole budgets. */
static void test_each_call_site_has_its_budget(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        setup(state);
        two_sites(5000);
        assert_int_equal(got.count, HOST_LOG_BURST + 1);
        assert_non_null(strstr(got.line, "\"msg\":\"another line\"}"));
    }
}

static void test_what_was_left_out_is_said(void **state)
{
    struct host_log_limit limit = {0};

    (void)state;
    HOST_LOG_LIMITED_BY(&limit, ROOST_LOG_INFO, "a", "first", RF_INT("n", 1));
    assert_null(strstr(got.line, "left_out"));
    limit.left_out = 17;
    HOST_LOG_LIMITED_BY(&limit, ROOST_LOG_INFO, "a", "second", RF_INT("n", 2));
    assert_string_equal(after_time(), "\"level\":\"info\",\"area\":\"a\",\"msg\":\"second\","
                                      "\"left_out\":17,\"n\":2}");
    assert_int_equal(limit.left_out, 0);
    HOST_LOG_LIMITED_BY(&limit, ROOST_LOG_DEBUG, "a", "not kept"); /* and costs nothing */
    assert_int_equal(got.count, 2);
}

static void *write_lines(void *arg)
{
    for (int i = 0; i < 200; i++)
        HOST_LOG(ROOST_LOG_INFO, arg, "from a thread");
    return NULL;
}

static void test_threads(void **state)
{
    pthread_t threads[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, "area"), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(got.count, 800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_line, setup),
        cmocka_unit_test_setup(test_levels, setup),
        cmocka_unit_test_setup(test_secrets_are_masked, setup),
        cmocka_unit_test_setup(test_correlation_id, setup),
        cmocka_unit_test_setup(test_long_lines_are_cut, setup),
        cmocka_unit_test_setup(test_a_budget_is_a_burst_and_then_a_rate, setup),
        cmocka_unit_test_setup(test_a_budget_may_be_the_callers, setup),
        cmocka_unit_test_setup(test_each_call_site_has_its_budget, setup),
        cmocka_unit_test_setup(test_what_was_left_out_is_said, setup),
        cmocka_unit_test_setup(test_threads, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
