/* SPDX-License-Identifier: Apache-2.0 */
/* When a reading was measured, whose clock is wrong, and whether the hub may believe its own. */
#include <stdlib.h>

#include "host/log.h"
#include "hub/ingest/ingest_internal.h"

enum {
    JURY_EVERY_MS = 10000,
    JURY_MAX = 255,
    WITNESS_MS = 600000,   /* who was silent for longer says nothing of now */
    SAID_AGAIN_MS = 600000 /* between two lines about one device's clock */
};

/* ---- the hub's own clock ---- */

void timing_init(struct ingest *ingest, struct metrics *metrics)
{
    static const char name[] = "roost_ingest_restamped_total";
    static const char help[] =
        "Readings stored with their arrival's time for want of their own, or "
        "while the hub's clock was in doubt";
    static const char *const reasons[RESTAMPED_COUNT] = {
        [RESTAMPED_AHEAD] = "reason=\"ahead\"",
        [RESTAMPED_UPTIME] = "reason=\"uptime\"",
        [RESTAMPED_SECONDS] = "reason=\"seconds\"",
        [RESTAMPED_DOUBTED] = "reason=\"hub_clock_in_doubt\"",
    };
    for (size_t i = 0; i < RESTAMPED_COUNT; i++)
        ingest->restamped[i] = metrics_counter(metrics, name, help, reasons[i]);
    ingest->doubt_gauge = metrics_gauge(metrics, "roost_clock_in_doubt",
                                        "1 while the hub does not believe its own clock", NULL);
}

static int64_t skew_ms_of(const struct ingest *ingest)
{
    return ingest->config.clock_skew_s * INT64_C(1000);
}

/* Times that the hub gave by a clock that was ahead are put right where they are known. */
static void put_right(struct ingest *ingest)
{
    fleet_clock_set(ingest->fleet);
    if (ingest->clock_doubted)
        return;
    for (size_t i = 0; i < ingest->set->count; i++)
        if (ingest->set->at[i].row->clock_set)
            ingest->set->at[i].row->clock_set(ingest->set->at[i].service,
                                              ingest->doubt.unix_ms + skew_ms_of(ingest));
}

/* Says what changed. */
static void decided(struct ingest *ingest)
{
    bool doubted = clock_doubt_reason(&ingest->doubt) != CLOCK_BELIEVED;
    if (doubted == ingest->clock_doubted)
        return;
    ingest->clock_doubted = doubted;
    metric_set(ingest->doubt_gauge, doubted);
    HOST_LOG(doubted ? ROOST_LOG_WARN : ROOST_LOG_INFO, "ingest",
             doubted ? "the hub's clock is in doubt" : "the hub's clock is believed",
             RF_STR("clock", clock_doubt_text(&ingest->doubt)),
             RF_INT("unix_ms", ingest->doubt.unix_ms));
    if (!doubted)
        put_right(ingest);
}

int timing_load(struct ingest *ingest)
{
    const struct host_clock *clock = ingest->clock;
    struct clock_doubt_config config = {.built_ms = ingest->config.built_ms,
                                        .slack_ms = skew_ms_of(ingest)};
    int err = ingest->series->ops->newest_ms(ingest->series->ctx, &config.newest_ms);
    if (err)
        return err;
    clock_doubt_init(&ingest->doubt, &config, clock->ops->now_ms(clock->ctx),
                     clock->ops->unix_ms(clock->ctx));
    decided(ingest);
    if (!ingest->clock_doubted)
        put_right(ingest);
    return 0;
}

void timing_look(struct ingest *ingest, uint64_t now_ms, int64_t unix_ms)
{
    bool set = clock_doubt_look(&ingest->doubt, now_ms, unix_ms);
    if (set)
        HOST_LOG(ROOST_LOG_WARN, "ingest", "the hub's clock was set", RF_INT("unix_ms", unix_ms),
                 RF_STR("clock", clock_doubt_text(&ingest->doubt)));
    decided(ingest);
    if (set)
        put_right(ingest);
}

static int by_size(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* Asks some of the devices, others each time. */
static struct clock_jury ask_devices(struct ingest *ingest, uint64_t now_ms)
{
    const struct id_table *table = &ingest->devices;
    int64_t unix_ms = ingest->doubt.unix_ms;
    int64_t skews[JURY_MAX];
    size_t count = 0;
    for (size_t i = 0; i < table->size && count < JURY_MAX; i++) {
        const struct ingest_device *device = table->slots[ingest->jury_at++ % table->size].item;
        if (!device || device->clock.uptime || now_ms - device->clock.marked_ms > WITNESS_MS)
            continue;
        count += device_clock_skew(&device->clock, now_ms, unix_ms, &skews[count]);
    }
    if (count == 0)
        return (struct clock_jury){0};
    qsort(skews, count, sizeof skews[0], by_size);
    int64_t median_ms = skews[count / 2];
    size_t alike = 0;
    for (size_t i = 0; i < count; i++)
        alike += llabs(skews[i] - median_ms) <= CLOCK_DISAGREE_MS;
    /* Clocks that are each off in their own way say nothing about the hub's. */
    return (struct clock_jury){.count = 2 * alike > count ? alike : 0, .skew_ms = median_ms};
}

void timing_tick(struct ingest *ingest, uint64_t now_ms)
{
    timing_look(ingest, now_ms, ingest->clock->ops->unix_ms(ingest->clock->ctx));
    if (now_ms < ingest->jury_due_ms)
        return;
    /* It does not wake the loop: without a message there is nothing new to hear. */
    ingest->jury_due_ms = now_ms + JURY_EVERY_MS;
    struct clock_jury jury = ask_devices(ingest, now_ms);
    clock_doubt_hear(&ingest->doubt, &jury);
    decided(ingest);
}

const char *ingest_clock_text(struct ingest *ingest)
{
    const struct host_clock *clock = ingest->clock;
    timing_look(ingest, clock->ops->now_ms(clock->ctx), clock->ops->unix_ms(clock->ctx));
    return clock_doubt_text(&ingest->doubt);
}

bool ingest_clock_doubted(const struct ingest *ingest)
{
    return ingest->clock_doubted;
}

/* ---- a reading's time ---- */

/* What the time that came with a reading is worth. */
struct stamp {
    bool own;                   /* it goes into the row */
    int64_t clock_ms;           /* what the sender's clock is learnt by; 0: nothing */
    uint32_t mark;              /* enum series_mark */
    enum fleet_clock_kind kind; /* as far as this one number tells */
};

/* So far from any time that sums with it cannot overflow. */
static int64_t bounded(int64_t unix_ms)
{
    const int64_t most_ms = INT64_MAX / 4;
    return unix_ms > most_ms ? most_ms : unix_ms < -most_ms ? -most_ms : unix_ms;
}

static struct stamp judge(const struct intake *in, int64_t unix_ms)
{
    const struct ingest *ingest = in->ingest;
    int64_t ahead_ms = unix_ms - in->message.unix_ms;
    switch (device_clock_form(&in->device->clock, unix_ms)) {
    case DEVICE_CLOCK_UPTIME:
        return (struct stamp){
            .clock_ms = unix_ms, .mark = SERIES_TIME_BEFORE, .kind = FLEET_CLOCK_UPTIME};
    case DEVICE_CLOCK_SECONDS:
        return (struct stamp){
            .clock_ms = unix_ms * 1000, .mark = SERIES_TIME_BEFORE, .kind = FLEET_CLOCK_SECONDS};
    case DEVICE_CLOCK_BEFORE:
        return (struct stamp){.mark = SERIES_TIME_BEFORE, .kind = FLEET_CLOCK_BEHIND};
    case DEVICE_CLOCK_AFTER:
        return (struct stamp){.mark = SERIES_TIME_AHEAD, .kind = FLEET_CLOCK_AHEAD};
    default:
        break;
    }
    struct stamp stamp = {.own = true, .clock_ms = unix_ms};
    /* A clock in doubt says nothing about another. */
    if (ingest->clock_doubted ? unix_ms > clock_doubt_latest(&ingest->doubt)
                              : ahead_ms > skew_ms_of(ingest)) {
        stamp.own = false;
        stamp.mark = SERIES_TIME_AHEAD;
        stamp.kind = FLEET_CLOCK_AHEAD;
    }
    return stamp;
}

int64_t timing_good(const struct intake *in, int64_t unix_ms)
{
    return unix_ms != 0 && judge(in, bounded(unix_ms)).own ? unix_ms : 0;
}

static void count(const struct ingest *ingest, const struct stamp *stamp)
{
    static const enum restamped reasons[FLEET_CLOCK_COUNT] = {
        [FLEET_CLOCK_AHEAD] = RESTAMPED_AHEAD,
        [FLEET_CLOCK_BEHIND] = RESTAMPED_UPTIME,
        [FLEET_CLOCK_UPTIME] = RESTAMPED_UPTIME,
        [FLEET_CLOCK_SECONDS] = RESTAMPED_SECONDS,
    };
    if (stamp->kind != FLEET_CLOCK_OK)
        metric_add(ingest->restamped[reasons[stamp->kind]], 1);
    if (ingest->clock_doubted)
        metric_add(ingest->restamped[RESTAMPED_DOUBTED], 1);
}

static void say(struct intake *in, int64_t unix_ms)
{
    const struct fleet_clock *clock = &in->message.device->clock;
    struct ingest_device *device = in->device;
    uint64_t left_out;
    bool again =
        device->clock_said_ms != 0 && in->message.now_ms - device->clock_said_ms < SAID_AGAIN_MS;
    if (clock->kind == FLEET_CLOCK_OK || again)
        return;
    device->clock_said_ms = in->message.now_ms;
    if (host_log_admit(&in->ingest->clock_lines, in->message.now_ms, &left_out))
        HOST_LOG_AFTER(left_out, ROOST_LOG_WARN, "ingest", "a device's clock is wrong",
                       RF_STR("device_id", device->id),
                       RF_STR("clock", fleet_clock_name(clock->kind)),
                       RF_INT("skew_ms", clock->skew_ms), RF_INT("ts", unix_ms));
}

/* What is known of the device's clock is shown. While the hub doubts its own, nobody is accused. */
static void report(struct intake *in, const struct stamp *stamp, int64_t unix_ms)
{
    const struct ingest *ingest = in->ingest;
    const struct hub_message *message = &in->message;
    enum fleet_clock_kind before = message->device->clock.kind, kind = stamp->kind;
    int64_t skew_ms = unix_ms - message->unix_ms;
    if (ingest->clock_doubted)
        return;
    bool known = device_clock_skew(&in->device->clock, message->now_ms, message->unix_ms, &skew_ms);
    /* Half of the way back, so that it does not come and go. */
    int64_t most_ms = skew_ms_of(ingest);
    if (before != FLEET_CLOCK_OK)
        most_ms /= 2;
    if (kind == FLEET_CLOCK_OK && known && skew_ms > most_ms)
        kind = FLEET_CLOCK_AHEAD;
    else if (kind == FLEET_CLOCK_OK && known && skew_ms < -most_ms)
        kind = FLEET_CLOCK_BEHIND;
    else if (kind == FLEET_CLOCK_OK && !known)
        kind = before;
    if (fleet_clock_is(ingest->fleet, message->device, kind, skew_ms))
        say(in, unix_ms);
}

struct ingest_time ingest_time(struct hub_message *message, int64_t unix_ms)
{
    struct intake *in = intake_of(message);
    struct ingest_time time = {
        .unix_ms = message->unix_ms, .when_ms = (int64_t)message->now_ms, .live = !message->retain};
    struct stamp stamp = {.own = false};
    unix_ms = bounded(unix_ms);
    if (unix_ms != 0)
        stamp = judge(in, unix_ms);
    if (stamp.own)
        time.unix_ms = unix_ms;
    in->mark = stamp.mark | (in->ingest->clock_doubted ? SERIES_TIME_DOUBTED : 0u);
    count(in->ingest, &stamp);
    if (unix_ms == 0 || in->sender > HUB_FROM_DEVICE_OR_WILL)
        return time; /* what another program says does not tell the device's clock */
    if (stamp.clock_ms != 0) {
        int64_t age_ms = device_clock_take(&in->device->clock, message->now_ms, message->unix_ms,
                                           stamp.clock_ms);
        time.when_ms -= age_ms;
        time.live = time.live && age_ms <= DEVICE_CLOCK_LIVE_MS;
    }
    report(in, &stamp, unix_ms);
    return time;
}
