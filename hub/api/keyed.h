/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names for bounded tables of what strangers send: a text becomes 128 bits of its HMAC under a key
 * drawn at the start. So an entry is small whatever the text, and nobody can choose texts that fall
 * together, or into the place of somebody else. Depends on OpenSSL.
 */
#ifndef ROOST_HUB_API_KEYED_H
#define ROOST_HUB_API_KEYED_H

#include <stdbool.h>
#include <stdint.h>

struct keyed {
    uint8_t key[32];
};

struct keyed_id {
    uint64_t low, high;
};

void keyed_init(struct keyed *keyed);
struct keyed_id keyed_id(const struct keyed *keyed, const char *text);

static inline bool keyed_same(struct keyed_id a, struct keyed_id b)
{
    return a.low == b.low && a.high == b.high;
}

#endif
