/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records two seconds of sound at a time, straight into the payload of sensor/{id}/audio: samples
 * are base64-encoded in place as they come, so that the memory given is the payload and nothing
 * else of its size exists. The microphone is open only while a buffer is recorded, and a buffer is
 * recorded only while it could be sent. Sound is live: what cannot be sent is dropped and counted.
 *
 *     memory:  |      head, written last | base64 ........................ | "} |
 *
 * Buffers are numbered from a counter in flash, reserved in blocks, so that no number comes twice.
 * Depends on core/, proto/climate, port/port.h, runtime/uplink_mqtt.h.
 *
 *     window_sound_run(&sound, &situation);    // on every step; sends through the port when full
 */
#ifndef ROOST_DEVICES_WINDOW_SOUND_H
#define ROOST_DEVICES_WINDOW_SOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/log.h"
#include "port/port.h"
#include "runtime/uplink_mqtt.h"

enum {
    WINDOW_SOUND_HEAD_MAX = 160,
    WINDOW_SOUND_TRAILER = 2,
    WINDOW_SOUND_BODY_MIN = 1024, /* characters; less memory is as good as none */
    WINDOW_SOUND_MS = 2000,       /* of one buffer; shorter where the memory ends earlier ... */
    WINDOW_SOUND_RATE_MIN = 8000, /* ... though the rate was halved as often as this allows */
    WINDOW_SOUND_GRACE_MS = 3000, /* a buffer later than this means a silent microphone */
    WINDOW_SOUND_POLL_MS = 200, /* between two looks, should no event say that samples are there */
    WINDOW_SOUND_BLOCK = 1024,  /* numbers reserved by one flash write */
};

/* All conditions for an open microphone but the memory, weighed anew on every step. */
struct window_sound_situation {
    uint64_t now_ms;
    int64_t unix_ms;      /* 0: unknown */
    uint32_t interval_ms; /* from one buffer's start to the next; 0: off */
    uint32_t rate_hz;
    bool connected, safe_mode, stopping;
};

struct window_sound {
    const struct roost_port *port;
    struct roost_log *log;
    struct roost_uplink_mqtt *mqtt;
    char *memory;
    size_t size;
    bool recording;
    uint32_t rate_hz;       /* of the buffer being recorded */
    uint32_t wanted, taken; /* samples */
    size_t encoded;         /* characters after the head */
    uint8_t carry[2];       /* bytes that wait for a third */
    uint8_t carry_len;
    int16_t first_sample;
    bool varied;         /* not all samples so far are the same */
    uint64_t started_ms; /* the buffer recorded or given up last */
    uint64_t next_seq, reserved_seq;
    bool microphone_fault, unsaved;
    uint32_t sent, dropped, overruns; /* buffers, buffers, times; since init */
};

/* memory may be NULL (no sound); it and the rest are borrowed for good. The first buffer is
 * recorded one interval after boot. */
void window_sound_init(struct window_sound *sound, const struct roost_port *port,
                       struct roost_uplink_mqtt *mqtt, void *memory, size_t size,
                       struct roost_log *log);

void window_sound_run(struct window_sound *sound, const struct window_sound_situation *now);

/* When to run though no AUDIO_READY came, or UINT64_MAX. */
uint64_t window_sound_due(const struct window_sound *sound,
                          const struct window_sound_situation *now);

#endif
