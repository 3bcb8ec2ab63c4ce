/* SPDX-License-Identifier: Apache-2.0 */
/* What each topic's message means. */
#include <math.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/hex.h"
#include "host/log.h"
#include "hub/climate/climate_internal.h"

enum { SOUND_BYTES = ROOST_AUDIO_PAYLOAD_MAX /* a third less, but for text with escapes */ };

enum { BAD_BASE64 = HUB_OWN, BAD_WAV, BAD_DURATION };
const char *const climate_reasons[CLIMATE_REASONS] = {"bad_base64", "bad_wav", "bad_duration"};

/* The stored numbers are those of the first version. */
const struct hub_stream climate_streams[CLIMATE_STREAM_COUNT] = {
    [CLIMATE_STREAM_TEMPERATURE] = {0, HUB_JOURNALLED},
    [CLIMATE_STREAM_HUMIDITY] = {1, HUB_JOURNALLED},
    [CLIMATE_STREAM_AUDIO] = {2, HUB_NUMBERED}, /* reserved in blocks: a reboot leaves some out */
    [CLIMATE_STREAM_CONTROL] = {3, HUB_TIMED},
};

const char *const climate_feature_names[FEATURE_COUNT] = {
    [FEATURE_TEMPERATURE] = "temperature",
    [FEATURE_HUMIDITY] = "humidity",
    [FEATURE_SOUND] = "sound",
};

/* NULL: out of memory. */
static struct climate_device *part_of(const struct hub_message *message)
{
    struct climate_device *part = *message->part;
    if (part)
        return part;
    part = calloc(1, sizeof *part);
    if (!part)
        return NULL;
    part->device = message->device;
    *message->part = part;
    return part;
}

static void tell_value(const struct climate *climate, const struct climate_device *part,
                       enum feature feature)
{
    char json[192];
    struct roost_json_writer w;
    if (!hub_feed_wanted(climate->parts.feed))
        return;
    roost_json_begin(&w, json, sizeof json);
    roost_json_object(&w);
    roost_json_put_str(&w, "device_id", part->device->id);
    roost_json_put_str(&w, "metric", climate_feature_names[feature]);
    roost_json_put_double(&w, "value", part->latest[feature], 3);
    roost_json_put_int(&w, "at_ms", part->latest_ms[feature]);
    roost_json_end(&w);
    hub_feed_send(climate->parts.feed, "reading", &w);
}

/* The latest value by its time is kept and told, and what is live may be a reason to ask the model.
 * A replay that has nothing newer before it is the latest that is known, and no such reason. */
static void keep_value(struct climate *climate, const struct hub_message *message,
                       enum feature feature, double value, const struct ingest_time *time)
{
    struct climate_device *part = *message->part;
    uint8_t bit = (uint8_t)(1 << feature);
    if (part->seen & bit && time->when_ms < part->when_ms[feature])
        return;
    part->latest[feature] = value;
    part->latest_ms[feature] = time->unix_ms;
    part->when_ms[feature] = time->when_ms;
    part->seen |= bit;
    tell_value(climate, part, feature);
    if (!time->live)
        return;
    part->live |= bit;
    trigger_value(climate, part, feature, message->now_ms);
}

static enum hub_outcome take_reading(struct climate *climate, struct hub_message *message,
                                     enum climate_topic topic)
{
    bool warmth = topic == CLIMATE_TOPIC_TEMPERATURE;
    struct roost_reading reading;
    int err = roost_reading_parse(&reading, topic, message->payload, message->len);
    if (err)
        return hub_refusal(err);
    if (!part_of(message))
        return HUB_NO_MEMORY;
    enum hub_outcome outcome = ingest_number(
        message, warmth ? CLIMATE_STREAM_TEMPERATURE : CLIMATE_STREAM_HUMIDITY, reading.seq,
        reading.unix_ms, ingest_content(&reading.value, sizeof reading.value));
    if (outcome != HUB_WAITS)
        return outcome;
    struct ingest_time time = ingest_time(message, reading.unix_ms);
    ingest_row(message, warmth ? SERIES_TEMPERATURE : SERIES_HUMIDITY, time.unix_ms)->value =
        reading.value;
    keep_value(climate, message, warmth ? FEATURE_TEMPERATURE : FEATURE_HUMIDITY, reading.value,
               &time);
    return HUB_WAITS;
}

static enum hub_outcome take_temperature(void *service, struct hub_message *message)
{
    return take_reading(service, message, CLIMATE_TOPIC_TEMPERATURE);
}

static enum hub_outcome take_humidity(void *service, struct hub_message *message)
{
    return take_reading(service, message, CLIMATE_TOPIC_HUMIDITY);
}

/* What is kept of a sound: decodes it into climate->sound, measures and hashes it. */
static enum hub_outcome hear(struct climate *climate, const struct roost_audio *audio,
                             struct series_row *row)
{
    const uint8_t *pcm;
    size_t pcm_len;
    bool is_wav;
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned hash_len;
    if (!climate->sound && !(climate->sound = malloc(SOUND_BYTES)))
        return HUB_NO_MEMORY;
    int len = roost_audio_decode(audio, climate->sound, SOUND_BYTES);
    if (len < 0)
        return len == ROOST_ERR_TOO_LONG ? HUB_TOO_LONG : (enum hub_outcome)BAD_BASE64;
    int err = roost_audio_pcm(climate->sound, (size_t)len, audio->sample_rate_hz, &pcm, &pcm_len,
                              &is_wav);
    if (err)
        return (enum hub_outcome)BAD_WAV;
    if (roost_audio_duration_check(audio, pcm_len) != 0)
        return (enum hub_outcome)BAD_DURATION;
    if (EVP_Digest(climate->sound, (size_t)len, hash, &hash_len, EVP_sha256(), NULL) != 1)
        return HUB_NO_MEMORY;
    row->audio.sample_rate_hz = audio->sample_rate_hz;
    row->audio.duration_s = audio->duration_s;
    row->audio.level_dbfs = roost_sound_level_dbfs(pcm, pcm_len);
    memcpy(row->audio.format, is_wav ? "wav" : "pcm", sizeof "wav");
    roost_hex_write(row->audio.hash_hex, hash, hash_len);
    return HUB_WAITS;
}

static enum hub_outcome take_audio(void *service, struct hub_message *message)
{
    struct climate *climate = service;
    struct roost_audio audio;
    struct series_row heard = {.table = SERIES_AUDIO};
    int err = roost_audio_parse(&audio, message->payload, message->len);
    if (err)
        return hub_refusal(err);
    if (!part_of(message))
        return HUB_NO_MEMORY;
    enum hub_outcome outcome = hear(climate, &audio, &heard);
    if (outcome == HUB_WAITS)
        outcome = ingest_number(message, CLIMATE_STREAM_AUDIO, audio.seq, audio.unix_ms,
                                ingest_content(heard.audio.hash_hex, sizeof heard.audio.hash_hex));
    if (outcome != HUB_WAITS)
        return outcome;
    struct ingest_time time = ingest_time(message, audio.unix_ms);
    ingest_row(message, SERIES_AUDIO, time.unix_ms)->audio = heard.audio;
    keep_value(climate, message, FEATURE_SOUND, heard.audio.level_dbfs, &time);
    return HUB_WAITS;
}

static void store_decision(struct hub_message *message, const struct roost_control *control)
{
    bool known = control->has_features;
    struct series_row *row = ingest_row(message, SERIES_ACTION, control->unix_ms);
    row->action.position_pct = control->position_pct;
    row->action.confidence = control->confidence;
    row->action.temperature_degc = known ? control->features.temperature_degc : (double)NAN;
    row->action.humidity_pct = known ? control->features.humidity_pct : (double)NAN;
    row->action.sound_volume_dbfs = known ? control->features.sound_volume_dbfs : (double)NAN;
    row = ingest_row(message, SERIES_PREDICTION, control->unix_ms);
    row->prediction.prediction_pct = control->position_pct;
    row->prediction.confidence = control->confidence;
    row->prediction.inference_time_ms =
        control->inference_time_ms > 0 ? control->inference_time_ms : 0;
    memcpy(row->prediction.model_version, control->model_version,
           sizeof row->prediction.model_version);
}

static void keep_decision(struct climate *climate, struct climate_device *part,
                          const struct roost_control *control)
{
    if (!part->control && !(part->control = malloc(sizeof *control)))
        return; /* it is stored; only the live view does not show it */
    *part->control = *control;
    if (!hub_feed_wanted(climate->parts.feed))
        return;
    char json[1024];
    struct roost_json_writer w;
    roost_json_begin(&w, json, sizeof json);
    climate_view_decision(&w, part->device->id, control);
    hub_feed_send(climate->parts.feed, "control", &w);
}

static enum hub_outcome take_control(void *service, struct hub_message *message)
{
    struct climate *climate = service;
    struct roost_control control;
    int err = roost_control_parse(&control, message->payload, message->len);
    if (err)
        return hub_refusal(err);
    if (strcmp(control.device_id, message->device->id) != 0 || control.unix_ms <= 0)
        return HUB_BAD_PAYLOAD;
    /* It moves no window that hears it so, and may have been one of this id that is removed. */
    if (message->retain)
        return HUB_DUPLICATE;
    struct climate_device *part = part_of(message);
    if (!part)
        return HUB_NO_MEMORY;
    /* Its time is its number. A model whose clock counts seconds gives two decisions the same one,
     * so only what the broker marks as repeated can be a duplicate. */
    enum hub_outcome outcome = ingest_number(message, CLIMATE_STREAM_CONTROL,
                                             (uint64_t)control.unix_ms, control.unix_ms, 0);
    if (outcome != HUB_WAITS && (outcome != HUB_DUPLICATE || message->dup))
        return outcome;
    control.unix_ms = ingest_time(message, control.unix_ms).unix_ms;
    store_decision(message, &control);
    trigger_answered(climate, part, &control, message->now_ms);
    keep_decision(climate, part, &control);
    HOST_LOG(ROOST_LOG_DEBUG, "climate", "model decided", RF_STR("device_id", message->device->id),
             RF_STR("trace_id", control.trace_id),
             RF_MILLI("position_pct", control.position_pct * 1000));
    return HUB_WAITS;
}

static enum hub_outcome take_state(void *service, struct hub_message *message)
{
    struct climate *climate = service;
    struct roost_window_state state;
    int err = roost_window_state_parse(&state, message->payload, message->len);
    if (err)
        return hub_refusal(err);
    struct climate_device *part = part_of(message);
    if (!part || (!part->state && !(part->state = malloc(sizeof state))))
        return HUB_NO_MEMORY;
    *part->state = state;
    if (hub_feed_wanted(climate->parts.feed)) {
        char json[1024];
        struct roost_json_writer w;
        roost_json_begin(&w, json, sizeof json);
        climate_view_window(&w, message->device->id, &state);
        hub_feed_send(climate->parts.feed, "state", &w);
    }
    return HUB_STORED;
}

/* A label for the model, which listens itself. */
static enum hub_outcome take_feedback(void *service, struct hub_message *message)
{
    double position_pct;
    (void)service;
    int err = roost_feedback_parse(&position_pct, message->payload, message->len);
    return err ? hub_refusal(err) : HUB_STORED;
}

#define TOPIC(kind, sender, take)                                                                  \
    [CLIMATE_TOPIC_##kind] = {&climate_topics[CLIMATE_TOPIC_##kind], sender, HUB_LANE_STORED, take}

const struct hub_topic climate_hub_topics[CLIMATE_TOPIC_COUNT] = {
    TOPIC(TEMPERATURE, HUB_FROM_DEVICE, take_temperature),
    TOPIC(HUMIDITY, HUB_FROM_DEVICE, take_humidity),
    TOPIC(AUDIO, HUB_FROM_DEVICE, take_audio),
    TOPIC(REQUEST, HUB_FROM_PROGRAM, NULL),
    TOPIC(CONTROL, HUB_FROM_PROGRAM, take_control),
    TOPIC(STATE, HUB_FROM_DEVICE, take_state),
    TOPIC(FEEDBACK, HUB_FROM_PERSON, take_feedback),
};
