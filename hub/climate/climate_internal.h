/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the climate service, shared by its files:
 *   climate.c   messages in, batches out, acknowledgements
 *   intake.c    what each topic's message means
 *   trigger.c   when the model is asked
 *   account.c   received = stored + duplicate + rejected + waiting
 */
#ifndef ROOST_HUB_CLIMATE_CLIMATE_INTERNAL_H
#define ROOST_HUB_CLIMATE_CLIMATE_INTERNAL_H

#include "core/backoff.h"
#include "hub/climate/batch.h"
#include "hub/climate/climate.h"
#include "hub/climate/streams.h"
#include "hub/fleet/id_table.h"
#include "proto/climate/payload.h"
#include "proto/climate/any_topic.h"

/* ---- account ---- */

/* X(name, label): why a message was refused for good. */
#define REJECT_LIST(X)                                                                             \
    X(BAD_TOPIC, "bad_topic")                                                                      \
    X(BAD_PAYLOAD, "bad_payload")                                                                  \
    X(RANGE, "range")                                                                              \
    X(TOO_LONG, "too_long")                                                                        \
    X(BAD_BASE64, "bad_base64")                                                                    \
    X(BAD_WAV, "bad_wav")                                                                          \
    X(BAD_DURATION, "bad_duration")                                                                \
    X(BAD_CLOCK, "bad_clock")                                                                      \
    X(UNKNOWN_DEVICE, "unknown_device")                                                            \
    X(UNCLAIMED, "unclaimed")                                                                      \
    X(DEVICE_LIMIT, "device_limit")                                                                \
    X(RATE_LIMITED, "rate_limited")                                                                \
    X(UNKNOWN_COMMAND, "unknown_command")                                                          \
    X(NO_MEMORY, "no_memory")

/* What became of a message at once. WAITS: its rows are in the batch. */
enum outcome {
    OUTCOME_WAITS,
    OUTCOME_STORED,
    OUTCOME_DUPLICATE,
#define X(name, label) REJECT_##name,
    REJECT_LIST(X)
#undef X
        OUTCOME_COUNT
};

enum { TOPIC_OTHER = ROOST_ANY_TOPIC_COUNT, TOPIC_LABELS }; /* TOPIC_OTHER: none of ours */

struct account {
    struct metrics *metrics;
    struct metric *received[TOPIC_LABELS], *stored[TOPIC_LABELS], *duplicate[TOPIC_LABELS];
    struct metric *waiting[TOPIC_LABELS];
    struct metric *rejected[TOPIC_LABELS][OUTCOME_COUNT];
    struct metric *gap_readings, *restarted, *overrun, *paused, *oldest;
    struct metric *batches_ok, *batches_failed, *batch_rows, *write_seconds, *retained;
    struct metric *requests_ok, *requests_failed, *loop_from_request, *loop_from_sensor;
};

void account_init(struct account *account, struct metrics *metrics);
/* A message of topic `label` was received, and what became of it. */
void account_message(struct account *account, int label, enum outcome outcome);
const char *outcome_name(enum outcome outcome);

/* ---- devices ---- */

enum feature { FEATURE_TEMPERATURE, FEATURE_HUMIDITY, FEATURE_SOUND, FEATURE_COUNT };

struct climate_device {
    char id[ROOST_DEVICE_ID_MAX + 1]; /* first: hub/fleet/id_table.h */
    struct streams streams;
    uint64_t rate_ns; /* when its allowance would be used up by what it sent; see allowed() */

    /* Trigger. In the list while the interval since the last request runs. */
    double latest[FEATURE_COUNT], asked[FEATURE_COUNT];
    uint8_t seen; /* bit per feature */
    bool ever_asked;
    bool listed, waits; /* waits: to be asked again when the interval is over */
    bool answer_due;    /* a request is out and its control has not come */
    struct climate_device *earlier, *later;
    uint64_t asked_ms, cause_ms; /* request; and arrival of the message that was its cause */
    char trace_id[ROOST_TRACE_MAX + 1];
};

struct climate {
    struct climate_config config;
    struct fleet *fleet;
    const struct series *series;
    const struct bus *bus;
    const struct host_clock *clock;
    struct account account;

    struct id_table devices;
    struct climate_device *first_asked, *last_asked; /* by asked_ms */

    struct batch batches[2];
    struct batch *filling, *flying; /* flying NULL: no batch is sealed */
    bool in_flight;                 /* the store has it; otherwise it waits for retry_ms */
    uint64_t write_start_ms, retry_ms;
    struct roost_backoff backoff;
    uint32_t write_failures; /* in a row */
    bool paused;

    bool retaining;
    uint64_t retain_ms; /* next retention */

    uint8_t *sound; /* decoded audio; made with the first */
};

/* A message on its way through. */
struct intake {
    const struct bus_message *message;
    struct roost_any_topic topic;
    struct fleet_device *known;
    struct climate_device *device;
    uint64_t now_ms;
    int64_t unix_ms;
};

/* intake.c: the message's meaning; rows go to climate->filling. */
enum outcome intake_take(struct climate *climate, struct intake *intake);

/* NULL: out of memory. */
struct climate_device *climate_device(struct climate *climate, const char *id);

/* trigger.c: a live value of a device, and what is due by time. */
void trigger_value(struct climate *climate, struct climate_device *device, enum feature feature,
                   double value, uint64_t now_ms);
uint64_t trigger_tick(struct climate *climate, uint64_t now_ms);
/* A decision came: the loop is closed. */
void trigger_answered(struct climate *climate, struct climate_device *device,
                      const struct roost_control *control, uint64_t now_ms);

#endif
