/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/clock_doubt.h"

#define DAY_MS INT64_C(86400000)

enum { AHEAD_DAYS = 7, LATEST_YEARS = 5 };

static bool agrees(const struct clock_jury *jury)
{
    return jury->count > 0 && jury->skew_ms <= CLOCK_STEP_MS && jury->skew_ms >= -CLOCK_STEP_MS;
}

static bool disagrees(const struct clock_jury *jury)
{
    return jury->count >= CLOCK_JURY &&
           (jury->skew_ms > CLOCK_DISAGREE_MS || jury->skew_ms < -CLOCK_DISAGREE_MS);
}

static enum clock_reason judge(const struct clock_doubt *doubt)
{
    const struct clock_doubt_config *config = &doubt->config;
    if (config->built_ms != 0 && doubt->unix_ms < config->built_ms - DAY_MS)
        return CLOCK_BEFORE_BUILD;
    if (agrees(&doubt->jury))
        return CLOCK_BELIEVED;
    if (disagrees(&doubt->jury))
        return CLOCK_DEVICES;
    if (doubt->unix_ms < doubt->believed_ms - doubt->config.slack_ms)
        return CLOCK_BEHIND;
    if (doubt->leapt && doubt->now_ms - doubt->leapt_at_ms < (uint64_t)DAY_MS)
        return CLOCK_AHEAD;
    return CLOCK_BELIEVED;
}

static void decide(struct clock_doubt *doubt)
{
    doubt->reason = judge(doubt);
    if (doubt->reason != CLOCK_BELIEVED)
        return;
    doubt->believed_ms = doubt->unix_ms;
    doubt->leapt = false;
}

/* The clock was set, or is read for the first time. */
static void compare(struct clock_doubt *doubt)
{
    doubt->leapt =
        doubt->believed_ms != 0 && doubt->unix_ms - doubt->believed_ms > AHEAD_DAYS * DAY_MS;
    doubt->leapt_at_ms = doubt->now_ms;
}

void clock_doubt_init(struct clock_doubt *doubt, const struct clock_doubt_config *config,
                      uint64_t now_ms, int64_t unix_ms)
{
    *doubt = (struct clock_doubt){
        .config = *config, .now_ms = now_ms, .unix_ms = unix_ms, .believed_ms = config->newest_ms};
    if (doubt->config.slack_ms < CLOCK_STEP_MS)
        doubt->config.slack_ms = CLOCK_STEP_MS;
    compare(doubt);
    decide(doubt);
}

bool clock_doubt_look(struct clock_doubt *doubt, uint64_t now_ms, int64_t unix_ms)
{
    int64_t step_ms = (unix_ms - doubt->unix_ms) - (int64_t)(now_ms - doubt->now_ms);
    bool set = step_ms > CLOCK_STEP_MS || step_ms < -CLOCK_STEP_MS;
    doubt->now_ms = now_ms;
    doubt->unix_ms = unix_ms;
    if (set) {
        doubt->jury = (struct clock_jury){0};
        compare(doubt);
    }
    decide(doubt);
    return set;
}

void clock_doubt_hear(struct clock_doubt *doubt, const struct clock_jury *jury)
{
    doubt->jury = *jury;
    decide(doubt);
}

const char *clock_doubt_text(const struct clock_doubt *doubt)
{
    static const char *const texts[CLOCK_REASON_COUNT] = {
        [CLOCK_BELIEVED] = "ok",
        [CLOCK_BEFORE_BUILD] = "in doubt: before this program was built",
        [CLOCK_DEVICES] = "in doubt: the devices' clocks say otherwise",
        [CLOCK_BEHIND] = "in doubt: before what was stored last",
        [CLOCK_AHEAD] = "in doubt: long after what was stored last",
    };
    return texts[doubt->reason];
}

int64_t clock_doubt_latest(const struct clock_doubt *doubt)
{
    int64_t newest_ms = doubt->unix_ms;
    if (doubt->config.built_ms > newest_ms)
        newest_ms = doubt->config.built_ms;
    if (doubt->believed_ms > newest_ms)
        newest_ms = doubt->believed_ms;
    return newest_ms + LATEST_YEARS * 365 * DAY_MS;
}
