/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/climate/climate_internal.h"
#include "host/log.h"

enum {
    OVERRUN_MESSAGES = 8192, /* what the bus may still hand over after it was paused */
    RETRY_BASE_MS = 200,
    RETRY_CAP_MS = 30000,
    RETAIN_EVERY_MS = 3600000,
    DAY_MS = 86400000
};

const char *const climate_subscriptions[] = {
    "sensor/+/temperature", "sensor/+/humidity", "sensor/+/audio",  "window/+/control",
    "window/+/state",       "window/+/feedback", "device/+/status", "device/+/answer",
};
const size_t climate_subscription_count =
    sizeof climate_subscriptions / sizeof climate_subscriptions[0];

static void on_collect(void *ctx)
{
    struct climate *climate = ctx;
    for (int kind = 0; kind < ROOST_ANY_TOPIC_COUNT; kind++) {
        uint32_t waiting = climate->filling->waiting[kind];
        if (climate->flying)
            waiting += climate->flying->waiting[kind];
        metric_set(climate->account.waiting[kind], waiting);
    }
    metric_set(climate->account.paused, climate->paused);
    const struct batch *oldest = climate->flying ? climate->flying : climate->filling;
    uint64_t now_ms = climate->clock->ops->now_ms(climate->clock->ctx);
    metric_set(climate->account.oldest,
               oldest->token_count ? (double)(now_ms - oldest->opened_ms) / 1e3 : 0);
}

struct climate *climate_new(const struct climate_config *config, struct fleet *fleet,
                            const struct series *series, const struct bus *bus,
                            const struct host_clock *clock, const struct hub_feed *feed,
                            struct metrics *metrics)
{
    struct climate *climate = calloc(1, sizeof *climate);
    uint64_t seed;
    (void)feed; /* what changes is told by the fleet, which keeps the latest */
    if (!climate)
        return NULL;
    climate->config = *config;
    if (climate->config.trigger_interval_ms == 0)
        climate->config.trigger_interval_ms = 1;
    if (climate->config.waiting_max < 2)
        climate->config.waiting_max = 2;
    climate->fleet = fleet;
    climate->series = series;
    climate->bus = bus;
    climate->clock = clock;
    climate->filling = &climate->batches[0];
    clock->ops->random(clock->ctx, &seed, sizeof seed);
    id_table_init(&climate->devices, seed);
    roost_backoff_init(&climate->backoff, RETRY_BASE_MS, RETRY_CAP_MS);
    size_t message_max = (size_t)climate->config.waiting_max + OVERRUN_MESSAGES;
    if (batch_init(&climate->batches[0], message_max) != 0 ||
        batch_init(&climate->batches[1], message_max) != 0) {
        climate_free(climate);
        return NULL;
    }
    account_init(&climate->account, metrics);
    metrics_on_collect(metrics, on_collect, climate);
    return climate;
}

void climate_free(struct climate *climate)
{
    if (!climate)
        return;
    for (size_t i = 0; i < climate->devices.size; i++) {
        struct climate_device *device = climate->devices.slots[i].item;
        if (!device)
            continue;
        streams_deinit(&device->streams);
        free(device);
    }
    id_table_deinit(&climate->devices);
    batch_deinit(&climate->batches[0]);
    batch_deinit(&climate->batches[1]);
    free(climate->sound);
    free(climate);
}

static int load_stream(void *arg, const struct series_stream *stored)
{
    struct climate *climate = arg;
    if (stored->stream >= STREAM_COUNT)
        return 0; /* of a newer program; left alone */
    struct climate_device *device = climate_device(climate, stored->device_id);
    if (!device)
        return ROOST_ERR_NO_MEMORY;
    struct stream *stream = &device->streams.stream[stored->stream];
    stream->epoch = stored->epoch;
    stream->newest_ms = stored->newest_ms;
    return spans_set(&stream->spans, stored->spans, stored->span_count);
}

int climate_load(struct climate *climate)
{
    return climate->series->ops->load_streams(climate->series->ctx, load_stream, climate);
}

/* Messages. */

static void ack(const struct climate *climate, uint64_t token)
{
    if (token)
        climate->bus->ops->ack(climate->bus->ctx, token);
}

static void set_paused(struct climate *climate, bool paused)
{
    if (climate->paused == paused)
        return;
    climate->paused = paused;
    HOST_LOG(ROOST_LOG_WARN, "climate",
             paused ? "store cannot keep up, reading stopped" : "reading goes on",
             RF_INT("waiting", climate_waiting(climate)));
    climate->bus->ops->pause(climate->bus->ctx, paused);
}

size_t climate_waiting(const struct climate *climate)
{
    return climate->filling->token_count + (climate->flying ? climate->flying->token_count : 0);
}

void climate_message(struct climate *climate, const struct bus_message *message)
{
    struct intake intake = {
        .message = message,
        .now_ms = climate->clock->ops->now_ms(climate->clock->ctx),
        .unix_ms = climate->clock->ops->unix_ms(climate->clock->ctx),
    };
    if (batch_full(climate->filling)) {
        /* The bus went on in spite of the pause: without an acknowledgement the broker keeps the
         * message and sends it again after the next connection. */
        metric_add(climate->account.overrun, 1);
        return;
    }
    int label = TOPIC_OTHER;
    enum outcome outcome = REJECT_BAD_TOPIC;
    if (roost_any_topic_parse(&intake.topic, message->topic, strlen(message->topic)) == 0) {
        label = (int)intake.topic.kind;
        outcome = intake_take(climate, &intake);
    }
    account_message(&climate->account, label, outcome);
    if (outcome == OUTCOME_WAITS)
        climate->filling->waiting[label]++;
    else if (climate_waiting(climate) == 0) {
        ack(climate, message->token);
        return;
    }
    batch_token(climate->filling, message->token, intake.now_ms);
    if (climate_waiting(climate) >= climate->config.waiting_max)
        set_paused(climate, true);
}

/* A hand's move on its way: the model hears of it when the command is out. */
struct hand {
    struct climate *climate;
    char topic[ROOST_TOPIC_MAX + 1];
    char payload[64]; /* {"position":n} is the command's argument, too */
    size_t payload_len;
    fleet_command_fn done;
    void *arg;
};

static void hand_sent(void *arg, int err, const struct registry_command *command)
{
    struct hand *hand = arg;
    const struct bus *bus = hand->climate->bus;
    if (!err)
        err = bus->ops->publish(bus->ctx, hand->topic, hand->payload, hand->payload_len, 1, false);
    if (hand->done)
        hand->done(hand->arg, err, err ? NULL : command);
    free(hand);
}

int climate_hand(struct climate *climate, const char *device_id, double position_pct,
                 int64_t operator_id, fleet_command_fn done, void *arg)
{
    if (!(position_pct >= 0 && position_pct <= 100))
        return ROOST_ERR_RANGE;
    struct hand *hand = calloc(1, sizeof *hand);
    if (!hand)
        return ROOST_ERR_NO_MEMORY;
    hand->climate = climate;
    hand->done = done;
    hand->arg = arg;
    int err = roost_any_topic_write(hand->topic, sizeof hand->topic, ANY_TOPIC_FEEDBACK, device_id);
    int len =
        err < 0 ? err : roost_feedback_write(hand->payload, sizeof hand->payload, position_pct);
    hand->payload_len = len < 0 ? 0 : (size_t)len;
    err = len < 0 ? len
                  : fleet_command(climate->fleet, device_id, "move", hand->payload, operator_id,
                                  hand_sent, hand);
    if (err)
        free(hand);
    return err;
}

/* Batches. */

/* The flying batch is durable, or there was nothing to write: acknowledged in the order of arrival.
 */
static void land(struct climate *climate)
{
    struct batch *batch = climate->flying;
    for (int kind = 0; kind < ROOST_ANY_TOPIC_COUNT; kind++)
        if (batch->waiting[kind])
            metric_add(climate->account.stored[kind], batch->waiting[kind]);
    for (size_t i = 0; i < batch->token_count; i++)
        ack(climate, batch->tokens[i]);
    batch_clear(batch);
    climate->flying = NULL;
    if (climate->paused && climate_waiting(climate) <= climate->config.waiting_max / 2)
        set_paused(climate, false);
}

static void write_failed(struct climate *climate, int err)
{
    uint32_t random;
    climate->clock->ops->random(climate->clock->ctx, &random, sizeof random);
    uint64_t now_ms = climate->clock->ops->now_ms(climate->clock->ctx);
    climate->retry_ms = now_ms + roost_backoff_next(&climate->backoff, random);
    metric_add(climate->account.batches_failed, 1);
    if (climate->write_failures++ == 0)
        HOST_LOG(ROOST_LOG_ERROR, "climate", "store failed, nothing is acknowledged until it works",
                 RF_ERR("error", err), RF_INT("waiting", climate_waiting(climate)));
}

static void write_done(void *arg, int err)
{
    struct climate *climate = arg;
    climate->in_flight = false;
    if (err) {
        write_failed(climate, err);
        return;
    }
    uint64_t took_ms = climate->clock->ops->now_ms(climate->clock->ctx) - climate->write_start_ms;
    metric_add(climate->account.batches_ok, 1);
    metric_observe(climate->account.batch_rows, (double)climate->flying->row_count);
    metric_observe(climate->account.write_seconds, (double)took_ms / 1e3);
    if (climate->write_failures > 0)
        HOST_LOG(ROOST_LOG_INFO, "climate", "store works again",
                 RF_INT("failures", climate->write_failures));
    climate->write_failures = 0;
    roost_backoff_reset(&climate->backoff);
    land(climate);
}

static void write_batch(struct climate *climate, uint64_t now_ms)
{
    climate->in_flight = true;
    climate->write_start_ms = now_ms;
    int err = climate->series->ops->write(climate->series->ctx, &climate->flying->sealed,
                                          write_done, climate);
    if (err) {
        climate->in_flight = false;
        write_failed(climate, err);
    }
}

/* Seals what has gathered and hands it over, or tries a failed batch again. Returns the time of the
 * next try. */
static uint64_t write_tick(struct climate *climate, uint64_t now_ms)
{
    if (climate->in_flight)
        return UINT64_MAX;
    if (now_ms < climate->retry_ms)
        return climate->retry_ms;
    if (!climate->flying) {
        batch_take_devices(climate->filling, climate->fleet);
        if (batch_empty(climate->filling) && climate->filling->token_count == 0)
            return UINT64_MAX;
        int err = batch_seal(climate->filling);
        if (err) {
            write_failed(climate, err);
            return climate->retry_ms;
        }
        climate->flying = climate->filling;
        climate->filling =
            climate->flying == &climate->batches[0] ? &climate->batches[1] : &climate->batches[0];
        if (batch_empty(climate->flying)) {
            land(climate);
            return UINT64_MAX;
        }
    }
    write_batch(climate, now_ms);
    return climate->in_flight ? UINT64_MAX : climate->retry_ms;
}

static void retain_done(void *arg, int err)
{
    struct climate *climate = arg;
    climate->retaining = false;
    if (err)
        HOST_LOG(ROOST_LOG_ERROR, "climate", "old rows could not be deleted", RF_ERR("error", err));
    else
        metric_add(climate->account.retained, 1);
}

static uint64_t retain_tick(struct climate *climate, uint64_t now_ms)
{
    if (climate->config.retention_days == 0)
        return UINT64_MAX;
    if (now_ms < climate->retain_ms || climate->retaining)
        return climate->retain_ms;
    int64_t unix_ms = climate->clock->ops->unix_ms(climate->clock->ctx);
    int64_t before_ms = unix_ms - (int64_t)climate->config.retention_days * DAY_MS;
    climate->retain_ms = now_ms + RETAIN_EVERY_MS;
    climate->retaining = true;
    int err = climate->series->ops->retain(climate->series->ctx, before_ms, retain_done, climate);
    if (err)
        retain_done(climate, err);
    return climate->retain_ms;
}

uint64_t climate_tick(struct climate *climate, uint64_t now_ms)
{
    uint64_t due_ms = write_tick(climate, now_ms);
    uint64_t trigger_ms = trigger_tick(climate, now_ms);
    uint64_t retain_ms = retain_tick(climate, now_ms);
    if (trigger_ms < due_ms)
        due_ms = trigger_ms;
    return retain_ms < due_ms ? retain_ms : due_ms;
}
