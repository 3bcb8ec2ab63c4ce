/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "world/lines.h"

enum { RELAY, BUTTON, DOOR, NOTHING };

static struct world_lines lines;
static struct roost_port port;
static world_ring_fn rings;
static int events;
static struct roost_event last;

static int start_timer(void *ctx, unsigned timer, uint32_t delay_ms, world_ring_fn ring, void *arg)
{
    assert_ptr_equal(arg, &lines);
    assert_int_equal(timer, 2);
    assert_int_equal(delay_ms, 0);
    rings = ring;
    (void)ctx;
    return 0;
}

static void stop_timer(void *ctx, unsigned timer)
{
    (void)ctx;
    (void)timer;
    rings = NULL;
}

static void post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    events++;
    last = *event;
}

static int setup(void **state)
{
    static const struct world_time_ops ops = {
        .start = start_timer, .stop = stop_timer, .post = post};
    const struct world_time time = {&ops, NULL};

    (void)state;
    events = 0;
    rings = NULL;
    return world_lines_attach(&lines, &time, 2, &port, 1u << BUTTON | 1u << DOOR, 1u << RELAY);
}

static void ring(void)
{
    world_ring_fn now = rings;

    rings = NULL;
    if (now)
        now(&lines);
}

static void outputs_are_what_the_device_says(void **state)
{
    (void)state;
    assert_int_equal(port.gpio.ops->write(port.gpio.ctx, RELAY, true), 0);
    assert_true(world_lines_get(&lines, RELAY));
    assert_int_equal(port.gpio.ops->read(port.gpio.ctx, RELAY), 1);
    world_lines_off(&lines);
    assert_false(world_lines_get(&lines, RELAY));
}

static void only_watched_inputs_are_told(void **state)
{
    (void)state;
    world_lines_set(&lines, BUTTON, true);
    ring();
    assert_int_equal(events, 0);
    assert_int_equal(port.gpio.ops->read(port.gpio.ctx, BUTTON), 1);
    assert_int_equal(port.gpio.ops->watch(port.gpio.ctx, BUTTON, true), 0);
    world_lines_set(&lines, DOOR, true);
    world_lines_set(&lines, BUTTON, false);
    assert_int_equal(events, 0); /* never from inside */
    ring();
    assert_int_equal(events, 1);
    assert_int_equal(last.type, ROOST_EV_GPIO);
    assert_int_equal(last.token, BUTTON);
    assert_int_equal(last.status, 0);
}

static void changes_that_come_together_are_one(void **state)
{
    (void)state;
    (void)port.gpio.ops->watch(port.gpio.ctx, BUTTON, true);
    for (int i = 0; i < 5; i++)
        world_lines_set(&lines, BUTTON, i % 2 == 0);
    ring();
    assert_int_equal(events, 1);
    assert_int_equal(last.status, 1);
}

static void lines_that_are_not_there_are_refused(void **state)
{
    const struct roost_gpio_ops *ops = port.gpio.ops;
    void *ctx = port.gpio.ctx;

    (void)state;
    assert_int_equal(ops->read(ctx, NOTHING), ROOST_ERR_RANGE);
    assert_int_equal(ops->read(ctx, ROOST_GPIO_LINES), ROOST_ERR_RANGE);
    assert_int_equal(ops->write(ctx, NOTHING, true), ROOST_ERR_RANGE);
    assert_int_equal(ops->write(ctx, BUTTON, true), ROOST_ERR_STATE);
    assert_int_equal(ops->watch(ctx, RELAY, true), ROOST_ERR_STATE);
    assert_int_equal(ops->watch(ctx, NOTHING, true), ROOST_ERR_RANGE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(outputs_are_what_the_device_says),
        TEST(only_watched_inputs_are_told),
        TEST(changes_that_come_together_are_one),
        TEST(lines_that_are_not_there_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
