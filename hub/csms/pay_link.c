/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/pay_link.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "core/base64.h"
#include "core/err.h"
#include "core/hex.h"

_Static_assert(ROOST_BASE64_LEN(6 + CSMS_IDENTITY_MAX + PAY_LINK_MAC_BYTES) < PAY_LINK_BYTES,
               "the longest fits");

/* kind, expiry (4), connector, then the identity or the payment's id (16), then the MAC. */
enum { HEAD = 6, ID_BYTES = 16, BODY_MAX = HEAD + CSMS_IDENTITY_MAX };

static int mac(const char *key, const uint8_t *body, size_t len, uint8_t out[PAY_LINK_MAC_BYTES])
{
    static const char purpose[] = "roost pay link 1";
    uint8_t text[sizeof purpose + BODY_MAX], hash[EVP_MAX_MD_SIZE];

    memcpy(text, purpose, sizeof purpose);
    memcpy(text + sizeof purpose, body, len);
    if (!HMAC(EVP_sha256(), key, (int)strlen(key), text, sizeof purpose + len, hash, NULL))
        return ROOST_ERR_INTERNAL;
    memcpy(out, hash, PAY_LINK_MAC_BYTES);
    return 0;
}

/* ---- as text: base64url without its end ---- */

static void to_text(const uint8_t *bytes, size_t len, char out[PAY_LINK_BYTES])
{
    size_t chars = roost_base64_encode(out, bytes, len);

    while (chars > 0 && out[chars - 1] == '=')
        chars--;
    out[chars] = '\0';
    for (char *c = out; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
}

static int from_text(const char *text, uint8_t *out, size_t size)
{
    char plain[PAY_LINK_BYTES + 4];
    size_t len = strlen(text);

    if (len >= PAY_LINK_BYTES || strpbrk(text, "+/="))
        return ROOST_ERR_AUTH;
    for (size_t i = 0; i < len; i++)
        plain[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    while (len % 4 != 0)
        plain[len++] = '=';
    int bytes = roost_base64_decode(out, size, plain, len);
    return bytes < 0 ? ROOST_ERR_AUTH : bytes;
}

/* ---- links ---- */

int pay_link_write(const char *key, const struct pay_link *link, char out[PAY_LINK_BYTES])
{
    uint8_t bytes[BODY_MAX + PAY_LINK_MAC_BYTES] = {(uint8_t)link->kind};
    size_t len = HEAD;

    if (link->expires_s < 0 || link->expires_s > UINT32_MAX || link->connector < 0 ||
        link->connector > UINT8_MAX)
        return ROOST_ERR_RANGE;
    for (int i = 0; i < 4; i++)
        bytes[1 + i] = (uint8_t)(link->expires_s >> (24 - 8 * i));
    bytes[5] = (uint8_t)link->connector;
    if (link->kind == PAY_LINK_PAYMENT) {
        if (strlen(link->payment_id) != (size_t)2 * ID_BYTES ||
            !roost_hex_read(bytes + len, link->payment_id, ID_BYTES))
            return ROOST_ERR_RANGE;
        len += ID_BYTES;
    } else {
        size_t id_len = strlen(link->identity);
        if (id_len == 0)
            return ROOST_ERR_RANGE;
        memcpy(bytes + len, link->identity, id_len);
        len += id_len;
    }
    int err = mac(key, bytes, len, bytes + len);
    if (err == 0)
        to_text(bytes, len + PAY_LINK_MAC_BYTES, out);
    return err;
}

static int take(const uint8_t *bytes, size_t len, struct pay_link *out)
{
    out->kind = (enum pay_link_kind)bytes[0];
    for (int i = 0; i < 4; i++)
        out->expires_s = out->expires_s << 8 | bytes[1 + i];
    out->connector = bytes[5];
    if (out->kind == PAY_LINK_PAYMENT && len == HEAD + ID_BYTES) {
        roost_hex_write(out->payment_id, bytes + HEAD, ID_BYTES);
        return 0;
    }
    if (out->kind != PAY_LINK_PLACE || len <= HEAD)
        return ROOST_ERR_AUTH;
    memcpy(out->identity, bytes + HEAD, len - HEAD);
    return 0;
}

int pay_link_read(const char *key, const char *text, int64_t unix_ms, struct pay_link *out)
{
    uint8_t bytes[PAY_LINK_BYTES], wanted[PAY_LINK_MAC_BYTES];
    int len = from_text(text, bytes, sizeof bytes);

    memset(out, 0, sizeof *out);
    if (len < HEAD + 1 + PAY_LINK_MAC_BYTES || len > BODY_MAX + PAY_LINK_MAC_BYTES)
        return ROOST_ERR_AUTH;
    size_t body = (size_t)len - PAY_LINK_MAC_BYTES;
    if (mac(key, bytes, body, wanted) < 0 ||
        CRYPTO_memcmp(bytes + body, wanted, sizeof wanted) != 0)
        return ROOST_ERR_AUTH;
    int err = take(bytes, body, out);
    if (err == 0 && out->expires_s != 0 && out->expires_s * 1000 <= unix_ms)
        err = ROOST_ERR_TIMEOUT;
    return err;
}
