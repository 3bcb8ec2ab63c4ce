/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/claim_table.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/api/keyed.h"

enum { MINUTE_MS = 60 * 1000, WAYS = 8, SETS = CLAIM_DEVICES / WAYS };

/* A device's tries, in minutes that begin with a try. */
struct tries {
    struct keyed_id id;
    bool taken;
    uint64_t begin_ms;
    unsigned count;
};

struct used {
    bool there; /* false: dropped */
    uint64_t at_ms;
    uint8_t nonce[CLAIM_NONCE_BYTES], digest[CLAIM_DIGEST_BYTES];
    char child_id[51];
    char *answer;
    size_t len;
};

struct claim_table {
    struct keyed keyed;
    struct tries tries[SETS][WAYS];
    struct used used[CLAIM_NONCES]; /* a ring: each lasts as long as the others */
    uint64_t oldest, next;          /* places count on, and are taken modulo CLAIM_NONCES */
};

struct claim_table *claim_table_new(void)
{
    struct claim_table *table = calloc(1, sizeof *table);

    if (table)
        keyed_init(&table->keyed);
    return table;
}

static void wipe(struct used *used)
{
    if (used->answer)
        OPENSSL_cleanse(used->answer, used->len);
    free(used->answer);
    OPENSSL_cleanse(used, sizeof *used);
}

void claim_table_free(struct claim_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < CLAIM_NONCES; i++)
        wipe(&table->used[i]);
    free(table);
}

/* ---- tries ---- */

static struct tries *tries_of(struct claim_table *table, const char *device_id)
{
    const struct keyed_id id = keyed_id(&table->keyed, device_id);
    struct tries *set = table->tries[id.low % SETS], *oldest = set;

    for (struct tries *tries = set; tries < set + WAYS; tries++) {
        if (tries->taken && keyed_same(tries->id, id))
            return tries;
        if (!tries->taken || (oldest->taken && tries->begin_ms < oldest->begin_ms))
            oldest = tries;
    }
    *oldest = (struct tries){.id = id};
    return oldest;
}

uint32_t claim_table_count(struct claim_table *table, const char *device_id, uint64_t now_ms)
{
    struct tries *tries = tries_of(table, device_id);

    if (!tries->taken || now_ms - tries->begin_ms >= MINUTE_MS)
        *tries = (struct tries){.id = tries->id, .taken = true, .begin_ms = now_ms};
    if (tries->count < CLAIM_PER_MINUTE) {
        tries->count++;
        return 0;
    }
    return (uint32_t)(tries->begin_ms + MINUTE_MS - now_ms);
}

/* ---- nonces ---- */

static struct used *at(const struct claim_table *table, uint64_t place)
{
    return (struct used *)&table->used[place % CLAIM_NONCES];
}

void claim_table_turn(struct claim_table *table, uint64_t now_ms)
{
    while (table->oldest < table->next) {
        struct used *used = at(table, table->oldest);

        if (used->there && now_ms - used->at_ms < CLAIM_NONCE_MS)
            return;
        wipe(used);
        table->oldest++;
    }
}

enum claim_nonce claim_table_begin(struct claim_table *table,
                                   const uint8_t nonce[CLAIM_NONCE_BYTES],
                                   const uint8_t digest[CLAIM_DIGEST_BYTES], const char *child_id,
                                   uint64_t now_ms, uint64_t *place)
{
    claim_table_turn(table, now_ms);
    for (uint64_t i = table->oldest; i < table->next; i++) {
        const struct used *used = at(table, i);

        if (!used->there || memcmp(used->nonce, nonce, sizeof used->nonce) != 0)
            continue;
        *place = i;
        if (memcmp(used->digest, digest, sizeof used->digest) != 0)
            return CLAIM_REUSED;
        return used->answer ? CLAIM_AGAIN : CLAIM_UNDER_WAY;
    }
    if (table->next - table->oldest >= CLAIM_NONCES)
        return CLAIM_FULL;
    *place = table->next++;
    struct used *used = at(table, *place);
    *used = (struct used){.there = true, .at_ms = now_ms};
    snprintf(used->child_id, sizeof used->child_id, "%s", child_id);
    memcpy(used->nonce, nonce, sizeof used->nonce);
    memcpy(used->digest, digest, sizeof used->digest);
    return CLAIM_NEW;
}

/* NULL: it has run out meanwhile. */
static struct used *find(const struct claim_table *table, uint64_t place)
{
    return place >= table->oldest && place < table->next ? at(table, place) : NULL;
}

void claim_table_keep(struct claim_table *table, uint64_t place, const char *answer, size_t len)
{
    struct used *used = find(table, place);

    if (!used || !(used->answer = malloc(len)))
        return;
    memcpy(used->answer, answer, len);
    used->len = len;
}

void claim_table_drop(struct claim_table *table, uint64_t place)
{
    struct used *used = find(table, place);

    if (used)
        wipe(used);
}

void claim_table_forget(struct claim_table *table, const char *child_id)
{
    for (uint64_t i = table->oldest; i < table->next; i++) {
        struct used *used = at(table, i);

        if (!used->there || strcmp(used->child_id, child_id) != 0)
            continue;
        const struct used left = {.there = true, .at_ms = used->at_ms}; /* of no request */
        uint8_t nonce[CLAIM_NONCE_BYTES];
        memcpy(nonce, used->nonce, sizeof nonce);
        wipe(used);
        *used = left;
        memcpy(used->nonce, nonce, sizeof nonce);
    }
}

const char *claim_table_answer(const struct claim_table *table, uint64_t place, size_t *len)
{
    const struct used *used = find(table, place);

    *len = used ? used->len : 0;
    return used ? used->answer : NULL;
}
