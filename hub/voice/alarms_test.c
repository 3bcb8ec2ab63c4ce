/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/timer.h"
#include "hub/voice/alarms.h"

static void alarms_come_in_order(void **state)
{
    enum { COUNT = 200 };
    static struct alarm all[COUNT];
    struct alarms alarms = {.heap = NULL};
    uint64_t random = 3;

    (void)state;
    assert_int_equal(alarms_reserve(&alarms, COUNT), 0);
    assert_true(alarms_next(&alarms) == ROOST_NEVER);
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < COUNT; i++) {
            random = random * 6364136223846793005u + 1;
            uint64_t due = (random >> 40) % 64;
            alarms_set(&alarms, &all[i], due == 0 ? ROOST_NEVER : due);
        }
        uint64_t last = 0, last_order = 0;
        for (struct alarm *alarm; (alarm = alarms_pop(&alarms, 40));) {
            assert_true(alarm->due_ms > last ||
                        (alarm->due_ms == last && alarm->order > last_order));
            last = alarm->due_ms;
            last_order = alarm->order;
            assert_true(last <= 40);
            assert_int_equal(alarm->place, 0);
        }
        assert_true(alarms_next(&alarms) > 40);
        for (size_t i = 0; i < COUNT; i++)
            assert_true(all[i].due_ms > 40 || all[i].place == 0);
    }
    for (size_t i = 0; i < COUNT; i++)
        alarms_set(&alarms, &all[i], ROOST_NEVER);
    assert_int_equal(alarms.count, 0);
    alarms_deinit(&alarms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(alarms_come_in_order)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
