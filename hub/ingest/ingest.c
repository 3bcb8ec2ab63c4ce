/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/ingest/ingest.h"

#include <stdlib.h>

#include "core/assert.h"
#include "core/err.h"
#include "host/log.h"
#include "hub/ingest/ingest_internal.h"

enum {
    OVERRUN_MESSAGES = 8192,       /* what the bus may still hand over after it was paused */
    RECENT_BUDGET_BYTES = 8 << 20, /* for what is remembered of readings; hub/ingest/recent.h */
    CLOCK_SKEW_S = 60,             /* where the settings say nothing */
    RETRY_BASE_MS = 200,
    RETRY_CAP_MS = 30000
};

static uint64_t now(const struct ingest *ingest)
{
    return ingest->clock->ops->now_ms(ingest->clock->ctx);
}

static void on_collect(void *ctx)
{
    struct ingest *ingest = ctx;
    for (size_t label = 0; label < ingest->topic_count; label++) {
        uint32_t waiting = ingest->filling->waiting[label];
        if (ingest->flying)
            waiting += ingest->flying->waiting[label];
        waiting += ingest->later[label];
        metric_set(ingest->account.waiting[label], waiting);
    }
    metric_set(ingest->account.paused, ingest->paused);
    const struct batch *oldest = ingest->flying ? ingest->flying : ingest->filling;
    metric_set(ingest->account.oldest,
               oldest->token_count ? (double)(now(ingest) - oldest->opened_ms) / 1e3 : 0);
}

/* A message touches its own stream, and all that a journal numbers when that starts over. */
static size_t touches_a_message(const struct stream_table *streams)
{
    size_t journalled = 0;
    for (size_t i = 0; i < streams->count; i++)
        journalled += streams->numbering[i] == HUB_JOURNALLED;
    return journalled > 1 ? journalled : 1;
}

struct ingest *ingest_new(const struct ingest_config *config, const struct hub_set *set,
                          const struct hub_parts *parts, const struct ingest_lanes *lanes)
{
    struct ingest *ingest = calloc(1, sizeof *ingest);
    uint64_t seed;
    if (!ingest)
        return NULL;
    ingest->config = *config;
    ingest->clock_lines = ingest->restart_lines =
        (struct host_log_limit){.burst = INGEST_LINES_BURST, .every_ms = INGEST_LINES_EVERY_MS};
    if (ingest->config.waiting_max < 2)
        ingest->config.waiting_max = 2;
    if (ingest->config.clock_skew_s == 0)
        ingest->config.clock_skew_s = CLOCK_SKEW_S;
    ingest->streams.budget.left = RECENT_BUDGET_BYTES;
    ingest->lanes = *lanes;
    ingest->set = set;
    ingest->fleet = parts->fleet;
    ingest->series = parts->series;
    ingest->clock = parts->clock;
    ingest->filling = &ingest->batches[0];
    ingest->clock->ops->random(ingest->clock->ctx, &seed, sizeof seed);
    id_table_init(&ingest->devices, seed);
    roost_backoff_init(&ingest->backoff, RETRY_BASE_MS, RETRY_CAP_MS);
    intake_init(ingest);
    timing_init(ingest, parts->metrics);
    size_t message_max = (size_t)ingest->config.waiting_max + OVERRUN_MESSAGES;
    size_t touches = touches_a_message(&ingest->streams);
    if (receipts_init(&ingest->receipts, lanes->bus[HUB_LANE_PROMPT], RECEIPTS_MAX) != 0 ||
        receipts_init(&ingest->stored, lanes->bus[HUB_LANE_STORED],
                      2 * message_max + HOLD_MESSAGES_MAX) != 0 ||
        batch_init(&ingest->batches[0], message_max, touches) != 0 ||
        batch_init(&ingest->batches[1], message_max, touches) != 0) {
        ingest_free(ingest);
        return NULL;
    }
    forget_init(ingest);
    account_init(&ingest->account, parts->metrics, set);
    const struct retention_config retention = {.days = config->retention_days,
                                               .share_pct = config->retention_share_pct};
    retention_init(&ingest->retention, &retention, parts);
    ingest->retention.clock_doubted = &ingest->clock_doubted;
    metrics_on_collect(parts->metrics, on_collect, ingest);
    return ingest;
}

void ingest_free(struct ingest *ingest)
{
    if (!ingest)
        return;
    for (size_t i = 0; i < ingest->devices.size; i++) {
        struct ingest_device *device = ingest->devices.slots[i].item;
        if (!device)
            continue;
        streams_free(&ingest->streams, device->streams);
        free(device);
    }
    forget_deinit(ingest);
    hold_deinit(&ingest->hold);
    receipts_deinit(&ingest->receipts);
    receipts_deinit(&ingest->stored);
    id_table_deinit(&ingest->devices);
    batch_deinit(&ingest->batches[0]);
    batch_deinit(&ingest->batches[1]);
    free(ingest);
}

static int load_stream(void *arg, const struct series_stream *stored)
{
    struct ingest *ingest = arg;
    size_t kind = 0;
    while (kind < ingest->streams.count && ingest->stored_as[kind] != stored->stream)
        kind++;
    if (kind == ingest->streams.count)
        return 0; /* of a newer program, or of a product that is not served here; left alone */
    struct ingest_device *device = intake_device(ingest, stored->device_id);
    if (!device)
        return ROOST_ERR_NO_MEMORY;
    struct stream *stream = &device->streams->stream[kind];
    stream->epoch = stored->epoch;
    stream->newest_ms = stored->newest_ms;
    if (stored->span_count > 0)
        stream->last = stored->spans[stored->span_count - 1].last;
    int err = spans_set(&stream->spans, stored->spans, stored->span_count);
    if (!err)
        err = recent_set(&stream->recent, &ingest->streams.budget, stored->recent,
                         stored->recent_count, stored->recent_run);
    return err;
}

int ingest_load(struct ingest *ingest)
{
    int err = timing_load(ingest);
    if (!err)
        err = ingest->series->ops->load_streams(ingest->series->ctx, load_stream, ingest);
    return err ? err : retention_load(&ingest->retention);
}

/* ---- messages ---- */

/* Messages in batches. */
static size_t batched(const struct ingest *ingest)
{
    return ingest->filling->token_count + (ingest->flying ? ingest->flying->token_count : 0);
}

static void set_paused(struct ingest *ingest, bool paused)
{
    const struct bus *bus = ingest->lanes.bus[HUB_LANE_STORED];
    if (ingest->paused == paused)
        return;
    ingest->paused = paused;
    HOST_LOG(ROOST_LOG_WARN, "ingest",
             !paused                  ? "reading goes on"
             : ingest->hold.count > 0 ? "much waits for a removal, reading stopped"
                                      : "store cannot keep up, reading stopped",
             RF_INT("waiting", receipts_count(&ingest->stored)));
    bus->ops->pause(bus->ctx, paused);
}

static void pace(struct ingest *ingest)
{
    size_t waiting = receipts_count(&ingest->stored);
    bool busy = hold_busy(&ingest->hold);
    if (busy || waiting >= ingest->config.waiting_max)
        set_paused(ingest, true);
    else if (waiting <= ingest->config.waiting_max / 2)
        set_paused(ingest, false);
}

size_t ingest_waiting(const struct ingest *ingest)
{
    return receipts_count(&ingest->stored) + receipts_count(&ingest->receipts);
}

/* What a message said is durable: the service gives its receipt. */
static void given(void *ctx, uint64_t number, size_t label)
{
    struct ingest *ingest = ctx;
    ROOST_ASSERT(ingest->later[label] > 0);
    ingest->later[label]--;
    metric_add(ingest->account.stored[label], 1);
    receipts_done(&ingest->receipts, number);
}

/* Goes into no batch, whatever waits there. */
static void take_prompt(struct ingest *ingest, size_t label, const char *device_id,
                        const struct bus_message *message)
{
    enum hub_outcome outcome = HUB_BAD_TOPIC;
    if (receipts_full(&ingest->receipts)) {
        metric_add(ingest->account.overrun, 1);
        return;
    }
    uint64_t number = receipts_add(&ingest->receipts, message->token);
    if (label < ingest->topic_count && ingest->routes[label].topic->lane == HUB_LANE_PROMPT) {
        const struct hub_receipt receipt = {given, ingest, number, label};
        outcome = intake_take(ingest, label, device_id, message, now(ingest), &receipt);
        ROOST_ASSERT(outcome != HUB_WAITS);
    } /* else: an older subscription of the session, and it comes on the other lane, too */
    report_outcome(ingest, label, outcome, device_id, message);
    if (outcome == HUB_LATER)
        ingest->later[label]++;
    else
        receipts_done(&ingest->receipts, number);
}

void ingest_message(struct ingest *ingest, enum hub_lane lane, const struct bus_message *message)
{
    char device_id[ROOST_DEVICE_ID_MAX + 1];
    size_t label = intake_label(ingest, message->topic, device_id);
    if (lane == HUB_LANE_PROMPT) {
        take_prompt(ingest, label, device_id, message);
        return;
    }
    if (ingest->hold.count > 0)
        hold_release(ingest); /* nothing overtakes what waits */
    bool early = intake_is_early(ingest, label, device_id, message);
    if (receipts_full(&ingest->stored) || batch_full(ingest->filling) ||
        (early && !hold_add(&ingest->hold, label, device_id, message, ingest->stored.next))) {
        /* The bus went on in spite of the pause: without an acknowledgement the broker keeps the
         * message and sends it again after the next connection. */
        metric_add(ingest->account.overrun, 1);
        return;
    }
    uint64_t number = receipts_add(&ingest->stored, message->token);
    if (!early)
        ingest_take_stored(ingest, label, device_id, message, number);
    pace(ingest);
}

void ingest_take_stored(struct ingest *ingest, size_t label, const char *device_id,
                        const struct bus_message *message, uint64_t number)
{
    uint64_t now_ms = now(ingest);
    enum hub_outcome outcome = HUB_BAD_TOPIC;
    if (label < ingest->topic_count) {
        outcome = intake_take(ingest, label, device_id, message, now_ms, NULL);
        ROOST_ASSERT(outcome != HUB_LATER);
    }
    report_outcome(ingest, label, outcome, device_id, message);
    if (outcome == HUB_WAITS)
        ingest->filling->waiting[label]++;
    else if (batched(ingest) == 0) {
        receipts_done(&ingest->stored, number);
        return;
    }
    batch_token(ingest->filling, number, now_ms);
}

/* ---- batches ---- */

/* Of what was in doubt the store said whether it was there. */
static void settle_doubts(struct ingest *ingest, struct batch *batch)
{
    for (size_t i = 0; i < batch->once_count; i++) {
        const struct batch_once *once = &batch->once[i];
        if (!batch->there[once->row]) {
            intake_renumbered(ingest, once->device, once->number);
            continue;
        }
        ROOST_ASSERT(batch->waiting[once->label] > 0);
        batch->waiting[once->label]--;
        metric_add(ingest->account.duplicate[once->label], 1);
    }
}

/* The flying batch is durable, or there was nothing to write: acknowledged in the order of arrival.
 */
static void land(struct ingest *ingest)
{
    struct batch *batch = ingest->flying;
    settle_doubts(ingest, batch);
    for (size_t label = 0; label < ingest->topic_count; label++)
        if (batch->waiting[label])
            metric_add(ingest->account.stored[label], batch->waiting[label]);
    for (size_t i = 0; i < batch->token_count; i++)
        receipts_done(&ingest->stored, batch->tokens[i]);
    batch_clear(batch);
    ingest->flying = NULL;
    ingest->landed++;
    pace(ingest);
}

static void write_failed(struct ingest *ingest, int err)
{
    uint32_t random;
    ingest->clock->ops->random(ingest->clock->ctx, &random, sizeof random);
    uint64_t now_ms = now(ingest);
    ingest->retry_ms = now_ms + roost_backoff_next(&ingest->backoff, random);
    metric_add(ingest->account.batches_failed, 1);
    if (ingest->write_failures++ == 0)
        HOST_LOG(ROOST_LOG_ERROR, "ingest", "store failed, nothing is acknowledged until it works",
                 RF_ERR("error", err), RF_INT("waiting", batched(ingest)));
}

static void write_done(void *arg, int err)
{
    struct ingest *ingest = arg;
    ingest->in_flight = false;
    if (err) {
        write_failed(ingest, err);
        return;
    }
    uint64_t took_ms = now(ingest) - ingest->write_start_ms;
    metric_add(ingest->account.batches_ok, 1);
    metric_observe(ingest->account.batch_rows, (double)ingest->flying->row_count);
    metric_observe(ingest->account.write_seconds, (double)took_ms / 1e3);
    if (ingest->write_failures > 0)
        HOST_LOG(ROOST_LOG_INFO, "ingest", "store works again",
                 RF_INT("failures", ingest->write_failures));
    ingest->write_failures = 0;
    roost_backoff_reset(&ingest->backoff);
    land(ingest);
}

static void write_batch(struct ingest *ingest, uint64_t now_ms)
{
    ingest->in_flight = true;
    ingest->write_start_ms = now_ms;
    int err = ingest->series->ops->write(ingest->series->ctx, &ingest->flying->sealed, write_done,
                                         ingest);
    if (err) {
        ingest->in_flight = false;
        write_failed(ingest, err);
    }
}

/* Seals what has gathered and hands it over, or tries a failed batch again. Returns the time of the
 * next try. */
static uint64_t write_tick(struct ingest *ingest, uint64_t now_ms)
{
    if (ingest->in_flight)
        return UINT64_MAX;
    if (now_ms < ingest->retry_ms)
        return ingest->retry_ms;
    if (!ingest->flying) {
        batch_take_devices(ingest->filling, ingest->fleet);
        if (batch_empty(ingest->filling) && ingest->filling->token_count == 0)
            return UINT64_MAX;
        int err = batch_seal(ingest->filling, ingest->hold.count > 0);
        if (err) {
            write_failed(ingest, err);
            return ingest->retry_ms;
        }
        ingest->flying = ingest->filling;
        ingest->filling =
            ingest->flying == &ingest->batches[0] ? &ingest->batches[1] : &ingest->batches[0];
        if (batch_empty(ingest->flying)) {
            land(ingest);
            return UINT64_MAX;
        }
    }
    write_batch(ingest, now_ms);
    return ingest->in_flight ? UINT64_MAX : ingest->retry_ms;
}

uint64_t ingest_tick(struct ingest *ingest, uint64_t now_ms)
{
    timing_tick(ingest, now_ms);
    if (ingest->hold.count > 0) {
        hold_release(ingest);
        pace(ingest);
    }
    uint64_t due_ms = write_tick(ingest, now_ms);
    uint64_t retain_at_ms = retention_tick(&ingest->retention, now_ms);
    uint64_t forget_at_ms = forget_tick(ingest, now_ms);
    if (forget_at_ms < due_ms)
        due_ms = forget_at_ms;
    return retain_at_ms < due_ms ? retain_at_ms : due_ms;
}
