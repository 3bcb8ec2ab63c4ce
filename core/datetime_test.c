/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/datetime.h"
#include "core/err.h"

static int parse(const char *text, int64_t *out)
{
    return roost_datetime_parse(text, strlen(text), out);
}

static void known_instants(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00+00:01", 0},
        {"1970-01-01T05:29:59.999+05:30", 0},
        {"1970-01-01T05:30:00.001+05:30", 1},
        {"2000-02-29T12:34:56Z", INT64_C(951827696000)},
        {"2026-11-21T08:00:00.000Z", INT64_C(1795248000000)},
        {"2026-11-21 08:00:00.5Z", INT64_C(1795248000500)},
        {"2026-11-21t08:00:00.123456789z", INT64_C(1795248000123)},
        {"2026-11-21T09:30:00+01:30", INT64_C(1795248000000)},
        {"2026-11-20T22:00:00.25-10:00", INT64_C(1795248000250)},
        {"2016-12-31T23:59:60Z", INT64_C(1483228800000)},
        {"2199-12-31T23:59:59.999Z", INT64_C(7258118399999)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ms = -1;
        assert_int_equal(parse(cases[i].text, &ms), 0);
        assert_true(ms == cases[i].ms);
    }
}

static void malformed_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11-21",
        "2026-11-21T08:00:00",
        "2026-11-21T08:00Z",
        "2026-11-21T08:00:00.Z",
        "2026-11-21T08:00:00ZZ",
        "2026-11-21T08:00:00+0100",
        "2026-11-21T08:00:00+01",
        "2026-11-21T08:00:00+01:0",
        "2026-1-21T08:00:00Z",
        "26-11-21T08:00:00Z",
        "2026/11/21T08:00:00Z",
        "2026-11-21_08:00:00Z",
        "2026-11-21T8:00:00Z",
        " 2026-11-21T08:00:00Z",
        "2026-11-21T08:00:00,5Z",
        "-026-11-21T08:00:00Z",
    };
    int64_t ms = 7;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(parse(bad[i], &ms), ROOST_ERR_INVALID);
    assert_int_equal(ms, 7);
}

/* Cut anywhere, a good timestamp is not one any more. */
static void truncated_is_refused(void **state)
{
    (void)state;
    static const char text[] = "2026-11-21T08:00:00.125+01:00";
    int64_t ms = 7;
    for (size_t len = 0; len < sizeof text - 1; len++)
        assert_int_equal(roost_datetime_parse(text, len, &ms), ROOST_ERR_INVALID);
    assert_int_equal(ms, 7);
}

static void out_of_range_is_told(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "1969-12-31T23:59:59Z",      "2200-01-01T00:00:00Z",      "2026-00-21T08:00:00Z",
        "2026-13-21T08:00:00Z",      "2026-11-00T08:00:00Z",      "2026-11-31T08:00:00Z",
        "2026-02-29T08:00:00Z",      "2100-02-29T08:00:00Z",      "2026-11-21T24:00:00Z",
        "2026-11-21T08:60:00Z",      "2026-11-21T08:00:61Z",      "2026-11-21T08:00:00+24:00",
        "2026-11-21T08:00:00+01:60", "1969-12-31T23:59:59-01:00", "2199-12-31T23:59:59-00:01",
    };
    int64_t ms = 7;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(parse(bad[i], &ms), ROOST_ERR_RANGE);
    assert_int_equal(ms, 7);
}

static void every_day_round_trips(void **state)
{
    (void)state;
    const int64_t day_ms = 86400000;
    for (int64_t day = 0; day < 84006; day++) { /* the whole range of years */
        char text[ROOST_DATETIME_LEN + 1];
        int64_t ms = day * day_ms + day * 7919 % day_ms, back = -1;
        roost_datetime_write(text, ms);
        assert_int_equal(roost_datetime_parse(text, ROOST_DATETIME_LEN, &back), 0);
        assert_true(back == ms);
    }
}

static void writes_the_fixed_form(void **state)
{
    (void)state;
    char text[ROOST_DATETIME_LEN + 1];
    roost_datetime_write(text, INT64_C(1795248000007));
    assert_string_equal(text, "2026-11-21T08:00:00.007Z");
    roost_datetime_write(text, -1);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    roost_datetime_write(text, INT64_MAX);
    assert_string_equal(text, "2199-12-31T23:59:59.999Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_instants),        cmocka_unit_test(malformed_is_refused),
        cmocka_unit_test(truncated_is_refused),  cmocka_unit_test(out_of_range_is_told),
        cmocka_unit_test(every_day_round_trips), cmocka_unit_test(writes_the_fixed_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
