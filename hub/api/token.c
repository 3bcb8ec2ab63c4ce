/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/token.h"

#include <jwt.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/base64.h"
#include "core/err.h"
#include "core/hex.h"
#include "core/number.h"

enum { CLOCK_SLACK_S = 60 };

static const struct {
    enum http_role role;
    const char *name;
} roles[] = {
    {HTTP_ROLE_OPERATOR, "operator"},
    {HTTP_ROLE_PARENT, "parent"},
    {HTTP_ROLE_DEVICE, "device"},
};

const char *token_role_name(enum http_role role)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (roles[i].role == role)
            return roles[i].name;
    return NULL;
}

static int lasts_s(enum http_role role)
{
    return role == HTTP_ROLE_DEVICE ? TOKEN_DEVICE_S : TOKEN_ACCESS_S;
}

static char *sign(const char *secret, enum http_role of, const char *subject, const char *session,
                  int64_t unix_s)
{
    const char *role = token_role_name(of);
    ROOST_ASSERT(role);
    jwt_t *jwt = NULL;
    if (jwt_new(&jwt) != 0)
        return NULL;
    char *token = NULL;
    if (jwt_add_grant(jwt, "iss", TOKEN_ISSUER) == 0 && jwt_add_grant(jwt, "sub", subject) == 0 &&
        jwt_add_grant(jwt, "role", role) == 0 && jwt_add_grant(jwt, "sid", session) == 0 &&
        jwt_add_grant_int(jwt, "iat", (long)unix_s) == 0 &&
        jwt_add_grant_int(jwt, "exp", (long)(unix_s + lasts_s(of))) == 0 &&
        jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)secret, (int)strlen(secret)) == 0)
        token = jwt_encode_str(jwt);
    jwt_free(jwt);
    return token;
}

char *token_access_new(const char *secret, const struct http_identity *identity, int64_t unix_s)
{
    char subject[ROOST_NUMBER_MAX];
    roost_write_uint64(subject, (uint64_t)identity->id);
    return sign(secret, identity->role, subject, identity->session, unix_s);
}

char *token_device_new(const char *secret, const char *device_id, const char *session,
                       int64_t unix_s)
{
    return sign(secret, HTTP_ROLE_DEVICE, device_id, session, unix_s);
}

static int read_claims(jwt_t *jwt, int64_t unix_s, struct http_identity *identity)
{
    const char *issuer = jwt_get_grant(jwt, "iss");
    const char *subject = jwt_get_grant(jwt, "sub");
    const char *role = jwt_get_grant(jwt, "role");
    const char *session = jwt_get_grant(jwt, "sid");
    int64_t id = 0;
    bool of_device = role && strcmp(role, token_role_name(HTTP_ROLE_DEVICE)) == 0;
    /* The algorithm is ours to say, not the token's. */
    if (jwt_get_alg(jwt) != JWT_ALG_HS256 || !issuer || strcmp(issuer, TOKEN_ISSUER) != 0 ||
        !subject || !role || !session || strlen(session) > HTTP_SESSION_MAX ||
        (!of_device && roost_parse_int64(subject, strlen(subject), &id) != 0))
        return ROOST_ERR_AUTH;
    /* Without an end it reads as 0, and is over. */
    int64_t left_s = jwt_get_grant_int(jwt, "exp") - unix_s;
    /* One that was issued by a clock that has been put back since would last too long. */
    if (left_s <= 0 ||
        left_s > lasts_s(of_device ? HTTP_ROLE_DEVICE : HTTP_ROLE_OPERATOR) + CLOCK_SLACK_S)
        return ROOST_ERR_STALE;
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(roles[i].name, role) == 0) {
            *identity = (struct http_identity){
                .id = id, .role = roles[i].role, .valid_s = (uint32_t)left_s};
            memcpy(identity->session, session, strlen(session) + 1);
            return 0;
        }
    return ROOST_ERR_AUTH;
}

int token_access_check(const char *secret, const char *token, int64_t unix_s,
                       struct http_identity *identity)
{
    jwt_t *jwt = NULL;
    if (jwt_decode(&jwt, token, (const unsigned char *)secret, (int)strlen(secret)) != 0)
        return ROOST_ERR_AUTH;
    int err = read_claims(jwt, unix_s, identity);
    jwt_free(jwt);
    return err;
}

void token_refresh_hash(const char *token, char hash_hex[TOKEN_HASH_LEN + 1])
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)token, strlen(token), hash);
    roost_hex_write(hash_hex, hash, sizeof hash);
}

void token_refresh_new(char token[TOKEN_REFRESH_LEN + 1], char hash_hex[TOKEN_HASH_LEN + 1])
{
    unsigned char bytes[32];
    char text[ROOST_BASE64_LEN(sizeof bytes)];
    ROOST_ASSERT(RAND_bytes(bytes, sizeof bytes) == 1);
    roost_base64_encode(text, bytes, sizeof bytes);
    for (size_t i = 0; i < TOKEN_REFRESH_LEN; i++)
        token[i] = text[i];
    /* The alphabet for URLs (RFC 4648, section 5). */
    for (size_t i = 0; i < TOKEN_REFRESH_LEN; i++) {
        if (token[i] == '+')
            token[i] = '-';
        else if (token[i] == '/')
            token[i] = '_';
    }
    token[TOKEN_REFRESH_LEN] = '\0';
    token_refresh_hash(token, hash_hex);
}
