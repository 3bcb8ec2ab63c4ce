/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "core/number.h"

static int parse_double(const char *text, double *out)
{
    return roost_parse_double(text, strlen(text), out);
}

static void doubles_are_the_nearest(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"0", 0.0},
        {"-0", 0.0},
        {"25.5", 25.5},
        {"-12.125", -12.125},
        {"0.1", 0.1},
        {"3.141592653589793", 3.141592653589793},
        {"1e22", 1e22},
        {"1E+2", 100.0},
        {"1e-22", 1e-22},
        {"9007199254740991", 9007199254740991.0},
        {"0.000001", 1e-6},
        {"1.000000000000000000000000000000", 1.0},
        {"100000000000000000000000000000000000000e-38", 1.0},
        {"0e999999999999999999999", 0.0},
        {"1e-999999999999999999999", 0.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = 7.0;
        assert_int_equal(parse_double(cases[i].text, &value), 0);
        assert_true(value == cases[i].value);
    }
}

static void a_number_ends_where_it_cannot_go_on(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int len; /* 0: no number */
    } cases[] = {{"1", 1},   {"-12.5e+3,", 8}, {"1x", 1}, {"01", 1}, {"0.50]", 4}, {"1e5e5", 3},
                 {"1-2", 1}, {"", 0},          {"-", 0},  {"-x", 0}, {"1.", 0},    {"1.x", 0},
                 {"1e", 0},  {"1e+", 0},       {"+1", 0}, {".5", 0}, {"x", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = cases[i].text;
        const char *end = roost_number_end(text, text + strlen(text));
        if (cases[i].len == 0)
            assert_null(end);
        else
            assert_ptr_equal(end, text + cases[i].len);
    }
}

static void plain_doubles_take_what_json_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {{"25.5", 25.5}, {"+25.5", 25.5}, {"025.5", 25.5}, {"-007", -7.0}, {".5", 0.5},
                 {"-.5", -0.5},  {"25.", 25.0},   {"2.e1", 20.0},  {"00", 0.0},    {"0.", 0.0}};
    static const char *const bad[] = {"",    "+",   "-",   ".",    "+.",   "-.", "e1",
                                      ".e1", "+-1", "--1", "1..2", "0x19", "1e", "inf"};
    double value;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        value = 7.0;
        assert_int_equal(roost_parse_plain_double(cases[i].text, strlen(cases[i].text), &value), 0);
        assert_true(value == cases[i].value);
        if (i > 0)
            assert_int_equal(parse_double(cases[i].text, &value), ROOST_ERR_INVALID);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(roost_parse_plain_double(bad[i], strlen(bad[i]), &value),
                         ROOST_ERR_INVALID);
}

static void far_doubles_are_within_1e_14(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"1.7976931348623157e299", 1.7976931348623157e299},
        {"1e300", 1e300},
        {"6.02214076e23", 6.02214076e23},
        {"2.2250738585072014e-300", 2.2250738585072014e-300},
        {"123456789012345678901234567890", 123456789012345678901234567890.0},
        {"18446744073709551617", 18446744073709551617.0},
        {"0.12345678901234567890123456789", 0.12345678901234567890123456789},
        {"1234567890123456789e-310", 1234567890123456789e-310},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = 0.0;
        assert_int_equal(parse_double(cases[i].text, &value), 0);
        double relative = value / cases[i].value - 1.0;
        assert_true(relative < 1e-14 && relative > -1e-14);
    }
}

static void out_of_range_is_told(void **state)
{
    (void)state;
    double value = 7.0;
    assert_int_equal(parse_double("1e308", &value), ROOST_ERR_RANGE);
    assert_int_equal(parse_double("-1e308", &value), ROOST_ERR_RANGE);
    assert_int_equal(parse_double("1.1e300", &value), ROOST_ERR_RANGE);
    assert_int_equal(parse_double("1e999999999999999999999", &value), ROOST_ERR_RANGE);
    assert_true(value == 7.0);
}

static void bad_grammar_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",     " ",     "-",  "+1",  ".5",  "5.",    "01",    "-01",      "1e",
        "1e+",  "1.e3",  "1 ", " 1",  "1,5", "NaN",   "nan",   "Infinity", "-inf",
        "0x10", "1_000", "1f", "--1", "1-1", "1.2.3", "1e2.5", "1e2e3",    "\xd9\xa1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        double d = 7.0;
        int64_t n = 7;
        uint64_t u = 7;
        assert_int_equal(parse_double(bad[i], &d), ROOST_ERR_INVALID);
        assert_int_equal(roost_parse_int64(bad[i], strlen(bad[i]), &n), ROOST_ERR_INVALID);
        assert_int_equal(roost_parse_uint64(bad[i], strlen(bad[i]), &u), ROOST_ERR_INVALID);
        assert_true(d == 7.0 && n == 7 && u == 7);
    }
    double d;
    assert_int_equal(roost_parse_double("1\0", 2, &d), ROOST_ERR_INVALID);
}

static int parse_int(const char *text, int64_t *out)
{
    return roost_parse_int64(text, strlen(text), out);
}

static void integers_have_their_limits(void **state)
{
    (void)state;
    int64_t n = 0;
    uint64_t u = 0;
    assert_int_equal(parse_int("9223372036854775807", &n), 0);
    assert_true(n == INT64_MAX);
    assert_int_equal(parse_int("-9223372036854775808", &n), 0);
    assert_true(n == INT64_MIN);
    assert_int_equal(parse_int("1.5e3", &n), 0);
    assert_int_equal(n, 1500);
    assert_int_equal(parse_int("2.00", &n), 0);
    assert_int_equal(n, 2);
    assert_int_equal(parse_int("-0", &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(roost_parse_uint64("18446744073709551615", 20, &u), 0);
    assert_true(u == UINT64_MAX);
    assert_int_equal(roost_parse_uint64("-0", 2, &u), 0);
    assert_true(u == 0);

    n = 7;
    assert_int_equal(parse_int("9223372036854775808", &n), ROOST_ERR_RANGE);
    assert_int_equal(parse_int("-9223372036854775809", &n), ROOST_ERR_RANGE);
    assert_int_equal(parse_int("1.5", &n), ROOST_ERR_RANGE);
    assert_int_equal(parse_int("1e19", &n), ROOST_ERR_RANGE);
    assert_int_equal(parse_int("1e-1", &n), ROOST_ERR_RANGE);
    assert_int_equal(parse_int("1e99999999999999999999", &n), ROOST_ERR_RANGE);
    assert_int_equal(parse_int("1000000000000000000000000000001e-30", &n), ROOST_ERR_RANGE);
    assert_int_equal(n, 7);
    u = 7;
    assert_int_equal(roost_parse_uint64("18446744073709551616", 20, &u), ROOST_ERR_RANGE);
    assert_int_equal(roost_parse_uint64("-1", 2, &u), ROOST_ERR_RANGE);
    assert_true(u == 7);
}

static void scaled_is_exact_or_refused(void **state)
{
    (void)state;
    int64_t n = 0;
    assert_int_equal(roost_parse_scaled("25.5", 4, 3, &n), 0);
    assert_int_equal(n, 25500);
    assert_int_equal(roost_parse_scaled("-0.001", 6, 3, &n), 0);
    assert_int_equal(n, -1);
    assert_int_equal(roost_parse_scaled("7", 1, 3, &n), 0);
    assert_int_equal(n, 7000);
    assert_int_equal(roost_parse_scaled("0.0005", 6, 3, &n), ROOST_ERR_RANGE);
    assert_int_equal(roost_parse_scaled("9223372036854775807", 19, 3, &n), ROOST_ERR_RANGE);
    assert_int_equal(n, 7000);
}

static void check_scaled(int64_t value, unsigned decimals, const char *expected)
{
    char out[ROOST_NUMBER_MAX];
    assert_int_equal(roost_write_scaled(out, value, decimals), strlen(expected));
    assert_string_equal(out, expected);
}

static void scaled_writes_shortest(void **state)
{
    (void)state;
    check_scaled(0, 0, "0");
    check_scaled(0, 3, "0.0");
    check_scaled(25500, 3, "25.5");
    check_scaled(60000, 3, "60.0");
    check_scaled(-1, 3, "-0.001");
    check_scaled(-1234567, 3, "-1234.567");
    check_scaled(100, 0, "100");
    check_scaled(INT64_MAX, 0, "9223372036854775807");
    check_scaled(INT64_MIN, 0, "-9223372036854775808");
    check_scaled(INT64_MIN, 18, "-9.223372036854775808");
    char out[ROOST_NUMBER_MAX];
    assert_int_equal(roost_write_uint64(out, UINT64_MAX), 20);
    assert_string_equal(out, "18446744073709551615");
}

static void check_double(double value, unsigned decimals, const char *expected)
{
    char out[ROOST_NUMBER_MAX];
    assert_int_equal(roost_write_double(out, value, decimals), strlen(expected));
    assert_string_equal(out, expected);
}

static void doubles_round_half_away(void **state)
{
    (void)state;
    check_double(25.5, 3, "25.5");
    check_double(2.5, 0, "3");
    check_double(-2.5, 0, "-3");
    check_double(0.49999999999999994, 0, "0");
    check_double(-0.0, 2, "0.0");
    check_double(-0.0001, 3, "0.0");
    check_double(0.0005, 3, "0.001");
    check_double(1e-9, 6, "0.0");
    check_double(8999999999999.5, 1, "8999999999999.5");
    check_double(4503599627370497.0 / 1000, 3, "4503599627370.497");
}

/* What we write reads back as the same number, and that writes the same text. */
static void written_numbers_round_trip(void **state)
{
    (void)state;
    uint64_t random = 0x9e3779b97f4a7c15u;
    for (int i = 0; i < 5000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        int64_t value = (int64_t)random >> (random % 53);
        unsigned decimals = (unsigned)(random >> 40) % 7;
        char text[ROOST_NUMBER_MAX], again[ROOST_NUMBER_MAX];
        size_t len = roost_write_scaled(text, value, decimals);
        int64_t back = 0;
        assert_int_equal(roost_parse_scaled(text, len, decimals, &back), 0);
        assert_true(back == value);

        double number = 0.0;
        assert_int_equal(roost_parse_double(text, len, &number), 0);
        if (value > -(INT64_C(1) << 50) && value < INT64_C(1) << 50 && number < 9e12 &&
            number > -9e12) {
            roost_write_double(again, number, decimals);
            assert_string_equal(again, text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_are_the_nearest),
        cmocka_unit_test(a_number_ends_where_it_cannot_go_on),
        cmocka_unit_test(plain_doubles_take_what_json_refuses),
        cmocka_unit_test(far_doubles_are_within_1e_14),
        cmocka_unit_test(out_of_range_is_told),
        cmocka_unit_test(bad_grammar_is_refused),
        cmocka_unit_test(integers_have_their_limits),
        cmocka_unit_test(scaled_is_exact_or_refused),
        cmocka_unit_test(scaled_writes_shortest),
        cmocka_unit_test(doubles_round_half_away),
        cmocka_unit_test(written_numbers_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
