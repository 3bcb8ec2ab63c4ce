/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device's clock against the hub's, learnt from the times its readings carry: how far it is off,
 * and whether a reading is live or the replay of something older. A difference that stays is a slow
 * (or fast) clock; only what came later than the device's own newest readings do is old. Pure:
 * times come in, and arrival is the hub's monotonic time, so that a step of the hub's own wall
 * clock changes no verdict. Deterministic; a few bytes a device. Depends on nothing.
 *
 *     int64_t age_ms = device_clock_take(&clock, now_ms, unix_ms, ts);
 *     live = age_ms <= DEVICE_CLOCK_LIVE_MS;
 *
 * The delay of a reading is its arrival less its time: the clock's offset, and how long the reading
 * was under way. What arrives at once has the least delay, so the least one seen is the offset, and
 * age is what a delay exceeds it by:
 *
 *     delay  ^        . .                    a backlog comes in a burst: arrival stands still while
 *            |            . .                times run, and the delay falls to the offset
 *            |  ______________*_____*___     the offset; what comes at the pace of its own times
 *            +----------------------->       is live
 *
 * A delay below the offset lowers it at once (nothing arrives before it was measured). It rises
 * when readings keep pace, that is, arrive as far apart as they were measured: STEPS in a row that
 * span a second each. So a clock that drifts is followed, and one that was set back is believed
 * after three readings. The first readings of a device have nothing to compare with: within LIVE_MS
 * of the hub's clock, or ahead of it, they are live; else one step in pace decides. A backlog that
 * is interrupted cannot keep pace for three readings.
 */
#ifndef ROOST_HUB_INGEST_DEVICE_CLOCK_H
#define ROOST_HUB_INGEST_DEVICE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { DEVICE_CLOCK_LIVE_MS = 60000, DEVICE_CLOCK_STEPS = 3 };

/* The first of 2020, before which no device of ours was made. */
#define DEVICE_CLOCK_FIRST_MS INT64_C(1577836800000)

/* Zeroed: nothing known. */
struct device_clock {
    int64_t offset_ms;     /* the least delay; see above */
    int64_t run_ms;        /* the least of the readings in pace since the offset was set */
    int64_t mark_ms;       /* the pace is measured from here: time of a reading, */
    uint64_t marked_ms;    /* and its arrival */
    bool known, confirmed; /* something came; the offset is one, and not a backlog's delay */
    bool uptime;           /* its times count from its start */
    uint8_t steps;         /* in pace, in a row */
};

/* What a number that is no time of day seems to be. */
enum device_clock_form {
    DEVICE_CLOCK_TIME,    /* milliseconds since 1970, after 2020 */
    DEVICE_CLOCK_SECONDS, /* fits seconds since 1970 */
    DEVICE_CLOCK_UPTIME,  /* fits milliseconds or seconds since the device started */
    DEVICE_CLOCK_BEFORE,  /* fits nothing: negative */
    DEVICE_CLOCK_AFTER    /* fits nothing: after 2199, as microseconds are */
};

/* time_ms: as the device gave it. A device that was seen to count its uptime goes on doing so where
 * the number alone would also fit seconds (18 days and more). */
enum device_clock_form device_clock_form(const struct device_clock *clock, int64_t time_ms);

/* Learns from a reading and returns its age in ms, 0 at least. now_ms: its arrival, monotonic;
 * unix_ms: the hub's wall clock then. */
int64_t device_clock_take(struct device_clock *clock, uint64_t now_ms, int64_t unix_ms,
                          int64_t time_ms);

/* How far the device's clock is ahead of the hub's (below 0: behind it), as the hub's is now. False
 * while it is not known. */
bool device_clock_skew(const struct device_clock *clock, uint64_t now_ms, int64_t unix_ms,
                       int64_t *skew_ms);

#endif
