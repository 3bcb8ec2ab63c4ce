/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/device/clock.h"

#define YEAR_2020_MS INT64_C(1577836800000)
#define YEAR_2200_MS INT64_C(7258118400000)

bool charger_clock_told(struct charger_clock *clock, uint64_t now_ms, int64_t unix_ms)
{
    if (unix_ms < YEAR_2020_MS || unix_ms >= YEAR_2200_MS)
        return false;
    int64_t boot_ms = unix_ms - (int64_t)now_ms;
    int64_t step_ms = boot_ms - clock->boot_ms;
    bool stepped =
        !clock->known || step_ms > CHARGER_CLOCK_STEP_MS || step_ms < -CHARGER_CLOCK_STEP_MS;

    if (!stepped)
        return false;
    if (clock->known) {
        clock->steps++;
        clock->last_step_ms = step_ms;
    }
    clock->known = true;
    clock->boot_ms = boot_ms;
    return true;
}

struct charger_instant charger_clock_now(const struct charger_clock *clock, uint64_t now_ms,
                                         int64_t network_ms)
{
    struct charger_instant now = {.now_ms = now_ms};

    if (clock->network)
        now.unix_ms = network_ms;
    else if (clock->known)
        now.unix_ms = clock->boot_ms + (int64_t)now_ms;
    return now;
}
