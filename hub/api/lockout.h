/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wrong passwords: after LOCKOUT_FREE of them each further one doubles the time until the next try
 * is looked at, 1 s up to LOCKOUT_MAX_MS; one is forgotten each LOCKOUT_FORGET_MS. Tries that are
 * under way count as wrong until it is known, so that many at once are no more than many in a row.
 *
 * Counted separately, in a bounded table each, by
 *
 *     OPERATOR   the operator that the registry found, however the e-mail was spelt
 *     NAME       an e-mail that the registry does not know: to a stranger it behaves as one it does
 *     ADDRESS    where strangers' tries come from
 *     FRIEND     an address for an operator who has signed in from there
 *     COOKIE     a browser in which an operator has signed in (hub/api/known.h)
 *
 * A try counts with one of the last two alone where it can: whoever has signed in before is not
 * locked out by what others try elsewhere. Tables that strangers fill (NAME, ADDRESS) hold nothing
 * that protects an operator; in each the one not heard of for the longest is forgotten first, who
 * is locked out only when all are. Time is the caller's, monotonic. Depends on hub/api/keyed.h.
 */
#ifndef ROOST_HUB_API_LOCKOUT_H
#define ROOST_HUB_API_LOCKOUT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    LOCKOUT_KEY_MAX = 160,
    LOCKOUT_PLACES = 4096, /* of each table */
    LOCKOUT_FREE = 5,
    LOCKOUT_MAX_MS = 15 * 60 * 1000,
    LOCKOUT_FORGET_MS = 15 * 60 * 1000,
    LOCKOUT_CROWD_MS = 1000 /* until those under way are surely known */
};

enum lockout_kind {
    LOCKOUT_OPERATOR,
    LOCKOUT_NAME,
    LOCKOUT_ADDRESS,
    LOCKOUT_FRIEND,
    LOCKOUT_COOKIE,
    LOCKOUT_KINDS
};

enum lockout_result { LOCKOUT_WRONG, LOCKOUT_RIGHT, LOCKOUT_UNKNOWN };

struct lockout;

/* NULL when out of memory. */
struct lockout *lockout_new(void);
void lockout_free(struct lockout *lockout);

/* In how many ms a password may be tried; 0: now. */
uint32_t lockout_wait_ms(const struct lockout *lockout, enum lockout_kind kind, const char *key,
                         uint64_t now_ms);

/* A try begins, after lockout_wait_ms was 0, and ends. RIGHT forgets the wrong ones. */
void lockout_begin(struct lockout *lockout, enum lockout_kind kind, const char *key,
                   uint64_t now_ms);
void lockout_end(struct lockout *lockout, enum lockout_kind kind, const char *key,
                 enum lockout_result result, uint64_t now_ms);

/* Puts the key into its table, for FRIEND; and whether it is there. */
void lockout_keep(struct lockout *lockout, enum lockout_kind kind, const char *key,
                  uint64_t now_ms);
bool lockout_has(const struct lockout *lockout, enum lockout_kind kind, const char *key);

#endif
