/* SPDX-License-Identifier: Apache-2.0 */
/* Digital lines. */
#include "port/conformance_tests.h"

enum { WAIT_MS = 1000 };

static void test_output(void **state)
{
    struct roost_conformance *suite = *state;
    unsigned line = suite->gpio.output;
    int result;

    for (int level = 1; level >= 0; level--) {
        OP(suite, result, gpio, write, line, level);
        assert_int_equal(result, 0);
        OP(suite, result, gpio, read, line);
        assert_int_equal(result, level);
        assert_int_equal(suite->gpio.look(suite->ctx), level);
    }
    OP(suite, result, gpio, watch, line, true);
    assert_int_equal(result, ROOST_ERR_STATE);
    OP(suite, result, gpio, write, suite->gpio.input, true);
    assert_int_equal(result, ROOST_ERR_STATE);
}

static void test_no_such_line(void **state)
{
    struct roost_conformance *suite = *state;
    int result;

    OP(suite, result, gpio, read, ROOST_GPIO_LINES);
    assert_int_equal(result, ROOST_ERR_RANGE);
    OP(suite, result, gpio, write, ROOST_GPIO_LINES, true);
    assert_int_equal(result, ROOST_ERR_RANGE);
    OP(suite, result, gpio, watch, ROOST_GPIO_LINES, true);
    assert_int_equal(result, ROOST_ERR_RANGE);
}

static void expect_change(struct roost_conformance *suite, int level)
{
    const struct roost_event *event = &conformance_expect(suite, ROOST_EV_GPIO, WAIT_MS)->event;

    assert_int_equal(event->token, suite->gpio.input);
    assert_int_equal(event->status, level);
}

static void test_watched_input(void **state)
{
    struct roost_conformance *suite = *state;
    unsigned line = suite->gpio.input;
    int result;

    suite->gpio.drive(suite->ctx, false);
    conformance_pass(suite, 50);
    conformance_forget(suite);
    OP(suite, result, gpio, watch, line, true);
    assert_int_equal(result, 0);
    conformance_pass(suite, 50);
    assert_int_equal(conformance_count(suite, ROOST_EV_GPIO), 0); /* changes only */
    for (int i = 0; i < 4; i++) {
        int level = (i + 1) % 2;

        suite->gpio.drive(suite->ctx, level);
        expect_change(suite, level);
        OP(suite, result, gpio, read, line);
        assert_int_equal(result, level);
    }
    OP(suite, result, gpio, watch, line, false);
    assert_int_equal(result, 0);
    suite->gpio.drive(suite->ctx, true);
    conformance_pass(suite, 50);
    assert_int_equal(conformance_count(suite, ROOST_EV_GPIO), 0);
    OP(suite, result, gpio, read, line);
    assert_int_equal(result, 1);
}

/* Changes faster than the events: the last event tells the level that is. */
static void test_bounce(void **state)
{
    struct roost_conformance *suite = *state;
    int result, last = -1;

    suite->gpio.drive(suite->ctx, false);
    conformance_pass(suite, 50);
    conformance_forget(suite);
    OP(suite, result, gpio, watch, suite->gpio.input, true);
    assert_int_equal(result, 0);
    for (int i = 0; i < 99; i++)
        suite->gpio.drive(suite->ctx, i % 2 == 0);
    conformance_pass(suite, 100);
    const struct roost_conformance_event *event;
    while ((event = conformance_take(suite, ROOST_EV_GPIO)))
        last = event->event.status;
    assert_int_equal(last, 1);
    OP(suite, result, gpio, watch, suite->gpio.input, false);
    assert_int_equal(result, 0);
}

/* A line as a button: presses and releases that are apart are told one by one and in order, also
 * when it was held before anybody watched. */
static void test_button(void **state)
{
    struct roost_conformance *suite = *state;
    unsigned line = suite->gpio.input;
    int result;

    suite->gpio.drive(suite->ctx, true);
    conformance_pass(suite, 50);
    conformance_forget(suite);
    OP(suite, result, gpio, watch, line, true);
    assert_int_equal(result, 0);
    conformance_pass(suite, 50);
    assert_int_equal(conformance_count(suite, ROOST_EV_GPIO), 0);
    OP(suite, result, gpio, read, line);
    assert_int_equal(result, 1);
    suite->gpio.drive(suite->ctx, false);
    expect_change(suite, 0);
    for (int i = 0; i < 6; i++) {
        suite->gpio.drive(suite->ctx, i % 2 == 0);
        conformance_pass(suite, 30);
    }
    for (int i = 0; i < 6; i++) {
        const struct roost_conformance_event *event = conformance_take(suite, ROOST_EV_GPIO);
        assert_non_null(event);
        assert_int_equal(event->event.status, i % 2 == 0);
    }
    OP(suite, result, gpio, watch, line, true); /* again: no change */
    assert_int_equal(result, 0);
    OP(suite, result, gpio, watch, line, false);
    assert_int_equal(result, 0);
    conformance_forget(suite);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_output),        cmocka_unit_test(test_no_such_line),
    cmocka_unit_test(test_watched_input), cmocka_unit_test(test_bounce),
    cmocka_unit_test(test_button),
};

struct conformance_group conformance_gpio_group(void)
{
    return (struct conformance_group){"lines", tests, sizeof tests / sizeof tests[0]};
}
