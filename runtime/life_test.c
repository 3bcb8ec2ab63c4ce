/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/life.h"

#define S(name) ROOST_LIFE_##name

/* Every state with every event: START, REBOOT, UPDATE, REFUSED, STOP, END. */
static void every_cell_is_as_it_should_be(void **state)
{
    static const enum roost_life expected[ROOST_LIFE_COUNT][ROOST_LIFE_EV_COUNT] = {
        [S(STARTING)] = {S(RUNNING), S(STARTING), S(STARTING), S(STARTING), S(STOPPING),
                         S(STARTING)},
        [S(RUNNING)] = {S(RUNNING), S(REBOOTING), S(UPDATING), S(RUNNING), S(STOPPING), S(RUNNING)},
        [S(REBOOTING)] = {S(REBOOTING), S(REBOOTING), S(REBOOTING), S(REBOOTING), S(STOPPING),
                          S(OVER)},
        [S(UPDATING)] = {S(UPDATING), S(UPDATING), S(UPDATING), S(RUNNING), S(STOPPING), S(OVER)},
        [S(STOPPING)] = {S(STOPPING), S(STOPPING), S(STOPPING), S(STOPPING), S(STOPPING), S(OVER)},
        [S(OVER)] = {S(OVER), S(OVER), S(OVER), S(OVER), S(OVER), S(OVER)},
    };

    (void)state;
    for (int life = 0; life < ROOST_LIFE_COUNT; life++)
        for (int event = 0; event < ROOST_LIFE_EV_COUNT; event++)
            assert_int_equal(roost_life_next((enum roost_life)life, (enum roost_life_event)event),
                             expected[life][event]);
}

static void states_have_names(void **state)
{
    (void)state;
    for (int life = 0; life < ROOST_LIFE_COUNT; life++)
        assert_true(strlen(roost_life_name((enum roost_life)life)) > 3);
    assert_string_equal(roost_life_name(ROOST_LIFE_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_is_as_it_should_be),
        cmocka_unit_test(states_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
