/* SPDX-License-Identifier: Apache-2.0 */
#include "port/pki/host_name.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_names(void **state)
{
    static const struct {
        const char *host, *name;
        bool matches;
    } cases[] = {
        {"csms.example", "csms.example", true},
        {"CSMS.example", "csms.EXAMPLE", true},
        {"csms.example.", "csms.example", true},
        {"csms.example", "csms.example.", false},
        {"csms.example", "csms.exampl", false},
        {"csms.example", "ms.example", false},
        {"localhost", "localhost", true},
        {"a.b.example", "*.b.example", true},
        {"A.B.example", "*.b.Example", true},
        {"b.example", "*.b.example", false},
        {".b.example", "*.b.example", false},
        {"a.a.b.example", "*.b.example", false},
        {"a.example", "*.example", false},
        {"a.b.example", "*", false},
        {"a.b.example", "*.*.example", false},
        {"a.b.example", "a.*.example", false},
        {"www.b.example", "w*.b.example", false},
        {"www.b.example", "*w.b.example", false},
        {"*.b.example", "*.b.example", true}, /* no host is called so */
        {"xn--a.b.example", "*.b.example", false},
        {"xn--a.b.example", "xn--a.b.example", true},
        {"a.b.example", "*..example", false},
        {"", "", false},
        {".", "", false},
        {"a", "", false},
        {"", "*.b.example", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (roost_host_matches(cases[i].host, cases[i].name, strlen(cases[i].name)) !=
            cases[i].matches)
            fail_msg("%s for %s", cases[i].name, cases[i].host);
    assert_false(roost_host_matches("a.example", "a.example\0.evil", 15));
    assert_false(roost_host_matches("a.example", "a.example\0", 10));
}

static void test_addresses(void **state)
{
    static const struct {
        const char *host;
        size_t len;
        uint8_t bytes[16];
    } cases[] = {
        {"192.0.2.7", 4, {192, 0, 2, 7}},
        {"0.0.0.0", 4, {0}},
        {"255.255.255.255", 4, {255, 255, 255, 255}},
        {"::", 16, {0}},
        {"::1", 16, {[15] = 1}},
        {"1::", 16, {[1] = 1}},
        {"[2001:db8::7]", 16, {0x20, 0x01, 0x0d, 0xb8, [15] = 7}},
        {"2001:DB8:0:0:1:2:3:4", 16, {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4}},
        {"1:2:3:4:5:6:7::", 16, {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0}},
        {"::ffff:192.0.2.7", 16, {[10] = 0xff, [11] = 0xff, [12] = 192, 0, 2, 7}},
    };
    static const char *const none[] = {"",
                                       "a",
                                       "1.2.3",
                                       "1.2.3.4.5",
                                       "256.0.0.1",
                                       "01.2.3.4",
                                       "1.2.3.4 ",
                                       "1..3.4",
                                       ":",
                                       ":::",
                                       "1:2:3:4",
                                       "1:2:3:4:5:6:7:8:9",
                                       "1::2::3",
                                       "12345::",
                                       "g::",
                                       "1:2:3:4:5:6:7:8::",
                                       "::1:2:3:4:5:6:7:8",
                                       "1:",
                                       "[::1",
                                       "192.0.2.7:443",
                                       "::1.2.3.4:5",
                                       "1.2.3.4::",
                                       "[192.0.2.7]",
                                       "1:2:3:4:5:6:7:1.2.3.4"};
    uint8_t address[16];
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (!roost_host_address(cases[i].host, address, &len))
            fail_msg("%s is no address", cases[i].host);
        assert_int_equal(len, cases[i].len);
        assert_memory_equal(address, cases[i].bytes, len);
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        if (roost_host_address(none[i], address, &len))
            fail_msg("%s is an address", none[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_addresses),
    };

    return cmocka_run_group_tests_name("host name", tests, NULL, NULL);
}
