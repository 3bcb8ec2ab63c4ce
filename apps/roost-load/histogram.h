/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durations counted in buckets that are 1/32 of their power of two wide: a percentile is at most 3
 * % above the true one, in fixed memory however many values there are. Depends on nothing.
 */
#ifndef ROOST_APPS_ROOST_LOAD_HISTOGRAM_H
#define ROOST_APPS_ROOST_LOAD_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_STEPS = 32, HISTOGRAM_OCTAVES = 36, HISTOGRAM_BUCKETS = 32 * (36 + 1) };

struct histogram {
    uint64_t count, max_us;
    uint32_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t us);

/* The value that `permille` of all values do not exceed, in microseconds; 0 without values. */
uint64_t histogram_at(const struct histogram *histogram, unsigned permille);

#endif
