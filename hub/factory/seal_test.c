/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/factory/seal.h"

enum { LEN = 32 };

static const uint8_t key[SEAL_KEY_BYTES] = {1, 2, 3};
static const uint8_t secret[LEN] = "0123456789abcdefghijklmnopqrstu";

static void what_is_sealed_opens_again(void **state)
{
    uint8_t sealed[LEN + SEAL_EXTRA], opened[LEN] = {0};
    (void)state;
    assert_int_equal(seal_close(sealed, key, "window-1", secret, LEN), 0);
    assert_int_equal(seal_open(opened, key, "window-1", sealed, sizeof sealed), 0);
    assert_memory_equal(opened, secret, LEN);
    for (size_t i = 0; i + 8 <= sizeof sealed; i++)
        assert_memory_not_equal(sealed + i, secret, 8);
}

static void no_two_are_alike(void **state)
{
    uint8_t one[LEN + SEAL_EXTRA], two[LEN + SEAL_EXTRA];
    (void)state;
    assert_int_equal(seal_close(one, key, "a", secret, LEN), 0);
    assert_int_equal(seal_close(two, key, "a", secret, LEN), 0);
    assert_memory_not_equal(one + 1, two + 1, sizeof one - 1);
}

static void every_changed_byte_is_noticed(void **state)
{
    uint8_t sealed[LEN + SEAL_EXTRA], opened[LEN];
    (void)state;
    assert_int_equal(seal_close(sealed, key, "a", secret, LEN), 0);
    for (size_t i = 0; i < sizeof sealed; i++) {
        sealed[i] ^= 1;
        assert_int_equal(seal_open(opened, key, "a", sealed, sizeof sealed), ROOST_ERR_CRYPTO);
        sealed[i] ^= 1;
    }
    for (size_t len = 0; len < sizeof sealed; len++)
        assert_int_equal(seal_open(opened, key, "a", sealed, len), ROOST_ERR_CRYPTO);
}

static void another_key_or_place_opens_nothing(void **state)
{
    static const uint8_t other[SEAL_KEY_BYTES] = {1, 2, 4};
    static const uint8_t zeros[LEN];
    uint8_t sealed[LEN + SEAL_EXTRA], opened[LEN];
    (void)state;
    assert_int_equal(seal_close(sealed, key, "a", secret, LEN), 0);
    memset(opened, 7, sizeof opened);
    assert_int_equal(seal_open(opened, other, "a", sealed, sizeof sealed), ROOST_ERR_CRYPTO);
    assert_memory_equal(opened, zeros, LEN);
    assert_int_equal(seal_open(opened, key, "b", sealed, sizeof sealed), ROOST_ERR_CRYPTO);
    assert_int_equal(seal_open(opened, key, "", sealed, sizeof sealed), ROOST_ERR_CRYPTO);
}

static void lengths_are_bounded(void **state)
{
    static uint8_t sealed[SEAL_PLAIN_MAX + SEAL_EXTRA + 1], plain[SEAL_PLAIN_MAX + 1];
    uint8_t nothing[SEAL_EXTRA];
    (void)state;
    assert_int_equal(seal_close(sealed, key, "a", plain, SEAL_PLAIN_MAX + 1), ROOST_ERR_TOO_LONG);
    assert_int_equal(seal_close(sealed, key, "a", plain, SEAL_PLAIN_MAX), 0);
    assert_int_equal(seal_open(plain, key, "a", sealed, sizeof sealed - 1), 0);
    assert_int_equal(seal_open(plain, key, "a", sealed, sizeof sealed), ROOST_ERR_CRYPTO);
    assert_int_equal(seal_close(nothing, key, "a", "", 0), 0);
    assert_int_equal(seal_open(plain, key, "a", nothing, sizeof nothing), 0);
}

static void a_text_gives_a_key_for_each_purpose(void **state)
{
    uint8_t one[SEAL_KEY_BYTES], other[SEAL_KEY_BYTES];
    /* RFC 4231, test case 2. */
    static const uint8_t known[] = {0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e,
                                    0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7};
    (void)state;
    seal_key(one, "Jefe", "what do ya want for nothing?");
    assert_memory_equal(one, known, sizeof known);
    seal_key(other, "Jefe", "what do ya want for something?");
    assert_memory_not_equal(one, other, sizeof one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_opens_again),
        cmocka_unit_test(no_two_are_alike),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(another_key_or_place_opens_nothing),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(a_text_gives_a_key_for_each_purpose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
