/* SPDX-License-Identifier: Apache-2.0 */
/*
 * By what a sign-in is told from a stranger's: where it comes from, and a cookie that a browser
 * keeps after an operator has signed in. The cookie lets nobody in and proves nothing but that: a
 * try that carries it counts its wrong passwords by itself, so that strangers who share an address
 * with the operator (a proxy's, a company's) cannot lock him out. It is signed with a key made of
 * the tokens' secret, and survives a restart of the hub. Depends on OpenSSL, core/err.h.
 */
#ifndef ROOST_HUB_API_KNOWN_H
#define ROOST_HUB_API_KNOWN_H

#include <stddef.h>
#include <stdint.h>

#define KNOWN_COOKIE "roost_known"

enum {
    KNOWN_COOKIE_MAX = 128,
    KNOWN_NONCE_LEN = 32,
    KNOWN_ADDRESS_MAX = 47,
    KNOWN_COOKIE_S = 180 * 24 * 3600
};

struct known_cookie {
    int64_t operator_id;
    char nonce[KNOWN_NONCE_LEN + 1]; /* names this browser */
};

/* The value of a new cookie. */
void known_cookie_new(const char *secret, int64_t operator_id, int64_t unix_s,
                      char out[KNOWN_COOKIE_MAX]);

/* What a Cookie header (or NULL) carries: 0, ROOST_ERR_NOT_FOUND, ROOST_ERR_AUTH (not ours),
 * ROOST_ERR_STALE. */
int known_cookie_read(const char *secret, const char *header, int64_t unix_s,
                      struct known_cookie *out);

/* The part of an address that stands for one who calls: all of an IPv4 address, also of one mapped
 * into IPv6; the first 64 bits of another IPv6 address, because a household is given as many as it
 * likes. A text that is no address stands for itself. */
void known_address(const char *remote, char out[KNOWN_ADDRESS_MAX + 1]);

#endif
