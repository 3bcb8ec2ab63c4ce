/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "proto/voice/sign.h"

#define ID "ffeeddcc-bbaa-4988-b766-554433221100"

/* Keeps what it was given; its "digest" counts from `key_len`. */
static struct {
    uint8_t key[64], text[256];
    size_t key_len, len;
    int err;
} seen;

static int hmac(void *ctx, const void *key, size_t key_len, const void *data, size_t len,
                uint8_t out[VOICE_KEY_BYTES])
{
    assert_ptr_equal(ctx, &seen);
    memcpy(seen.key, key, key_len);
    memcpy(seen.text, data, len);
    seen.key_len = key_len;
    seen.len = len;
    for (size_t i = 0; i < VOICE_KEY_BYTES; i++)
        out[i] = (uint8_t)(key_len + i);
    return seen.err;
}

static const struct voice_hmac by = {hmac, &seen};

static void token(void **state)
{
    char out[VOICE_TOKEN_CHARS + 1];

    (void)state;
    assert_int_equal(voice_token(&by, "secret", 6, "teddy-0001", out), 0);
    assert_int_equal(seen.key_len, 6);
    assert_memory_equal(seen.key, "secret", 6);
    assert_int_equal(seen.len, 10);
    assert_memory_equal(seen.text, "teddy-0001", 10);
    assert_string_equal(out, "060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425");
    seen.err = ROOST_ERR_CRYPTO;
    assert_int_equal(voice_token(&by, "secret", 6, "teddy-0001", out), ROOST_ERR_CRYPTO);
    assert_string_equal(out, "");
    seen.err = 0;
}

static void sound_key(void **state)
{
    uint8_t out[VOICE_KEY_BYTES];

    (void)state;
    assert_int_equal(voice_sound_key(&by, "key", 3, ID, out), 0);
    assert_int_equal(seen.len, 14 + VOICE_UUID_CHARS);
    assert_memory_equal(seen.text, "roost-audio-v1" ID, seen.len);
    assert_memory_equal(seen.key, "key", 3);
    assert_int_equal(voice_sound_key(&by, "key", 3, ID "0", out), ROOST_ERR_TOO_LONG);
}

static void ours(void **state)
{
    static const uint8_t head[VOICE_SIGN_HEAD + 1] = ID "\x01\x02\x03\x04\x05\x06\x07\x08\x01";
    uint8_t memory[VOICE_SIGN_HEAD + 4] = {0}, key[VOICE_KEY_BYTES] = {9}, out[VOICE_KEY_BYTES];
    struct voice_signed what = {
        .audio_session_id = ID, .seq = 0x0102030405060708, .is_final = true};

    (void)state;
    memcpy(memory + VOICE_SIGN_HEAD, "\xAA\xBB\xCC\xDD", 4);
    assert_int_equal(voice_sign(&by, key, &what, memory, 4, out), 0);
    assert_int_equal(seen.key_len, VOICE_KEY_BYTES);
    assert_memory_equal(seen.key, key, sizeof key);
    assert_int_equal(seen.len, VOICE_UUID_CHARS + 8 + 1 + 4);
    assert_memory_equal(seen.text, head, VOICE_SIGN_HEAD);
    assert_memory_equal(seen.text + VOICE_SIGN_HEAD, "\xAA\xBB\xCC\xDD", 4);
    what.audio_session_id = "short";
    assert_int_equal(voice_sign(&by, key, &what, memory, 4, out), ROOST_ERR_INVALID);
}

static void the_fields(void **state)
{
    uint8_t memory[4 + 8] = {0xAA, 0xBB, 0xCC, 0xDD}, out[VOICE_KEY_BYTES];

    (void)state;
    assert_int_equal(voice_sign_fielded(&by, "key", 3, 258, memory, 4, out), 0);
    assert_int_equal(seen.len, 12);
    assert_memory_equal(seen.text, "\xAA\xBB\xCC\xDD\0\0\0\0\0\0\x01\x02", 12);
}

static void same(void **state)
{
    (void)state;
    assert_true(voice_same("abc", "abc", 3));
    assert_false(voice_same("abc", "abd", 3));
    assert_true(voice_same("abc", "abd", 2));
    assert_true(voice_same("a", "b", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token),      cmocka_unit_test(sound_key), cmocka_unit_test(ours),
        cmocka_unit_test(the_fields), cmocka_unit_test(same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
