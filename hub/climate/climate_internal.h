/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the climate service, shared by its files:
 *   climate.c   the service's life and row
 *   take.c      what each topic's message means
 *   recall.c    what was known before the hub started
 *   trigger.c   when the model is asked
 *   view.c      what API and live view see of a window
 *   rest.c      its REST routes
 */
#ifndef ROOST_HUB_CLIMATE_CLIMATE_INTERNAL_H
#define ROOST_HUB_CLIMATE_CLIMATE_INTERNAL_H

#include "host/net/http.h"
#include "hub/climate/climate.h"
#include "hub/fleet/fleet.h"
#include "hub/ingest/ingest.h"
#include "hub/store/series.h"
#include "proto/climate/payload.h"
#include "proto/climate/topic.h"

#define CLIMATE_TYPE "window" /* of the devices that are moved; all that measure may report */

struct climate_config {
    double trigger_temperature_degc; /* 0.5 */
    double trigger_humidity_pct;     /* 2.0 */
    bool trigger_on_sound;           /* true: every new sound level */
    uint32_t trigger_interval_ms;    /* 5000: at most one request in this time, per device */
};

enum feature { FEATURE_TEMPERATURE, FEATURE_HUMIDITY, FEATURE_SOUND, FEATURE_COUNT };

/* "temperature", "humidity", "sound". */
extern const char *const climate_feature_names[FEATURE_COUNT];

/* What is kept of a device, in its slot. */
struct climate_device {
    const struct fleet_device *device;

    /* The latest by their time, a replay's and those of before the start, too; live: one came since
     * the start when it was measured, which is what the trigger goes by. */
    uint8_t seen, live; /* bit per feature */
    double latest[FEATURE_COUNT];
    int64_t latest_ms[FEATURE_COUNT]; /* 0: not known, a clock that was ahead stamped it */
    int64_t when_ms[FEATURE_COUNT];   /* the same, monotonic: struct ingest_time */
    struct roost_window_state *state; /* NULL until one came */
    struct roost_control *control;    /* last decision and its features; NULL until then */

    /* Trigger. In the list while the interval since the last request runs. */
    double asked[FEATURE_COUNT];
    bool ever_asked;
    bool listed, waits; /* waits: to be asked again when the interval is over */
    bool answer_due;    /* a request is out and its control has not come */
    struct climate_device *earlier, *later;
    uint64_t asked_ms, cause_ms; /* request; and arrival of the message that was its cause */
    char trace_id[ROOST_TRACE_MAX + 1];
};

struct climate {
    struct climate_config config;
    struct hub_parts parts;
    struct metric *requests_ok, *requests_failed, *loop_from_request, *loop_from_sensor;

    struct climate_device *first_asked, *last_asked; /* by asked_ms */
    uint8_t *sound;                                  /* decoded audio; made with the first */
};

/* The device's part, or NULL while there is none. */
static inline struct climate_device *climate_device(const struct climate *climate,
                                                    const struct fleet_device *device)
{
    return device->part[climate->parts.slot];
}

/* take.c */
enum {
    CLIMATE_STREAM_TEMPERATURE,
    CLIMATE_STREAM_HUMIDITY,
    CLIMATE_STREAM_AUDIO,
    CLIMATE_STREAM_CONTROL,
    CLIMATE_STREAM_COUNT
};
enum { CLIMATE_REASONS = 3 };
extern const struct hub_topic climate_hub_topics[CLIMATE_TOPIC_COUNT];
extern const struct hub_stream climate_streams[CLIMATE_STREAM_COUNT];
extern const char *const climate_reasons[CLIMATE_REASONS];

/* trigger.c: a live value of a device came, and what is due by time. */
void trigger_value(struct climate *climate, struct climate_device *device, enum feature feature,
                   uint64_t now_ms);
uint64_t trigger_tick(void *climate, uint64_t now_ms);
/* A decision came: the loop is closed. */
void trigger_answered(struct climate *climate, struct climate_device *device,
                      const struct roost_control *control, uint64_t now_ms);
/* The device is going. */
void trigger_forget(struct climate *climate, struct climate_device *device);

/* view.c; device_id NULL: left out, where the object is part of its device. */
void climate_view_window(struct roost_json_writer *w, const char *device_id,
                         const struct roost_window_state *state);
void climate_view_decision(struct roost_json_writer *w, const char *device_id,
                           const struct roost_control *control);
void climate_latest(const void *climate, const struct fleet_device *device,
                    struct roost_json_writer *w);
void climate_describe(const void *climate, const struct fleet_device *device,
                      struct roost_json_writer *w);

/* recall.c */
void climate_recall(void *climate, struct fleet_device *device, const struct series_row *row);
void climate_clock_set(void *climate, int64_t until_ms);

/* rest.c */
enum { CLIMATE_ROUTES = 3 };
extern const struct http_route climate_routes[CLIMATE_ROUTES];

#endif
