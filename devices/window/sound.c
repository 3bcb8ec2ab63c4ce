/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/window/sound.h"

#include <string.h>

#include "core/assert.h"
#include "core/base64.h"
#include "core/bytes.h"
#include "core/err.h"
#include "core/timer.h"
#include "proto/climate/payload.h"
#include "proto/climate/topic.h"

#define SEQ_KEY "a.seq" /* first number not reserved yet, 64-bit little-endian */

enum { CHUNK_SAMPLES = 96 };

/* ---- numbers ---- */

/* Returns the next number, or 0 (the buffer then goes without) when flash keeps none. */
static uint64_t take_seq(struct window_sound *sound)
{
    const struct roost_kv *kv = &sound->port->kv;
    uint8_t bytes[8];

    if (sound->next_seq < sound->reserved_seq)
        return sound->next_seq++;
    int len = kv->ops->get(kv->ctx, SEQ_KEY, bytes, sizeof bytes);
    uint64_t start = len == sizeof bytes ? roost_le_get(bytes, 8) : 1;
    uint64_t end = start + WINDOW_SOUND_BLOCK;
    roost_le_put(bytes, end, 8);
    int err = len < 0 && len != ROOST_ERR_NOT_FOUND
                  ? len
                  : kv->ops->set(kv->ctx, SEQ_KEY, bytes, sizeof bytes);
    sound->unsaved = err < 0;
    if (err < 0) {
        ROOST_LOG(sound->log, ROOST_LOG_ERROR, "sound", "no numbers reserved",
                  RF_ERR("error", err));
        return 0;
    }
    sound->next_seq = start + 1;
    sound->reserved_seq = end;
    return start;
}

/* ---- recording ---- */

static char *body(struct window_sound *sound)
{
    return sound->memory + WINDOW_SOUND_HEAD_MAX;
}

static size_t body_size(const struct window_sound *sound)
{
    size_t around = WINDOW_SOUND_HEAD_MAX + WINDOW_SOUND_TRAILER;

    return sound->memory && sound->size > around ? sound->size - around : 0;
}

static void set_microphone(struct window_sound *sound, bool fault, int err)
{
    if (fault && !sound->microphone_fault)
        ROOST_LOG(sound->log, ROOST_LOG_WARN, "sound", "microphone silent",
                  RF_INT("samples", sound->taken), RF_ERR("error", err));
    sound->microphone_fault = fault;
}

static void stop(struct window_sound *sound)
{
    int err = sound->port->audio_in.ops->stop(sound->port->audio_in.ctx);

    sound->recording = false;
    if (err < 0)
        ROOST_LOG(sound->log, ROOST_LOG_WARN, "sound", "stop failed", RF_ERR("error", err));
}

static void drop(struct window_sound *sound)
{
    if (sound->recording)
        stop(sound);
    sound->dropped++;
}

static uint32_t samples_at(uint32_t rate_hz)
{
    return (uint32_t)((uint64_t)rate_hz * WINDOW_SOUND_MS / 1000);
}

static void start(struct window_sound *sound, const struct window_sound_situation *now)
{
    uint32_t room = (uint32_t)(body_size(sound) / 4 * 3 / 2), rate_hz = now->rate_hz;

    while (samples_at(rate_hz) > room && rate_hz / 2 >= WINDOW_SOUND_RATE_MIN)
        rate_hz /= 2;
    uint32_t wanted = samples_at(rate_hz);
    sound->rate_hz = rate_hz;
    sound->wanted = wanted < room ? wanted : room;
    sound->taken = 0;
    sound->encoded = 0;
    sound->carry_len = 0;
    sound->varied = false;
    int err = sound->port->audio_in.ops->start(sound->port->audio_in.ctx, rate_hz);
    sound->recording = err == 0;
    if (err < 0) {
        set_microphone(sound, true, err);
        sound->dropped++;
    }
}

static void take(struct window_sound *sound, const int16_t *samples, size_t count)
{
    uint8_t bytes[2 + 2 * CHUNK_SAMPLES];
    size_t len = sound->carry_len;

    if (sound->taken == 0)
        sound->first_sample = samples[0];
    memcpy(bytes, sound->carry, len);
    for (size_t i = 0; i < count; i++) {
        uint16_t sample = (uint16_t)samples[i];
        bytes[len++] = (uint8_t)sample;
        bytes[len++] = (uint8_t)(sample >> 8);
        sound->varied |= samples[i] != sound->first_sample;
    }
    sound->taken += (uint32_t)count;
    size_t rest = sound->taken == sound->wanted ? 0 : len % 3;
    sound->encoded += roost_base64_encode(body(sound) + sound->encoded, bytes, len - rest);
    ROOST_ASSERT(sound->encoded <= body_size(sound));
    memcpy(sound->carry, bytes + len - rest, rest);
    sound->carry_len = (uint8_t)rest;
}

static int send(struct window_sound *sound, const struct window_sound_situation *now)
{
    char head[WINDOW_SOUND_HEAD_MAX];
    int64_t duration_ms = (int64_t)sound->taken * 1000 / sound->rate_hz;
    int64_t unix_ms =
        now->unix_ms > 0 ? now->unix_ms - (int64_t)(now->now_ms - sound->started_ms) : 0;
    int head_len = roost_audio_write_head(head, sizeof head, sound->rate_hz, duration_ms, unix_ms,
                                          take_seq(sound));

    ROOST_ASSERT(head_len > 0); /* it fits by its limits */
    char *payload = body(sound) - head_len;
    memcpy(payload, head, (size_t)head_len);
    memcpy(body(sound) + sound->encoded, "\"}", WINDOW_SOUND_TRAILER);
    return roost_uplink_mqtt_publish(sound->mqtt, &climate_topics[CLIMATE_TOPIC_AUDIO], payload,
                                     (size_t)head_len + sound->encoded + WINDOW_SOUND_TRAILER,
                                     false);
}

static void finish(struct window_sound *sound, const struct window_sound_situation *now)
{
    stop(sound);
    /* A microphone that works hears at least its own noise. */
    set_microphone(sound, !sound->varied, 0);
    int err = sound->varied ? send(sound, now) : ROOST_ERR_FAULT;
    if (err < 0)
        drop(sound);
    else
        sound->sent++;
}

static void record(struct window_sound *sound, const struct window_sound_situation *now)
{
    const struct roost_audio_in *in = &sound->port->audio_in;
    int16_t samples[CHUNK_SAMPLES];
    uint32_t overruns = in->ops->overruns(in->ctx);

    while (sound->taken < sound->wanted) {
        uint32_t left = sound->wanted - sound->taken;
        int count = in->ops->read(in->ctx, samples, left < CHUNK_SAMPLES ? left : CHUNK_SAMPLES);
        if (count < 0) {
            set_microphone(sound, true, count);
            drop(sound);
            return;
        }
        if (count == 0)
            break;
        take(sound, samples, (size_t)count);
    }
    sound->overruns = overruns;
    if (sound->taken == sound->wanted) {
        finish(sound, now);
    } else if (now->now_ms - sound->started_ms > WINDOW_SOUND_MS + WINDOW_SOUND_GRACE_MS) {
        set_microphone(sound, true, ROOST_ERR_TIMEOUT);
        drop(sound);
    }
}

/* ---- interface ---- */

static bool wanted(const struct window_sound *sound, const struct window_sound_situation *now)
{
    return now->interval_ms > 0 && !now->safe_mode && !now->stopping &&
           body_size(sound) >= WINDOW_SOUND_BODY_MIN;
}

/* The microphone is open only while every condition for it holds. */
static bool may_record(const struct window_sound *sound, const struct window_sound_situation *now)
{
    return wanted(sound, now) && now->connected;
}

void window_sound_init(struct window_sound *sound, const struct roost_port *port,
                       struct roost_uplink_mqtt *mqtt, void *memory, size_t size,
                       struct roost_log *log)
{
    *sound = (struct window_sound){
        .port = port,
        .log = log,
        .mqtt = mqtt,
        .memory = port->audio_in.ops ? memory : NULL,
        .size = size,
    };
}

void window_sound_run(struct window_sound *sound, const struct window_sound_situation *now)
{
    if (sound->recording && !may_record(sound, now))
        drop(sound);
    if (sound->recording) {
        record(sound, now);
        return;
    }
    if (!wanted(sound, now) || now->now_ms - sound->started_ms < now->interval_ms)
        return;
    sound->started_ms = now->now_ms;
    if (may_record(sound, now))
        start(sound, now);
    else
        drop(sound);
}

uint64_t window_sound_due(const struct window_sound *sound,
                          const struct window_sound_situation *now)
{
    if (sound->recording)
        return now->now_ms + WINDOW_SOUND_POLL_MS;
    return wanted(sound, now) ? sound->started_ms + now->interval_ms : ROOST_NEVER;
}
