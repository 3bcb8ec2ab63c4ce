/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The noise of a modelled street as heard in the room: level by hour, passing cars, rain; louder
 * with the window open. Real PCM samples for the microphone, and the level alone for training. The
 * level is a pure function of seed, time and opening, so that any hour of any year can be asked
 * for. Depends on <math.h> only.
 *
 *     world_street_init(&street, seed);
 *     world_street_pcm(&street, unix_ms, world_sash_opening_pct(&sash), 16000, samples, count);
 */
#ifndef ROOST_WORLD_WINDOW_STREET_H
#define ROOST_WORLD_WINDOW_STREET_H

#include <stddef.h>
#include <stdint.h>

struct world_street {
    uint64_t seed;
    uint64_t noise; /* generator state */
    double lowpass;
    double level_set_dbfs; /* NAN: by the hour; else held, whatever the window does */
};

void world_street_init(struct world_street *street, uint64_t seed);

/* Level in the room, dBFS of the modelled microphone (-96..0). */
double world_street_level_dbfs(const struct world_street *street, int64_t unix_ms,
                               double window_pct);

/* Fills `samples` of noise of that level at sample_rate_hz (> 0). Samples clip at full scale, so
 * that above -10 dBFS the measured level falls a little short of the asked one. */
void world_street_pcm(struct world_street *street, int64_t unix_ms, double window_pct,
                      uint32_t sample_rate_hz, int16_t *out, size_t samples);

#endif
