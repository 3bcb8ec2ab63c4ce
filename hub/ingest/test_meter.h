/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A product that exists in tests only: everything a row can say, in one file. It shows what a
 * product has to bring along, and that hub/ingest and hub/fleet know none.
 *
 *     meter/{id}/in, out   device: "value [unix_ms [seq]]" (0: none), numbered by its journal
 *     meter/{id}/note      device: the same, counting for itself
 *     meter/{id}/plan      program: the same, its time for a number
 *     meter/{id}/ask       person: anything but ""; nothing is stored
 *     meter/{id}/order     what the hub publishes
 */
#ifndef ROOST_HUB_INGEST_TEST_METER_H
#define ROOST_HUB_INGEST_TEST_METER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "host/net/http.h"
#include "hub/fleet/fleet.h"
#include "hub/ingest/ingest.h"
#include "hub/service.h"
#include "hub/store/registry.h"

enum { METER_IN, METER_OUT, METER_NOTE, METER_PLAN, METER_ASK, METER_ORDER, METER_TOPICS };
enum { METER_ODD = HUB_OWN }; /* refuses the value 13 */
enum { METER_LENGTH_MAX = 64 };

struct meter {
    struct hub_parts parts;
    struct metric *taken;
    uint64_t due_ms, ticked_ms; /* what tick answers, and when it was called last */
    size_t waiting;
    int opened, asked, forgotten, obeyed, called;
    char command[37]; /* the last one obeyed */
};

struct meter_part {
    double latest;
    int64_t when_ms; /* of the latest */
    int count, live;
};

static struct meter meter; /* the last one opened */
static int meter_open_err;

static inline int meter_open(void **service, const struct hub_parts *parts)
{
    if (meter_open_err)
        return meter_open_err;
    meter = (struct meter){.parts = *parts, .due_ms = UINT64_MAX, .opened = 1};
    meter.taken = metrics_counter(parts->metrics, "meter_taken_total", "Values taken", NULL);
    *service = &meter;
    return 0;
}

static inline void meter_close(void *service)
{
    ((struct meter *)service)->opened--;
}

static inline enum hub_outcome meter_take(struct meter *m, struct hub_message *message,
                                          size_t stream, enum series_table table)
{
    char text[METER_LENGTH_MAX + 1];
    double value;
    long long unix_ms = 0;
    unsigned long long seq = 0;
    if (message->len > METER_LENGTH_MAX)
        return hub_refusal(ROOST_ERR_TOO_LONG);
    memcpy(text, message->payload, message->len);
    text[message->len] = '\0';
    if (sscanf(text, "%lf %lld %llu", &value, &unix_ms, &seq) < 1)
        return hub_refusal(ROOST_ERR_INVALID);
    if (value < -100 || value > 100)
        return hub_refusal(ROOST_ERR_RANGE);
    if (value == 13)
        return (enum hub_outcome)METER_ODD;
    struct meter_part *part = *message->part;
    if (!part && !(part = *message->part = calloc(1, sizeof *part)))
        return HUB_NO_MEMORY;
    enum hub_outcome outcome =
        ingest_number(message, stream, seq, unix_ms, ingest_content(&value, sizeof value));
    if (outcome != HUB_WAITS)
        return outcome;
    struct ingest_time time = ingest_time(message, unix_ms);
    ingest_row(message, table, time.unix_ms)->value = value;
    part->count++;
    part->live += time.live;
    if (part->count == 1 || time.when_ms >= part->when_ms) {
        part->latest = value;
        part->when_ms = time.when_ms;
    }
    metric_add(m->taken, 1);
    return HUB_WAITS;
}

static inline enum hub_outcome meter_take_in(void *service, struct hub_message *message)
{
    return meter_take(service, message, METER_IN, SERIES_TEMPERATURE);
}

static inline enum hub_outcome meter_take_out(void *service, struct hub_message *message)
{
    return meter_take(service, message, METER_OUT, SERIES_HUMIDITY);
}

static inline enum hub_outcome meter_take_note(void *service, struct hub_message *message)
{
    return meter_take(service, message, METER_NOTE, SERIES_TEMPERATURE);
}

static inline enum hub_outcome meter_take_plan(void *service, struct hub_message *message)
{
    return meter_take(service, message, METER_PLAN, SERIES_HUMIDITY);
}

static inline enum hub_outcome meter_take_ask(void *service, struct hub_message *message)
{
    ((struct meter *)service)->asked += message->len > 0;
    return message->len > 0 ? HUB_STORED : HUB_BAD_PAYLOAD;
}

static inline uint64_t meter_tick(void *service, uint64_t now_ms)
{
    struct meter *m = service;
    m->ticked_ms = now_ms;
    return m->due_ms;
}

static inline size_t meter_waiting(const void *service)
{
    return ((const struct meter *)service)->waiting;
}

static inline const struct meter_part *meter_part(const void *service,
                                                  const struct fleet_device *device)
{
    return device->part[((const struct meter *)service)->parts.slot];
}

static inline void meter_latest(const void *service, const struct fleet_device *device,
                                struct roost_json_writer *writer)
{
    const struct meter_part *part = meter_part(service, device);
    roost_json_key(writer, "meter");
    if (part)
        roost_json_double(writer, part->latest, 1);
    else
        roost_json_null(writer);
}

static inline void meter_describe(const void *service, const struct fleet_device *device,
                                  struct roost_json_writer *writer)
{
    const struct meter_part *part = meter_part(service, device);
    roost_json_key(writer, "metered");
    roost_json_int(writer, part ? part->count : 0);
}

static inline void meter_obeyed(void *service, const struct registry_command *command)
{
    struct meter *m = service;
    m->obeyed++;
    snprintf(m->command, sizeof m->command, "%s", command->id);
}

static inline void meter_forget(void *service, struct fleet_device *device)
{
    struct meter *m = service;
    m->forgotten++;
    free(device->part[m->parts.slot]);
    device->part[m->parts.slot] = NULL;
}

static inline void meter_get(void *ctx, const struct http_request *request,
                             struct http_exchange *exchange)
{
    (void)request;
    (void)exchange;
    ((struct meter *)ctx)->called++;
}

static const struct roost_topic meter_forms[METER_TOPICS] = {
    [METER_IN] = {"meter/", "/in", "in"},       [METER_OUT] = {"meter/", "/out", "out"},
    [METER_NOTE] = {"meter/", "/note", "note"}, [METER_PLAN] = {"meter/", "/plan", "plan"},
    [METER_ASK] = {"meter/", "/ask", "ask"},    [METER_ORDER] = {"meter/", "/order", "order"},
};

static const struct hub_topic meter_topics[] = {
    {&meter_forms[METER_IN], HUB_FROM_DEVICE, HUB_LANE_STORED, meter_take_in},
    {&meter_forms[METER_OUT], HUB_FROM_DEVICE, HUB_LANE_STORED, meter_take_out},
    {&meter_forms[METER_NOTE], HUB_FROM_DEVICE, HUB_LANE_STORED, meter_take_note},
    {&meter_forms[METER_PLAN], HUB_FROM_PROGRAM, HUB_LANE_STORED, meter_take_plan},
    {&meter_forms[METER_ASK], HUB_FROM_PERSON, HUB_LANE_STORED, meter_take_ask},
    {.topic = &meter_forms[METER_ORDER]},
};

static const struct hub_stream meter_streams[] = {
    [METER_IN] = {0, HUB_JOURNALLED},
    [METER_OUT] = {1, HUB_JOURNALLED},
    [METER_NOTE] = {2, HUB_NUMBERED},
    [METER_PLAN] = {3, HUB_TIMED},
};

static const char *const meter_reasons[] = {"odd"};

static const struct http_route meter_routes[] = {
    {.method = HTTP_GET,
     .path = "/api/v1/devices/{device_id}/meter",
     .role = HTTP_ROLE_OPERATOR,
     .rate = HTTP_RATE_READ,
     .handler = meter_get},
};

static const struct hub_service meter_service = {
    .name = "meter",
    .open = meter_open,
    .close = meter_close,
    .topics = meter_topics,
    .topic_count = sizeof meter_topics / sizeof meter_topics[0],
    .streams = meter_streams,
    .stream_count = sizeof meter_streams / sizeof meter_streams[0],
    .reasons = meter_reasons,
    .reason_count = 1,
    .routes = meter_routes,
    .route_count = 1,
    .tick = meter_tick,
    .waiting = meter_waiting,
    .latest = meter_latest,
    .describe = meter_describe,
    .obeyed = meter_obeyed,
    .forget = meter_forget,
};

#endif
