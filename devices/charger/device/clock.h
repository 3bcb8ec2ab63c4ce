/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time of day, from one source at a time: the central system's word, or the network's clock
 * where the owner wants that one. What is measured goes by milliseconds since boot; a correction
 * here changes no duration. Pure. Depends on devices/charger/profiles (struct charger_instant).
 *
 *     charger_clock_told(&clock, now_ms, unix_ms);             // BootNotification, Heartbeat
 *     now = charger_clock_now(&clock, now_ms, network_ms);
 */
#ifndef ROOST_DEVICES_CHARGER_DEVICE_CLOCK_H
#define ROOST_DEVICES_CHARGER_DEVICE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/charger/profiles/profiles.h"

enum {
    CHARGER_CLOCK_STEP_MS = 2000, /* what is less is the network's delay, not the clock's error */
};

struct charger_clock {
    bool network;    /* the network's clock is the source */
    bool known;      /* a central system has told it */
    int64_t boot_ms; /* Unix time of the boot, by the central system */
    uint32_t steps;  /* times it was set by more than CHARGER_CLOCK_STEP_MS */
    int64_t last_step_ms;
};

/* What a central system says. Returns whether the clock was set or set anew by more than
 * CHARGER_CLOCK_STEP_MS; a time before 2020 or after 2200 is none. */
bool charger_clock_told(struct charger_clock *clock, uint64_t now_ms, int64_t unix_ms);

struct charger_instant charger_clock_now(const struct charger_clock *clock, uint64_t now_ms,
                                         int64_t network_ms);

#endif
