/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The noise of a modelled street as heard in the room: level by hour, passing cars, rain; louder with
 * the window open. Real PCM samples for the microphone, and the level alone for training.
 * Depends on <math.h> only.
 */
#ifndef ROOST_WORLD_STREET_H
#define ROOST_WORLD_STREET_H

#include <stddef.h>
#include <stdint.h>

struct world_street {
    uint64_t seed;
    uint64_t noise;       /* generator state */
    double lowpass;
    double level_set_dbfs; /* NAN: by the hour; else held */
};

void world_street_init(struct world_street *street, uint64_t seed);

/* Level in the room, dBFS of the modelled microphone (-96..0). */
double world_street_level_dbfs(const struct world_street *street, int64_t unix_ms,
                               double window_pct);

/* Fills `samples` of noise of that level at sample_rate_hz. */
void world_street_pcm(struct world_street *street, int64_t unix_ms, double window_pct,
                      uint32_t sample_rate_hz, int16_t *out, size_t samples);

#endif
