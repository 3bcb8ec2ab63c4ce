/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/api/password.h"

static void weak_passwords_are_refused(void **state)
{
    (void)state;
    char long_one[PASSWORD_MAX + 2];
    memset(long_one, 'x', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    assert_int_equal(password_check("short"), ROOST_ERR_RANGE);
    assert_int_equal(password_check("aaaaaaaaaaaaaaaa"), ROOST_ERR_INVALID);
    assert_int_equal(password_check(long_one), ROOST_ERR_TOO_LONG);
    assert_int_equal(password_check("four winds blow"), 0);
}

static void only_the_password_itself_verifies(void **state)
{
    (void)state;
    char first[PASSWORD_HASH_MAX];
    char second[PASSWORD_HASH_MAX];
    assert_int_equal(password_hash("four winds blow", first), 0);
    assert_int_equal(password_hash("four winds blow", second), 0);
    assert_string_not_equal(first, second);
    assert_memory_equal(first, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
    assert_int_equal(password_verify(first, "four winds blow"), 0);
    assert_int_equal(password_verify(first, "four winds blow "), ROOST_ERR_AUTH);
    assert_int_equal(password_verify(NULL, "four winds blow"), ROOST_ERR_AUTH);
    assert_int_equal(password_verify("$argon2id$broken", "four winds blow"), ROOST_ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weak_passwords_are_refused),
        cmocka_unit_test(only_the_password_itself_verifies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
