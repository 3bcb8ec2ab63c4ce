/* SPDX-License-Identifier: Apache-2.0 */
/* What each topic's message means. A handler either refuses a message or has its rows in the batch
 * and its number taken when it returns; nothing in between. */
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/hex.h"
#include "hub/climate/climate_internal.h"
#include "host/log.h"

enum {
    LIVE_MS = 60000,           /* an older reading is a replay: stored, but no news */
    CLOCK_AHEAD_MS = 86400000, /* further in the future the sender's clock is wrong */
    RATE_BURST_S = 60,
    SOUND_BYTES = ROOST_AUDIO_PAYLOAD_MAX /* a third less, but for text with escapes */
};

static enum outcome refusal(int err)
{
    switch (err) {
    case ROOST_ERR_RANGE:
        return REJECT_RANGE;
    case ROOST_ERR_TOO_LONG:
        return REJECT_TOO_LONG;
    case ROOST_ERR_NO_MEMORY:
        return REJECT_NO_MEMORY;
    default:
        return REJECT_BAD_PAYLOAD;
    }
}

struct climate_device *climate_device(struct climate *climate, const char *id)
{
    struct climate_device *device = id_table_find(&climate->devices, id);
    if (device)
        return device;
    device = calloc(1, sizeof *device);
    if (!device)
        return NULL;
    snprintf(device->id, sizeof device->id, "%s", id);
    if (id_table_add(&climate->devices, device) != 0) {
        free(device);
        return NULL;
    }
    return device;
}

/* A leaky bucket: each message uses up its share of time; whoever is RATE_BURST_S ahead of the
 * clock is refused. */
static bool allowed(const struct climate *climate, struct climate_device *device, uint64_t now_ms)
{
    uint32_t rate = climate->config.device_rate_per_s;
    uint64_t now_ns = now_ms * 1000000;
    if (rate == 0)
        return true;
    if (device->rate_ns < now_ns)
        device->rate_ns = now_ns;
    if (device->rate_ns - now_ns > RATE_BURST_S * UINT64_C(1000000000))
        return false;
    device->rate_ns += UINT64_C(1000000000) / rate;
    return true;
}

static bool is_live(const struct intake *in, int64_t unix_ms)
{
    return unix_ms == 0 || in->unix_ms - unix_ms <= LIVE_MS;
}

static bool clock_wrong(const struct intake *in, int64_t unix_ms)
{
    return unix_ms - in->unix_ms > CLOCK_AHEAD_MS;
}

/* Marks the stream for the batch; a numbering that starts over may take the sibling along. */
static void touch(struct climate *climate, struct climate_device *device, enum stream_kind kind,
                  bool restarted)
{
    struct stream *streams = device->streams.stream;
    batch_touch(climate->filling, device->id, kind, &streams[kind]);
    if (!restarted || kind > STREAM_HUMIDITY)
        return;
    enum stream_kind other = kind == STREAM_TEMPERATURE ? STREAM_HUMIDITY : STREAM_TEMPERATURE;
    batch_touch(climate->filling, device->id, other, &streams[other]);
}

/* The number of a message that is otherwise good. OUTCOME_WAITS: it is taken, the rows may go in.
 */
static enum outcome take_number(struct climate *climate, struct intake *in, enum stream_kind kind,
                                uint64_t number, int64_t unix_ms)
{
    struct climate_device *device = in->device;
    uint64_t closed;
    if (number == 0) /* a retained reading is the broker's repetition of one we had */
        return in->message->retain ? OUTCOME_DUPLICATE : OUTCOME_WAITS;
    enum stream_verdict verdict = streams_judge(&device->streams, kind, number, unix_ms);
    if (verdict == STREAM_DUPLICATE)
        return OUTCOME_DUPLICATE;
    if (streams_take(&device->streams, kind, number, unix_ms, verdict, &closed) != 0)
        return REJECT_NO_MEMORY;
    touch(climate, device, kind, verdict == STREAM_RESTARTED);
    /* Numbers of sounds are reserved in blocks: a reboot leaves out those that were never given. */
    if (closed > 0 && kind != STREAM_AUDIO)
        metric_add(climate->account.gap_readings, (double)closed);
    if (verdict == STREAM_RESTARTED) {
        metric_add(climate->account.restarted, 1);
        HOST_LOG(ROOST_LOG_WARN, "climate", "device numbers its readings anew",
                 RF_STR("device_id", device->id), RF_INT("seq", number));
    }
    return OUTCOME_WAITS;
}

/* Starts a row in the batch. */
static struct series_row *new_row(struct climate *climate, const struct intake *in,
                                  enum series_table table, int64_t unix_ms)
{
    struct series_row *row = batch_row(climate->filling);
    row->table = table;
    row->unix_ms = unix_ms;
    row->device_id = in->device->id;
    return row;
}

static enum outcome take_reading(struct climate *climate, struct intake *in)
{
    bool warmth = in->topic.kind == ANY_TOPIC_TEMPERATURE;
    struct roost_reading reading;
    int err = roost_reading_parse(&reading, (enum climate_topic)in->topic.kind, in->message->payload, in->message->len);
    if (err)
        return refusal(err);
    if (clock_wrong(in, reading.unix_ms))
        return REJECT_BAD_CLOCK;
    enum outcome outcome = take_number(climate, in, warmth ? STREAM_TEMPERATURE : STREAM_HUMIDITY,
                                       reading.seq, reading.unix_ms);
    if (outcome != OUTCOME_WAITS)
        return outcome;
    int64_t unix_ms = reading.unix_ms ? reading.unix_ms : in->unix_ms;
    new_row(climate, in, warmth ? SERIES_TEMPERATURE : SERIES_HUMIDITY, unix_ms)->value =
        reading.value;
    if (is_live(in, reading.unix_ms)) {
        fleet_reading(climate->fleet, in->known, in->topic.kind, reading.value, unix_ms);
        trigger_value(climate, in->device, warmth ? FEATURE_TEMPERATURE : FEATURE_HUMIDITY,
                      reading.value, in->now_ms);
    }
    return OUTCOME_WAITS;
}

/* What is kept of a sound: decodes it into climate->sound, measures and hashes it. */
static enum outcome hear(struct climate *climate, const struct roost_audio *audio,
                         struct series_row *row)
{
    const uint8_t *pcm;
    size_t pcm_len;
    bool is_wav;
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned hash_len;
    if (!climate->sound && !(climate->sound = malloc(SOUND_BYTES)))
        return REJECT_NO_MEMORY;
    int len = roost_audio_decode(audio, climate->sound, SOUND_BYTES);
    if (len < 0)
        return len == ROOST_ERR_TOO_LONG ? REJECT_TOO_LONG : REJECT_BAD_BASE64;
    int err = roost_audio_pcm(climate->sound, (size_t)len, audio->sample_rate_hz, &pcm, &pcm_len,
                              &is_wav);
    if (err)
        return REJECT_BAD_WAV;
    if (roost_audio_duration_check(audio, pcm_len) != 0)
        return REJECT_BAD_DURATION;
    if (EVP_Digest(climate->sound, (size_t)len, hash, &hash_len, EVP_sha256(), NULL) != 1)
        return REJECT_NO_MEMORY;
    row->audio.sample_rate_hz = audio->sample_rate_hz;
    row->audio.duration_s = audio->duration_s;
    row->audio.level_dbfs = roost_sound_level_dbfs(pcm, pcm_len);
    memcpy(row->audio.format, is_wav ? "wav" : "pcm", sizeof "wav");
    roost_hex_write(row->audio.hash_hex, hash, hash_len);
    return OUTCOME_WAITS;
}

static enum outcome take_audio(struct climate *climate, struct intake *in)
{
    struct roost_audio audio;
    struct series_row heard = {.table = SERIES_AUDIO, .device_id = in->device->id};
    int err = roost_audio_parse(&audio, in->message->payload, in->message->len);
    if (err)
        return refusal(err);
    if (clock_wrong(in, audio.unix_ms))
        return REJECT_BAD_CLOCK;
    enum outcome outcome = hear(climate, &audio, &heard);
    if (outcome == OUTCOME_WAITS)
        outcome = take_number(climate, in, STREAM_AUDIO, audio.seq, audio.unix_ms);
    if (outcome != OUTCOME_WAITS)
        return outcome;
    heard.unix_ms = audio.unix_ms ? audio.unix_ms : in->unix_ms;
    *batch_row(climate->filling) = heard;
    if (is_live(in, audio.unix_ms)) {
        fleet_reading(climate->fleet, in->known, ANY_TOPIC_AUDIO, heard.audio.level_dbfs,
                      heard.unix_ms);
        trigger_value(climate, in->device, FEATURE_SOUND, heard.audio.level_dbfs, in->now_ms);
    }
    return OUTCOME_WAITS;
}

static enum outcome take_control(struct climate *climate, struct intake *in)
{
    struct roost_control control;
    int err = roost_control_parse(&control, in->message->payload, in->message->len);
    if (err)
        return refusal(err);
    if (strcmp(control.device_id, in->topic.device_id) != 0 || control.unix_ms <= 0)
        return REJECT_BAD_PAYLOAD;
    if (clock_wrong(in, control.unix_ms))
        return REJECT_BAD_CLOCK;
    /* Its time is its number. A model whose clock counts seconds gives two decisions the same one,
     * so only what the broker marks as repeated can be a duplicate. */
    enum outcome outcome =
        take_number(climate, in, STREAM_CONTROL, (uint64_t)control.unix_ms, control.unix_ms);
    bool repeated = in->message->dup || in->message->retain;
    if (outcome != OUTCOME_WAITS && (outcome != OUTCOME_DUPLICATE || repeated))
        return outcome;
    struct series_row *row = new_row(climate, in, SERIES_ACTION, control.unix_ms);
    row->action.position_pct = control.position_pct;
    row->action.confidence = control.confidence;
    row->action.temperature_degc =
        control.has_features ? control.features.temperature_degc : (double)NAN;
    row->action.humidity_pct = control.has_features ? control.features.humidity_pct : (double)NAN;
    row->action.sound_volume_dbfs =
        control.has_features ? control.features.sound_volume_dbfs : (double)NAN;
    row = new_row(climate, in, SERIES_PREDICTION, control.unix_ms);
    row->prediction.prediction_pct = control.position_pct;
    row->prediction.confidence = control.confidence;
    row->prediction.inference_time_ms =
        control.inference_time_ms > 0 ? control.inference_time_ms : 0;
    memcpy(row->prediction.model_version, control.model_version,
           sizeof row->prediction.model_version);
    trigger_answered(climate, in->device, &control, in->now_ms);
    fleet_control(climate->fleet, in->known, &control);
    HOST_LOG(ROOST_LOG_DEBUG, "climate", "model decided", RF_STR("device_id", in->device->id),
             RF_STR("trace_id", control.trace_id),
             RF_MILLI("position_pct", control.position_pct * 1000));
    return OUTCOME_WAITS;
}

static enum outcome take_status(struct climate *climate, struct intake *in)
{
    int err = fleet_status(climate->fleet, in->known, in->message->payload, in->message->len,
                           in->message->retain);
    if (err)
        return refusal(err);
    struct streams *streams = &in->device->streams;
    bool learnt;
    bool restarted = streams_journal(streams, in->known->status->journal_id, &learnt);
    if (restarted) {
        metric_add(climate->account.restarted, 1);
        HOST_LOG(ROOST_LOG_INFO, "climate", "device has a new journal",
                 RF_STR("device_id", in->device->id));
    }
    if (!learnt)
        return OUTCOME_STORED;
    touch(climate, in->device, STREAM_TEMPERATURE, false);
    touch(climate, in->device, STREAM_HUMIDITY, false);
    return OUTCOME_WAITS;
}

static enum outcome take_state(struct climate *climate, struct intake *in)
{
    int err = fleet_window_state(climate->fleet, in->known, in->message->payload, in->message->len);
    return err ? refusal(err) : OUTCOME_STORED;
}

static enum outcome take_answer(struct climate *climate, struct intake *in)
{
    int err = fleet_answer(climate->fleet, in->known, in->message->payload, in->message->len);
    switch (err) {
    case 0:
        return OUTCOME_STORED;
    case ROOST_ERR_NOT_FOUND:
        return REJECT_UNKNOWN_COMMAND;
    case ROOST_ERR_EXISTS:
        return OUTCOME_DUPLICATE;
    default:
        return refusal(err);
    }
}

/* A label for the model, which listens itself. */
static enum outcome take_feedback(struct climate *climate, struct intake *in)
{
    double position_pct;
    (void)climate;
    int err = roost_feedback_parse(&position_pct, in->message->payload, in->message->len);
    return err ? refusal(err) : OUTCOME_STORED;
}

/* Who sends it: a device that speaks is registered and heard of; what its last will or the model
 * says of it registers it only (the rows are kept); what a person says of an unknown one is a
 * mistake. */
enum sender { FROM_NOBODY, FROM_DEVICE, FROM_DEVICE_OR_WILL, FROM_MODEL, FROM_PERSON };

/* By topic: who sends it, and what to do. FROM_NOBODY: the hub does not listen to it. */
static const struct {
    enum sender sender;
    enum outcome (*take)(struct climate *climate, struct intake *in);
} handlers[ROOST_ANY_TOPIC_COUNT] = {
    [ANY_TOPIC_TEMPERATURE] = {FROM_DEVICE, take_reading},
    [ANY_TOPIC_HUMIDITY] = {FROM_DEVICE, take_reading},
    [ANY_TOPIC_AUDIO] = {FROM_DEVICE, take_audio},
    [ANY_TOPIC_REQUEST] = {FROM_NOBODY, NULL},
    [ANY_TOPIC_CONTROL] = {FROM_MODEL, take_control},
    [ANY_TOPIC_STATE] = {FROM_DEVICE, take_state},
    [ANY_TOPIC_FEEDBACK] = {FROM_PERSON, take_feedback},
    [ANY_TOPIC_STATUS] = {FROM_DEVICE_OR_WILL, take_status},
    [ANY_TOPIC_COMMAND] = {FROM_NOBODY, NULL},
    [ANY_TOPIC_ANSWER] = {FROM_DEVICE, take_answer},
};

/* Whom the message is of or for. */
static enum outcome find_device(struct climate *climate, struct intake *in)
{
    enum sender sender = handlers[in->topic.kind].sender;
    int err = ROOST_ERR_REFUSED;
    if (sender == FROM_PERSON)
        in->known = fleet_find(climate->fleet, in->topic.device_id);
    else
        in->known = fleet_meet(climate->fleet, in->topic.device_id,
                               sender == FROM_DEVICE && !in->message->retain, &err);
    if (!in->known)
        return err == ROOST_ERR_AUTH        ? REJECT_UNCLAIMED
               : err == ROOST_ERR_FULL      ? REJECT_DEVICE_LIMIT
               : err == ROOST_ERR_NO_MEMORY ? REJECT_NO_MEMORY
                                            : REJECT_UNKNOWN_DEVICE;
    if (!fleet_serves(climate->fleet, in->known))
        return REJECT_UNCLAIMED;
    in->device = climate_device(climate, in->topic.device_id);
    if (!in->device)
        return REJECT_NO_MEMORY;
    if (sender <= FROM_DEVICE_OR_WILL && !allowed(climate, in->device, in->now_ms))
        return REJECT_RATE_LIMITED;
    return OUTCOME_WAITS;
}

enum outcome intake_take(struct climate *climate, struct intake *in)
{
    if (!handlers[in->topic.kind].take)
        return REJECT_BAD_TOPIC;
    enum outcome outcome = find_device(climate, in);
    if (outcome != OUTCOME_WAITS)
        return outcome;
    return in->message->oversize ? REJECT_TOO_LONG : handlers[in->topic.kind].take(climate, in);
}
