/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/charger/power/state.h"

static enum charger_state after(int from, int event)
{
    enum charger_state state = (enum charger_state)from;
    bool changed = charger_state_next(&state, (enum charger_step)event);

    assert_int_equal(changed, (int)state != from);
    return state;
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(charger_state_name(CHARGER_IDLE), "idle");
    assert_string_equal(charger_state_name(CHARGER_OFF), "off");
    assert_string_equal(charger_state_name(CHARGER_STATE_COUNT), "unknown");
    assert_string_equal(charger_step_name(CHARGER_EV_TRIP), "trip");
    assert_string_equal(charger_step_name(CHARGER_STEP_COUNT), "unknown");
    assert_int_equal(charger_state_lines(CHARGER_STATE_COUNT), 0);
    assert_int_equal(charger_state_late_ms(CHARGER_STATE_COUNT), 0);
}

static void every_cell(void **state)
{
    (void)state;
    for (int from = 0; from < CHARGER_STATE_COUNT; from++)
        for (int event = 0; event < CHARGER_STEP_COUNT; event++) {
            enum charger_state to = after(from, event);
            unsigned was = charger_state_lines((enum charger_state)from);
            unsigned is = charger_state_lines(to);

            assert_true(to < CHARGER_STATE_COUNT);
            /* A trip ends whatever carries energy; nothing but DONE adds to it. */
            if (event == CHARGER_EV_TRIP)
                assert_int_equal(is & CHARGER_LINES_OF_ENERGY, 0);
            if (is & CHARGER_LINES_OF_ENERGY & ~was)
                assert_int_equal(event, CHARGER_EV_DONE);
            /* A contactor that opened is looked at. */
            if (was & ~is & CHARGER_LINE_CONTACTOR)
                assert_int_equal(to, CHARGER_WELD_CHECK);
            /* The module never runs on an open contactor. */
            if (is & CHARGER_LINE_MODULE)
                assert_true(is & CHARGER_LINE_CONTACTOR);
            if (event == CHARGER_EV_NONE)
                assert_int_equal(to, from);
        }
}

static void the_way(void **unused)
{
    static const int done[] = {CHARGER_INSULATION, CHARGER_PRECHARGE, CHARGER_CLOSING,
                               CHARGER_RAMP};

    (void)unused;
    assert_int_equal(after(CHARGER_IDLE, CHARGER_EV_START), CHARGER_INSULATION);
    for (size_t i = 0; i < sizeof done / sizeof done[0]; i++)
        assert_int_equal(after(done[i], CHARGER_EV_DONE), done[i] + 1);
    assert_int_equal(after(CHARGER_CHARGING, CHARGER_EV_STOP), CHARGER_RAMP_DOWN);
    assert_int_equal(after(CHARGER_RAMP_DOWN, CHARGER_EV_DONE), CHARGER_WELD_CHECK);
    assert_int_equal(after(CHARGER_WELD_CHECK, CHARGER_EV_DONE), CHARGER_OFF);
    assert_int_equal(after(CHARGER_OFF, CHARGER_EV_START), CHARGER_OFF);
    assert_int_equal(after(CHARGER_OFF, CHARGER_EV_CLEAR), CHARGER_IDLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(every_cell),
                                       cmocka_unit_test(the_way)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
