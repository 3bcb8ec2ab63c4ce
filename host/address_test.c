/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "host/address.h"

static struct net_address address_of(const char *text)
{
    struct net_address address;

    assert_int_equal(net_address_parse(&address, text, strlen(text)), 0);
    return address;
}

static void check_written(const char *text, const char *written)
{
    char out[NET_ADDRESS_TEXT_MAX];

    net_address_write(out, address_of(text));
    assert_string_equal(out, written);
}

static void test_one_spelling(void **state)
{
    (void)state;
    check_written("192.0.2.7", "192.0.2.7");
    check_written("::ffff:192.0.2.7", "192.0.2.7");
    check_written("::FFFF:c000:207", "192.0.2.7");
    check_written("2001:DB8:0:0:0:0:0:7", "2001:db8::7");
    check_written("::1", "::1");
}

static void test_no_addresses(void **state)
{
    static const char *const texts[] = {"",
                                        "192.0.2",
                                        "192.0.2.256",
                                        "192.0.2.07x",
                                        "192.0.2.7 ",
                                        "[::1]",
                                        "::1%lo",
                                        "1:2:3:4:5:6:7:8:9",
                                        "host.example",
                                        "2001:db8:0000:0000:0000:0000:0000:0000:0000:0000:0007"};
    struct net_address address;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(net_address_parse(&address, texts[i], strlen(texts[i])),
                         ROOST_ERR_INVALID);
    assert_int_equal(net_address_parse(&address, "::1\0::", 6), ROOST_ERR_INVALID);
}

static void check_group(const char *a, const char *b, bool same)
{
    assert_int_equal(
        net_address_equal(net_address_group(address_of(a)), net_address_group(address_of(b))),
        same);
}

static void test_who_holds_an_address(void **state)
{
    (void)state;
    check_group("192.0.2.7", "192.0.2.7", true);
    check_group("192.0.2.7", "192.0.2.8", false);
    check_group("192.0.2.7", "::ffff:192.0.2.7", true);
    check_group("2001:db8:1:2::7", "2001:db8:1:2:ffff:ffff:ffff:ffff", true);
    check_group("2001:db8:1:2::7", "2001:db8:1:3::7", false);
}

static bool holds(const char *ranges, const char *address)
{
    struct net_ranges parsed;

    assert_int_equal(net_ranges_parse(&parsed, ranges), 0);
    return net_ranges_hold(&parsed, address_of(address));
}

static void test_ranges(void **state)
{
    (void)state;
    assert_true(holds("10.0.0.0/8", "10.255.0.1"));
    assert_true(holds("10.0.0.0/8", "::ffff:10.0.0.1"));
    assert_false(holds("10.0.0.0/8", "11.0.0.1"));
    assert_true(holds("192.0.2.7", "192.0.2.7"));
    assert_false(holds("192.0.2.7", "192.0.2.6"));
    assert_true(holds("  192.0.2.7 ,2001:db8::/33,", "2001:db8:7fff::1"));
    assert_false(holds("192.0.2.7,2001:db8::/33", "2001:db8:8000::1"));
    assert_true(holds("0.0.0.0/0", "203.0.113.9"));
    assert_false(holds("0.0.0.0/0", "2001:db8::1"));
    assert_true(holds("::/0", "203.0.113.9"));
    assert_false(holds("", "127.0.0.1"));
}

static void test_no_ranges(void **state)
{
    static const char *const texts[] = {"10.0.0.0/33",    "10.0.0.1/8",     "10.0.0.0/",
                                        "10.0.0.0/ 8",    "10.0.0.0/+8",    "10.0.0.0/0008",
                                        "2001:db8::/129", "2001:db8::1/64", "/8",
                                        "proxy.example",  "10.0.0.0/8/8"};
    struct net_ranges ranges;
    char many[NET_RANGES_MAX * 8 + 16] = "";

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(net_ranges_parse(&ranges, texts[i]), ROOST_ERR_INVALID);
    for (int i = 0; i < NET_RANGES_MAX; i++)
        strcat(many, "::1,");
    assert_int_equal(net_ranges_parse(&ranges, many), 0);
    assert_int_equal(ranges.count, NET_RANGES_MAX);
    strcat(many, "::2");
    assert_int_equal(net_ranges_parse(&ranges, many), ROOST_ERR_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_spelling),
        cmocka_unit_test(test_no_addresses),
        cmocka_unit_test(test_who_holds_an_address),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_no_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
