/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the hub may believe its own wall clock. A machine without a battery boots years behind, a
 * time server answers rubbish, an operator mistypes: what is measured goes on being stored, but it
 * is marked, and nothing irreversible is done by such a clock (hub/ingest/retention.h). Pure: times
 * come in. Depends on nothing.
 *
 *     struct clock_doubt doubt;
 *     clock_doubt_init(&doubt, &config, now_ms, unix_ms);
 *     if (clock_doubt_look(&doubt, now_ms, unix_ms))      before a clock reading is used
 *         ...                                             the clock was set: times kept are off
 *     clock_doubt_hear(&doubt, &devices);                 now and then
 *     mark = clock_doubt_reason(&doubt) != CLOCK_BELIEVED;
 *
 * It is in doubt, by the first row that holds:
 *
 *     before_build  it is more than a day before this program was built
 *     believed      a device's clock agrees with it (median of those that were heard)
 *     devices       three or more, and the most of those that were heard, say that it is
 *                   minutes off
 *     behind        it is before what was stored last, or before what it showed itself
 *     ahead         at the start or by a step, a week or more after that: believed after a day
 *                   in which nothing spoke against it, for hubs do stay switched off for months
 *     believed      otherwise
 */
#ifndef ROOST_HUB_CLOCK_DOUBT_H
#define ROOST_HUB_CLOCK_DOUBT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CLOCK_STEP_MS = 60000,      /* a smaller difference to the monotonic clock is no step */
    CLOCK_DISAGREE_MS = 300000, /* by which devices have to be off to be believed instead */
    CLOCK_JURY = 3              /* and how many of them */
};

enum clock_reason {
    CLOCK_BELIEVED,
    CLOCK_BEFORE_BUILD,
    CLOCK_DEVICES,
    CLOCK_BEHIND,
    CLOCK_AHEAD,
    CLOCK_REASON_COUNT
};

struct clock_doubt_config {
    int64_t built_ms;  /* 0: not known */
    int64_t newest_ms; /* newest time in the store; 0: it is empty */
    int64_t slack_ms;  /* what is stored may be this far ahead; CLOCK_STEP_MS at least */
};

/* What devices say of their clocks against the hub's (hub/ingest/device_clock.h). */
struct clock_jury {
    size_t count;    /* who are of that opinion, and the most of those asked; 0: no opinion */
    int64_t skew_ms; /* the median: above 0 they are ahead of the hub */
};

struct clock_doubt {
    struct clock_doubt_config config;
    struct clock_jury jury;
    enum clock_reason reason;
    uint64_t now_ms; /* of the last look, both clocks */
    int64_t unix_ms;
    int64_t believed_ms;  /* the last time that was believed, or stored; 0: none */
    bool leapt;           /* at the start or by a step it was far after that */
    uint64_t leapt_at_ms; /* monotonic */
};

void clock_doubt_init(struct clock_doubt *doubt, const struct clock_doubt_config *config,
                      uint64_t now_ms, int64_t unix_ms);

/* A look at both clocks; cheap. True when the wall clock was set since the last one: what is known
 * of the devices' clocks against it is void. */
bool clock_doubt_look(struct clock_doubt *doubt, uint64_t now_ms, int64_t unix_ms);

/* What the devices say, as of the last look. */
void clock_doubt_hear(struct clock_doubt *doubt, const struct clock_jury *jury);

static inline enum clock_reason clock_doubt_reason(const struct clock_doubt *doubt)
{
    return doubt->reason;
}

/* For people: "ok", "in doubt: before this program was built". */
const char *clock_doubt_text(const struct clock_doubt *doubt);

/* The latest time that a device may have while this clock is in doubt: a few years after the newest
 * that anybody vouches for. */
int64_t clock_doubt_latest(const struct clock_doubt *doubt);

#endif
