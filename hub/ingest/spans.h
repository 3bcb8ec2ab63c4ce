/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of numbers as spans, for the sequence numbers of one stream that are stored. A stream whose
 * readings come in order is one span, however long; a gap splits it, and at most SPANS_MAX spans
 * are kept. Depends on hub/store/series.h.
 *
 *     if (!spans_has(&spans, seq))
 *         err = spans_add(&spans, seq);
 */
#ifndef ROOST_HUB_INGEST_SPANS_H
#define ROOST_HUB_INGEST_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/store/series.h"

enum { SPANS_MAX = 32 };

/* Zeroed: the empty set. */
struct spans {
    struct series_span *items; /* ascending, disjoint, not touching */
    uint16_t count, size;
};

void spans_clear(struct spans *spans); /* frees, too */

bool spans_has(const struct spans *spans, uint64_t number);

/* Adds a number that is not there. Returns 0, ROOST_ERR_FULL (SPANS_MAX spans and it touches none:
 * make room first) or ROOST_ERR_NO_MEMORY. */
int spans_add(struct spans *spans, uint64_t number);

/* Replaces the set. ROOST_ERR_FULL, ROOST_ERR_NO_MEMORY. */
int spans_set(struct spans *spans, const struct series_span *items, size_t count);

/* How many of first..last are in none of the sets. 1 <= first, last < UINT64_MAX. */
uint64_t spans_missing(const struct spans *const *sets, size_t count, uint64_t first,
                       uint64_t last);

/* The gap below span `index` (1 .. count - 1); and making one span of the two around it. */
struct series_span spans_gap(const struct spans *spans, size_t index);
void spans_join(struct spans *spans, size_t index);

/* How many numbers the set has, those of all its spans. */
uint64_t spans_total(const struct spans *spans);

/* Index of the span that holds a number of the set. */
size_t spans_index(const struct spans *spans, uint64_t number);

/* Forgets a span. */
void spans_forget(struct spans *spans, size_t index);

#endif
