/* SPDX-License-Identifier: Apache-2.0 */
/* One message on its way in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/fnv.h"
#include "host/log.h"
#include "hub/ingest/ingest_internal.h"

enum {
    RESTART_LOG_MS = 60000 /* between two lines of one device */
};

static void add_streams(struct ingest *ingest, size_t slot, const struct hub_service *row)
{
    ingest->first_stream[slot] = ingest->streams.count;
    for (size_t i = 0; i < row->stream_count; i++) {
        size_t at = ingest->streams.count++;
        ROOST_ASSERT(at < HUB_STREAMS_MAX);
        ingest->streams.numbering[at] = row->streams[i].numbering;
        ingest->stored_as[at] = row->streams[i].stored_as;
        for (size_t k = 0; k < at; k++)
            ROOST_ASSERT(ingest->stored_as[k] != ingest->stored_as[at]);
    }
}

void intake_init(struct ingest *ingest)
{
    for (size_t slot = 0; slot < ingest->set->count; slot++) {
        const struct hub_service *row = ingest->set->at[slot].row;
        for (size_t i = 0; i < row->topic_count; i++) {
            ROOST_ASSERT(ingest->topic_count < HUB_TOPICS_MAX);
            ingest->topics[ingest->topic_count] = *row->topics[i].topic;
            ingest->routes[ingest->topic_count++] = (struct ingest_route){&row->topics[i], slot};
        }
        add_streams(ingest, slot, row);
    }
}

struct ingest_device *intake_device(struct ingest *ingest, const char *id)
{
    struct ingest_device *device = id_table_find(&ingest->devices, id);
    if (device)
        return device;
    device = calloc(1, sizeof *device);
    if (!device)
        return NULL;
    snprintf(device->id, sizeof device->id, "%s", id);
    device->streams = streams_new(&ingest->streams);
    if (!device->streams || id_table_add(&ingest->devices, device) != 0) {
        streams_free(&ingest->streams, device->streams);
        free(device);
        return NULL;
    }
    return device;
}

void intake_forget(struct ingest *ingest, const char *id)
{
    struct ingest_device *device = id_table_remove(&ingest->devices, id);

    if (!device)
        return;
    streams_free(&ingest->streams, device->streams);
    free(device);
}

/* A leaky bucket: each message uses up its share of time; whoever is a burst ahead of the clock is
 * refused. */
static bool allowed(const struct ingest *ingest, struct ingest_device *device, uint64_t now_ms)
{
    uint32_t rate = ingest->config.device_rate_per_s;
    uint64_t now_ns = now_ms * 1000000;
    if (rate == 0)
        return true;
    if (device->rate_ns < now_ns)
        device->rate_ns = now_ns;
    uint64_t message_ns = UINT64_C(1000000000) / rate;
    if (device->rate_ns - now_ns > ingest->config.device_burst * message_ns)
        return false;
    device->rate_ns += message_ns;
    return true;
}

/* ---- numbers and rows ---- */

static void touch(const struct intake *in, size_t stream)
{
    batch_touch(in->ingest->filling, in->device->id, in->ingest->stored_as[stream],
                &in->device->streams->stream[stream]);
}

static void touch_journalled(const struct intake *in)
{
    for (size_t i = 0; i < in->ingest->streams.count; i++)
        if (in->ingest->streams.numbering[i] == HUB_JOURNALLED)
            touch(in, i);
}

uint64_t ingest_content(const void *bytes, size_t len)
{
    return roost_fnv64(ROOST_FNV64, bytes, len);
}

/* With the number, of which the lower half stands beside it only. */
static uint32_t hash_of(uint64_t number, uint64_t content, int64_t unix_ms)
{
    const uint64_t all[] = {number, content, (uint64_t)unix_ms};
    uint64_t hash = ingest_content(all, sizeof all);
    return (uint32_t)(hash ^ hash >> 32);
}

/* A device that gives every reading the same number, or names another journal each time, would say
 * so with each. */
static bool log_restart(struct ingest *ingest, struct ingest_device *device,
                        enum roost_log_level level, const char *text, uint64_t number)
{
    uint64_t now_ms = ingest->clock->ops->now_ms(ingest->clock->ctx), left_out;

    if (device->restart_ms != 0 && now_ms - device->restart_ms < RESTART_LOG_MS)
        return false;
    device->restart_ms = now_ms;
    if (host_log_admit(&ingest->restart_lines, now_ms, &left_out))
        HOST_LOG_AFTER(left_out, level, "ingest", text, RF_STR("device_id", device->id),
                       RF_INT("seq", number));
    return true;
}

static const char numbers_anew[] = "device numbers its readings anew";

void intake_renumbered(struct ingest *ingest, struct ingest_device *device, uint64_t number)
{
    if (log_restart(ingest, device, ROOST_LOG_WARN, numbers_anew, number))
        metric_add(ingest->account.restarted, 1);
}

enum hub_outcome ingest_number(struct hub_message *message, size_t stream, uint64_t number,
                               int64_t unix_ms, uint64_t content)
{
    struct intake *in = intake_of(message);
    struct ingest *ingest = in->ingest;
    struct streams *streams = in->device->streams;
    size_t kind = ingest->first_stream[in->slot] + stream;
    bool journalled = ingest->streams.numbering[kind] == HUB_JOURNALLED;
    uint64_t closed;

    ROOST_ASSERT(stream < ingest->set->at[in->slot].row->stream_count);
    int64_t good_ms = timing_good(in, unix_ms);
    /* A time that cannot be is no number: it would take the place of those that can. */
    if (ingest->streams.numbering[kind] == HUB_TIMED && good_ms == 0)
        number = 0;
    if (number == 0) /* a retained reading is the broker's repetition of one we had */
        return message->retain ? HUB_DUPLICATE : HUB_WAITS;
    const struct stream_reading reading = {.number = number,
                                           .unix_ms = unix_ms,
                                           .good_ms = good_ms,
                                           .hash = hash_of(number, content, unix_ms),
                                           .repeated = message->dup || message->retain};
    enum stream_verdict verdict = streams_judge(&ingest->streams, streams, kind, &reading);
    /* What the broker repeats and we would have forgotten is taken for stored: it may be lost that
     * way, of a delivery that never reached us, but that is one which many newer have overtaken. */
    if (verdict == STREAM_DUPLICATE ||
        (reading.repeated && streams_forgotten(&ingest->streams, streams, kind, number))) {
        bool waits = receipts_count(&ingest->stored) > 1; /* besides its own */
        if (waits && streams_keep(streams, kind, &reading))
            touch(in, kind);
        return HUB_DUPLICATE;
    }
    if (streams_take(&ingest->streams, streams, kind, &reading, verdict, &closed) != 0)
        return HUB_NO_MEMORY;
    touch(in, kind);
    /* Numbers that no journal gave may be left out: those are never sent. */
    if (closed > 0 && journalled)
        metric_add(ingest->account.gap_readings, (double)closed);
    if (verdict == STREAM_RESTARTED) {
        if (journalled)
            touch_journalled(in);
        metric_add(ingest->account.restarted, 1);
        log_restart(ingest, in->device, ROOST_LOG_WARN, numbers_anew, number);
    }
    in->once = verdict == STREAM_DOUBTED;
    if (in->once)
        batch_once(
            ingest->filling,
            &(struct batch_once){.device = in->device, .number = number, .label = in->label});
    return HUB_WAITS;
}

struct series_row *ingest_row(struct hub_message *message, enum series_table table, int64_t unix_ms)
{
    const struct intake *in = intake_of(message);
    struct series_row *row = batch_row(in->ingest->filling);
    row->table = table;
    row->mark = in->mark;
    row->once = in->once;
    row->unix_ms = unix_ms;
    row->device_id = in->device->id;
    return row;
}

/* The device named its journal. HUB_WAITS when that has to be stored. */
static enum hub_outcome name_journal(const struct intake *in, enum hub_outcome outcome)
{
    bool learnt;
    if (streams_journal(&in->ingest->streams, in->device->streams, in->message.journal_id,
                        &learnt)) {
        metric_add(in->ingest->account.restarted, 1);
        log_restart(in->ingest, in->device, ROOST_LOG_INFO, "device has a new journal", 0);
    }
    if (!learnt)
        return outcome;
    touch_journalled(in);
    return HUB_WAITS;
}

/* ---- the way in ---- */

/* Of a device that was removed only its own word, said now, is news. */
static enum hub_outcome of_gone(enum hub_sender sender, const struct bus_message *message)
{
    if (message->retain)
        return HUB_DUPLICATE;
    if (message->len == 0)
        return HUB_STORED; /* what the broker kept is taken away: the removal itself */
    if (sender == HUB_FROM_DEVICE_OR_WILL && fleet_says_offline(message->payload, message->len))
        return HUB_STORED;
    return sender <= HUB_FROM_DEVICE_OR_WILL ? HUB_WAITS : HUB_UNKNOWN_DEVICE;
}

bool intake_is_early(const struct ingest *ingest, size_t label, const char *device_id,
                     const struct bus_message *message)
{
    const struct hub_topic *topic =
        label < ingest->topic_count ? ingest->routes[label].topic : NULL;

    return topic && topic->take && topic->sender <= HUB_FROM_DEVICE_OR_WILL &&
           fleet_leaves(ingest->fleet, device_id) && of_gone(topic->sender, message) == HUB_WAITS;
}

/* The device of or for whom it is. HUB_WAITS: go on. */
static enum hub_outcome meet(struct intake *in, enum hub_sender sender, const char *device_id,
                             const struct bus_message *message)
{
    struct ingest *ingest = in->ingest;
    struct fleet_device *known;
    int err = ROOST_ERR_REFUSED;
    bool gone = fleet_is_gone(ingest->fleet, device_id);
    enum hub_outcome outcome = gone ? of_gone(sender, message) : HUB_WAITS;
    bool spoke = sender == HUB_FROM_DEVICE && !message->retain;
    /* Another of that id may be faster than what takes away the last one's retained messages. */
    if (message->len == 0 && !message->retain && fleet_removes(ingest->fleet, device_id))
        outcome = HUB_STORED;
    if (outcome != HUB_WAITS)
        return outcome;
    if (sender == HUB_FROM_PERSON)
        known = fleet_find(ingest->fleet, device_id);
    else
        known = fleet_meet(ingest->fleet, device_id, spoke, &err);
    if (!known)
        return err == ROOST_ERR_AUTH        ? HUB_UNCLAIMED
               : err == ROOST_ERR_FULL      ? HUB_DEVICE_LIMIT
               : err == ROOST_ERR_NO_MEMORY ? HUB_NO_MEMORY
                                            : HUB_UNKNOWN_DEVICE;
    if (!fleet_serves(ingest->fleet, known))
        return HUB_UNCLAIMED;
    if (!known->intake && !(known->intake = intake_device(ingest, known->id)))
        return HUB_NO_MEMORY;
    in->device = known->intake;
    in->message.device = known;
    in->message.part = &known->part[in->slot];
    if (sender <= HUB_FROM_DEVICE_OR_WILL && !allowed(ingest, in->device, in->message.now_ms))
        return HUB_RATE_LIMITED;
    return HUB_WAITS;
}

size_t intake_label(const struct ingest *ingest, const char *topic,
                    char device_id[ROOST_DEVICE_ID_MAX + 1])
{
    int found =
        roost_topic_find(ingest->topics, ingest->topic_count, topic, strlen(topic), device_id);
    return found < 0 ? ingest->topic_count : (size_t)found;
}

enum hub_outcome intake_take(struct ingest *ingest, size_t label, const char *device_id,
                             const struct bus_message *message, uint64_t now_ms,
                             const struct hub_receipt *receipt)
{
    const struct ingest_route *route = &ingest->routes[label];
    struct intake in = {
        .message = {.payload = message->payload,
                    .len = message->len,
                    .retain = message->retain,
                    .dup = message->dup,
                    .now_ms = now_ms,
                    .unix_ms = ingest->clock->ops->unix_ms(ingest->clock->ctx)},
        .ingest = ingest,
        .slot = route->slot,
        .label = label,
        .sender = route->topic->sender,
    };
    timing_look(ingest, now_ms, in.message.unix_ms);
    if (receipt)
        in.message.receipt = *receipt;
    if (!route->topic->take)
        return HUB_BAD_TOPIC;
    enum hub_outcome outcome = meet(&in, route->topic->sender, device_id, message);
    if (outcome != HUB_WAITS)
        return outcome;
    if (message->oversize)
        return HUB_TOO_LONG;
    outcome = route->topic->take(ingest->set->at[route->slot].service, &in.message);
    return in.message.journal_id ? name_journal(&in, outcome) : outcome;
}
