/* SPDX-License-Identifier: Apache-2.0 */
/* Wall clocks: against the C library's own, through two years by the hour; and what is no zone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/csms/zone.h"

static const char *const zones[] = {
    "UTC0",
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "EST5EDT,M3.2.0,M11.1.0",
    "AEST-10AEDT,M10.1.0,M4.1.0/3",         /* summer over the turn of the year */
    "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", /* by half an hour */
    "IST-2IDT,M3.4.4/26,M10.5.0",           /* an hour of the day after */
    "<+0545>-5:45",
    "<-03>3<-02>,M3.5.0/-1,M10.5.0/0",
};

static void as_the_library_has_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        struct zone zone;
        assert_int_equal(zone_parse(&zone, zones[i]), 0);
        setenv("TZ", zones[i], 1);
        tzset();
        int64_t change = 0;
        for (int64_t s = 1767222000; s < 1767222000 + 2 * 366 * 86400LL; s += 1799) {
            time_t t = (time_t)s;
            struct tm tm;
            int weekday;
            int32_t second;
            localtime_r(&t, &tm);
            assert_int_equal(zone_offset_s(&zone, s), tm.tm_gmtoff);
            zone_local(&zone, s, &weekday, &second);
            assert_int_equal((weekday + 1) % 7, tm.tm_wday);
            assert_int_equal(second, tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec);
            if (change <= s) {
                change = zone_next_change_s(&zone, s);
                if (change != INT64_MAX)
                    assert_int_not_equal(zone_offset_s(&zone, change),
                                         zone_offset_s(&zone, change - 1));
            }
        }
    }
    unsetenv("TZ");
    tzset();
}

static void what_is_no_zone(void **state)
{
    static const char *const wrong[] = {
        "",
        "CET",
        "C-1",
        "Europe/Berlin",
        "CET-1CEST",
        "CET-1:60",
        "CET-1CEST,1",
        "<CET-1",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M13.5.0,M1.1.0",
        "CET-1 ",
        "CET-25",
        "CET-168",
        "CET-1CEST,J60,J300",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.0,M10.5.0/3,",
        "CET-1CEST,M3.5.7,M10.5.0",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-1",
    };
    struct zone zone;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (zone_parse(&zone, wrong[i]) != ROOST_ERR_INVALID)
            fail_msg("%s", wrong[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_library_has_it),
        cmocka_unit_test(what_is_no_zone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
