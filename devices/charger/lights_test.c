/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "devices/charger/lights.h"

static struct {
    struct roost_light_pattern pattern;
    int shows, writes, err;
    bool line[8];
} port;

static int show(void *ctx, const struct roost_light_pattern *pattern)
{
    (void)ctx;
    port.shows++;
    if (port.err == 0)
        port.pattern = *pattern;
    return port.err;
}

static int write(void *ctx, unsigned line, bool active)
{
    (void)ctx;
    port.writes++;
    if (port.err == 0)
        port.line[line] = active;
    return port.err;
}

static const struct roost_light_ops light_ops = {.show = show};
static const struct roost_gpio_ops gpio_ops = {.write = write};
static const struct roost_light light = {&light_ops, NULL};
static const struct roost_gpio gpio = {&gpio_ops, NULL};
static struct charger_lights lights;

static void begin(bool patterns, bool leds)
{
    memset(&port, 0, sizeof port);
    charger_lights_init(&lights, &(struct charger_lights_config){.light = patterns ? &light : NULL,
                                                                 .gpio = leds ? &gpio : NULL,
                                                                 .line = {5, 6, 7}});
}

/* Every row is a pattern that the port takes, no two look alike, and nothing leaves it dark. */
static void the_table(void **state)
{
    (void)state;
    for (int i = 0; i < CHARGER_LIGHT_COUNT; i++) {
        const struct roost_light_pattern *pattern = charger_light_pattern((enum charger_light)i);
        unsigned seen[CHARGER_LIGHT_COUNT] = {0};

        assert_true(roost_light_pattern_ok(pattern));
        assert_true(pattern->shape != ROOST_LIGHT_OFF);
        assert_true(pattern->red || pattern->green || pattern->blue);
        assert_string_not_equal(charger_light_name((enum charger_light)i), "unknown");
        for (int other = 0; other < CHARGER_LIGHT_COUNT; other++) {
            bool same = true;
            for (unsigned at = 0; at < 1000; at += 125)
                for (int led = 0; led < CHARGER_LED_COUNT; led++) {
                    bool lit = charger_light_led((enum charger_light)i, (enum charger_led)led, at);
                    seen[i] += lit;
                    same &= lit ==
                            charger_light_led((enum charger_light)other, (enum charger_led)led, at);
                }
            assert_int_equal(same, i == other);
            assert_int_equal(memcmp(pattern, charger_light_pattern((enum charger_light)other),
                                    sizeof *pattern) == 0,
                             i == other);
        }
        assert_true(seen[i] > 0);
    }
    assert_string_equal(charger_light_name(CHARGER_LIGHT_FAULTED), "faulted");
    assert_string_equal(charger_light_name(CHARGER_LIGHT_COUNT), "unknown");
}

/* Only what is not well is red. */
static void red_is_for_trouble(void **state)
{
    (void)state;
    for (int i = 0; i < CHARGER_LIGHT_COUNT; i++)
        assert_int_equal(charger_light_led((enum charger_light)i, CHARGER_LED_RED, 0),
                         i == CHARGER_LIGHT_FAULTED || i == CHARGER_LIGHT_UNAVAILABLE);
}

static void a_pattern_begins_once(void **state)
{
    (void)state;
    begin(true, false);
    assert_int_equal(charger_lights_show(&lights, CHARGER_LIGHT_AVAILABLE, 1000), 0);
    assert_int_equal(port.pattern.green, 255);
    for (int i = 0; i < 10; i++)
        assert_int_equal(charger_lights_show(&lights, CHARGER_LIGHT_AVAILABLE, 2000), 0);
    assert_int_equal(port.shows, 1);
    assert_int_equal(charger_lights_show(&lights, CHARGER_LIGHT_CHARGING, 3000), 0);
    assert_int_equal(port.pattern.shape, ROOST_LIGHT_BREATHE);
    assert_int_equal(port.shows, 2);
    assert_int_equal(port.writes, 0);
}

static void a_light_that_fails_is_asked_again(void **state)
{
    (void)state;
    begin(true, true);
    port.err = ROOST_ERR_FAULT;
    (void)charger_lights_show(&lights, CHARGER_LIGHT_FAULTED, 0);
    assert_int_equal(lights.failed, 4);
    port.err = 0;
    (void)charger_lights_show(&lights, CHARGER_LIGHT_FAULTED, 10);
    assert_int_equal(port.pattern.red, 255);
    assert_int_equal(port.shows, 2);
    assert_true(port.line[5]);
    assert_int_equal(lights.failed, 4);
}

/* Plain LEDs: from one call to the next that was asked for, two seconds of each. */
static void plain_leds_blink(void **state)
{
    uint64_t now_ms = 100;
    unsigned changes = 0;

    (void)state;
    begin(false, true);
    assert_int_equal(charger_lights_show(&lights, CHARGER_LIGHT_FAULTED, now_ms), 250);
    assert_true(port.line[5] && !port.line[6] && !port.line[7]);
    while (now_ms < 2100) {
        bool was = port.line[5];
        now_ms += charger_lights_show(&lights, CHARGER_LIGHT_FAULTED, now_ms);
        changes += port.line[5] != was;
    }
    assert_int_equal(changes, 7);
    /* Called too early, it says what is left. */
    assert_int_equal(charger_lights_show(&lights, CHARGER_LIGHT_PREPARING, 5000), 500);
    assert_int_equal(charger_lights_show(&lights, CHARGER_LIGHT_PREPARING, 5499), 1);
    assert_true(port.line[7]);
    assert_int_equal(charger_lights_show(&lights, CHARGER_LIGHT_PREPARING, 5500), 500);
    assert_false(port.line[7]);
    assert_int_equal(charger_lights_show(&lights, CHARGER_LIGHT_RESERVED, 5600), 0);
    assert_true(!port.line[5] && port.line[6] && port.line[7]);
    assert_int_equal(port.shows, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table),
        cmocka_unit_test(red_is_for_trouble),
        cmocka_unit_test(a_pattern_begins_once),
        cmocka_unit_test(a_light_that_fails_is_asked_again),
        cmocka_unit_test(plain_leds_blink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
