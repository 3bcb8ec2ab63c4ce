/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "host/net/forwarded.h"

#define PEER "10.0.0.1"

static void check_from(const char *peer, const struct http_field *fields, size_t count,
                       const char *expected)
{
    struct net_ranges trusted;
    struct net_address address;
    char out[NET_ADDRESS_TEXT_MAX];

    assert_int_equal(net_ranges_parse(&trusted, "10.0.0.0/8, 2001:db8:aa::/48"), 0);
    assert_int_equal(net_address_parse(&address, peer, strlen(peer)), 0);
    net_address_write(out, forwarded_client(&trusted, address, fields, count));
    assert_string_equal(out, expected);
}

static void check_usual(const char *value, const char *expected)
{
    check_from(PEER, &(struct http_field){"X-Forwarded-For", value}, 1, expected);
}

static void check_standard(const char *value, const char *expected)
{
    check_from(PEER, &(struct http_field){"forwarded", value}, 1, expected);
}

static void test_usual_header(void **state)
{
    (void)state;
    check_usual("203.0.113.9", "203.0.113.9");
    check_usual("203.0.113.9, 10.0.0.2", "203.0.113.9");
    check_usual("198.51.100.1,203.0.113.9 ,\t10.0.0.2,10.0.0.3", "203.0.113.9");
    check_usual("203.0.113.9:4711", "203.0.113.9");
    check_usual("2001:db8::9", "2001:db8::9");
    check_usual("[2001:db8::9]", "2001:db8::9");
    check_usual("[2001:db8::9]:4711, 2001:db8:aa::1", "2001:db8::9");
    check_usual("::ffff:203.0.113.9", "203.0.113.9");
    check_usual("203.0.113.9, ,10.0.0.2,", "203.0.113.9");
    check_usual("10.0.0.7, 10.0.0.2", "10.0.0.7");
}

static void test_standard_header(void **state)
{
    (void)state;
    check_standard("for=203.0.113.9", "203.0.113.9");
    check_standard("For=\"203.0.113.9:4711\";proto=https;by=10.0.0.1", "203.0.113.9");
    check_standard("proto=https;for=\"[2001:db8::9]:80\"", "2001:db8::9");
    check_standard("for=\"[2001:db8::9]\", for=10.0.0.2;host=\"a,b;c\"", "2001:db8::9");
    check_standard("for=198.51.100.1, for=203.0.113.9", "203.0.113.9");
}

/* What the client wrote itself stands on the left, and changes nothing. */
static void test_inventions_of_the_client(void **state)
{
    (void)state;
    check_usual("127.0.0.1, 10.0.0.1, 203.0.113.9", "203.0.113.9");
    check_usual("not an address, 203.0.113.9", "203.0.113.9");
    check_usual("\"open, 203.0.113.9", "203.0.113.9");
    check_standard("for=\"open, for=203.0.113.9", "203.0.113.9");
    check_standard("for=\"a\\\", for=203.0.113.9", "203.0.113.9");
    check_standard("for=10.0.0.9;for=10.0.0.8, for=203.0.113.9", "203.0.113.9");
}

static void test_malformed(void **state)
{
    static const char *const usual[] = {"",
                                        "unknown",
                                        "203.0.113",
                                        "203.0.113.9:",
                                        "203.0.113.9:x",
                                        "[2001:db8::9",
                                        "[2001:db8::9]80",
                                        "[203.0.113.9]",
                                        "203.0.113.9, nonsense",
                                        "nonsense, 10.0.0.2",
                                        "203.0.113.9 10.0.0.2",
                                        "203.0.113.9:123456"};
    static const char *const standard[] = {"",
                                           "for=unknown",
                                           "for=_gazonk",
                                           "for=",
                                           "by=203.0.113.9",
                                           "for=\"",
                                           "for=203.0.113.9;for=203.0.113.8",
                                           "for=\"203.0.113.9",
                                           "for = 203.0.113.9",
                                           "203.0.113.9"};

    (void)state;
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        check_usual(usual[i], PEER);
    for (size_t i = 0; i < sizeof standard / sizeof standard[0]; i++)
        check_standard(standard[i], PEER);
}

static void test_only_from_trusted_peers(void **state)
{
    const struct http_field field = {"X-Forwarded-For", "203.0.113.9"};

    (void)state;
    check_from("192.0.2.7", &field, 1, "192.0.2.7");
    check_from("11.0.0.1", &field, 1, "11.0.0.1");
    check_from("::ffff:10.0.0.1", &field, 1, "203.0.113.9");
    check_from("2001:db8:aa::1", &field, 1, "203.0.113.9");
    check_from(PEER, NULL, 0, PEER);
}

static void test_several_lines(void **state)
{
    const struct http_field lines[] = {{"X-Forwarded-For", "198.51.100.1"},
                                       {"Accept", "*/*"},
                                       {"x-forwarded-for", "203.0.113.9"},
                                       {"X-FORWARDED-FOR", "10.0.0.2"}};
    (void)state;
    check_from(PEER, lines, 4, "203.0.113.9");
}

/* A proxy that writes one header passes the other on as the client made it. */
static void test_two_headers(void **state)
{
    const struct http_field same[] = {{"Forwarded", "for=203.0.113.9"},
                                      {"X-Forwarded-For", "203.0.113.9"}};
    const struct http_field other[] = {{"Forwarded", "for=198.51.100.1"},
                                       {"X-Forwarded-For", "203.0.113.9"}};
    const struct http_field broken[] = {{"Forwarded", "for=unknown"},
                                        {"X-Forwarded-For", "203.0.113.9"}};
    (void)state;
    check_from(PEER, same, 2, "203.0.113.9");
    check_from(PEER, other, 2, PEER);
    check_from(PEER, broken, 2, PEER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usual_header),
        cmocka_unit_test(test_standard_header),
        cmocka_unit_test(test_inventions_of_the_client),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_only_from_trusted_peers),
        cmocka_unit_test(test_several_lines),
        cmocka_unit_test(test_two_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
