/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "proto/can/fault.h"
#include "proto/faults.h"

/* Both lists come from one, so that a fault has all of its columns. */
static void every_fault_has_a_kind(void **state)
{
    unsigned found = 0;

    (void)state;
    for (size_t i = 0; i < roost_fault_catalogue_count; i++) {
        unsigned number = roost_fault_catalogue[i].info.number;
        const struct charger_fault_kind *kind = charger_fault_kind(number);

        assert_int_equal(kind != NULL, number >= 400 && number < 500);
        if (!kind)
            continue;
        found++;
        assert_string_not_equal(charger_class_name((enum charger_class)kind->class), "unknown");
        assert_string_not_equal(charger_release_name((enum charger_release)kind->release),
                                "unknown");
    }
    assert_int_equal(found, charger_fault_kind_count);
}

static void what_clears_it(void **state)
{
    (void)state;
    assert_int_equal(charger_fault_kind(401)->release, CHARGER_RELEASE_HAND);
    assert_int_equal(charger_fault_kind(424)->class, CHARGER_CLASS_SWITCH);
    assert_string_equal(charger_class_name(CHARGER_CLASS_HIGH_TEMPERATURE), "high-temperature");
    assert_string_equal(charger_class_name(CHARGER_CLASS_COUNT), "unknown");
    assert_string_equal(charger_release_name(CHARGER_RELEASE_SESSION), "session");
    assert_string_equal(charger_release_name((enum charger_release)9), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_has_a_kind),
        cmocka_unit_test(what_clears_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
