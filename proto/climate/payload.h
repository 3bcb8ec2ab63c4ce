/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MQTT payloads of the window, both directions (PROTOCOLS 4). Decoders take whole payloads and give a
 * struct or an error; encoders write into the caller's buffer and return the length or
 * ROOST_ERR_TOO_LONG. JSON members that are not named here are ignored. Values are doubles in the
 * unit of their name. Depends on core/.
 */
#ifndef ROOST_PROTO_CLIMATE_PAYLOAD_H
#define ROOST_PROTO_CLIMATE_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/climate/topic.h"

/* Physical limits of readings; outside is ROOST_ERR_RANGE. */
#define ROOST_TEMPERATURE_MIN_DEGC (-60.0)
#define ROOST_TEMPERATURE_MAX_DEGC 100.0
#define ROOST_SOUND_FLOOR_DBFS (-96.0)

enum { ROOST_VERSION_MAX = 32, ROOST_TRACE_MAX = 36, ROOST_AUDIO_PAYLOAD_MAX = 1400000 };

/* sensor/{id}/temperature and humidity: a plain ASCII float, or {"value","ts","seq"}. */
struct roost_reading {
    double value;
    int64_t unix_ms;  /* 0: none given, the hub stamps the arrival */
    uint64_t seq;     /* 0: none given */
};

/* `kind` is TEMPERATURE or HUMIDITY and selects the range (humidity 0 to 100). A plain number may
 * have white space around it. ts in ms since 1970, seq >= 1. */
int roost_reading_parse(struct roost_reading *reading, enum roost_topic_kind kind,
                        const char *payload, size_t len);

/* Plain form when unix_ms and seq are both 0, JSON otherwise. `value_milli` in thousandths. */
int roost_reading_write(char *out, size_t size, int64_t value_milli, int64_t unix_ms, uint64_t seq);

/* sensor/{id}/audio: {"data","sample_rate","duration"}, with ts and seq as above. */
struct roost_audio {
    const char *base64;    /* inside the payload */
    size_t base64_len;
    uint32_t sample_rate_hz; /* 8000..48000 */
    double duration_s;     /* (0, 30] */
    int64_t unix_ms;
    uint64_t seq;
};

int roost_audio_parse(struct roost_audio *audio, const char *payload, size_t len);

/* The audio payload is written as header, base64, trailer, so that a device can encode PCM in place:
 * writes {"sample_rate":..,"duration":..[,"ts":..][,"seq":..],"data":"  and returns its length; the
 * trailer is always "} */
int roost_audio_write_head(char *out, size_t size, uint32_t sample_rate_hz, int64_t duration_ms,
                           int64_t unix_ms, uint64_t seq);

/* Decoded audio bytes are PCM16LE, or a WAV (RIFF, PCM, 16 bit, mono, any chunk order) whose rate
 * must equal sample_rate_hz. Sets *pcm to the sample bytes inside `bytes` (even length) and *is_wav.
 * ROOST_ERR_INVALID (header), ROOST_ERR_TRUNCATED, ROOST_ERR_RANGE (rate, channels, depth). */
int roost_audio_pcm(const uint8_t *bytes, size_t len, uint32_t sample_rate_hz, const uint8_t **pcm,
                    size_t *pcm_len, bool *is_wav);

/* 20*log10(RMS/32768) over little-endian 16-bit samples, floor -96. */
double roost_sound_level_dbfs(const uint8_t *pcm, size_t len);

struct roost_features { double temperature_degc, humidity_pct, sound_volume_dbfs; };

/* ml/inference/request/{id}. All members are required; trace_id (ours) is optional. */
struct roost_request {
    char device_id[ROOST_DEVICE_ID_MAX + 1];
    int64_t unix_ms;
    struct roost_features features;
    char trace_id[ROOST_TRACE_MAX + 1]; /* "" when absent */
};

int roost_request_parse(struct roost_request *request, const char *payload, size_t len);
int roost_request_write(char *out, size_t size, const struct roost_request *request);

/* window/{id}/control. */
struct roost_control {
    char device_id[ROOST_DEVICE_ID_MAX + 1];
    int64_t unix_ms;
    double position_pct;   /* 0..100 */
    double confidence;     /* 0..1 */
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
    char fault[24]; /* fault name in lower case, "" (JSON null) for none */
};

int roost_window_state_parse(struct roost_window_state *state, const char *payload, size_t len);
int roost_window_state_write(char *out, size_t size, const struct roost_window_state *state);

/* window/{id}/feedback (ours): {"position"}. */
int roost_feedback_parse(double *position_pct, const char *payload, size_t len);
int roost_feedback_write(char *out, size_t size, double position_pct);

#endif
