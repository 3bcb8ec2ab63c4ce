/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A brake against floods: a token bucket, `rate` a second with a burst, for every caller and class
 * of route, in a bounded table of who was seen lately (when it is full, the one not seen for the
 * longest is forgotten). Wrong passwords have tables of their own (hub/api/lockout.h). Time is the
 * caller's. Depends on hub/api/keyed.h.
 */
#ifndef ROOST_HUB_API_LIMIT_H
#define ROOST_HUB_API_LIMIT_H

#include <stddef.h>
#include <stdint.h>

enum { LIMIT_KEY_MAX = 160, LIMIT_ENTRIES = 4096 };

struct limit;

/* NULL when out of memory. */
struct limit *limit_new(void);
void limit_free(struct limit *limit);

/* Takes one from the bucket of `key`. Returns 0, or in how many ms to come again (> 0). */
uint32_t limit_take(struct limit *limit, const char *key, double rate_per_s, double burst,
                    uint64_t now_ms);

#endif
