/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the child says, from the microphone to the socket: samples fill chunks, chunks are numbered,
 * kept in a ring until the hub has acknowledged them, signed and encoded into one frame as they are
 * sent. Nothing is sent before the hub has agreed to the turn (audio_start_ack): of a child that it
 * may not hear no sound leaves the teddy.
 *
 *     ring:  | acknowledged: free | sent, kept for a resume | to be sent | filling |
 *
 * When the ring is full the oldest chunk gives way: one that was sent is merely not there any more
 * should the connection break (`unkept`), one that was not is sound that is lost (`lost`): the hub
 * hears the newest. The end of the turn always goes out, behind what is left. Numbers rise within a
 * boot and are never used again, so that a session that is resumed goes on counting. Depends on
 * core/, proto/voice, port/port.h.
 *
 *     teddy_capture_begin(&capture);
 *     err = teddy_capture_run(&capture, may_listen, now_ms);    // every step: opens, reads, closes
 *     teddy_capture_close(&capture);                            // the button was released
 *     err = teddy_capture_send(&capture, &wire);                // 0, or FULL: again soon
 */
#ifndef ROOST_DEVICES_TEDDY_CAPTURE_H
#define ROOST_DEVICES_TEDDY_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"
#include "proto/voice/sign.h"
#include "proto/voice/voice.h"

enum {
    TEDDY_CHUNK_MEMORY = VOICE_SIGN_HEAD + VOICE_CHUNK_BYTES,
    TEDDY_CHUNKS_MAX = 32,     /* of the ring, 4 s */
    TEDDY_CHUNKS_FLYING = 8,   /* sent and not acknowledged, where the hub acknowledges at all */
    TEDDY_FRAME_BYTES = 5824,  /* one chunk as a message; any other of ours but answers */
    TEDDY_MIC_SILENT_MS = 1500 /* no sample for so long: the microphone is gone */
};

/* How a message gets out. */
struct teddy_wire {
    const struct roost_ws *ws;
    char *frame; /* TEDDY_FRAME_BYTES */
    const struct voice_hmac *hmac;
    const uint8_t *sound_key; /* VOICE_KEY_BYTES, of this session */
};

struct teddy_chunk {
    uint32_t seq;
    uint16_t len; /* bytes of sound */
    bool is_final;
};

struct teddy_capture {
    const struct roost_port *port;
    uint8_t *memory; /* slots of TEDDY_CHUNK_MEMORY: room for what is signed, then the sound */
    uint8_t slots;
    uint8_t first, count, sent; /* of the chunks kept: slot, how many, of them with the socket */
    uint16_t fill;              /* bytes in the slot behind them */
    uint32_t next_seq;

    /* the turn */
    bool wanted;  /* it may be announced: no tap */
    bool started; /* audio_start is with the socket */
    bool agreed;  /* the hub has acknowledged it */
    bool closed;  /* nothing more is said */
    bool ended;   /* audio_end is with the socket */
    bool acks;    /* the hub acknowledges chunks */
    uint32_t turn_samples;

    /* the microphone */
    bool open, fault, varied;
    int16_t first_sample;
    uint32_t heard_ms; /* when it last gave samples, or was opened */

    uint32_t sent_chunks, lost, unkept, resent, overruns; /* chunks; times; since init */

    char turn[VOICE_UUID_CHARS + 1];            /* its audio_session_id; "": none */
    struct teddy_chunk chunk[TEDDY_CHUNKS_MAX]; /* by slot */
};

/* Fewer than two slots: ROOST_ERR_NO_SPACE. What is beyond TEDDY_CHUNKS_MAX is not used. */
int teddy_capture_init(struct teddy_capture *capture, const struct roost_port *port, void *memory,
                       size_t bytes);

/* A new turn, under a new id; what was left of the one before is forgotten. */
void teddy_capture_begin(struct teddy_capture *capture);

/* Opens or closes the microphone and takes what it has. `may`: every condition for it holds.
 * Returns 0, or ROOST_ERR_FAULT: there is none; ROOST_ERR_FULL: the turn is as long as one may be.
 */
int teddy_capture_run(struct teddy_capture *capture, bool may, uint32_t now_ms);

/* What the microphone still has is the last of the turn. */
void teddy_capture_close(struct teddy_capture *capture);

/* The turn is forgotten, its sound wiped. */
void teddy_capture_drop(struct teddy_capture *capture);

/* Sends what may go: start, chunks, end. 0: nothing is left that could; ROOST_ERR_FULL or what the
 * socket answers. */
int teddy_capture_send(struct teddy_capture *capture, const struct teddy_wire *wire);

void teddy_capture_agreed(struct teddy_capture *capture, const char *turn);
/* Up to and with this number. */
void teddy_capture_acked(struct teddy_capture *capture, uint64_t seq);

/* Another connection of the same session: what was not acknowledged is sent again. */
void teddy_capture_resume(struct teddy_capture *capture);

static inline bool teddy_capture_in_turn(const struct teddy_capture *capture)
{
    return capture->turn[0] != '\0';
}

/* Chunks, or an end, that the socket has not taken. */
bool teddy_capture_waits(const struct teddy_capture *capture);

#endif
