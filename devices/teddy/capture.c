/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/teddy/capture.h"

#include <string.h>

#include "core/assert.h"
#include "core/base64.h"
#include "core/bytes.h"
#include "core/err.h"
#include "core/uuid.h"
#include "proto/voice/up.h"

enum { READ_SAMPLES = 128, TURN_SAMPLES = VOICE_TURN_MAX_MS * (VOICE_RATE_HZ / 1000) };

/* ---- the ring ---- */

static uint8_t *slot_at(const struct teddy_capture *capture, unsigned slot)
{
    return capture->memory + (size_t)slot * TEDDY_CHUNK_MEMORY;
}

/* The slot of chunk n of those kept; of the one that is filling for n = count. */
static unsigned slot_of(const struct teddy_capture *capture, unsigned n)
{
    return (capture->first + n) % capture->slots;
}

static void wipe(const struct teddy_capture *capture)
{
    memset(capture->memory, 0, (size_t)capture->slots * TEDDY_CHUNK_MEMORY);
}

static void forget_first(struct teddy_capture *capture)
{
    memset(slot_at(capture, capture->first), 0, TEDDY_CHUNK_MEMORY);
    capture->first = (uint8_t)slot_of(capture, 1);
    capture->count--;
    if (capture->sent > 0)
        capture->sent--;
}

/* The slot that is filling becomes a chunk; the next one is made free. */
static void keep_chunk(struct teddy_capture *capture, bool is_final)
{
    capture->chunk[slot_of(capture, capture->count)] = (struct teddy_chunk){
        .seq = capture->next_seq++, .len = capture->fill, .is_final = is_final};
    capture->count++;
    capture->fill = 0;
    if (capture->count < capture->slots)
        return;
    if (capture->sent > 0)
        capture->unkept++;
    else
        capture->lost++;
    forget_first(capture);
}

/* ---- the microphone ---- */

static void take(struct teddy_capture *capture, const int16_t *samples, size_t count)
{
    if (capture->turn_samples == 0)
        capture->first_sample = samples[0];
    capture->turn_samples += (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        uint8_t *sound = slot_at(capture, slot_of(capture, capture->count)) + VOICE_SIGN_HEAD;
        capture->varied |= samples[i] != capture->first_sample;
        sound[capture->fill++] = (uint8_t)samples[i];
        sound[capture->fill++] = (uint8_t)((uint16_t)samples[i] >> 8);
        if (capture->fill == VOICE_CHUNK_BYTES)
            keep_chunk(capture, false);
    }
}

/* The runtime logs what becomes a fault, and when it is over. */
static int set_fault(struct teddy_capture *capture, bool fault)
{
    capture->fault = fault;
    return fault ? ROOST_ERR_FAULT : 0;
}

static void stop(struct teddy_capture *capture)
{
    const struct roost_audio_in *in = &capture->port->audio_in;

    if (!capture->open)
        return;
    capture->open = false;
    capture->overruns = in->ops->overruns(in->ctx);
    (void)in->ops->stop(in->ctx);
}

static int start(struct teddy_capture *capture, uint32_t now_ms)
{
    const struct roost_audio_in *in = &capture->port->audio_in;
    int err = in->ops->start(in->ctx, VOICE_RATE_HZ);

    if (err < 0)
        return set_fault(capture, true);
    capture->open = true;
    capture->heard_ms = now_ms;
    return 0;
}

/* Takes what is there, up to the length of a turn. */
static int read_all(struct teddy_capture *capture, bool *some)
{
    const struct roost_audio_in *in = &capture->port->audio_in;
    int16_t samples[READ_SAMPLES];
    int count = 0;

    *some = false;
    while (capture->turn_samples < TURN_SAMPLES) {
        uint32_t left = TURN_SAMPLES - capture->turn_samples;
        count = in->ops->read(in->ctx, samples, left < READ_SAMPLES ? left : READ_SAMPLES);
        if (count <= 0)
            break;
        *some = true;
        take(capture, samples, (size_t)count);
    }
    memset(samples, 0, sizeof samples);
    if (count < 0)
        return count;
    return capture->turn_samples < TURN_SAMPLES ? 0 : ROOST_ERR_FULL;
}

static int listen(struct teddy_capture *capture, uint32_t now_ms)
{
    bool some;
    int err = read_all(capture, &some);

    if (err < 0 && err != ROOST_ERR_FULL) {
        stop(capture);
        return set_fault(capture, true);
    }
    if (some)
        capture->heard_ms = now_ms;
    /* A microphone that works hears at least its own noise. */
    if (capture->varied)
        (void)set_fault(capture, false);
    bool flat = !capture->varied && capture->turn_samples > 2 * VOICE_RATE_HZ;
    if (flat || now_ms - capture->heard_ms > TEDDY_MIC_SILENT_MS) {
        stop(capture);
        return set_fault(capture, true);
    }
    return err;
}

int teddy_capture_run(struct teddy_capture *capture, bool may, uint32_t now_ms)
{
    if (!may) {
        stop(capture);
        return 0;
    }
    ROOST_ASSERT(teddy_capture_in_turn(capture) && !capture->closed);
    int err = capture->open ? 0 : start(capture, now_ms);
    return err < 0 ? err : listen(capture, now_ms);
}

/* ---- the turn ---- */

int teddy_capture_init(struct teddy_capture *capture, const struct roost_port *port, void *memory,
                       size_t bytes)
{
    size_t slots = memory ? bytes / TEDDY_CHUNK_MEMORY : 0;

    if (slots < 2)
        return ROOST_ERR_NO_SPACE;
    *capture = (struct teddy_capture){
        .port = port,
        .memory = memory,
        .slots = (uint8_t)(slots < TEDDY_CHUNKS_MAX ? slots : TEDDY_CHUNKS_MAX),
        .next_seq = 1,
    };
    wipe(capture);
    return 0;
}

void teddy_capture_drop(struct teddy_capture *capture)
{
    stop(capture);
    wipe(capture);
    capture->first = capture->count = capture->sent = 0;
    capture->fill = 0;
    capture->turn[0] = '\0';
    capture->wanted = capture->started = capture->agreed = capture->closed = capture->ended = false;
    capture->varied = false;
    capture->turn_samples = 0;
}

void teddy_capture_begin(struct teddy_capture *capture)
{
    const struct roost_random *random = &capture->port->random;
    uint8_t bytes[16];

    teddy_capture_drop(capture);
    random->ops->fill(random->ctx, bytes, sizeof bytes);
    roost_uuid_write(capture->turn, bytes);
}

void teddy_capture_close(struct teddy_capture *capture)
{
    bool some;

    if (!teddy_capture_in_turn(capture) || capture->closed)
        return;
    if (capture->open)
        (void)read_all(capture, &some); /* what it had is what there is */
    stop(capture);
    capture->wanted = capture->closed = true;
    if (capture->fill > 0)
        keep_chunk(capture, true);
    else if (capture->count > capture->sent)
        capture->chunk[slot_of(capture, capture->count - 1u)].is_final = true;
}

/* ---- sending ---- */

static int send(const struct teddy_wire *wire, int len)
{
    return len < 0 ? len : wire->ws->ops->send(wire->ws->ctx, wire->frame, (size_t)len, false);
}

static int send_chunk(struct teddy_capture *capture, const struct teddy_wire *wire, unsigned n)
{
    unsigned slot = slot_of(capture, n);
    const struct teddy_chunk *chunk = &capture->chunk[slot];
    uint8_t *memory = slot_at(capture, slot), hmac[VOICE_KEY_BYTES];
    const struct voice_signed what = {
        .audio_session_id = capture->turn, .seq = chunk->seq, .is_final = chunk->is_final};
    const struct voice_chunk head = {.audio_session_id = capture->turn,
                                     .seq = chunk->seq,
                                     .is_final = chunk->is_final,
                                     .hmac = hmac};
    int err = voice_sign(wire->hmac, wire->sound_key, &what, memory, chunk->len, hmac);

    if (err < 0)
        return err;
    int at = voice_chunk_head(wire->frame, TEDDY_FRAME_BYTES, &head);
    ROOST_ASSERT(at > 0 &&
                 (size_t)at + ROOST_BASE64_LEN(VOICE_CHUNK_BYTES) + 3 <= TEDDY_FRAME_BYTES);
    at += (int)roost_base64_encode(wire->frame + at, memory + VOICE_SIGN_HEAD, chunk->len);
    err = send(wire, voice_chunk_tail(wire->frame, (size_t)at, TEDDY_FRAME_BYTES));
    memset(wire->frame, 0, (size_t)at); /* a child's voice */
    return err;
}

static int send_chunks(struct teddy_capture *capture, const struct teddy_wire *wire)
{
    int err = 0;

    while (err == 0 && capture->sent < capture->count) {
        if (capture->acks && capture->sent >= TEDDY_CHUNKS_FLYING)
            return ROOST_ERR_FULL;
        err = send_chunk(capture, wire, capture->sent);
        if (err < 0)
            break;
        capture->sent++;
        capture->sent_chunks++;
    }
    return err;
}

int teddy_capture_send(struct teddy_capture *capture, const struct teddy_wire *wire)
{
    int err = 0;

    if (!teddy_capture_in_turn(capture) || !capture->wanted)
        return 0;
    if (!capture->started) {
        err = send(wire, voice_write_audio_start(wire->frame, TEDDY_FRAME_BYTES, capture->turn));
        if (err < 0)
            return err;
        capture->started = true;
    }
    if (!capture->agreed)
        return 0;
    err = send_chunks(capture, wire);
    if (err < 0 || !capture->closed || capture->ended)
        return err;
    err = send(wire, voice_write_audio_end(wire->frame, TEDDY_FRAME_BYTES, capture->turn));
    capture->ended = err == 0;
    return err;
}

void teddy_capture_agreed(struct teddy_capture *capture, const char *turn)
{
    if (capture->started && strcmp(capture->turn, turn) == 0)
        capture->agreed = true;
}

void teddy_capture_acked(struct teddy_capture *capture, uint64_t seq)
{
    while (capture->sent > 0 && capture->chunk[capture->first].seq <= seq) {
        capture->acks = true;
        forget_first(capture);
    }
}

void teddy_capture_resume(struct teddy_capture *capture)
{
    if (!capture->agreed)
        capture->started = false; /* whether the hub had it, it says again */
    capture->resent += capture->sent;
    capture->sent = 0;
    capture->ended = false; /* an end that the hub had before is one that it knows */
}

bool teddy_capture_waits(const struct teddy_capture *capture)
{
    return teddy_capture_in_turn(capture) && capture->wanted &&
           (!capture->started || (capture->agreed && (capture->sent < capture->count ||
                                                      (capture->closed && !capture->ended))));
}
