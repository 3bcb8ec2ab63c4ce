/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/diagnostics.h"
#include "runtime/test/product_rig.h"

static struct roost_diagnostics lines;
static char line[ROOST_DIAGNOSTICS_LINE_MAX];

static const char *head(void)
{
    size_t len = roost_diagnostics_head(&lines, line);

    assert_int_equal(len, len ? strlen(line) : 0);
    return len ? line : NULL;
}

static const char *logged(void)
{
    size_t len = roost_diagnostics_log(&lines, line);

    assert_int_equal(len, len ? strlen(line) : 0);
    return len ? line : NULL;
}

static void begin(int64_t boot_ms, int64_t from_ms, int64_t to_ms)
{
    roost_diagnostics_begin(&lines, &product.device,
                            &(struct roost_diagnostics_range){boot_ms, from_ms, to_ms});
}

static void who_when_and_what_is_wrong(void **state)
{
    (void)state;
    start_online();
    begin(0, 0, 0);
    assert_string_equal(head(), "# bell bell-1, firmware 1.2.3\n");
    assert_true(strncmp(head(), "# boot 1 (power-on), up ", 24) == 0);
    assert_true(contains(line, " s, the time is not known\n"));
    assert_true(strncmp(head(), "# log: ", 7) == 0);
    assert_null(head());
    assert_null(head());
    roost_faults_set(&product.device.faults, PRODUCT_FAULT_STUCK, true);
    roost_faults_set(&product.device.faults, ROOST_FAULT_FLASH, true);
    begin(1796094245678 - (int64_t)product.device.now.now_ms, 0, 0);
    (void)head();
    assert_true(contains(head(), "now 2026-12-01T03:04:05.678Z\n"));
    (void)head();
    assert_true(strncmp(head(), "# fault ", 8) == 0 && contains(line, " FLASH: "));
    assert_true(strncmp(head(), "# fault ", 8) == 0 && contains(line, " STUCK: "));
    assert_null(head());
}

static void its_name(void **state)
{
    char name[ROOST_DIAGNOSTICS_NAME_MAX + 1];

    (void)state;
    start();
    begin(1796094245678 - (int64_t)product.device.now.now_ms, 0, 0);
    roost_diagnostics_name(&lines, "diagnostics", name);
    assert_string_equal(name, "bell-1-diagnostics-20261201T030405Z.txt");
    memset(product.device.id, 'x', ROOST_DEVICE_ID_MAX); /* the longest */
    product.device.id[ROOST_DEVICE_ID_MAX] = '\0';
    roost_diagnostics_name(&lines, "a-dozen-long", name);
    assert_int_equal(strlen(name), ROOST_DIAGNOSTICS_NAME_MAX);
}

static void the_log_of_a_time(void **state)
{
    enum { BOOT = 1000000 };

    (void)state;
    start();
    for (int second = 10; second < 20; second++) {
        fake.now_ms = (uint64_t)second * 1000 + 5;
        ROOST_LOG(&product.device.log, ROOST_LOG_WARN, "bell", "rung", RF_INT("second", second),
                  RF_STR("password", "swordfish"));
    }
    begin(BOOT, BOOT + 12005, BOOT + 14005);
    assert_string_equal(logged(), "12.005 W bell: rung second=12 password=***\n");
    assert_true(contains(logged(), "second=13") && contains(logged(), "second=14"));
    assert_null(logged());
    begin(BOOT, BOOT + 18006, 0);
    assert_true(contains(logged(), "second=19"));
    ROOST_LOG(&product.device.log, ROOST_LOG_WARN, "bell", "later");
    assert_null(logged()); /* what came meanwhile is not this file's */
    begin(BOOT, 0, BOOT + 10005);
    while (logged() && !contains(line, "second="))
        assert_true(contains(line, " I ")); /* of its start */
    assert_true(contains(line, "second=10"));
    assert_null(logged());
    begin(0, BOOT + 18006, BOOT + 18007); /* the time is not known: all */
    int count = 0;
    while (logged())
        count++;
    assert_int_equal(count, product.device.log.lines - product.device.log.overwritten);
}

/* The longest line there is, and lines that go while it is read. */
static void long_lines_and_lost_ones(void **state)
{
    char text[400];

    (void)state;
    start();
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    begin(0, 0, 0);
    for (int i = 0; i < 40; i++)
        ROOST_LOG(&product.device.log, ROOST_LOG_WARN, "bell", text);
    assert_null(logged()); /* all it was to have are gone */
    begin(0, 0, 0);
    int count = 0;
    while (logged()) {
        assert_int_equal(strlen(line), ROOST_LOG_LINE_MAX + 1);
        count++;
    }
    assert_true(count > 5);
    ROOST_LOG(&product.device.log, ROOST_LOG_WARN, "bell", "short");
    begin(0, 0, 0);
    while (logged()) {
    }
    assert_true(contains(line, "short\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_when_and_what_is_wrong),
        cmocka_unit_test(its_name),
        cmocka_unit_test(the_log_of_a_time),
        cmocka_unit_test(long_lines_and_lost_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
