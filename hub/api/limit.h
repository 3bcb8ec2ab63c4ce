/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two brakes against abuse, both in a bounded table of who was seen lately (when it is full, the
 * one not seen for the longest is forgotten):
 *  - a token bucket: `rate` a second with a burst, for every caller and class of route;
 *  - a lock-out: after LIMIT_FREE_FAILURES wrong passwords in a row each further one doubles the
 * time until the next try is looked at, 1 s up to 15 min; a success forgets them. Time is the
 * caller's. Depends on core/err.h.
 */
#ifndef ROOST_HUB_API_LIMIT_H
#define ROOST_HUB_API_LIMIT_H

#include <stddef.h>
#include <stdint.h>

enum {
    LIMIT_KEY_MAX = 160,
    LIMIT_ENTRIES = 4096,
    LIMIT_FREE_FAILURES = 5,
    LIMIT_LOCKOUT_MAX_MS = 15 * 60 * 1000
};

struct limit;

/* NULL when out of memory. */
struct limit *limit_new(void);
void limit_free(struct limit *limit);

/* Takes one from the bucket of `key`. Returns 0, or in how many ms to come again (> 0). */
uint32_t limit_take(struct limit *limit, const char *key, double rate_per_s, double burst,
                    uint64_t now_ms);

/* 0: a password of `key` may be tried; else in how many ms. */
uint32_t limit_locked_ms(struct limit *limit, const char *key, uint64_t now_ms);
void limit_failed(struct limit *limit, const char *key, uint64_t now_ms);
void limit_succeeded(struct limit *limit, const char *key);

#endif
