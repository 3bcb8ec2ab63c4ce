/* SPDX-License-Identifier: Apache-2.0 */
/* Links: what is written is read, and nothing else is: every other bit, every other length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/csms/pay_link.h"

static const char key[] = "0123456789abcdef0123456789abcdef";
static const int64_t now_ms = INT64_C(1796083200000);

static const struct pay_link place = {
    .kind = PAY_LINK_PLACE, .identity = "CP 1/\xc3\xa9", .connector = 32};
static const struct pay_link payment = {.kind = PAY_LINK_PAYMENT,
                                        .expires_s = 1796083201,
                                        .payment_id = "00112233445566778899aabbccddeeff"};

static void what_is_written_is_read(void **state)
{
    const struct pay_link *const links[] = {&place, &payment};
    struct pay_link read;
    char text[PAY_LINK_BYTES];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pay_link_write(key, links[i], text), 0);
        assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789-_"),
                         strlen(text));
        assert_int_equal(pay_link_read(key, text, now_ms, &read), 0);
        assert_memory_equal(&read, links[i], sizeof read);
        assert_int_equal(pay_link_read("another key", text, now_ms, &read), ROOST_ERR_AUTH);
    }
}

static void it_ends(void **state)
{
    struct pay_link read;
    char text[PAY_LINK_BYTES];

    (void)state;
    assert_int_equal(pay_link_write(key, &payment, text), 0);
    assert_int_equal(pay_link_read(key, text, now_ms + 999, &read), 0);
    assert_int_equal(pay_link_read(key, text, now_ms + 1000, &read), ROOST_ERR_TIMEOUT);
}

static void nothing_else_is_one(void **state)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct pay_link read;
    char text[PAY_LINK_BYTES], other[PAY_LINK_BYTES + 8];

    (void)state;
    assert_int_equal(pay_link_write(key, &place, text), 0);
    for (size_t i = 0; i < strlen(text); i++)
        for (const char *digit = digits; *digit; digit++) {
            memcpy(other, text, sizeof text);
            other[i] = *digit;
            if (*digit != text[i])
                assert_int_equal(pay_link_read(key, other, now_ms, &read), ROOST_ERR_AUTH);
        }
    for (size_t len = 0; len < strlen(text); len++) {
        snprintf(other, sizeof other, "%.*s", (int)len, text);
        assert_int_equal(pay_link_read(key, other, now_ms, &read), ROOST_ERR_AUTH);
    }
    static const char *const ends[] = {"=", "A", "AAAA", "%", " ", "\xff"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        snprintf(other, sizeof other, "%s%s", text, ends[i]);
        assert_int_equal(pay_link_read(key, other, now_ms, &read), ROOST_ERR_AUTH);
    }
}

static void what_cannot_stand_in_one_is_refused(void **state)
{
    struct pay_link link = place;
    char text[PAY_LINK_BYTES];

    (void)state;
    memset(link.identity, 'x', CSMS_IDENTITY_MAX);
    link.identity[CSMS_IDENTITY_MAX] = '\0';
    assert_int_equal(pay_link_write(key, &link, text), 0);
    link.connector = 256;
    assert_int_equal(pay_link_write(key, &link, text), ROOST_ERR_RANGE);
    link = place;
    link.identity[0] = '\0';
    assert_int_equal(pay_link_write(key, &link, text), ROOST_ERR_RANGE);
    link = payment;
    link.payment_id[31] = '\0';
    assert_int_equal(pay_link_write(key, &link, text), ROOST_ERR_RANGE);
    link = payment;
    link.expires_s = INT64_C(1) << 32;
    assert_int_equal(pay_link_write(key, &link, text), ROOST_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(it_ends),
        cmocka_unit_test(nothing_else_is_one),
        cmocka_unit_test(what_cannot_stand_in_one_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
