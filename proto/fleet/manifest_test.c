/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdbool.h>

#include "core/err.h"
#include "proto/fleet/manifest.h"
#include "port/port.h"

/* What a hub serves, with members that are none of ours. */
static const char good[] =
    "{\"version\":\"1.4.0\",\"build\":\"5f2a\",\"available\":true,\"mandatory\":true,"
    "\"url\":\"https://hub.example/firmware.bin\","
    "\"sha256\":\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff\","
    "\"size\":1048576,\"notes\":\"quieter motor\",\"security_version\":3,"
    "\"compatibility\":{\"min_hardware_version\":1,\"max_hardware_version\":9,"
    "\"required_bootloader\":null},"
    "\"meta\":{\"product\":\"window\",\"target\":\"esp32c3\",\"version\":\"no\"},"
    "\"key_id\":\"0123456789ABCDEF\","
    "\"signature\":\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
    "102132435465768798a9bacbdcedfe0f102132435465768798a9bacbdcedfe0f\"}";

static struct roost_manifest manifest;
static const char *field;

static int read_text(const char *json)
{
    memset(&manifest, 0x55, sizeof manifest);
    field = NULL;
    return roost_manifest_read(&manifest, json, strlen(json), &field);
}

/* The good one with one passage replaced. */
static int read_with(const char *old, const char *new)
{
    static char json[3000];
    const char *at = strstr(good, old);
    assert_non_null(at);
    size_t before = (size_t)(at - good), new_len = strlen(new);
    memcpy(json, good, before);
    memcpy(json + before, new, new_len);
    at += strlen(old);
    memcpy(json + before + new_len, at, strlen(at) + 1);
    return read_text(json);
}

static void expect(int err, const char *name, const char *old, const char *new)
{
    assert_int_equal(read_with(old, new), err);
    assert_string_equal(field, name);
}

static void all_members_are_read(void **state)
{
    (void)state;
    assert_int_equal(read_text(good), 0);
    assert_true(manifest.available && manifest.mandatory);
    assert_string_equal(manifest.product, "window");
    assert_string_equal(manifest.target, "esp32c3");
    assert_string_equal(manifest.version, "1.4.0");
    assert_string_equal(manifest.url, "https://hub.example/firmware.bin");
    assert_int_equal(manifest.security_version, 3);
    assert_int_equal(manifest.size_bytes, 1048576);
    assert_int_equal(manifest.min_hardware, 1);
    assert_int_equal(manifest.max_hardware, 9);
    for (int i = 0; i < 31; i++)
        assert_int_equal(manifest.sha256[i], i);
    assert_int_equal(manifest.sha256[31], 0xFF);
    assert_memory_equal(manifest.key_id, "\x01\x23\x45\x67\x89\xAB\xCD\xEF", 8);
    assert_int_equal(manifest.signature[1], 0x11);
    assert_int_equal(manifest.signature[32], 0x10);
    assert_int_equal(manifest.signature[63], 0x0F);
}

static void nothing_available_needs_no_more(void **state)
{
    (void)state;
    assert_int_equal(read_text("{\"available\":false}"), 0);
    assert_false(manifest.available);
    assert_string_equal(manifest.version, "");
    assert_int_equal(read_with("\"available\":true", "\"available\":false"), 0);
}

static void what_may_be_left_out(void **state)
{
    (void)state;
    assert_int_equal(read_with("\"mandatory\":true,", ""), 0);
    assert_false(manifest.mandatory);
    assert_int_equal(read_with("\"min_hardware_version\":1,\"max_hardware_version\":9,", ""), 0);
    assert_int_equal(manifest.min_hardware, 0);
    assert_int_equal(manifest.max_hardware, UINT32_MAX);
    assert_int_equal(read_with("\"compatibility\":{\"min_hardware_version\":1,"
                               "\"max_hardware_version\":9,\"required_bootloader\":null},",
                               ""),
                     0);
    assert_int_equal(manifest.max_hardware, UINT32_MAX);
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    static const char *const required[] = {"available", "version",          "url",       "sha256",
                                           "size",      "security_version", "signature", "key_id"};
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
        char quoted[32] = "\"", other[32] = "\"x";
        size_t len = strlen(required[i]);
        memcpy(quoted + 1, required[i], len);
        memcpy(quoted + 1 + len, "\":", 2);
        memcpy(other + 2, required[i], len);
        memcpy(other + 2 + len, "\":", 2);
        expect(ROOST_ERR_NOT_FOUND, required[i], quoted, other);
    }
    expect(ROOST_ERR_NOT_FOUND, "meta.product", "\"product\":", "\"xproduct\":");
    expect(ROOST_ERR_NOT_FOUND, "meta.target", "\"target\":", "\"xtarget\":");
    expect(ROOST_ERR_NOT_FOUND, "meta.product", "\"meta\":", "\"xmeta\":");
    expect(ROOST_ERR_NOT_FOUND, "meta.product", "\"meta\":{", "\"meta\":[1],\"x\":{");
}

static void what_is_of_the_wrong_type_is_named(void **state)
{
    (void)state;
    expect(ROOST_ERR_INVALID, "available", "\"available\":true", "\"available\":1");
    expect(ROOST_ERR_INVALID, "mandatory", "\"mandatory\":true", "\"mandatory\":\"yes\"");
    expect(ROOST_ERR_INVALID, "version", "\"1.4.0\"", "140");
    expect(ROOST_ERR_INVALID, "size", "1048576", "\"1048576\"");
    expect(ROOST_ERR_INVALID, "sha256", "\"sha256\":\"", "\"sha256\":1,\"x\":\"");
    expect(ROOST_ERR_INVALID, "meta.product", "\"window\"", "null");
    expect(ROOST_ERR_INVALID, "compatibility.min_hardware_version", "version\":1,",
           "version\":null,");
}

static void numbers_have_limits(void **state)
{
    (void)state;
    assert_int_equal(read_with("1048576", "4294967295"), 0);
    assert_true(manifest.size_bytes == UINT32_MAX);
    assert_int_equal(read_with("1048576", "0"), 0); /* the device refuses it, with its own limit */
    expect(ROOST_ERR_RANGE, "size", "1048576", "4294967296");
    expect(ROOST_ERR_RANGE, "size", "1048576", "99999999999999999999999");
    expect(ROOST_ERR_RANGE, "size", "1048576", "1.5");
    expect(ROOST_ERR_RANGE, "security_version", "version\":3", "version\":-3");
    expect(ROOST_ERR_RANGE, "compatibility.max_hardware_version", "version\":9", "version\":1e10");
}

static void words_are_printable_and_bounded(void **state)
{
    (void)state;
    assert_int_equal(read_with("1.4.0", "1234567890123456789012345678901"), 0);
    expect(ROOST_ERR_TOO_LONG, "version", "1.4.0", "12345678901234567890123456789012");
    assert_int_equal(read_with("\"window\"", "\"123456789012345\""), 0);
    expect(ROOST_ERR_TOO_LONG, "meta.product", "\"window\"", "\"1234567890123456\"");
    expect(ROOST_ERR_INVALID, "version", "1.4.0", "");
    expect(ROOST_ERR_INVALID, "version", "1.4.0", "1.4 0");
    expect(ROOST_ERR_INVALID, "version", "1.4.0", "1.4.0\\n");
    expect(ROOST_ERR_INVALID, "version", "1.4.0", "1.4.0\\u0000");
    expect(ROOST_ERR_INVALID, "version", "1.4.0", "1.4.0\\u007f");
    expect(ROOST_ERR_INVALID, "meta.target", "esp32c3", "esp32\xC3\xA4");
    expect(ROOST_ERR_INVALID, "url", "https://hub", "https:// hub");
    assert_int_equal(read_with("1.4.0", "\\u0031.4.0"), 0);
    assert_string_equal(manifest.version, "1.4.0");
}

static void bytes_are_hexadecimal_and_whole(void **state)
{
    (void)state;
    expect(ROOST_ERR_TRUNCATED, "sha256", "1d1eff", "1d1e");
    expect(ROOST_ERR_TRUNCATED, "sha256", "1d1eff", "1d1ef");
    expect(ROOST_ERR_TOO_LONG, "sha256", "1d1eff", "1d1eff00");
    expect(ROOST_ERR_INVALID, "sha256", "1d1eff", "1d1efg");
    expect(ROOST_ERR_INVALID, "key_id", "0123456789ABCDEF", "0123456789ABCDE ");
    expect(ROOST_ERR_TRUNCATED, "key_id", "0123456789ABCDEF", "");
    expect(ROOST_ERR_TRUNCATED, "signature", "00112233445566778899aabbccddeeff001122", "00");
}

static void the_whole_is_one_object(void **state)
{
    (void)state;
    static char long_text[ROOST_MANIFEST_MAX + 2];
    static const char *const bad[] = {"[]", "true", "\"x\"", "{} {}", "{available:true}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(read_text(bad[i]), ROOST_ERR_INVALID);
        assert_string_equal(field, "manifest");
    }
    for (size_t len = 0; len < sizeof good - 1; len++) {
        assert_int_equal(roost_manifest_read(&manifest, good, len, &field), ROOST_ERR_TRUNCATED);
        assert_string_equal(field, "manifest");
    }
    memset(long_text, ' ', sizeof long_text - 1);
    memcpy(long_text, good, sizeof good - 1);
    assert_int_equal(read_text(long_text), ROOST_ERR_TOO_LONG);
    assert_string_equal(field, "manifest");
    long_text[ROOST_MANIFEST_MAX] = '\0';
    assert_int_equal(read_text(long_text), 0);
}

/* ---- what is signed ---- */

static const char signed_lines[] =
    "roost-firmware-1\n"
    "product=window\n"
    "target=esp32c3\n"
    "version=1.4.0\n"
    "security_version=3\n"
    "size=1048576\n"
    "sha256=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff\n"
    "min_hardware_version=1\n"
    "max_hardware_version=9\n";

static void the_signed_lines_are_these(void **state)
{
    (void)state;
    char text[ROOST_MANIFEST_TEXT_MAX];
    assert_int_equal(read_text(good), 0);
    assert_int_equal(roost_manifest_text(&manifest, text, sizeof text), sizeof signed_lines - 1);
    assert_string_equal(text, signed_lines);
    assert_int_equal(roost_manifest_text(&manifest, text, sizeof signed_lines),
                     sizeof signed_lines - 1);
    for (size_t size = 0; size < sizeof signed_lines; size++) {
        memset(text, '~', sizeof text);
        assert_int_equal(roost_manifest_text(&manifest, text, size), ROOST_ERR_TOO_LONG);
        assert_int_equal(text[size], '~');
    }
}

static void the_longest_lines_fit(void **state)
{
    (void)state;
    char text[ROOST_MANIFEST_TEXT_MAX];
    memset(&manifest, 0xFF, sizeof manifest);
    memset(manifest.product, 'p', ROOST_MANIFEST_NAME_MAX);
    memset(manifest.target, 't', ROOST_MANIFEST_NAME_MAX);
    memset(manifest.version, 'v', ROOST_MANIFEST_VERSION_MAX);
    manifest.product[ROOST_MANIFEST_NAME_MAX] = manifest.target[ROOST_MANIFEST_NAME_MAX] =
        manifest.version[ROOST_MANIFEST_VERSION_MAX] = '\0';
    assert_true(roost_manifest_text(&manifest, text, sizeof text) > 250);
    assert_non_null(strstr(text, "max_hardware_version=4294967295\n"));
}

/* ---- the check: with a digest that only counts, the real one is the port's ---- */

static struct {
    int fail_digest; /* the call that fails, 0: none */
    int digests, verified;
    const uint8_t *key;
} crypto_calls;

static int digest(void *ctx, const void *data, size_t len, uint8_t out[32])
{
    uint32_t sum = 1;
    (void)ctx;
    for (size_t i = 0; i < len; i++)
        sum = sum * 31 + ((const uint8_t *)data)[i];
    memset(out, 0, 32);
    memcpy(out, &sum, sizeof sum);
    return ++crypto_calls.digests == crypto_calls.fail_digest ? ROOST_ERR_CRYPTO : 0;
}

static int verify(void *ctx, const uint8_t key[65], const uint8_t sum[32], const uint8_t sig[64])
{
    uint8_t expected[32];
    crypto_calls.verified++;
    crypto_calls.key = key;
    digest(ctx, signed_lines, sizeof signed_lines - 1, expected);
    return memcmp(sum, expected, 32) == 0 && sig[0] == key[0] ? 0 : ROOST_ERR_CRYPTO;
}

static const struct roost_crypto_ops ops = {.sha256 = digest, .ecdsa_p256_verify = verify};
static const struct roost_crypto crypto = {.ops = &ops};
static uint8_t keys[2][ROOST_PUBLIC_KEY_BYTES];

static int verify_with(const uint8_t *id_of, uint8_t signature)
{
    memset(&crypto_calls, 0, sizeof crypto_calls);
    assert_int_equal(roost_key_id(&crypto, id_of, manifest.key_id), 0);
    manifest.signature[0] = signature;
    crypto_calls.digests = 0;
    return roost_manifest_verify(&manifest, &crypto, keys, 2);
}

static void the_key_is_found_by_its_id(void **state)
{
    (void)state;
    static const uint8_t foreign[ROOST_PUBLIC_KEY_BYTES] = {9};
    assert_int_equal(read_text(good), 0);
    keys[0][0] = 4;
    keys[1][0] = 5;
    for (uint8_t i = 0; i < 2; i++) {
        assert_int_equal(verify_with(keys[i], (uint8_t)(4 + i)), 0);
        assert_true(crypto_calls.key == keys[i]);
        assert_int_equal(crypto_calls.verified, 1);
        assert_int_equal(verify_with(keys[i], (uint8_t)(5 - i)), ROOST_ERR_CRYPTO);
    }
    assert_int_equal(verify_with(foreign, 4), ROOST_ERR_AUTH);
    assert_int_equal(crypto_calls.verified, 0);
    assert_int_equal(roost_manifest_verify(&manifest, &crypto, keys, 0), ROOST_ERR_AUTH);
    manifest.size_bytes++;
    assert_int_equal(verify_with(keys[0], 4), ROOST_ERR_CRYPTO);
}

static void a_digest_that_fails_verifies_nothing(void **state)
{
    (void)state;
    uint8_t id[ROOST_KEY_ID_BYTES];
    assert_int_equal(read_text(good), 0);
    keys[0][0] = 4;
    memset(&crypto_calls, 0, sizeof crypto_calls);
    assert_int_equal(roost_key_id(&crypto, keys[0], manifest.key_id), 0);
    manifest.signature[0] = 4;
    for (int call = 1; call <= 2; call++) {
        crypto_calls.digests = 0;
        crypto_calls.fail_digest = call;
        assert_int_equal(roost_manifest_verify(&manifest, &crypto, keys, 2), ROOST_ERR_CRYPTO);
    }
    crypto_calls.digests = 0;
    crypto_calls.fail_digest = 1;
    assert_int_equal(roost_key_id(&crypto, keys[0], id), ROOST_ERR_CRYPTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_members_are_read),
        cmocka_unit_test(nothing_available_needs_no_more),
        cmocka_unit_test(what_may_be_left_out),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(what_is_of_the_wrong_type_is_named),
        cmocka_unit_test(numbers_have_limits),
        cmocka_unit_test(words_are_printable_and_bounded),
        cmocka_unit_test(bytes_are_hexadecimal_and_whole),
        cmocka_unit_test(the_whole_is_one_object),
        cmocka_unit_test(the_signed_lines_are_these),
        cmocka_unit_test(the_longest_lines_fit),
        cmocka_unit_test(the_key_is_found_by_its_id),
        cmocka_unit_test(a_digest_that_fails_verifies_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
