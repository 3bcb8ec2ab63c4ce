/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is remembered of claims for some minutes: how many each device tried, and which nonces have
 * been used, with what they were answered. A nonce enters only with a request that was proven, so
 * that a stranger cannot fill the table; when it is full all the same, a claim waits until the
 * oldest has run out, as none may be forgotten before. Answers hold tokens: they are wiped when
 * they run out. Depends on hub/api/keyed.h.
 *
 *     uint64_t place;
 *     switch (claim_table_begin(table, nonce, digest, now_ms, &place)) {
 *     case CLAIM_NEW: ...           claim_table_keep(table, place, json, len)
 *                                   or claim_table_drop(table, place): it did not take place
 *     case CLAIM_AGAIN:             answer with claim_table_answer(table, place, &len)
 */
#ifndef ROOST_HUB_API_CLAIM_TABLE_H
#define ROOST_HUB_API_CLAIM_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum {
    CLAIM_PER_MINUTE = 30, /* of one device */
    CLAIM_NONCE_MS = 5 * 60 * 1000,
    CLAIM_NONCE_BYTES = 16,
    CLAIM_DIGEST_BYTES = 32,
    CLAIM_NONCES = 4096,
    CLAIM_DEVICES = 4096 /* whose tries are counted; of more, the one not seen for longest goes */
};

struct claim_table;

/* NULL when out of memory. */
struct claim_table *claim_table_new(void);
void claim_table_free(struct claim_table *table);

/* Counts a try. Returns 0, or in how many ms to come again (> 0): that were CLAIM_PER_MINUTE within
 * a minute. */
uint32_t claim_table_count(struct claim_table *table, const char *device_id, uint64_t now_ms);

enum claim_nonce {
    CLAIM_NEW,       /* taken; *place is owed keep or drop */
    CLAIM_AGAIN,     /* the same request: *place has its answer */
    CLAIM_UNDER_WAY, /* the same request, which is not answered yet */
    CLAIM_REUSED,    /* another request had it */
    CLAIM_FULL
};

/* digest: of all that makes it the same request; child_id: whose answer it will be. */
enum claim_nonce claim_table_begin(struct claim_table *table,
                                   const uint8_t nonce[CLAIM_NONCE_BYTES],
                                   const uint8_t digest[CLAIM_DIGEST_BYTES], const char *child_id,
                                   uint64_t now_ms, uint64_t *place);

/* Copied; without memory for it the nonce stays used, and a repetition is CLAIM_UNDER_WAY. */
void claim_table_keep(struct claim_table *table, uint64_t place, const char *answer, size_t len);
void claim_table_drop(struct claim_table *table, uint64_t place); /* as if it had never been used */
const char *claim_table_answer(const struct claim_table *table, uint64_t place, size_t *len);

/* Wipes what was answered about a child that is gone; those nonces stay used. */
void claim_table_forget(struct claim_table *table, const char *child_id);

/* Wipes what has run out. */
void claim_table_turn(struct claim_table *table, uint64_t now_ms);

#endif
