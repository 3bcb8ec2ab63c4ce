/* SPDX-License-Identifier: Apache-2.0 */
#include "host/trust.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"
#include "core/hex.h"

static char path[64], why[256];

static int set_up(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/roost-trust-XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_text(const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int read_key(uint8_t key[SIGNATURE_KEY_BYTES])
{
    return trust_key_read(key, "--firmware-key", path, why, sizeof why);
}

static void test_keys(void **state)
{
    uint8_t key[SIGNATURE_KEY_BYTES], wanted[SIGNATURE_KEY_BYTES];
    char text[2 * SIGNATURE_KEY_BYTES + 16];
    size_t len;
    EVP_PKEY *pair = EVP_EC_gen("P-256");

    (void)state;
    assert_int_equal(
        EVP_PKEY_get_octet_string_param(pair, OSSL_PKEY_PARAM_PUB_KEY, wanted, sizeof wanted, &len),
        1);
    roost_hex_write(text, wanted, sizeof wanted);
    write_text(text);
    assert_int_equal(read_key(key), 0);
    assert_memory_equal(key, wanted, sizeof key);
    memcpy(text + 2 * sizeof key, "\r\n", 3);
    write_text(text);
    assert_int_equal(read_key(key), 0);
    memcpy(text + 2 * sizeof key + 2, "00", 3);
    write_text(text);
    assert_int_equal(read_key(key), ROOST_ERR_INVALID);
    assert_non_null(strstr(why, "130 hexadecimal digits"));
    assert_non_null(strstr(why, path));
    wanted[64] ^= 1; /* not on the curve */
    roost_hex_write(text, wanted, sizeof wanted);
    write_text(text);
    assert_int_equal(read_key(key), ROOST_ERR_INVALID);
    wanted[64] ^= 1;
    text[129] = '\0';
    write_text(text);
    assert_int_equal(read_key(key), ROOST_ERR_INVALID);
    write_text("");
    assert_int_equal(read_key(key), ROOST_ERR_INVALID);

    FILE *file = fopen(path, "w");
    assert_int_equal(PEM_write_PUBKEY(file, pair), 1);
    fclose(file);
    assert_int_equal(read_key(key), 0);
    assert_memory_equal(key, wanted, sizeof key);
    EVP_PKEY_free(pair);
    pair = EVP_EC_gen("P-384");
    file = fopen(path, "w");
    assert_int_equal(PEM_write_PUBKEY(file, pair), 1);
    fclose(file);
    EVP_PKEY_free(pair);
    assert_int_equal(read_key(key), ROOST_ERR_INVALID);
    assert_int_equal(trust_key_read(key, "--firmware-key", "/nope", why, sizeof why),
                     ROOST_ERR_INVALID);
    assert_string_equal(why, "--firmware-key /nope: No such file or directory");
}

static void test_authorities(void **state)
{
    (void)state;
    assert_int_equal(trust_ca_check("--ca", "/nope", why, sizeof why), ROOST_ERR_INVALID);
    assert_string_equal(why, "--ca /nope: No such file or directory");
    write_text("-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n");
    assert_int_equal(trust_ca_check("--ca", path, why, sizeof why), ROOST_ERR_INVALID);
    assert_non_null(strstr(why, "holds no certificate"));

    EVP_PKEY *pair = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, pair);
    assert_true(X509_sign(certificate, pair, EVP_sha256()) > 0);
    FILE *file = fopen(path, "w");
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(pair);
    assert_int_equal(trust_ca_check("--ca", path, why, sizeof why), 0);
}

static void test_pipes_are_not_waited_for(void **state)
{
    uint8_t key[SIGNATURE_KEY_BYTES];

    (void)state;
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(20);
    assert_int_equal(read_key(key), ROOST_ERR_INVALID);
    assert_non_null(strstr(why, "is a pipe"));
    assert_int_equal(trust_ca_check("--ca", path, why, sizeof why), ROOST_ERR_INVALID);
    alarm(0);
    assert_non_null(strstr(why, "--ca"));
    assert_non_null(strstr(why, "is a pipe"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_authorities, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pipes_are_not_waited_for, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("trust", tests, NULL, NULL);
}
