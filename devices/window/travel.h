/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The travel of the window: where its ends are in the actuator's raw units, which part of it is
 * used, and what a percent of that is. Kept in flash, so that a window is calibrated once.
 *
 *     min   closed  low                          high  open   max      raw
 *      |------|......|-----------------------------|.....|------|
 *      driver  margin 0 %                      100 % margin  driver
 *
 * Depends on core/err.h and the kv of port/port.h.
 */
#ifndef ROOST_DEVICES_WINDOW_TRAVEL_H
#define ROOST_DEVICES_WINDOW_TRAVEL_H

#include <stdbool.h>
#include <stdint.h>

#include "port/port.h"

enum {
    WINDOW_MPCT_MAX = 100000,  /* fully open, in thousandths of a percent */
    WINDOW_TRAVEL_LEAST = 200, /* shortest travel that is believed, thousandths of the range */
    WINDOW_TRAVEL_MARGIN = 20, /* kept clear of each end, thousandths of the travel */
};

struct window_travel {
    int32_t min_raw, max_raw;     /* the driver's range, set by the caller */
    int32_t closed_raw, open_raw; /* the ends */
    int32_t low_raw, high_raw;    /* 0 and 100 percent */
};

/* Takes the ends, or returns false and changes nothing when they lie outside the range or too close
 * to each other. */
bool window_travel_take(struct window_travel *travel, int32_t closed_raw, int32_t open_raw);

/* Raw units of 0..WINDOW_MPCT_MAX, and back (cut to that). Only after ends were taken. */
int32_t window_travel_raw(const struct window_travel *travel, int32_t mpct);
int32_t window_travel_mpct(const struct window_travel *travel, int32_t raw);

/* So many thousandths of the part that is used, or of the driver's range, in raw units. */
int32_t window_travel_share(const struct window_travel *travel, int32_t permille);
int32_t window_travel_range_share(const struct window_travel *travel, int32_t permille);

/* Takes the stored ends. Returns 0, ROOST_ERR_NOT_FOUND, ROOST_ERR_CORRUPT (also ends that do not
 * fit the range) or the kv's error. */
int window_travel_load(struct window_travel *travel, const struct roost_kv *kv);
int window_travel_forget(const struct roost_kv *kv); /* 0 also when there was none */
int window_travel_save(const struct window_travel *travel, const struct roost_kv *kv);

#endif
