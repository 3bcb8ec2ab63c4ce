/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/timer.h"
#include "devices/teddy/button.h"

static struct teddy_button button;

static void fresh(void)
{
    teddy_button_init(&button, false, 0);
    button.spoilt = false;
}

/* What a contact does as `due` sees it. */
static enum teddy_happened settle(bool active, uint64_t now_ms)
{
    assert_true(teddy_button_next(&button) <= now_ms);
    return teddy_button_due(&button, active, now_ms);
}

static void a_press_counts_at_once(void **state)
{
    (void)state;
    fresh();
    assert_int_equal(teddy_button_edge(&button, true, 1000), TEDDY_BUTTON_PRESS);
    assert_int_equal(settle(true, 1025), TEDDY_BUTTON_NOTHING);
    assert_true(teddy_button_next(&button) == ROOST_NEVER);
    assert_int_equal(teddy_button_edge(&button, false, 3000), TEDDY_BUTTON_RELEASE);
    assert_int_equal(settle(false, 3025), TEDDY_BUTTON_NOTHING);
    assert_true(teddy_button_next(&button) == ROOST_NEVER);
}

static void bouncing_is_one_press(void **state)
{
    (void)state;
    fresh();
    assert_int_equal(teddy_button_edge(&button, true, 1000), TEDDY_BUTTON_PRESS);
    for (uint64_t at = 1001; at < 1020; at++)
        assert_int_equal(teddy_button_edge(&button, at % 2 == 0, at), TEDDY_BUTTON_NOTHING);
    assert_int_equal(settle(true, 1025), TEDDY_BUTTON_NOTHING);
    assert_true(button.down);
    assert_int_equal(teddy_button_edge(&button, false, 2000), TEDDY_BUTTON_RELEASE);
    for (uint64_t at = 2001; at < 2020; at++)
        assert_int_equal(teddy_button_edge(&button, at % 2 == 1, at), TEDDY_BUTTON_NOTHING);
    assert_int_equal(settle(false, 2025), TEDDY_BUTTON_NOTHING);
    assert_false(button.down);
}

/* Shorter than the contact takes to settle, and still a press. */
static void the_shortest_press(void **state)
{
    (void)state;
    fresh();
    assert_int_equal(teddy_button_edge(&button, true, 1000), TEDDY_BUTTON_PRESS);
    assert_int_equal(teddy_button_edge(&button, false, 1005), TEDDY_BUTTON_NOTHING);
    assert_int_equal(settle(false, 1025), TEDDY_BUTTON_TAP);
    /* And one whose release was bounced over. */
    fresh();
    assert_int_equal(teddy_button_edge(&button, true, 1000), TEDDY_BUTTON_PRESS);
    assert_int_equal(settle(true, 1025), TEDDY_BUTTON_NOTHING);
    assert_int_equal(teddy_button_edge(&button, false, 1100), TEDDY_BUTTON_TAP);
    assert_int_equal(teddy_button_edge(&button, true, 1110), TEDDY_BUTTON_NOTHING);
    assert_int_equal(settle(true, 1125), TEDDY_BUTTON_PRESS);
    assert_true(button.second);
}

static void taps(void **state)
{
    (void)state;
    fresh();
    assert_int_equal(teddy_button_edge(&button, true, 1000), TEDDY_BUTTON_PRESS);
    assert_int_equal(settle(true, 1025), TEDDY_BUTTON_NOTHING);
    assert_int_equal(teddy_button_edge(&button, false, 1100), TEDDY_BUTTON_TAP);
    assert_int_equal(settle(false, 1125), TEDDY_BUTTON_NOTHING);
    assert_true(teddy_button_next(&button) == 1500);
    assert_int_equal(teddy_button_due(&button, false, 1499), TEDDY_BUTTON_NOTHING);
    assert_int_equal(settle(false, 1500), TEDDY_BUTTON_SINGLE);
    assert_true(teddy_button_next(&button) == ROOST_NEVER);

    /* A second one close behind, */
    fresh();
    (void)teddy_button_edge(&button, true, 1000);
    (void)settle(true, 1025);
    (void)teddy_button_edge(&button, false, 1100);
    (void)settle(false, 1125);
    assert_int_equal(teddy_button_edge(&button, true, 1300), TEDDY_BUTTON_PRESS);
    (void)settle(true, 1325);
    assert_int_equal(teddy_button_edge(&button, false, 1400), TEDDY_BUTTON_DOUBLE);
    (void)settle(false, 1425);
    assert_true(teddy_button_next(&button) == ROOST_NEVER);

    /* or one that is held: the child talks. */
    fresh();
    (void)teddy_button_edge(&button, true, 1000);
    (void)settle(true, 1025);
    (void)teddy_button_edge(&button, false, 1100);
    (void)settle(false, 1125);
    assert_int_equal(teddy_button_edge(&button, true, 1300), TEDDY_BUTTON_PRESS);
    (void)settle(true, 1325);
    assert_int_equal(teddy_button_edge(&button, false, 1300 + TEDDY_TAP_MS), TEDDY_BUTTON_RELEASE);
}

/* A press that interrupted something is no half of a double one. */
static void a_spoilt_press(void **state)
{
    (void)state;
    fresh();
    (void)teddy_button_edge(&button, true, 1000);
    teddy_button_spoil(&button);
    (void)settle(true, 1025);
    assert_int_equal(teddy_button_edge(&button, false, 1100), TEDDY_BUTTON_TAP);
    (void)settle(false, 1125);
    assert_int_equal(teddy_button_edge(&button, true, 1200), TEDDY_BUTTON_PRESS);
    (void)settle(true, 1225);
    assert_int_equal(teddy_button_edge(&button, false, 1300), TEDDY_BUTTON_TAP);
}

static void held_since_power_on(void **state)
{
    (void)state;
    teddy_button_init(&button, true, 0);
    assert_int_equal(teddy_button_edge(&button, true, 10), TEDDY_BUTTON_NOTHING);
    assert_false(teddy_button_stuck(&button, TEDDY_STUCK_MS - 1));
    assert_true(teddy_button_stuck(&button, TEDDY_STUCK_MS));
    assert_int_equal(teddy_button_edge(&button, false, 70000), TEDDY_BUTTON_RELEASE);
    assert_false(teddy_button_stuck(&button, 90000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_press_counts_at_once), cmocka_unit_test(bouncing_is_one_press),
        cmocka_unit_test(the_shortest_press),     cmocka_unit_test(taps),
        cmocka_unit_test(a_spoilt_press),         cmocka_unit_test(held_since_power_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
