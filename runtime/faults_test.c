/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/faults.h"

enum { LEAK = ROOST_FAULT_COUNT, DRAUGHT, JAM, OWN_END };

/* A product's own: not in the order of their severity. */
static const struct roost_fault_info own[] = {
    {.name = "LEAK", .text = "leaks", .number = 902, .severity = ROOST_SEVERITY_WARNING},
    {.name = "DRAUGHT", .text = "draught", .number = 901, .severity = ROOST_SEVERITY_WARNING},
    {.name = "JAM", .text = "jammed", .number = 903, .severity = ROOST_SEVERITY_CRITICAL},
};

static struct roost_faults faults;

static void start(void)
{
    roost_faults_init(&faults, own, OWN_END - ROOST_FAULT_COUNT);
}

static void edges_are_told(void **state)
{
    (void)state;
    start();
    for (unsigned id = 0; id < OWN_END; id++) {
        assert_false(roost_faults_set(&faults, id, false));
        assert_true(roost_faults_set(&faults, id, true));
        assert_false(roost_faults_set(&faults, id, true));
        assert_true(roost_faults_active(&faults, id));
        assert_true(roost_faults_set(&faults, id, false));
        assert_false(roost_faults_active(&faults, id));
    }
}

static void both_tables_are_numbered_through(void **state)
{
    (void)state;
    start();
    assert_int_equal(faults.count, OWN_END);
    assert_int_equal(roost_faults_info(&faults, ROOST_FAULT_FLASH)->number, 101);
    assert_string_equal(roost_faults_info(&faults, JAM)->name, "JAM");
    char text[24];
    roost_faults_write(&faults, ROOST_FAULT_JOURNAL_FULL, text, sizeof text);
    assert_string_equal(text, "journal_full");
    roost_faults_write(&faults, JAM, text, 3);
    assert_string_equal(text, "ja");
    roost_faults_write(&faults, -1, text, sizeof text);
    assert_string_equal(text, "");
}

static void a_device_may_have_none_of_its_own(void **state)
{
    (void)state;
    roost_faults_init(&faults, NULL, 0);
    assert_int_equal(faults.count, ROOST_FAULT_COUNT);
    assert_int_equal(roost_faults_worst(&faults), -1);
    assert_true(roost_faults_set(&faults, ROOST_FAULT_COUNT - 1, true));
    assert_int_equal(roost_faults_worst(&faults), ROOST_FAULT_COUNT - 1);
}

static void the_worst_is_the_most_severe_then_the_lowest(void **state)
{
    (void)state;
    start();
    assert_int_equal(roost_faults_worst(&faults), -1);
    roost_faults_set(&faults, ROOST_FAULT_CLOCK, true);
    assert_int_equal(roost_faults_worst(&faults), ROOST_FAULT_CLOCK);
    roost_faults_set(&faults, LEAK, true);
    roost_faults_set(&faults, DRAUGHT, true);
    assert_int_equal(roost_faults_worst(&faults), DRAUGHT);
    roost_faults_set(&faults, JAM, true);
    assert_int_equal(roost_faults_worst(&faults), JAM);
    roost_faults_set(&faults, ROOST_FAULT_FLASH, true);
    assert_int_equal(roost_faults_worst(&faults), ROOST_FAULT_FLASH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_are_told),
        cmocka_unit_test(both_tables_are_numbered_through),
        cmocka_unit_test(a_device_may_have_none_of_its_own),
        cmocka_unit_test(the_worst_is_the_most_severe_then_the_lowest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
