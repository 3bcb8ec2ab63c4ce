/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "proto/faults.h"

static void the_catalogue_is_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < roost_fault_catalogue_count; i++) {
        const struct roost_fault_entry *entry = &roost_fault_catalogue[i];
        const struct roost_fault_info *info = &entry->info;
        assert_true(info->number >= 100 && info->number < 1000);
        assert_true(strlen(info->name) > 0 && strlen(info->name) < 24); /* fits the wire */
        assert_true(strlen(info->text) > 0);
        assert_int_equal(entry->action[strlen(entry->action) - 1], '.');
        assert_ptr_equal(roost_fault_find(info->number), entry);
        for (size_t k = 0; k < i; k++)
            assert_true(roost_fault_catalogue[k].info.number < info->number);
    }
    const struct roost_fault_info *stall = &roost_fault_find(205)->info;
    assert_int_equal(stall->severity, ROOST_SEVERITY_CRITICAL);
    assert_string_equal(stall->name, "MOTOR_STALL");
    assert_null(roost_fault_find(0));
    assert_null(roost_fault_find(999));
}

static void severities_have_names(void **state)
{
    (void)state;
    assert_string_equal(roost_severity_name(ROOST_SEVERITY_INFO), "info");
    assert_string_equal(roost_severity_name(ROOST_SEVERITY_WARNING), "warning");
    assert_string_equal(roost_severity_name(ROOST_SEVERITY_CRITICAL), "critical");
    assert_string_equal(roost_severity_name((enum roost_severity)9), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_catalogue_is_complete),
        cmocka_unit_test(severities_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
