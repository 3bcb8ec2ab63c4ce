/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/uuid.h"

static void version_and_variant_are_set(void **state)
{
    uint8_t random[16];
    char text[ROOST_UUID_CHARS + 1];
    (void)state;
    memset(random, 0, sizeof random);
    roost_uuid_write(text, random);
    assert_string_equal(text, "00000000-0000-4000-8000-000000000000");
    memset(random, 0xff, sizeof random);
    roost_uuid_write(text, random);
    assert_string_equal(text, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    for (uint8_t i = 0; i < 16; i++)
        random[i] = (uint8_t)(i * 17);
    roost_uuid_write(text, random);
    assert_string_equal(text, "00112233-4455-4677-8899-aabbccddeeff");
}

static void forms_are_told_apart(void **state)
{
    static const uint8_t random[16] = {0xFF, 0xEE, 0xDD, 0xCC, 0xBB, 0xAA, 0x99, 0x88,
                                       0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x00};
    static const char *const bad[] = {
        "",
        "ffeeddcc-bbaa-4988-b766-55443322110",
        "ffeeddcc-bbaa-4988-b766-5544332211000",
        "ffeeddcc-bbaa-4988-b76655443322-1100",
        "ffeeddcc-bbaa-4988-b766-55443322110g",
        "ffeeddccbbaa4988b76655443322110000000",
        "{feeddcc-bbaa-4988-b766-55443322110}",
    };
    char text[ROOST_UUID_CHARS + 1];

    (void)state;
    roost_uuid_write(text, random);
    assert_string_equal(text, "ffeeddcc-bbaa-4988-b766-554433221100");
    assert_true(roost_uuid_check(text));
    assert_true(roost_uuid_check("FFEEDDCC-bbaa-1988-0766-554433221100"));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(roost_uuid_check(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_and_variant_are_set),
        cmocka_unit_test(forms_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
