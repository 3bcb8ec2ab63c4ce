/* SPDX-License-Identifier: Apache-2.0 */
/* Published vectors: FIPS 180-4, RFC 4231, RFC 6979 A.2.5, McGrew and Viega's GCM cases 13 and 16.
 */
#include "port/conformance_tests.h"

static size_t unhex(uint8_t *out, const char *hex)
{
    size_t len = strlen(hex) / 2;

    for (size_t i = 0; i < len; i++) {
        unsigned value = 0;
        for (int half = 0; half < 2; half++) {
            char c = hex[2 * i + (size_t)half];
            value = value << 4 | (unsigned)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
        }
        out[i] = (uint8_t)value;
    }
    return len;
}

static void expect_hex(const uint8_t *bytes, const char *hex)
{
    uint8_t wanted[128];
    size_t len = unhex(wanted, hex);

    assert_memory_equal(bytes, wanted, len);
}

static void test_sha256(void **state)
{
    const struct roost_crypto *crypto = &((struct roost_conformance *)*state)->port->crypto;
    uint8_t out[32];

    assert_int_equal(crypto->ops->sha256(crypto->ctx, "abc", 3, out), 0);
    expect_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(crypto->ops->sha256(crypto->ctx, NULL, 0, out), 0);
    expect_hex(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* Pieces of every length around the block, also empty ones. */
static void test_sha256_in_pieces(void **state)
{
    const struct roost_crypto *crypto = &((struct roost_conformance *)*state)->port->crypto;
    static const size_t sizes[] = {1, 0, 63, 64, 65, 128, 7, 1000};
    uint8_t data[1328], whole[32], out[32];
    size_t at = 0;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + 3);
    assert_int_equal(crypto->ops->sha256(crypto->ctx, data, sizeof data, whole), 0);
    assert_int_equal(crypto->ops->sha256_begin(crypto->ctx), 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; at += sizes[i++])
        assert_int_equal(crypto->ops->sha256_add(crypto->ctx, data + at, sizes[i]), 0);
    assert_int_equal(at, sizeof data);
    assert_int_equal(crypto->ops->sha256_end(crypto->ctx, out), 0);
    assert_memory_equal(out, whole, sizeof out);

    assert_int_equal(crypto->ops->sha256_begin(crypto->ctx), 0);
    assert_int_equal(crypto->ops->sha256_end(crypto->ctx, out), 0);
    expect_hex(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* A sum that was not ended is forgotten, and sums in between in one piece leave it alone. */
static void test_sha256_begins_anew(void **state)
{
    const struct roost_crypto *crypto = &((struct roost_conformance *)*state)->port->crypto;
    uint8_t out[32], other[32];

    assert_int_equal(crypto->ops->sha256_begin(crypto->ctx), 0);
    assert_int_equal(crypto->ops->sha256_add(crypto->ctx, "forgotten", 9), 0);
    assert_int_equal(crypto->ops->sha256_begin(crypto->ctx), 0);
    assert_int_equal(crypto->ops->sha256_add(crypto->ctx, "a", 1), 0);
    assert_int_equal(crypto->ops->sha256(crypto->ctx, "other", 5, other), 0);
    assert_int_equal(crypto->ops->hmac_sha256(crypto->ctx, "k", 1, "other", 5, other), 0);
    assert_int_equal(crypto->ops->sha256_add(crypto->ctx, "bc", 2), 0);
    assert_int_equal(crypto->ops->sha256_end(crypto->ctx, out), 0);
    expect_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(crypto->ops->sha256_add(crypto->ctx, "d", 1) < 0);
    assert_true(crypto->ops->sha256_end(crypto->ctx, out) < 0);
}

static void test_hmac(void **state)
{
    const struct roost_crypto *crypto = &((struct roost_conformance *)*state)->port->crypto;
    uint8_t key[131], out[32];
    const char *data = "what do ya want for nothing?";

    memset(key, 0x0b, 20);
    assert_int_equal(crypto->ops->hmac_sha256(crypto->ctx, key, 20, "Hi There", 8, out), 0);
    expect_hex(out, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_int_equal(crypto->ops->hmac_sha256(crypto->ctx, "Jefe", 4, data, strlen(data), out), 0);
    expect_hex(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key); /* a key longer than the block is hashed first */
    data = "Test Using Larger Than Block-Size Key - Hash Key First";
    assert_int_equal(
        crypto->ops->hmac_sha256(crypto->ctx, key, sizeof key, data, strlen(data), out), 0);
    expect_hex(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void test_ecdsa(void **state)
{
    const struct roost_crypto *crypto = &((struct roost_conformance *)*state)->port->crypto;
    uint8_t key[65], digest[32], signature[64];

    unhex(key, "0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
               "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299");
    unhex(signature, "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
                     "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8");
    assert_int_equal(crypto->ops->sha256(crypto->ctx, "sample", 6, digest), 0);
    assert_int_equal(crypto->ops->ecdsa_p256_verify(crypto->ctx, key, digest, signature), 0);
    digest[31] ^= 1;
    assert_int_equal(crypto->ops->ecdsa_p256_verify(crypto->ctx, key, digest, signature),
                     ROOST_ERR_CRYPTO);
    digest[31] ^= 1;
    signature[40] ^= 1;
    assert_int_equal(crypto->ops->ecdsa_p256_verify(crypto->ctx, key, digest, signature),
                     ROOST_ERR_CRYPTO);
    memset(signature, 0, sizeof signature);
    assert_int_equal(crypto->ops->ecdsa_p256_verify(crypto->ctx, key, digest, signature),
                     ROOST_ERR_CRYPTO);
    key[64] ^= 1; /* not on the curve */
    assert_int_equal(crypto->ops->ecdsa_p256_verify(crypto->ctx, key, digest, signature),
                     ROOST_ERR_CRYPTO);
}

static void test_aes_gcm(void **state)
{
    const struct roost_crypto *crypto = &((struct roost_conformance *)*state)->port->crypto;
    uint8_t key[32], nonce[12], aad[20], text[64], out[64], tag[16];

    memset(key, 0, sizeof key);
    memset(nonce, 0, sizeof nonce);
    assert_int_equal(
        crypto->ops->aes_gcm_seal(crypto->ctx, key, nonce, NULL, 0, NULL, 0, NULL, tag), 0);
    expect_hex(tag, "530f8afbc74536b9a963b4f1c4cb738b");

    unhex(key, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    unhex(nonce, "cafebabefacedbaddecaf888");
    unhex(aad, "feedfacedeadbeeffeedfacedeadbeefabaddad2");
    size_t len = unhex(text, "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                             "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    assert_int_equal(
        crypto->ops->aes_gcm_seal(crypto->ctx, key, nonce, aad, sizeof aad, text, len, out, tag),
        0);
    expect_hex(out, "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662");
    expect_hex(tag, "76fc6ece0f4e1768cddf8853bb2d551b");
    /* in place, then with one bit wrong */
    assert_int_equal(
        crypto->ops->aes_gcm_open(crypto->ctx, key, nonce, aad, sizeof aad, out, len, tag, out), 0);
    assert_memory_equal(out, text, len);
    assert_int_equal(
        crypto->ops->aes_gcm_seal(crypto->ctx, key, nonce, aad, sizeof aad, out, len, out, tag), 0);
    tag[0] ^= 1;
    assert_int_equal(
        crypto->ops->aes_gcm_open(crypto->ctx, key, nonce, aad, sizeof aad, out, len, tag, out),
        ROOST_ERR_CRYPTO);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(out[i], 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_sha256),
    cmocka_unit_test(test_sha256_in_pieces),
    cmocka_unit_test(test_sha256_begins_anew),
    cmocka_unit_test(test_hmac),
    cmocka_unit_test(test_ecdsa),
    cmocka_unit_test(test_aes_gcm),
};

struct conformance_group conformance_crypto_group(void)
{
    return (struct conformance_group){"crypto", tests, sizeof tests / sizeof tests[0]};
}
