/* SPDX-License-Identifier: Apache-2.0 */
/* What a claim says, and whether it is proven. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/hex.h"
#include "hub/api/claim_internal.h"
#include "proto/voice/door.h"

/* ---- the request: a wrong field is a 422 that names it ---- */

static int refuse(struct http_exchange *exchange, const char *message)
{
    http_fail(exchange, 422, "invalid_field", message);
    return ROOST_ERR_INVALID;
}

/* 0, or a negative error: missing, no string, or longer. */
static int text(const struct body *body, const char *key, char *out, size_t size)
{
    return roost_json_get_string(&body->doc, ROOST_JSON_ROOT, key, out, size);
}

static bool hex(const struct body *body, const char *key, uint8_t *out, size_t bytes)
{
    char digits[CLAIM_HMAC_CHARS + 1];

    return text(body, key, digits, 2 * bytes + 1) == 0 && strlen(digits) == 2 * bytes &&
           roost_hex_read(out, digits, bytes);
}

/* A device may write its time as a text or as a number. */
static bool optional(const struct body *body, const char *key, bool may_be_number)
{
    char value[CLAIM_FIELD_MAX + 1];
    int index = roost_json_find(&body->doc, ROOST_JSON_ROOT, key);

    if (index < 0 || text(body, key, value, sizeof value) == 0)
        return true;
    enum roost_json_type type = roost_json_type(&body->doc, index);
    return type == ROOST_JSON_NULL || (may_be_number && type == ROOST_JSON_NUMBER);
}

static int take_fields(struct claim *claim, const struct body *body, struct http_exchange *exchange)
{
    const char *id = claim->device_id;

    if (text(body, "device_id", claim->device_id, sizeof claim->device_id) < 0 ||
        strlen(id) < CLAIM_DEVICE_ID_MIN || roost_device_id_check(id, strlen(id)) < 0)
        return refuse(exchange, "device_id: 8 to 64 characters of A-Z a-z 0-9 _ . : -");
    if (text(body, "child_id", claim->child_id, sizeof claim->child_id) < 0 ||
        voice_child_id_check(claim->child_id) < 0)
        return refuse(exchange, "child_id: 1 to 50 characters of A-Z a-z 0-9 _ -");
    if (!hex(body, "nonce", claim->nonce, sizeof claim->nonce))
        return refuse(exchange, "nonce: 32 hexadecimal digits");
    if (!hex(body, "hmac_hex", claim->hmac, sizeof claim->hmac))
        return refuse(exchange, "hmac_hex: 64 hexadecimal digits");
    if (!optional(body, "firmware_version", false))
        return refuse(exchange, "firmware_version: a text of at most 64 bytes");
    if (!optional(body, "timestamp", true))
        return refuse(exchange, "timestamp: a text of at most 64 bytes, or a number");
    return 0;
}

/* Two requests are the same when all that is read of them is. */
static void digest_of(struct claim *claim, const struct body *body)
{
    static const char *const keys[] = {"device_id", "child_id",         "nonce",
                                       "hmac_hex",  "firmware_version", "timestamp"};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const char *raw;
    size_t len;

    ROOST_ASSERT(ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (roost_json_get_raw(&body->doc, ROOST_JSON_ROOT, keys[i], &raw, &len) < 0)
            raw = "", len = 0;
        ROOST_ASSERT(EVP_DigestUpdate(ctx, &len, sizeof len) == 1 &&
                     EVP_DigestUpdate(ctx, raw, len) == 1);
    }
    ROOST_ASSERT(EVP_DigestFinal_ex(ctx, claim->digest, NULL) == 1);
    EVP_MD_CTX_free(ctx);
}

int claim_read(struct claim *claim, const struct http_request *request)
{
    struct body body;
    int err = body_read(&body, request, claim->exchange);

    if (err == 0)
        err = take_fields(claim, &body, claim->exchange);
    if (err == 0)
        digest_of(claim, &body);
    return err;
}

/* ---- the proof ---- */

/* device_id | child_id | nonce, under the secret. The same work whether there is one or not. */
bool claim_is_proven(const struct claim *claim, const struct registry_credential *credential)
{
    const struct claims *claims = claim->claims;
    const uint8_t *key = claims->api->parts.factory.registry_key;
    bool there = key && credential && credential->sealed_len == CLAIM_SECRET_BYTES + SEAL_EXTRA;
    uint8_t secret[CLAIM_SECRET_BYTES], expected[CLAIM_HMAC_BYTES],
        message[64 + REGISTRY_CHILD_ID_MAX + 16];
    unsigned expected_len = sizeof expected;
    size_t len = 0;

    bool opened = seal_open(secret, there ? key : claims->no_key, there ? claim->device_id : "",
                            there ? credential->secret_sealed : claims->no_secret,
                            CLAIM_SECRET_BYTES + SEAL_EXTRA) == 0;
    memcpy(message, claim->device_id, strlen(claim->device_id));
    len += strlen(claim->device_id);
    memcpy(message + len, claim->child_id, strlen(claim->child_id));
    len += strlen(claim->child_id);
    memcpy(message + len, claim->nonce, sizeof claim->nonce);
    len += sizeof claim->nonce;
    bool made =
        HMAC(EVP_sha256(), secret, sizeof secret, message, len, expected, &expected_len) != NULL;
    bool same = CRYPTO_memcmp(expected, claim->hmac, sizeof expected) == 0;
    OPENSSL_cleanse(secret, sizeof secret);
    OPENSSL_cleanse(expected, sizeof expected);
    return same & made & opened & there;
}
