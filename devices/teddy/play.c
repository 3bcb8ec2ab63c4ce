/* SPDX-License-Identifier: Apache-2.0 */
/* The ring: what comes in, and what of it is to be heard. */
#include "devices/teddy/play.h"

#include <string.h>

#include "core/base64.h"
#include "core/err.h"
#include "core/timer.h"
#include "devices/teddy/play_parts.h"

enum { TYPICAL_BYTES_PER_MS = 6 }; /* of compressed sound, 48 kbit/s */

int teddy_play_init(struct teddy_play *play, const struct roost_port *port, void *memory,
                    size_t bytes, struct roost_log *log)
{
    if (!memory || bytes < 2 * VOICE_PIECE_BYTES)
        return ROOST_ERR_NO_SPACE;
    *play = (struct teddy_play){.port = port,
                                .log = log,
                                .ring = memory,
                                .size = (uint32_t)bytes,
                                .rate_hz = VOICE_RATE_HZ,
                                .fresh = true,
                                .final = true};
    memset(play->ring, 0, play->size);
    return 0;
}

/* ---- a piece ---- */

/* Decodes base64 behind what is there, round the ring's end. Returns the bytes, or an error:
 * nothing was added. */
static int decode(struct teddy_play *play, const char *text, size_t len)
{
    size_t at = teddy_play_at(play, play->used), to_end = play->size - at;
    size_t before = to_end / 3 * 4; /* characters that end before the ring does */
    uint8_t across[3];

    if (len % 4 != 0)
        return ROOST_ERR_INVALID;
    if (len <= before)
        return roost_base64_decode(play->ring + at, to_end, text, len);
    size_t whole = before / 4 * 3;
    int first = roost_base64_decode(play->ring + at, to_end, text, before);
    int middle = roost_base64_decode(across, sizeof across, text + before, 4);
    if (first != (int)whole || middle < 0 || (middle < 3 && len > before + 4))
        return ROOST_ERR_INVALID; /* padding before the end, or no base64 at all */
    for (size_t i = 0; i < (size_t)middle; i++)
        play->ring[teddy_play_at(play, play->used + whole + i)] = across[i];
    size_t there = whole + (size_t)middle;
    if (len == before + 4)
        return (int)there;
    int rest = roost_base64_decode(play->ring + teddy_play_at(play, play->used + there),
                                   play->size - there, text + before + 4, len - before - 4);
    return rest < 0 ? rest : (int)there + rest;
}

/* A container is no bare sample: played as such it is a blast of noise. */
static bool is_file(const struct teddy_play *play, size_t len)
{
    static const char magics[][4] = {"RIF", "Ogg", "fLa", "ID3"};
    char head[3];

    if (len < sizeof head)
        return false;
    for (size_t i = 0; i < sizeof head; i++)
        head[i] = (char)play->ring[teddy_play_at(play, play->used + i)];
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if (memcmp(head, magics[i], sizeof head) == 0)
            return true;
    return false;
}

static int check_kind(const struct teddy_play *play, const struct voice_down *piece)
{
    if (piece->format >= VOICE_FORMAT_COUNT || piece->sample_rate_hz < TEDDY_RATE_MIN_HZ ||
        piece->sample_rate_hz > TEDDY_RATE_MAX_HZ)
        return ROOST_ERR_INVALID;
    if (piece->format != VOICE_PCM && !play->port->decoder.ops)
        return ROOST_ERR_UNSUPPORTED;
    if (!play->fresh && (piece->format != play->format || piece->sample_rate_hz != play->rate_hz))
        return ROOST_ERR_INVALID;
    return 0;
}

static void begin_reply(struct teddy_play *play, const struct voice_down *piece)
{
    if (!play->fresh)
        return;
    play->fresh = play->final = play->holey = false;
    play->begun = play->drained = play->playing = false;
    teddy_play_skip(play, play->used);
    play->past = 0;
    play->format = piece->format;
    play->rate_hz = piece->sample_rate_hz;
    play->reply_samples = 0;
}

static int add(struct teddy_play *play, const struct voice_down *piece)
{
    int err = check_kind(play, piece);

    if (err < 0)
        return err;
    begin_reply(play, piece);
    if (piece->audio_len / 4 * 3 > play->size - play->used) {
        play->full++;
        return ROOST_ERR_FULL;
    }
    int len = decode(play, piece->audio, piece->audio_len);
    if (len < 0)
        return len;
    if (play->format == VOICE_PCM && play->past + play->used == 0 && is_file(play, (size_t)len)) {
        play->format = VOICE_FORMAT_COUNT; /* nor is what follows of it any sound */
        return ROOST_ERR_INVALID;
    }
    play->used += (uint32_t)len;
    return 0;
}

int teddy_play_take(struct teddy_play *play, const struct voice_down *piece)
{
    if (piece->seq > 0 && piece->seq <= play->known_seq) {
        play->repeated++;
        play->final |= piece->is_final;
        return 0;
    }
    int err = add(play, piece);
    play->holey |= err < 0;
    play->pieces += err == 0;
    /* Nothing at all in a whole reply is no sound either. */
    play->bad += (err < 0 && err != ROOST_ERR_FULL) ||
                 (err == 0 && piece->is_final && play->past + play->used == 0);
    if (piece->seq > 0)
        play->last_seq = piece->seq;
    if (err == 0)
        play->final = piece->is_final; /* another reply may follow close behind one */
    else
        play->final |= piece->is_final;
    return err;
}

/* ---- where it stands ---- */

uint32_t teddy_play_at(const struct teddy_play *play, size_t n)
{
    size_t at = play->head + n;

    return (uint32_t)(at < play->size ? at : at - play->size);
}

void teddy_play_skip(struct teddy_play *play, uint32_t bytes)
{
    play->head = teddy_play_at(play, bytes);
    play->used -= bytes;
    play->past += bytes;
}

static uint32_t bytes_of(const struct teddy_play *play, uint32_t ms)
{
    return ms * (play->format == VOICE_PCM ? play->rate_hz / 500 : TYPICAL_BYTES_PER_MS);
}

bool teddy_play_enough(const struct teddy_play *play)
{
    uint32_t ms = play->reply_samples > 0 ? TEDDY_AGAIN_MS : TEDDY_START_MS;
    uint32_t wanted = bytes_of(play, ms);

    if (wanted > play->size / 2)
        wanted = play->size / 2;
    return play->final || play->used >= wanted;
}

bool teddy_play_waits(const struct teddy_play *play)
{
    return play->used > 0 && teddy_play_enough(play);
}

bool teddy_play_over(const struct teddy_play *play)
{
    return play->final && play->used == 0 && !play->on && play->stage_len == 0 &&
           play->block_len == 0;
}

bool teddy_play_sounds(const struct teddy_play *play, const struct teddy_tone *tone)
{
    return play->on || teddy_tone_sounds(tone);
}

void teddy_play_fresh(struct teddy_play *play)
{
    play->fresh = true;
    play->last_seq = play->known_seq = 0;
}

void teddy_play_last(struct teddy_play *play)
{
    play->final = true;
}

void teddy_play_resumed(struct teddy_play *play)
{
    play->known_seq = play->last_seq;
}

void teddy_play_hush(struct teddy_play *play, uint32_t bytes)
{
    teddy_play_skip(play, bytes < play->used ? bytes : play->used);
    play->final |= play->used == 0;
    teddy_play_off(play);
}

bool teddy_play_can_again(const struct teddy_play *play)
{
    uint32_t all = play->past + play->used;

    return all > 0 && all <= play->size && !play->holey && play->final;
}

bool teddy_play_again(struct teddy_play *play)
{
    if (!teddy_play_can_again(play))
        return false;
    teddy_play_off(play);
    play->head = teddy_play_at(play, play->size - play->past);
    play->used += play->past;
    play->past = 0;
    play->begun = play->drained = false;
    play->reply_samples = 0;
    return true;
}

void teddy_play_forget(struct teddy_play *play)
{
    teddy_play_hush(play, play->used);
    teddy_play_fresh(play);
    play->past = 0;
    memset(play->ring, 0, play->size);
}

uint64_t teddy_play_due(const struct teddy_play *play, uint64_t now_ms)
{
    return play->on ? now_ms + TEDDY_PLAY_POLL_MS : ROOST_NEVER;
}

static uint32_t ms_of(uint32_t samples, uint32_t rate_hz)
{
    return samples / rate_hz * 1000 + samples % rate_hz * 1000 / rate_hz;
}

void teddy_play_times(const struct teddy_play *play, uint32_t *played_ms, uint32_t *buffered_ms)
{
    uint32_t rate_hz = play->out_rate_hz ? play->out_rate_hz : VOICE_RATE_HZ;
    uint32_t left = play->left > 0 && !play->local ? (uint32_t)play->left : 0;

    if (left > play->reply_samples)
        left = play->reply_samples;
    *played_ms = ms_of(play->reply_samples - left, rate_hz);
    *buffered_ms = ms_of(left, rate_hz) + play->used / bytes_of(play, 1);
}
