/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded first-in first-out queue of byte records in the caller's memory. When a record does not
 * fit it is refused and counted; nothing already queued is disturbed. Single owner, no locks.
 * Depends on core/assert.h, core/err.h.
 */
#ifndef ROOST_CORE_QUEUE_H
#define ROOST_CORE_QUEUE_H

#include <stddef.h>
#include <stdint.h>

struct roost_queue {
    uint8_t *bytes;
    size_t size, head, used;             /* used includes the 4-byte length before each record */
    uint32_t count, high_water, dropped; /* records waiting, most ever, refused */
};

void roost_queue_init(struct roost_queue *queue, void *memory, size_t size);

/* Appends the concatenation of two parts (either may be empty) as one record.
 * Returns 0, or ROOST_ERR_FULL (counted in dropped). */
int roost_queue_push(struct roost_queue *queue, const void *a, size_t a_len, const void *b,
                     size_t b_len);

/* Removes the oldest record into `out`. Returns its length (>= 0), ROOST_ERR_EMPTY, or
 * ROOST_ERR_TOO_LONG when it is larger than `size` (the record is then removed and counted). */
int roost_queue_pop(struct roost_queue *queue, void *out, size_t size);

#endif
