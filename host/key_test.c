/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and what they sign, as host/signature.h and host/trust.h see it. */
#include "host/key.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"
#include "host/trust.h"
#include "tests/support/support.h"

static char dir[SUPPORT_PATH_MAX], private_path[SUPPORT_PATH_MAX + 16],
    public_path[SUPPORT_PATH_MAX + 16];
static struct why why;

static int set_up(void **state)
{
    (void)state;
    why.text[0] = '\0';
    support_make_dir(dir);
    snprintf(private_path, sizeof private_path, "%s/key.pem", dir);
    snprintf(public_path, sizeof public_path, "%s/key.pub", dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    support_remove_dir(dir);
    return 0;
}

static void test_files(void **state)
{
    uint8_t public_key[SIGNATURE_KEY_BYTES];
    struct stat info;
    struct key key;

    (void)state;
    assert_int_equal(key_generate(private_path, public_path, &why), 0);
    assert_int_equal(stat(private_path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(key_load(&key, private_path, &why), 0);
    assert_int_equal(trust_key_read(public_key, "--key", public_path, why.text, sizeof why.text),
                     0);
    assert_memory_equal(public_key, key.public_key, sizeof public_key);
    key_deinit(&key);
    /* Neither half is ever overwritten. */
    assert_int_equal(key_generate(private_path, NULL, &why), ROOST_ERR_EXISTS);
    assert_int_equal(key_load(&key, public_path, &why), ROOST_ERR_CRYPTO);
    assert_non_null(strstr(why.text, "is not a private key in PEM"));
    key_deinit(&key);
    assert_true(key_load(&key, "/nonexistent/key.pem", &why) < 0);
    assert_non_null(strstr(why.text, "/nonexistent/key.pem"));
}

static void test_signatures(void **state)
{
    uint8_t signature[SIGNATURE_BYTES], other[SIGNATURE_KEY_BYTES];
    char text[] = "what is signed";
    struct key key;

    (void)state;
    assert_int_equal(key_generate(private_path, NULL, &why), 0);
    assert_int_equal(key_load(&key, private_path, &why), 0);
    assert_int_equal(key_sign(&key, text, sizeof text, signature, &why), 0);
    assert_int_equal(signature_check(key.public_key, text, sizeof text, signature), 0);

    struct signature *pieces = signature_begin(key.public_key);
    assert_non_null(pieces);
    for (size_t i = 0; i < sizeof text; i++)
        signature_add(pieces, text + i, 1);
    assert_int_equal(signature_end(pieces, signature), 0);

    assert_int_equal(signature_check(key.public_key, text, sizeof text - 1, signature),
                     ROOST_ERR_CRYPTO);
    signature[SIGNATURE_BYTES - 1] ^= 1;
    assert_int_equal(signature_check(key.public_key, text, sizeof text, signature),
                     ROOST_ERR_CRYPTO);
    memset(signature, 0, sizeof signature);
    assert_int_equal(signature_check(key.public_key, text, sizeof text, signature),
                     ROOST_ERR_CRYPTO);
    memcpy(other, key.public_key, sizeof other);
    other[SIGNATURE_KEY_BYTES - 1] ^= 1; /* not on the curve */
    assert_int_equal(signature_check(other, text, sizeof text, signature), ROOST_ERR_CRYPTO);
    key_deinit(&key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_signatures, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
