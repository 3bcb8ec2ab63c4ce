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
                                .size = bytes,
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
    size_t at = (size_t)(play->written % play->size), to_end = play->size - at;
    size_t before = to_end / 3 * 4; /* characters that end before the ring does */
    uint8_t across[3];

    if (len <= before)
        return roost_base64_decode(play->ring + at, to_end, text, len);
    size_t whole = before / 4 * 3;
    int first = roost_base64_decode(play->ring + at, to_end, text, before);
    int middle = roost_base64_decode(across, sizeof across, text + before, 4);
    if (first != (int)whole || middle < 0 || (middle < 3 && len > before + 4))
        return ROOST_ERR_INVALID; /* padding before the end, or no base64 at all */
    for (size_t i = 0; i < (size_t)middle; i++)
        play->ring[(at + whole + i) % play->size] = across[i];
    size_t there = whole + (size_t)middle;
    if (len == before + 4)
        return (int)there;
    int rest = roost_base64_decode(play->ring + (at + there) % play->size, play->size - there,
                                   text + before + 4, len - before - 4);
    return rest < 0 ? rest : (int)there + rest;
}

/* A container is no bare sample: played as such it is a blast of noise. */
static bool is_file(const struct teddy_play *play, size_t len)
{
    static const char magics[][5] = {"RIFF", "OggS", "fLaC", "ID3\x03", "ID3\x04", "ID3\x02"};
    char head[4];

    if (len < sizeof head)
        return false;
    for (size_t i = 0; i < sizeof head; i++)
        head[i] = (char)play->ring[(play->written + i) % play->size];
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
    play->kept = play->read = play->written;
    play->format = piece->format;
    play->rate_hz = piece->sample_rate_hz;
    play->reply_samples = 0;
}

static int add(struct teddy_play *play, const struct voice_down *piece)
{
    size_t room = play->size - (size_t)(play->written - play->read);
    int err = check_kind(play, piece);

    if (err < 0)
        return err;
    begin_reply(play, piece);
    if (piece->audio_len / 4 * 3 > room) {
        play->full++;
        return ROOST_ERR_FULL;
    }
    int len = decode(play, piece->audio, piece->audio_len);
    if (len < 0)
        return len;
    if (play->format == VOICE_PCM && play->written == play->kept && is_file(play, (size_t)len)) {
        play->format = VOICE_FORMAT_COUNT; /* nor is what follows of it any sound */
        return ROOST_ERR_INVALID;
    }
    play->written += (size_t)len;
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
                 (err == 0 && piece->is_final && play->written == play->kept);
    if (piece->seq > 0)
        play->last_seq = piece->seq;
    if (err == 0)
        play->final = piece->is_final; /* another reply may follow close behind one */
    else
        play->final |= piece->is_final;
    return err;
}

/* ---- where it stands ---- */

size_t teddy_play_bytes(const struct teddy_play *play)
{
    return (size_t)(play->written - play->read);
}

static size_t bytes_of(const struct teddy_play *play, uint32_t ms)
{
    return (size_t)ms * (play->format == VOICE_PCM ? play->rate_hz / 500 : TYPICAL_BYTES_PER_MS);
}

bool teddy_play_enough(const struct teddy_play *play)
{
    uint32_t ms = play->reply_samples > 0 ? TEDDY_AGAIN_MS : TEDDY_START_MS;
    size_t wanted = bytes_of(play, ms);

    if (wanted > play->size / 2)
        wanted = play->size / 2;
    return play->final || teddy_play_bytes(play) >= wanted;
}

bool teddy_play_waits(const struct teddy_play *play)
{
    return teddy_play_bytes(play) > 0 && teddy_play_enough(play);
}

bool teddy_play_over(const struct teddy_play *play)
{
    return play->final && teddy_play_bytes(play) == 0 && !play->on && play->stage_len == 0 &&
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

void teddy_play_hush(struct teddy_play *play, uint64_t until)
{
    if (until > play->written)
        until = play->written;
    if (until > play->read)
        play->read = until;
    play->final |= play->read == play->written;
    teddy_play_off(play);
}

bool teddy_play_can_again(const struct teddy_play *play)
{
    return play->written > play->kept && play->written - play->kept <= play->size && !play->holey &&
           play->final;
}

bool teddy_play_again(struct teddy_play *play)
{
    if (!teddy_play_can_again(play))
        return false;
    teddy_play_off(play);
    play->read = play->kept;
    play->begun = play->drained = false;
    play->reply_samples = 0;
    return true;
}

void teddy_play_forget(struct teddy_play *play)
{
    teddy_play_hush(play, play->written);
    teddy_play_fresh(play);
    play->kept = play->written;
    memset(play->ring, 0, play->size);
}

uint64_t teddy_play_due(const struct teddy_play *play, uint64_t now_ms)
{
    return play->on ? now_ms + TEDDY_PLAY_POLL_MS : ROOST_NEVER;
}

void teddy_play_times(const struct teddy_play *play, uint64_t *played_ms, uint64_t *buffered_ms)
{
    uint32_t out_khz = play->out_rate_hz ? play->out_rate_hz : VOICE_RATE_HZ;
    uint64_t left = play->left > 0 && !play->local ? (uint64_t)play->left : 0;
    size_t bytes = teddy_play_bytes(play);

    if (left > play->reply_samples)
        left = play->reply_samples;
    *played_ms = (play->reply_samples - left) * 1000 / out_khz;
    *buffered_ms = left * 1000 / out_khz + (uint64_t)bytes / bytes_of(play, 1);
}
