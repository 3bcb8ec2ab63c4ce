/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of a sign-in. Access: a JWT (RFC 7519, HS256) of 30 minutes that says who, in which role
 * and by which sign-in. Refresh: 32 random bytes as 43 base64url characters, 7 days, used once; the
 * store keeps only its SHA-256. Depends on libjwt, OpenSSL, core/err.h.
 */
#ifndef ROOST_HUB_API_TOKEN_H
#define ROOST_HUB_API_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "host/net/http.h"

#define TOKEN_ISSUER "roostd"

enum {
    TOKEN_ACCESS_S = 30 * 60,
    TOKEN_DEVICE_S = 3600,
    TOKEN_REFRESH_S = 7 * 24 * 3600,
    TOKEN_REFRESH_LEN = 43,
    TOKEN_HASH_LEN = 64
};

/* identity->valid_s is not looked at. Returns a malloc'ed token, or NULL when out of memory. */
char *token_access_new(const char *secret, const struct http_identity *identity, int64_t unix_s);

/* A device's access token, of an hour: its subject is the device, its session that of the claim.
 * Checked as any other; identity->id is 0 then. */
char *token_device_new(const char *secret, const char *device_id, const char *session,
                       int64_t unix_s);

/* 0 with *identity set; ROOST_ERR_AUTH for anything that is not a valid token of ours (algorithm,
 * signature, issuer, role, sign-in), ROOST_ERR_STALE when it has expired. */
int token_access_check(const char *secret, const char *token, int64_t unix_s,
                       struct http_identity *identity);

void token_refresh_new(char token[TOKEN_REFRESH_LEN + 1], char hash_hex[TOKEN_HASH_LEN + 1]);
void token_refresh_hash(const char *token, char hash_hex[TOKEN_HASH_LEN + 1]);

/* "operator", ... for a role that can sign in; NULL otherwise. */
const char *token_role_name(enum http_role role);

#endif
