/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MQTT payloads of the window, both directions (PROTOCOLS 4). Decoders take whole payloads and give
 * a struct or an error; encoders write into the caller's buffer and return the length or
 * ROOST_ERR_TOO_LONG (ROOST_ERR_RANGE for a value that no decoder would take). JSON members may
 * come in any order, those not named here are ignored. Values are doubles in the unit of their
 * name. After an error the output is unspecified. Depends on core/.
 *
 * Errors of every decoder: ROOST_ERR_INVALID (malformed, wrong type), ROOST_ERR_TRUNCATED,
 * ROOST_ERR_NOT_FOUND (a required member is missing), ROOST_ERR_RANGE, ROOST_ERR_TOO_LONG (payload
 * over ROOST_PAYLOAD_MAX, a text over its limit, too many members).
 */
#ifndef ROOST_PROTO_CLIMATE_PAYLOAD_H
#define ROOST_PROTO_CLIMATE_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/json_read.h"
#include "core/json_write.h"
#include "proto/climate/audio.h"
#include "proto/climate/topic.h"

/* Physical limits of readings; outside is ROOST_ERR_RANGE. */
#define ROOST_TEMPERATURE_MIN_DEGC (-60.0)
#define ROOST_TEMPERATURE_MAX_DEGC 100.0

enum { ROOST_VERSION_MAX = 32, ROOST_TRACE_MAX = 36, ROOST_PAYLOAD_MAX = 4096 };

/* sensor/{id}/temperature and humidity: a plain ASCII float, or {"value","ts","seq"}. */
struct roost_reading {
    double value;
    int64_t unix_ms; /* 0: none given, the hub stamps the arrival */
    uint64_t seq;    /* 0: none given */
};

/* `kind` is TEMPERATURE or HUMIDITY and selects the range (humidity 0 to 100). A plain number may
 * be written in any way C's printf knows and have white space around it. ts in ms since 1970. For
 * the hub: 1.5 KB of stack. */
int roost_reading_parse(struct roost_reading *reading, enum climate_topic kind, const char *payload,
                        size_t len);

/* Plain form when unix_ms and seq are both 0, JSON otherwise. `value_milli` in thousandths. */
int roost_reading_write(char *out, size_t size, int64_t value_milli, int64_t unix_ms, uint64_t seq);

/* The members ts and seq, both optional, 0 when absent: numbers start at 1, and what a device calls
 * 0 is taken as not numbered. ts is any number, cut to an integer and to its range: whether it can
 * be a time is the caller's to judge. Beside a number it may be the text of a time, and anything
 * else there is INT64_MIN. */
int roost_stamp_parse(const struct roost_json *doc, int64_t *unix_ms, uint64_t *seq);
void roost_stamp_write(struct roost_json_writer *writer, int64_t unix_ms, uint64_t seq);

struct roost_features {
    double temperature_degc, humidity_pct, sound_volume_dbfs;
};

/* ml/inference/request/{id}. All members are required and the features within their physical limits
 * (sound -96 to 0); trace_id (ours) is optional. */
struct roost_request {
    char device_id[ROOST_DEVICE_ID_MAX + 1];
    int64_t unix_ms;
    struct roost_features features;
    char trace_id[ROOST_TRACE_MAX + 1]; /* "" when absent */
};

/* For the hub and the model: 1.5 KB of stack. */
int roost_request_parse(struct roost_request *request, const char *payload, size_t len);
int roost_request_write(char *out, size_t size, const struct roost_request *request);

/* window/{id}/control. device_id, timestamp, position and confidence are required. features_used is
 * what the model says it used, any finite numbers. An optional member that is null is absent. */
struct roost_control {
    char device_id[ROOST_DEVICE_ID_MAX + 1];
    int64_t unix_ms;
    double position_pct; /* 0..100 */
    double confidence;   /* 0..1 */
    bool has_features;
    struct roost_features features;
    char model_version[ROOST_VERSION_MAX + 1]; /* ours; "" when absent */
    double inference_time_ms;                  /* ours; -1 when absent */
    char trace_id[ROOST_TRACE_MAX + 1];        /* ours; "" when absent */
};

int roost_control_parse(struct roost_control *control, const char *payload, size_t len);
int roost_control_write(char *out, size_t size, const struct roost_control *control);

/* window/{id}/state (ours): {"position","target","moving","calibrated","fault"}. */
struct roost_window_state {
    double position_pct, target_pct;
    bool moving, calibrated;
    char fault[24]; /* fault name in lower case, "" (JSON null or absent) for none */
};

int roost_window_state_parse(struct roost_window_state *state, const char *payload, size_t len);
int roost_window_state_write(char *out, size_t size, const struct roost_window_state *state);

/* window/{id}/feedback (ours): {"position"}, 0 to 100. */
int roost_feedback_parse(double *position_pct, const char *payload, size_t len);
int roost_feedback_write(char *out, size_t size, double position_pct);

#endif
