/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/ingest/device_clock.h"

enum {
    STEP_MS = 1000, /* a shorter one says nothing about the pace */
    SLACK_MIN_MS = 1000,
    SLACK_MAX_MS = 10000
};

#define LAST_SECONDS INT64_C(4102444800)    /* 2100 */
#define LAST_MS      INT64_C(7258118400000) /* 2200: where the payloads end */

enum device_clock_form device_clock_form(const struct device_clock *clock, int64_t time_ms)
{
    if (time_ms < 0)
        return DEVICE_CLOCK_BEFORE;
    if (time_ms >= LAST_MS)
        return DEVICE_CLOCK_AFTER;
    if (time_ms >= DEVICE_CLOCK_FIRST_MS)
        return DEVICE_CLOCK_TIME;
    bool fits = time_ms >= DEVICE_CLOCK_FIRST_MS / 1000 && time_ms < LAST_SECONDS;
    return fits && !clock->uptime ? DEVICE_CLOCK_SECONDS : DEVICE_CLOCK_UPTIME;
}

static void begin(struct device_clock *clock, uint64_t now_ms, int64_t time_ms)
{
    clock->offset_ms = clock->run_ms = (int64_t)now_ms - time_ms;
    clock->mark_ms = time_ms;
    clock->marked_ms = now_ms;
    clock->steps = 0;
    clock->known = true;
}

/* What the reading says of the pace. */
enum pace { PACE_SHORT, PACE_LOST, PACE_KEPT };

static enum pace pace_of(const struct device_clock *clock, uint64_t now_ms, int64_t time_ms)
{
    int64_t arrived_ms = (int64_t)(now_ms - clock->marked_ms);
    int64_t measured_ms = time_ms - clock->mark_ms;
    int64_t slack_ms = arrived_ms / 4;
    if (slack_ms < SLACK_MIN_MS)
        slack_ms = SLACK_MIN_MS;
    if (slack_ms > SLACK_MAX_MS)
        slack_ms = SLACK_MAX_MS;
    int64_t apart_ms = measured_ms - arrived_ms;
    if (apart_ms > slack_ms || apart_ms < -slack_ms)
        return PACE_LOST;
    bool short_step = arrived_ms < STEP_MS || measured_ms < STEP_MS / 2;
    return short_step ? PACE_SHORT : PACE_KEPT;
}

/* Follows the pace; true when the readings in pace are enough to set the offset by them. */
static bool step(struct device_clock *clock, uint64_t now_ms, int64_t time_ms)
{
    int64_t delay_ms = (int64_t)now_ms - time_ms;
    enum pace pace = pace_of(clock, now_ms, time_ms);
    if (pace == PACE_SHORT) {
        clock->run_ms = delay_ms < clock->run_ms ? delay_ms : clock->run_ms;
        return false;
    }
    clock->mark_ms = time_ms;
    clock->marked_ms = now_ms;
    if (pace == PACE_LOST) {
        clock->steps = 0;
        clock->run_ms = delay_ms;
        return false;
    }
    clock->run_ms = delay_ms < clock->run_ms ? delay_ms : clock->run_ms;
    return ++clock->steps >= (clock->confirmed ? DEVICE_CLOCK_STEPS : 1);
}

static bool near(int64_t delay_ms)
{
    return delay_ms <= DEVICE_CLOCK_LIVE_MS;
}

int64_t device_clock_take(struct device_clock *clock, uint64_t now_ms, int64_t unix_ms,
                          int64_t time_ms)
{
    int64_t delay_ms = (int64_t)now_ms - time_ms;
    bool uptime = time_ms < DEVICE_CLOCK_FIRST_MS;
    bool started = uptime && clock->uptime && time_ms < clock->mark_ms - DEVICE_CLOCK_LIVE_MS;
    if (!clock->known || started || uptime != clock->uptime) {
        begin(clock, now_ms, time_ms);
        clock->uptime = uptime;
        clock->confirmed = uptime || near(unix_ms - time_ms);
        return clock->confirmed ? 0 : unix_ms - time_ms;
    }
    bool sets = step(clock, now_ms, time_ms);
    if (!clock->confirmed && (sets || near(unix_ms - time_ms))) {
        clock->confirmed = true;
        clock->offset_ms = delay_ms;
    } else if (sets) {
        clock->offset_ms = clock->run_ms;
    }
    if (sets) {
        clock->steps = 0;
        clock->run_ms = delay_ms;
    }
    if (delay_ms < clock->offset_ms)
        clock->offset_ms = delay_ms;
    /* Without a pace there is only the hub's clock to go by. */
    return clock->confirmed ? delay_ms - clock->offset_ms : unix_ms - time_ms;
}

bool device_clock_skew(const struct device_clock *clock, uint64_t now_ms, int64_t unix_ms,
                       int64_t *skew_ms)
{
    if (!clock->known || !clock->confirmed)
        return false;
    *skew_ms = (int64_t)now_ms - clock->offset_ms - unix_ms;
    return true;
}
