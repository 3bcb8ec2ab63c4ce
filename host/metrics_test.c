/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/metrics.h"

static void expect_exposed(struct metrics *m, const char *expected)
{
    size_t len;
    char *text = metrics_expose(m, &len);

    assert_non_null(text);
    assert_int_equal(len, strlen(text));
    assert_string_equal(text, expected);
    free(text);
}

static void test_nothing_registered(void **state)
{
    (void)state;
    struct metrics *m = metrics_new();
    expect_exposed(m, "");
    metrics_free(m);
    metrics_free(NULL);
}

static void test_same_labels_same_metric(void **state)
{
    (void)state;
    struct metrics *m = metrics_new();
    struct metric *a = metrics_counter(m, "roost_a_total", "A", "topic=\"x\"");

    assert_ptr_equal(a, metrics_counter(m, "roost_a_total", "A", "topic=\"x\""));
    assert_ptr_not_equal(a, metrics_counter(m, "roost_a_total", "A", "topic=\"y\""));
    assert_ptr_not_equal(a, metrics_counter(m, "roost_a_total", "A", NULL));
    metric_add(a, 1);
    metric_add(a, 2.5);
    assert_true(metric_value(a) == 3.5);
    expect_exposed(m, "# HELP roost_a_total A\n"
                      "# TYPE roost_a_total counter\n"
                      "roost_a_total{topic=\"x\"} 3.5\n"
                      "roost_a_total{topic=\"y\"} 0\n"
                      "roost_a_total 0\n");
    metrics_free(m);
}

static void test_numbers(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-1, "-1"},
        {0.1, "0.1"},
        {1e300, "1e+300"},
        {1.0 / 3, "0.3333333333333333"},
        {NAN, "NaN"},
        {INFINITY, "+Inf"},
        {-INFINITY, "-Inf"},
        {9007199254740991.0, "9007199254740991"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct metrics *m = metrics_new();
        char expected[160];
        metric_set(metrics_gauge(m, "g", "h", NULL), cases[i].value);
        snprintf(expected, sizeof expected, "# HELP g h\n# TYPE g gauge\ng %s\n", cases[i].text);
        expect_exposed(m, expected);
        metrics_free(m);
    }
}

static void test_help_is_escaped(void **state)
{
    (void)state;
    struct metrics *m = metrics_new();
    metrics_gauge(m, "g", "a\\b\nc \"d\"", "p=\"\\\\ \\\" \\n\"");
    expect_exposed(m, "# HELP g a\\\\b\\nc \"d\"\n# TYPE g gauge\ng{p=\"\\\\ \\\" \\n\"} 0\n");
    metrics_free(m);
}

static void test_histogram_is_cumulative(void **state)
{
    static const double bounds[] = {0.01, 0.1, 1};
    (void)state;
    struct metrics *m = metrics_new();
    struct metric *h = metrics_histogram(m, "s", "Seconds", "route=\"/a\"", bounds, 3);

    metric_observe(h, 0.01); /* a bound belongs to its own bucket */
    metric_observe(h, 0.5);
    metric_observe(h, 0.5);
    metric_observe(h, 7);
    assert_true(metric_value(h) == 4);
    expect_exposed(m, "# HELP s Seconds\n"
                      "# TYPE s histogram\n"
                      "s_bucket{route=\"/a\",le=\"0.01\"} 1\n"
                      "s_bucket{route=\"/a\",le=\"0.1\"} 1\n"
                      "s_bucket{route=\"/a\",le=\"1\"} 3\n"
                      "s_bucket{route=\"/a\",le=\"+Inf\"} 4\n"
                      "s_sum{route=\"/a\"} 8.01\n"
                      "s_count{route=\"/a\"} 4\n");
    metrics_free(m);
}

static void refresh(void *ctx)
{
    metric_add(ctx, 1);
}

static void test_collect_runs_before_exposition(void **state)
{
    (void)state;
    struct metrics *m = metrics_new();
    struct metric *g = metrics_gauge(m, "g", "h", NULL);

    metrics_on_collect(m, refresh, g);
    metrics_on_collect(m, refresh, g);
    expect_exposed(m, "# HELP g h\n# TYPE g gauge\ng 2\n");
    expect_exposed(m, "# HELP g h\n# TYPE g gauge\ng 4\n");
    metrics_free(m);
}

/* Prometheus' own reader and linter, where it is installed. */
static void test_promtool_accepts(void **state)
{
    static const double bounds[] = {0.1, 1};
    (void)state;
    if (system("command -v promtool >/dev/null 2>&1") != 0) {
        print_message("promtool is not installed, nothing to compare with\n");
        return;
    }
    struct metrics *m = metrics_new();
    metric_add(metrics_counter(m, "roost_x_total", "X", "topic=\"a \\\"b\\\"\""), 1e15);
    metric_set(metrics_gauge(m, "roost_y_bytes", "Y \\ z", NULL), -0.25);
    metric_observe(metrics_histogram(m, "roost_z_seconds", "Z", "a=\"b\"", bounds, 2), 0.5);
    size_t len;
    char *text = metrics_expose(m, &len);
    FILE *tool = popen("promtool check metrics", "w");
    assert_non_null(tool);
    assert_int_equal(fwrite(text, 1, len, tool), len);
    int status = pclose(tool);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    free(text);
    metrics_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_registered),
        cmocka_unit_test(test_same_labels_same_metric),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_help_is_escaped),
        cmocka_unit_test(test_histogram_is_cumulative),
        cmocka_unit_test(test_collect_runs_before_exposition),
        cmocka_unit_test(test_promtool_accepts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
