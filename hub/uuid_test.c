/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hub/uuid.h"

static void version_and_variant_are_set(void **state)
{
    uint8_t random[16];
    char text[UUID_LEN + 1];
    (void)state;
    memset(random, 0, sizeof random);
    uuid_write(text, random);
    assert_string_equal(text, "00000000-0000-4000-8000-000000000000");
    memset(random, 0xff, sizeof random);
    uuid_write(text, random);
    assert_string_equal(text, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    for (uint8_t i = 0; i < 16; i++)
        random[i] = (uint8_t)(i * 17);
    uuid_write(text, random);
    assert_string_equal(text, "00112233-4455-4677-8899-aabbccddeeff");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(version_and_variant_are_set)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
