/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/climate/payload.h"

#include <string.h>

#include "core/datetime.h"
#include "core/err.h"
#include "core/number.h"

/* Values a decoder has room for; a member takes two (its name and its value). The device reads
 * control messages only, with 8 unknown members beside a full set, and has little stack. */
enum { CONTROL_TOKENS = 40, HUB_TOKENS = 64 };

/* Larger than any number that means something, and what the writer can round to thousandths. */
#define FINITE_MAX 1e9

static int open_object(struct roost_json *doc, struct roost_json_token *tokens, size_t token_count,
                       const char *payload, size_t len)
{
    if (len > ROOST_PAYLOAD_MAX)
        return ROOST_ERR_TOO_LONG;
    int err = roost_json_parse(doc, tokens, token_count, payload, len);
    if (!err && roost_json_type(doc, ROOST_JSON_ROOT) != ROOST_JSON_OBJECT)
        err = ROOST_ERR_INVALID;
    return err;
}

/* Written so that NaN is outside. */
static bool within(double value, double min, double max)
{
    return value >= min && value <= max;
}

static int get_within(const struct roost_json *doc, int object, const char *key, double min,
                      double max, double *out)
{
    double value;
    int err = roost_json_get_double(doc, object, key, &value);
    if (err)
        return err;
    if (!within(value, min, max))
        return ROOST_ERR_RANGE;
    *out = value;
    return 0;
}

static bool absent(const struct roost_json *doc, const char *key)
{
    int index = roost_json_find(doc, ROOST_JSON_ROOT, key);
    return index < 0 || roost_json_type(doc, index) == ROOST_JSON_NULL;
}

static int get_optional_string(const struct roost_json *doc, const char *key, char *out,
                               size_t size)
{
    out[0] = '\0';
    return absent(doc, key) ? 0 : roost_json_get_string(doc, ROOST_JSON_ROOT, key, out, size);
}

static int get_device_id(const struct roost_json *doc, char out[ROOST_DEVICE_ID_MAX + 1])
{
    int err =
        roost_json_get_string(doc, ROOST_JSON_ROOT, "device_id", out, ROOST_DEVICE_ID_MAX + 1);
    return err ? err : roost_device_id_check(out, strlen(out));
}

static int get_timestamp(const struct roost_json *doc, int64_t *unix_ms)
{
    char text[64]; /* room for more fraction digits than any clock has */
    int err = roost_json_get_string(doc, ROOST_JSON_ROOT, "timestamp", text, sizeof text);
    return err ? err : roost_datetime_parse(text, strlen(text), unix_ms);
}

static void put_timestamp(struct roost_json_writer *w, int64_t unix_ms)
{
    char text[ROOST_DATETIME_LEN + 1];
    roost_datetime_write(text, unix_ms);
    roost_json_put_str(w, "timestamp", text);
}

/* ---- readings ---- */

/* A time may be written as in the other payloads. What is none at all is before all times. */
static int64_t time_that_is_no_number(const struct roost_json *doc)
{
    char text[64];
    int64_t unix_ms;
    int err = roost_json_get_string(doc, ROOST_JSON_ROOT, "ts", text, sizeof text);
    if (!err)
        err = roost_datetime_parse(text, strlen(text), &unix_ms);
    return err ? INT64_MIN : unix_ms;
}

/* A clock may be wrong by any amount, and the reading is good all the same. One with a number is
 * stored whatever stands there; of others the form is told to whoever builds the device. */
static int get_stamp_time(const struct roost_json *doc, bool numbered, int64_t *unix_ms)
{
    double ms;
    if (absent(doc, "ts")) /* null: a device that does not know the time yet */
        return 0;
    int err = roost_json_get_int64(doc, ROOST_JSON_ROOT, "ts", unix_ms);
    if (err && err != ROOST_ERR_RANGE && numbered)
        *unix_ms = time_that_is_no_number(doc);
    if (err != ROOST_ERR_RANGE)
        return numbered ? 0 : err;
    err = roost_json_get_double(doc, ROOST_JSON_ROOT, "ts", &ms);
    if (err && err != ROOST_ERR_RANGE)
        return err;
    *unix_ms = err || ms >= (double)INT64_MAX ? INT64_MAX
               : ms <= (double)INT64_MIN      ? INT64_MIN
                                              : (int64_t)ms;
    return 0;
}

int roost_stamp_parse(const struct roost_json *doc, int64_t *unix_ms, uint64_t *seq)
{
    *unix_ms = 0;
    *seq = 0;
    int err = roost_json_get_uint64(doc, ROOST_JSON_ROOT, "seq", seq);
    if (err && err != ROOST_ERR_NOT_FOUND)
        return err;
    return get_stamp_time(doc, *seq != 0, unix_ms);
}

void roost_stamp_write(struct roost_json_writer *writer, int64_t unix_ms, uint64_t seq)
{
    if (unix_ms != 0) {
        roost_json_put_int(writer, "ts", unix_ms);
    }
    if (seq != 0) {
        roost_json_put_uint(writer, "seq", seq);
    }
}

static bool space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A bare number is what devices in the field send; an object says when it was measured, too. */
int roost_reading_parse(struct roost_reading *reading, enum climate_topic kind, const char *payload,
                        size_t len)
{
    bool humidity = kind == CLIMATE_TOPIC_HUMIDITY;
    double min = humidity ? 0.0 : ROOST_TEMPERATURE_MIN_DEGC;
    double max = humidity ? 100.0 : ROOST_TEMPERATURE_MAX_DEGC;
    if (len > ROOST_PAYLOAD_MAX)
        return ROOST_ERR_TOO_LONG;
    while (len > 0 && space(payload[len - 1]))
        len--;
    while (len > 0 && space(payload[0])) {
        payload++;
        len--;
    }
    if (len > 0 && payload[0] == '{') {
        struct roost_json doc;
        struct roost_json_token tokens[HUB_TOKENS];
        int err = open_object(&doc, tokens, HUB_TOKENS, payload, len);
        if (!err)
            err = get_within(&doc, ROOST_JSON_ROOT, "value", min, max, &reading->value);
        if (!err)
            err = roost_stamp_parse(&doc, &reading->unix_ms, &reading->seq);
        return err;
    }
    int err = roost_parse_plain_double(payload, len, &reading->value);
    if (!err && !within(reading->value, min, max))
        err = ROOST_ERR_RANGE;
    reading->unix_ms = 0;
    reading->seq = 0;
    return err;
}

int roost_reading_write(char *out, size_t size, int64_t value_milli, int64_t unix_ms, uint64_t seq)
{
    if (unix_ms == 0 && seq == 0) {
        char text[ROOST_NUMBER_MAX];
        size_t len = roost_write_scaled(text, value_milli, 3);
        if (len >= size)
            return ROOST_ERR_TOO_LONG;
        memcpy(out, text, len + 1);
        return (int)len;
    }
    struct roost_json_writer w;
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_put_milli(&w, "value", value_milli);
    roost_stamp_write(&w, unix_ms, seq);
    roost_json_end(&w);
    return roost_json_finish(&w);
}

/* ---- request ---- */

int roost_request_parse(struct roost_request *request, const char *payload, size_t len)
{
    struct roost_json doc;
    struct roost_json_token tokens[HUB_TOKENS];
    struct roost_features *features = &request->features;
    int err = open_object(&doc, tokens, HUB_TOKENS, payload, len);
    if (!err)
        err = get_device_id(&doc, request->device_id);
    if (!err)
        err = get_timestamp(&doc, &request->unix_ms);
    if (!err)
        err = get_within(&doc, ROOST_JSON_ROOT, "temperature", ROOST_TEMPERATURE_MIN_DEGC,
                         ROOST_TEMPERATURE_MAX_DEGC, &features->temperature_degc);
    if (!err)
        err = get_within(&doc, ROOST_JSON_ROOT, "humidity", 0.0, 100.0, &features->humidity_pct);
    if (!err)
        err = get_within(&doc, ROOST_JSON_ROOT, "sound_volume", ROOST_SOUND_FLOOR_DBFS, 0.0,
                         &features->sound_volume_dbfs);
    if (!err)
        err = get_optional_string(&doc, "trace_id", request->trace_id, sizeof request->trace_id);
    return err;
}

static void put_features(struct roost_json_writer *w, const struct roost_features *features)
{
    roost_json_put_double(w, "temperature", features->temperature_degc, 3);
    roost_json_put_double(w, "humidity", features->humidity_pct, 3);
    roost_json_put_double(w, "sound_volume", features->sound_volume_dbfs, 3);
}

int roost_request_write(char *out, size_t size, const struct roost_request *request)
{
    const struct roost_features *features = &request->features;
    if (!within(features->temperature_degc, ROOST_TEMPERATURE_MIN_DEGC,
                ROOST_TEMPERATURE_MAX_DEGC) ||
        !within(features->humidity_pct, 0.0, 100.0) ||
        !within(features->sound_volume_dbfs, ROOST_SOUND_FLOOR_DBFS, 0.0))
        return ROOST_ERR_RANGE;
    struct roost_json_writer w;
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_put_str(&w, "device_id", request->device_id);
    put_timestamp(&w, request->unix_ms);
    put_features(&w, features);
    if (request->trace_id[0])
        roost_json_put_str(&w, "trace_id", request->trace_id);
    roost_json_end(&w);
    return roost_json_finish(&w);
}

/* ---- control ---- */

static int get_features_used(const struct roost_json *doc, struct roost_control *control)
{
    struct roost_features *features = &control->features;
    control->has_features = !absent(doc, "features_used");
    *features = (struct roost_features){0};
    if (!control->has_features)
        return 0;
    int object = roost_json_find(doc, ROOST_JSON_ROOT, "features_used");
    if (roost_json_type(doc, object) != ROOST_JSON_OBJECT)
        return ROOST_ERR_INVALID;
    int err = get_within(doc, object, "temperature", -FINITE_MAX, FINITE_MAX,
                         &features->temperature_degc);
    if (!err)
        err = get_within(doc, object, "humidity", -FINITE_MAX, FINITE_MAX, &features->humidity_pct);
    if (!err)
        err = get_within(doc, object, "sound_volume", -FINITE_MAX, FINITE_MAX,
                         &features->sound_volume_dbfs);
    return err;
}

int roost_control_parse(struct roost_control *control, const char *payload, size_t len)
{
    struct roost_json doc;
    struct roost_json_token tokens[CONTROL_TOKENS];
    int err = open_object(&doc, tokens, CONTROL_TOKENS, payload, len);
    if (!err)
        err = get_device_id(&doc, control->device_id);
    if (!err)
        err = get_timestamp(&doc, &control->unix_ms);
    if (!err)
        err = get_within(&doc, ROOST_JSON_ROOT, "position", 0.0, 100.0, &control->position_pct);
    if (!err)
        err = get_within(&doc, ROOST_JSON_ROOT, "confidence", 0.0, 1.0, &control->confidence);
    if (!err)
        err = get_features_used(&doc, control);
    if (!err)
        err = get_optional_string(&doc, "model_version", control->model_version,
                                  sizeof control->model_version);
    control->inference_time_ms = -1.0;
    if (!err && !absent(&doc, "inference_time_ms"))
        err = get_within(&doc, ROOST_JSON_ROOT, "inference_time_ms", 0.0, FINITE_MAX,
                         &control->inference_time_ms);
    if (!err)
        err = get_optional_string(&doc, "trace_id", control->trace_id, sizeof control->trace_id);
    return err;
}

int roost_control_write(char *out, size_t size, const struct roost_control *control)
{
    const struct roost_features *features = &control->features;
    if (!within(control->position_pct, 0.0, 100.0) || !within(control->confidence, 0.0, 1.0) ||
        !within(control->inference_time_ms, -1.0, FINITE_MAX))
        return ROOST_ERR_RANGE;
    if (control->has_features && (!within(features->temperature_degc, -FINITE_MAX, FINITE_MAX) ||
                                  !within(features->humidity_pct, -FINITE_MAX, FINITE_MAX) ||
                                  !within(features->sound_volume_dbfs, -FINITE_MAX, FINITE_MAX)))
        return ROOST_ERR_RANGE;
    struct roost_json_writer w;
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_put_str(&w, "device_id", control->device_id);
    put_timestamp(&w, control->unix_ms);
    roost_json_put_double(&w, "position", control->position_pct, 3);
    roost_json_put_double(&w, "confidence", control->confidence, 6);
    if (control->has_features) {
        roost_json_put_object(&w, "features_used");
        put_features(&w, features);
        roost_json_end(&w);
    }
    if (control->model_version[0])
        roost_json_put_str(&w, "model_version", control->model_version);
    if (control->inference_time_ms >= 0.0)
        roost_json_put_double(&w, "inference_time_ms", control->inference_time_ms, 3);
    if (control->trace_id[0])
        roost_json_put_str(&w, "trace_id", control->trace_id);
    roost_json_end(&w);
    return roost_json_finish(&w);
}

/* ---- state and feedback ---- */

int roost_window_state_parse(struct roost_window_state *state, const char *payload, size_t len)
{
    struct roost_json doc;
    struct roost_json_token tokens[CONTROL_TOKENS];
    int err = open_object(&doc, tokens, CONTROL_TOKENS, payload, len);
    if (!err)
        err = get_within(&doc, ROOST_JSON_ROOT, "position", 0.0, 100.0, &state->position_pct);
    if (!err)
        err = get_within(&doc, ROOST_JSON_ROOT, "target", 0.0, 100.0, &state->target_pct);
    if (!err)
        err = roost_json_get_bool(&doc, ROOST_JSON_ROOT, "moving", &state->moving);
    if (!err)
        err = roost_json_get_bool(&doc, ROOST_JSON_ROOT, "calibrated", &state->calibrated);
    if (!err)
        err = get_optional_string(&doc, "fault", state->fault, sizeof state->fault);
    return err;
}

int roost_window_state_write(char *out, size_t size, const struct roost_window_state *state)
{
    if (!within(state->position_pct, 0.0, 100.0) || !within(state->target_pct, 0.0, 100.0))
        return ROOST_ERR_RANGE;
    struct roost_json_writer w;
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_put_double(&w, "position", state->position_pct, 2);
    roost_json_put_double(&w, "target", state->target_pct, 2);
    roost_json_put_bool(&w, "moving", state->moving);
    roost_json_put_bool(&w, "calibrated", state->calibrated);
    roost_json_put_str(&w, "fault", state->fault[0] ? state->fault : NULL);
    roost_json_end(&w);
    return roost_json_finish(&w);
}

int roost_feedback_parse(double *position_pct, const char *payload, size_t len)
{
    struct roost_json doc;
    struct roost_json_token tokens[CONTROL_TOKENS];
    int err = open_object(&doc, tokens, CONTROL_TOKENS, payload, len);
    return err ? err : get_within(&doc, ROOST_JSON_ROOT, "position", 0.0, 100.0, position_pct);
}

int roost_feedback_write(char *out, size_t size, double position_pct)
{
    if (!within(position_pct, 0.0, 100.0))
        return ROOST_ERR_RANGE;
    struct roost_json_writer w;
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_put_double(&w, "position", position_pct, 2);
    roost_json_end(&w);
    return roost_json_finish(&w);
}
