/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/api/known.h"

static const char secret[] = "only-for-this-test-0123456789abcdef";
static const int64_t now_s = 1800000000;

static void a_cookie_says_whose_browser_it_is(void **state)
{
    (void)state;
    char value[KNOWN_COOKIE_MAX], header[512];
    struct known_cookie found, again;
    known_cookie_new(secret, 7, now_s, value);
    snprintf(header, sizeof header, KNOWN_COOKIE "=%s", value);
    assert_int_equal(known_cookie_read(secret, header, now_s, &found), 0);
    assert_int_equal(found.operator_id, 7);
    assert_int_equal(strlen(found.nonce), KNOWN_NONCE_LEN);
    snprintf(header, sizeof header, "a=b; x" KNOWN_COOKIE "=1;" KNOWN_COOKIE "=%s ; c=d", value);
    assert_int_equal(known_cookie_read(secret, header, now_s, &again), 0);
    assert_string_equal(found.nonce, again.nonce);
    assert_int_equal(known_cookie_read(secret, header, now_s + KNOWN_COOKIE_S, &found),
                     ROOST_ERR_STALE);
    assert_int_equal(known_cookie_read("another-secret-0123456789abcdefghi", header, now_s, &found),
                     ROOST_ERR_AUTH);
    known_cookie_new(secret, 7, now_s, header);
    assert_string_not_equal(value, header);
}

static void forged_cookies_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        KNOWN_COOKIE "=",
        KNOWN_COOKIE "=x",
        KNOWN_COOKIE "=........................................................",
        KNOWN_COOKIE "=7.00000000000000000000000000000000.1900000000."
                     "00000000000000000000000000000000",
    };
    char value[KNOWN_COOKIE_MAX], header[512], longest[400];
    struct known_cookie found;
    assert_int_equal(known_cookie_read(secret, NULL, now_s, &found), ROOST_ERR_NOT_FOUND);
    assert_int_equal(known_cookie_read(secret, "", now_s, &found), ROOST_ERR_NOT_FOUND);
    assert_int_equal(known_cookie_read(secret, "; ;a=b;", now_s, &found), ROOST_ERR_NOT_FOUND);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(known_cookie_read(secret, bad[i], now_s, &found), ROOST_ERR_AUTH);
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    snprintf(header, sizeof header, KNOWN_COOKIE "=%s", longest);
    assert_int_equal(known_cookie_read(secret, header, now_s, &found), ROOST_ERR_AUTH);
    known_cookie_new(secret, 7, now_s, value);
    for (size_t i = 0; value[i] != '\0'; i++) {
        char kept = value[i];
        value[i] = kept == '1' ? '2' : '1';
        snprintf(header, sizeof header, KNOWN_COOKIE "=%s", value);
        assert_int_equal(known_cookie_read(secret, header, now_s, &found), ROOST_ERR_AUTH);
        value[i] = kept;
    }
}

static void an_address_stands_for_one_who_calls(void **state)
{
    (void)state;
    static const struct {
        const char *remote, *address;
    } cases[] = {
        {"192.0.2.7", "192.0.2.7"},
        {"::ffff:192.0.2.7", "192.0.2.7"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
        {"2001:db8:1:2:ffff:4:5:6", "2001:db8:1:2::"},
        {"2001:db8:1:3::6", "2001:db8:1:3::"},
        {"fe80::1%eth0", "fe80::"},
        {"::1", "::"},
        {"", ""},
        {"unknown", "unknown"},
    };
    char out[KNOWN_ADDRESS_MAX + 1];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        known_address(cases[i].remote, out);
        assert_string_equal(out, cases[i].address);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cookie_says_whose_browser_it_is),
        cmocka_unit_test(forged_cookies_are_refused),
        cmocka_unit_test(an_address_stands_for_one_who_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
