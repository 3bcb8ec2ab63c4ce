/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "host/net/http_range.h"

enum { SIZE = 2000 };

static void parts_are_cut_to_the_body(void **state)
{
    static const struct {
        const char *text;
        uint64_t first, len;
    } cases[] = {
        {"bytes=0-499", 0, 500},
        {"bytes=0-0", 0, 1},
        {"bytes=500-", 500, 1500},
        {"bytes=1999-", 1999, 1},
        {"bytes=1000-1999", 1000, 1000},
        {"bytes=1000-9999", 1000, 1000},
        {"bytes=0-99999999999999999999999999", 0, SIZE},
        {"bytes=-1", 1999, 1},
        {"bytes=-500", 1500, 500},
        {"bytes=-2000", 0, SIZE},
        {"bytes=-5000", 0, SIZE},
        {"Bytes= 5-6", 5, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t first = 77, len = 77;
        if (http_range_parse(cases[i].text, SIZE, &first, &len) != 1 || first != cases[i].first ||
            len != cases[i].len)
            fail_msg("%s: %llu, %llu", cases[i].text, (unsigned long long)first,
                     (unsigned long long)len);
    }
}

static void what_is_no_range_of_bytes_means_the_whole(void **state)
{
    static const char *const texts[] = {
        "",          "bytes",      "bytes=",        "bytes=-",       "bytes=a-b",
        "bytes=5",   "bytes=5-4",  "bytes=1-2,4-5", "lines=0-1",     "bytes=0-1 ",
        "bytes=--1", "bytes=-1-2", "bytes=1-2x",    "bytes=0x1-16",  "bytes=+1-2",
        "bytes:0-1", "bytes=-5,1", "bytes=1 -2",    "bytes=1-2, 3-", "0-1"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint64_t first = 77, len = 77;
        if (http_range_parse(texts[i], SIZE, &first, &len) != 0)
            fail_msg("%s", texts[i]);
        assert_int_equal(first, 77);
        assert_int_equal(len, 77);
    }
}

static void a_range_behind_the_end_holds_nothing(void **state)
{
    static const char *const texts[] = {"bytes=2000-", "bytes=2000-2001", "bytes=-0",
                                        "bytes=99999999999999999999999-"};
    uint64_t first, len;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (http_range_parse(texts[i], SIZE, &first, &len) != ROOST_ERR_RANGE)
            fail_msg("%s", texts[i]);
    assert_int_equal(http_range_parse("bytes=0-", 0, &first, &len), ROOST_ERR_RANGE);
    assert_int_equal(http_range_parse("bytes=-1", 0, &first, &len), ROOST_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_cut_to_the_body),
        cmocka_unit_test(what_is_no_range_of_bytes_means_the_whole),
        cmocka_unit_test(a_range_behind_the_end_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
