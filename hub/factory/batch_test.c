/* SPDX-License-Identifier: Apache-2.0 */
/* Batches signed here with a key of this run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/err.h"
#include "core/hex.h"
#include "hub/factory/batch.h"

enum { TEXT_MAX = 1 << 20 };

static EVP_PKEY *pair;
static uint8_t public_key[FACTORY_KEY_BYTES];
static char lines[TEXT_MAX], json[TEXT_MAX], why[192];
static struct factory_batch *batch;

static int make_key(void **state)
{
    size_t len;
    (void)state;
    pair = EVP_EC_gen("P-256");
    return pair &&
                   EVP_PKEY_get_octet_string_param(pair, "pub", public_key, sizeof public_key,
                                                   &len) == 1 &&
                   len == sizeof public_key
               ? 0
               : -1;
}

static int free_key(void **state)
{
    (void)state;
    EVP_PKEY_free(pair);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    factory_batch_free(batch);
    batch = NULL;
    return 0;
}

/* r and s of a signature over the lines, 128 digits. */
static void sign(char out[129])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t der[80], raw[64];
    size_t len = sizeof der;
    const uint8_t *at = der;
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pair), 1);
    assert_int_equal(EVP_DigestSign(ctx, der, &len, (uint8_t *)lines, strlen(lines)), 1);
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)len);
    assert_non_null(signature);
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + 32, 32);
    roost_hex_write(out, raw, sizeof raw);
    ECDSA_SIG_free(signature);
    EVP_MD_CTX_free(ctx);
}

/* A batch of `count` devices. `same_id`: the last has the name of the first. */
static void make_batch(size_t count, bool same_id)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    char signature[129], key_id[17];
    size_t l = 0, j = 0;
    l += (size_t)snprintf(lines, TEXT_MAX,
                          "roost-batch-1\nbatch=b-7\nmade_at=2026-11-21T04:30:00Z\n"
                          "product=window\n");
    j += (size_t)snprintf(json, TEXT_MAX,
                          "{\"batch\":\"b-7\",\"made_at\":\"2026-11-21T04:30:00Z\","
                          "\"product\":\"window\",\"devices\":[");
    for (size_t i = 0; i < count; i++) {
        size_t n = same_id && i + 1 == count ? 0 : i;
        char secret[65];
        for (size_t k = 0; k < 32; k++)
            snprintf(secret + 2 * k, 3, "%02x", (unsigned)((i * 37 + k * 11) & 0xff));
        l += (size_t)snprintf(lines + l, TEXT_MAX - l,
                              "device=window-%04zu 3 user-%zu $7$101$c2FsdA==$aGFzaA== %s\n", n, i,
                              secret);
        j += (size_t)snprintf(json + j, TEXT_MAX - j,
                              "%s\n{\"device_id\":\"window-%04zu\",\"hardware_version\":3,"
                              "\"broker_user\":\"user-%zu\",\"broker_password_hash\":"
                              "\"$7$101$c2FsdA==$aGFzaA==\",\"secret_hex\":\"%s\"}",
                              i ? "," : "", n, i, secret);
    }
    sign(signature);
    SHA256(public_key, sizeof public_key, digest);
    roost_hex_write(key_id, digest, 8);
    snprintf(json + j, TEXT_MAX - j, "\n],\"signature\":\"%s\",\"key_id\":\"%s\"}\n", signature,
             key_id);
}

static int read_it(void)
{
    factory_batch_free(batch);
    batch = NULL;
    return factory_batch_read(&batch, json, strlen(json), public_key, why, sizeof why);
}

static void replace(const char *part, const char *instead)
{
    static char changed[TEXT_MAX];
    const char *at = strstr(json, part);
    assert_non_null(at);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - json), json, instead,
             at + strlen(part));
    memcpy(json, changed, sizeof json);
}

static void a_signed_batch_is_read(void **state)
{
    (void)state;
    make_batch(3, false);
    assert_int_equal(read_it(), 0);
    assert_string_equal(batch->id, "b-7");
    assert_string_equal(batch->made_at, "2026-11-21T04:30:00Z");
    assert_string_equal(batch->product, "window");
    assert_int_equal(batch->count, 3);
    assert_string_equal(batch->devices[2].id, "window-0002");
    assert_string_equal(batch->devices[2].broker_user, "user-2");
    assert_string_equal(batch->devices[2].password_hash, "$7$101$c2FsdA==$aGFzaA==");
    assert_int_equal(batch->devices[2].hardware_version, 3);
    assert_int_equal(batch->devices[2].secret[0], 74);
    assert_int_equal(batch->devices[2].secret[1], 85);
}

static void a_thousand_devices_and_not_one_more(void **state)
{
    (void)state;
    make_batch(FACTORY_DEVICES_MAX, false);
    assert_true(strlen(json) < FACTORY_FILE_MAX);
    assert_int_equal(read_it(), 0);
    assert_int_equal(batch->count, FACTORY_DEVICES_MAX);
    make_batch(FACTORY_DEVICES_MAX + 1, false);
    assert_int_equal(read_it(), ROOST_ERR_TOO_LONG);
    assert_string_equal(why, "devices: 1001, at most 1000 in a batch");
    make_batch(FACTORY_DEVICES_MAX + 200, false);
    assert_int_equal(read_it(), ROOST_ERR_TOO_LONG);
    assert_string_equal(why, "devices: at most 1000 in a batch");
}

static void any_change_breaks_the_signature(void **state)
{
    static const char *const changes[][2] = {
        {"\"batch\":\"b-7\"", "\"batch\":\"b-8\""},
        {"04:30:00Z", "04:30:01Z"},
        {"\"product\":\"window\"", "\"product\":\"teddy\""},
        {"window-0001", "window-0009"},
        {"\"hardware_version\":3", "\"hardware_version\":4"},
        {"user-1", "user-9"},
        {"aGFzaA==", "aGFzaB=="},
        {"\"secret_hex\":\"00", "\"secret_hex\":\"01"},
        {"\"secret_hex\":\"000b", "\"secret_hex\":\"000B"},
        {"\"signature\":\"", "\"signature\":\"0000000000000000000000000000000000000000000000000000"
                             "000000000000000000000000000000000000000000000000000000000000000000000"
                             "0000000\",\"x\":\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        make_batch(2, false);
        replace(changes[i][0], changes[i][1]);
        if (read_it() != ROOST_ERR_CRYPTO || !strstr(why, "signature"))
            fail_msg("%s: %s", changes[i][1], why);
    }
}

static void another_key_is_named(void **state)
{
    uint8_t no_point[FACTORY_KEY_BYTES] = {4, 1, 2, 3};
    uint8_t digest[SHA256_DIGEST_LENGTH];
    char key_id[32];
    (void)state;
    make_batch(1, false);
    assert_int_equal(factory_batch_read(&batch, json, strlen(json), no_point, why, sizeof why),
                     ROOST_ERR_AUTH);
    assert_non_null(strstr(why, "ROOST_FACTORY_KEY_FILE"));
    SHA256(no_point, sizeof no_point, digest);
    roost_hex_write(key_id, digest, 8);
    replace("\"key_id\":\"", "\"key\":\"");
    char *end = strrchr(json, '}');
    snprintf(end, sizeof json - (size_t)(end - json), ",\"key_id\":\"%s\"}", key_id);
    assert_int_equal(factory_batch_read(&batch, json, strlen(json), no_point, why, sizeof why),
                     ROOST_ERR_CRYPTO);
    assert_non_null(strstr(why, "P-256"));
}

static void a_refusal_names_the_member(void **state)
{
    static const struct {
        const char *part, *instead, *named;
    } cases[] = {
        {"\"batch\"", "\"b\"", "batch: "},
        {"\"b-7\"", "\"b 7\"", "batch: "},
        {"\"b-7\"", "7", "batch: "},
        {"\"made_at\"", "\"made\"", "made_at: "},
        {"\"product\"", "\"p\"", "product: "},
        {"\"devices\":[", "\"devices\":7,\"d\":[", "devices: "},
        {"\"devices\":[", "\"devices\":[],\"d\":[", "devices: "},
        {"\"devices\":[", "\"devices\":[5,", "devices[0]"},
        {"\"window-0001\"", "\"window/1\"", "devices[1].device_id: "},
        {"\"window-0001\"", "\"\"", "devices[1].device_id: "},
        {"\"user-1\"", "\"user\\n1\"", "devices[1].broker_user: "},
        {"\"hardware_version\":3", "\"hardware_version\":-3", "devices[0].hardware_version: "},
        {"\"hardware_version\":3", "\"hardware_version\":4294967296",
         "devices[0].hardware_version: "},
        {"\"broker_password_hash\"", "\"hash\"", "devices[0].broker_password_hash: "},
        {"\"secret_hex\":\"00", "\"secret_hex\":\"0g", "devices[0].secret_hex: "},
        {"\"secret_hex\":\"00", "\"secret_hex\":\"", "devices[0].secret_hex: "},
        {"\"signature\":\"", "\"signature\":\"z", "signature: "},
        {"\"signature\"", "\"s\"", "signature: "},
        {"\"key_id\"", "\"k\"", "key_id: "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_batch(2, false);
        replace(cases[i].part, cases[i].instead);
        int err = read_it();
        if (err != ROOST_ERR_INVALID || strncmp(why, cases[i].named, strlen(cases[i].named)) != 0)
            fail_msg("%s: %d, %s", cases[i].instead, err, why);
    }
    make_batch(3, true);
    assert_int_equal(read_it(), ROOST_ERR_EXISTS);
    assert_string_equal(why, "devices: window-0000 is there twice");
}

static void every_cut_is_refused(void **state)
{
    size_t len;
    (void)state;
    make_batch(1, false);
    len = strlen(json) - 2;
    for (size_t i = 0; i < len; i++)
        assert_int_not_equal(factory_batch_read(&batch, json, i, public_key, why, sizeof why), 0);
    assert_int_equal(factory_batch_read(&batch, "[]", 2, public_key, why, sizeof why),
                     ROOST_ERR_INVALID);
    assert_null(batch);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_signed_batch_is_read),          TEST(a_thousand_devices_and_not_one_more),
        TEST(any_change_breaks_the_signature), TEST(another_key_is_named),
        TEST(a_refusal_names_the_member),      TEST(every_cut_is_refused),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
