/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges what the climate sensor says: silent, outside its range, stuck on one value, or good. Only
 * good samples become readings; the others are counted and raise a fault that the next better
 * sample clears. Pure. Depends on devices/window/faults.h and the event of port/port.h.
 *
 *     verdict = window_sampler_judge(&sampler, &faults, event.status, &event.climate, 60);
 *     if (verdict == WINDOW_SAMPLE_GOOD) store(&event.climate);
 */
#ifndef ROOST_DEVICES_WINDOW_SAMPLER_H
#define ROOST_DEVICES_WINDOW_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/window/faults.h"
#include "port/port.h"

/* The range of a DHT22, the wider of the two supported sensors indoors. */
enum {
    WINDOW_TEMPERATURE_MIN_MDEGC = -40000,
    WINDOW_TEMPERATURE_MAX_MDEGC = 80000,
    WINDOW_HUMIDITY_MIN_MPCT = 0,
    WINDOW_HUMIDITY_MAX_MPCT = 100000,
    WINDOW_SILENT_MISSES = 3, /* in a row, until SENSOR_SILENT */
};

enum window_verdict {
    WINDOW_SAMPLE_GOOD,
    WINDOW_SAMPLE_MISSED, /* no answer, or one with a bad checksum */
    WINDOW_SAMPLE_RANGE,
    WINDOW_SAMPLE_STUCK,
    WINDOW_VERDICT_COUNT
};

struct window_sampler {
    struct roost_climate_sample last;
    uint32_t equal;                       /* samples in a row equal to last, itself included */
    uint32_t misses;                      /* in a row */
    uint32_t count[WINDOW_VERDICT_COUNT]; /* since init */
};

void window_sampler_init(struct window_sampler *sampler);

/* `status` is 0 with *sample set, or why there is none (also the error of measure itself).
 * `stuck_samples` equal samples in a row mean a stuck sensor; 0 never. */
enum window_verdict window_sampler_judge(struct window_sampler *sampler,
                                         struct roost_faults *faults, int status,
                                         const struct roost_climate_sample *sample,
                                         uint32_t stuck_samples);

/* "good", "missed", "range", "stuck". */
const char *window_verdict_name(enum window_verdict verdict);

#endif
