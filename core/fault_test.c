/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/fault.h"

static void the_catalogue_is_complete(void **state)
{
    (void)state;
    for (int i = 0; i < ROOST_FAULT_COUNT; i++) {
        const struct roost_fault_info *info = roost_fault_info((enum roost_fault)i);
        assert_true(info->number >= 100 && info->number < 1000);
        assert_true(strlen(info->name) > 0 && strlen(info->name) < 24); /* fits the wire */
        assert_true(strlen(info->text) > 0);
        const char *action = roost_fault_action((enum roost_fault)i);
        assert_int_equal(action[strlen(action) - 1], '.');
        assert_int_equal(roost_fault_find(info->number), i);
        for (int k = 0; k < i; k++)
            assert_true(roost_fault_info((enum roost_fault)k)->number != info->number);
    }
    const struct roost_fault_info *stall = roost_fault_info(ROOST_FAULT_MOTOR_STALL);
    assert_int_equal(stall->number, 205);
    assert_int_equal(stall->severity, ROOST_SEVERITY_CRITICAL);
    assert_string_equal(stall->name, "MOTOR_STALL");
    assert_int_equal(roost_fault_find(0), -1);
    assert_int_equal(roost_fault_find(999), -1);
}

static void severities_have_names(void **state)
{
    (void)state;
    assert_string_equal(roost_severity_name(ROOST_SEVERITY_INFO), "info");
    assert_string_equal(roost_severity_name(ROOST_SEVERITY_WARNING), "warning");
    assert_string_equal(roost_severity_name(ROOST_SEVERITY_CRITICAL), "critical");
    assert_string_equal(roost_severity_name((enum roost_severity)9), "unknown");
}

static void edges_are_told_and_counted(void **state)
{
    (void)state;
    struct roost_faults faults;
    roost_faults_init(&faults);
    assert_false(roost_faults_set(&faults, ROOST_FAULT_FLASH, false));
    assert_true(roost_faults_set(&faults, ROOST_FAULT_FLASH, true));
    assert_false(roost_faults_set(&faults, ROOST_FAULT_FLASH, true));
    assert_true(roost_faults_active(&faults, ROOST_FAULT_FLASH));
    assert_true(roost_faults_set(&faults, ROOST_FAULT_FLASH, false));
    assert_false(roost_faults_active(&faults, ROOST_FAULT_FLASH));
    assert_int_equal(faults.raised[ROOST_FAULT_FLASH], 1);
    assert_int_equal(faults.raised[ROOST_FAULT_CLOCK], 0);
    faults.raised[ROOST_FAULT_FLASH] = UINT16_MAX;
    assert_true(roost_faults_set(&faults, ROOST_FAULT_FLASH, true));
    assert_int_equal(faults.raised[ROOST_FAULT_FLASH], UINT16_MAX);
}

static void the_worst_is_the_most_severe_then_the_lowest(void **state)
{
    (void)state;
    struct roost_faults faults;
    roost_faults_init(&faults);
    assert_int_equal(roost_faults_worst(&faults), -1);
    roost_faults_set(&faults, ROOST_FAULT_CLOCK, true);
    assert_int_equal(roost_faults_worst(&faults), ROOST_FAULT_CLOCK);
    roost_faults_set(&faults, ROOST_FAULT_SENSOR_STUCK, true);
    roost_faults_set(&faults, ROOST_FAULT_SENSOR_SILENT, true);
    assert_int_equal(roost_faults_worst(&faults), ROOST_FAULT_SENSOR_SILENT);
    roost_faults_set(&faults, ROOST_FAULT_MOTOR_STALL, true);
    assert_int_equal(roost_faults_worst(&faults), ROOST_FAULT_MOTOR_STALL);
    roost_faults_set(&faults, ROOST_FAULT_FLASH, true);
    assert_int_equal(roost_faults_worst(&faults), ROOST_FAULT_FLASH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_catalogue_is_complete),
        cmocka_unit_test(severities_have_names),
        cmocka_unit_test(edges_are_told_and_counted),
        cmocka_unit_test(the_worst_is_the_most_severe_then_the_lowest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
