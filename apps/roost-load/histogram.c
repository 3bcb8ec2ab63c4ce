/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/roost-load/histogram.h"

/* Values below 32 have a bucket each; above, the five bits behind the highest one choose it. */
static unsigned bucket_of(uint64_t us)
{
    unsigned octave = 0;

    while (us >> octave >= 2 * HISTOGRAM_STEPS)
        octave++;
    unsigned bucket = octave * HISTOGRAM_STEPS + (unsigned)(us >> octave);
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* The largest value that falls into a bucket. */
static uint64_t top_of(unsigned bucket)
{
    if (bucket < 2 * HISTOGRAM_STEPS)
        return bucket;
    unsigned octave = bucket / HISTOGRAM_STEPS - 1;
    uint64_t step = bucket - octave * HISTOGRAM_STEPS;

    return ((step + 1) << octave) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t us)
{
    histogram->count++;
    histogram->buckets[bucket_of(us)]++;
    if (us > histogram->max_us)
        histogram->max_us = us;
}

uint64_t histogram_at(const struct histogram *histogram, unsigned permille)
{
    uint64_t wanted = (histogram->count * permille + 999) / 1000, seen = 0;

    if (histogram->count == 0)
        return 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen >= wanted && seen > 0)
            /* A bucket may end above all that was measured. */
            return top_of(i) < histogram->max_us ? top_of(i) : histogram->max_us;
    }
    return histogram->max_us;
}
