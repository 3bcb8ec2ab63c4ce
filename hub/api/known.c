/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/known.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/hex.h"
#include "core/number.h"

enum { MAC_BYTES = 16, MAC_LEN = 2 * MAC_BYTES };

/* ---- the cookie: id.nonce.end.mac ---- */

static void sign(const char *secret, const char *text, size_t len, char out[MAC_LEN + 1])
{
    static const char purpose[] = "browsers that operators have signed in with";
    unsigned char key[EVP_MAX_MD_SIZE], mac[EVP_MAX_MD_SIZE];
    unsigned key_len = 0;
    bool done = HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)purpose,
                     sizeof purpose - 1, key, &key_len) &&
                HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text, len, mac, NULL);
    ROOST_ASSERT(done);
    roost_hex_write(out, mac, MAC_BYTES);
    out[MAC_LEN] = '\0';
    OPENSSL_cleanse(key, sizeof key);
}

void known_cookie_new(const char *secret, int64_t operator_id, int64_t unix_s,
                      char out[KNOWN_COOKIE_MAX])
{
    uint8_t bytes[KNOWN_NONCE_LEN / 2];
    char nonce[KNOWN_NONCE_LEN + 1], mac[MAC_LEN + 1];
    ROOST_ASSERT(RAND_bytes(bytes, sizeof bytes) == 1);
    roost_hex_write(nonce, bytes, sizeof bytes);
    nonce[KNOWN_NONCE_LEN] = '\0';
    int len = snprintf(out, KNOWN_COOKIE_MAX, "%lld.%s.%lld", (long long)operator_id, nonce,
                       (long long)(unix_s + KNOWN_COOKIE_S));
    sign(secret, out, (size_t)len, mac);
    snprintf(out + len, KNOWN_COOKIE_MAX - (size_t)len, ".%s", mac);
}

/* The value of our cookie in the header, and how long it is; NULL: it is not there. */
static const char *find_value(const char *header, size_t *len)
{
    static const char name[] = KNOWN_COOKIE "=";
    while (header && *header != '\0') {
        header += strspn(header, " ;");
        *len = strcspn(header, ";");
        if (strncmp(header, name, sizeof name - 1) == 0) {
            header += sizeof name - 1;
            *len -= sizeof name - 1;
            while (*len > 0 && header[*len - 1] == ' ')
                --*len;
            return header;
        }
        header += *len;
    }
    return NULL;
}

/* The next part up to a dot or the end; moves on behind the dot. */
static size_t take_part(const char **at, const char *end)
{
    const char *dot = memchr(*at, '.', (size_t)(end - *at));
    size_t len = (size_t)((dot ? dot : end) - *at);
    *at += len + (dot != NULL);
    return len;
}

int known_cookie_read(const char *secret, const char *header, int64_t unix_s,
                      struct known_cookie *out)
{
    char mac[MAC_LEN + 1];
    size_t len;
    int64_t end_s;
    const char *value = find_value(header, &len);
    if (!value)
        return ROOST_ERR_NOT_FOUND;
    if (len >= KNOWN_COOKIE_MAX || len <= MAC_LEN + 1)
        return ROOST_ERR_AUTH;
    size_t signed_len = len - MAC_LEN - 1;
    sign(secret, value, signed_len, mac);
    if (value[signed_len] != '.' || CRYPTO_memcmp(mac, value + signed_len + 1, MAC_LEN) != 0)
        return ROOST_ERR_AUTH;
    const char *at = value, *end = value + signed_len, *id = at;
    size_t id_len = take_part(&at, end);
    const char *nonce = at;
    size_t nonce_len = take_part(&at, end);
    if (nonce_len != KNOWN_NONCE_LEN || roost_parse_int64(id, id_len, &out->operator_id) != 0 ||
        roost_parse_int64(at, (size_t)(end - at), &end_s) != 0)
        return ROOST_ERR_AUTH;
    memcpy(out->nonce, nonce, nonce_len);
    out->nonce[nonce_len] = '\0';
    return end_s > unix_s ? 0 : ROOST_ERR_STALE;
}

/* ---- addresses ---- */

void known_address(const char *remote, char out[KNOWN_ADDRESS_MAX + 1])
{
    struct in6_addr six;
    struct in_addr four;
    snprintf(out, KNOWN_ADDRESS_MAX + 1, "%s", remote);
    char *zone = strchr(out, '%');
    if (zone)
        *zone = '\0';
    if (inet_pton(AF_INET6, out, &six) != 1)
        return;
    if (IN6_IS_ADDR_V4MAPPED(&six)) {
        memcpy(&four, six.s6_addr + 12, sizeof four);
        inet_ntop(AF_INET, &four, out, KNOWN_ADDRESS_MAX + 1);
        return;
    }
    memset(six.s6_addr + 8, 0, 8);
    inet_ntop(AF_INET6, &six, out, KNOWN_ADDRESS_MAX + 1);
}
