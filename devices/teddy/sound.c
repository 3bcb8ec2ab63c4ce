/* SPDX-License-Identifier: Apache-2.0 */
/* From the ring, or a tone, to the loudspeaker. */
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/timer.h"
#include "devices/teddy/play_parts.h"

enum { ONE = 65536 }; /* from one sample to the next */

/* ---- the loudspeaker ---- */

void teddy_play_off(struct teddy_play *play)
{
    const struct roost_audio_out *out = &play->port->audio_out;

    if (play->on) {
        play->underruns = out->ops->underruns(out->ctx);
        (void)out->ops->stop(out->ctx);
    }
    play->on = play->playing = false;
    play->left = 0;
    play->stage_at = play->stage_len = play->block_at = play->block_len = 0;
    memset(play->stage, 0, sizeof play->stage);
    memset(play->block, 0, sizeof play->block);
}

/* The runtime logs it. */
static void set_fault(struct teddy_play *play)
{
    play->fault = true;
    teddy_play_hush(play, play->used);
}

static bool start(struct teddy_play *play, uint32_t rate_hz, uint32_t now_ms)
{
    const struct roost_audio_out *out = &play->port->audio_out;
    int err = out->ops->start(out->ctx, rate_hz);

    play->out_rate_hz = rate_hz;
    if (err == ROOST_ERR_UNSUPPORTED && rate_hz != VOICE_RATE_HZ) {
        play->out_rate_hz = VOICE_RATE_HZ; /* what every board has; the rest is arithmetic */
        err = out->ops->start(out->ctx, VOICE_RATE_HZ);
    }
    if (err < 0) {
        set_fault(play);
        return false;
    }
    play->on = true;
    play->left = 0;
    play->moved_ms = now_ms;
    return true;
}

/* What is in its buffer; whether it plays at all. */
static bool look(struct teddy_play *play, uint32_t now_ms)
{
    const struct roost_audio_out *out = &play->port->audio_out;
    int left = out->ops->buffered(out->ctx);

    if (left < 0) {
        set_fault(play);
        return false;
    }
    if (left != play->left || left == 0)
        play->moved_ms = now_ms;
    play->left = left;
    if (now_ms - play->moved_ms <= TEDDY_SPEAKER_STUCK_MS)
        return true;
    set_fault(play);
    return false;
}

/* Writes the block. True: all of it is taken. */
static bool write_block(struct teddy_play *play, uint32_t now_ms)
{
    const struct roost_audio_out *out = &play->port->audio_out;
    size_t wanted = (size_t)(play->block_len - play->block_at);
    int taken = wanted > 0 ? out->ops->write(out->ctx, play->block + play->block_at, wanted) : 0;

    if (taken < 0) {
        set_fault(play);
        return false;
    }
    if (taken > 0) {
        play->moved_ms = now_ms;
        play->fault = false;
        play->left += taken;
        if (!play->local)
            play->reply_samples += (unsigned)taken;
    }
    play->block_at = (uint16_t)(play->block_at + taken);
    if (play->block_at < play->block_len)
        return false;
    play->block_at = play->block_len = 0;
    return true;
}

/* ---- samples ---- */

static size_t stage_pcm(struct teddy_play *play)
{
    size_t count = 0;

    for (; count < TEDDY_STAGE_SAMPLES && play->used >= 2; count++) {
        unsigned low = play->ring[play->head], high = play->ring[teddy_play_at(play, 1)];
        play->stage[count] = (int16_t)(low | high << 8);
        teddy_play_skip(play, 2);
    }
    if (count == 0 && play->final)
        teddy_play_skip(play, play->used); /* half a sample */
    return count;
}

/* The sound is none: what is left of it is dropped. */
static void give_up(struct teddy_play *play, int err)
{
    ROOST_LOG(play->log, ROOST_LOG_WARN, "voice", "no such sound", RF_ERR("error", err));
    play->bad++;
    play->holey = play->final = play->drained = true;
}

static size_t stage_compressed(struct teddy_play *play)
{
    const struct roost_decoder *decoder = &play->port->decoder;
    int err = play->begun
                  ? 0
                  : decoder->ops->start(decoder->ctx, play->format == VOICE_MP3 ? ROOST_SOUND_MP3
                                                                                : ROOST_SOUND_OPUS);

    play->begun = true;
    while (err == 0 && !play->drained) {
        size_t to_end = play->size - play->head, len = play->used < to_end ? play->used : to_end;
        size_t taken = 0;
        uint32_t rate_hz = play->rate_hz;
        int count = decoder->ops->decode(decoder->ctx, play->ring + play->head, len, &taken,
                                         play->stage, TEDDY_STAGE_SAMPLES, &rate_hz);
        ROOST_ASSERT(taken <= len && count <= TEDDY_STAGE_SAMPLES);
        teddy_play_skip(play, (uint32_t)taken);
        if (count > 0 && rate_hz >= TEDDY_RATE_MIN_HZ && rate_hz <= TEDDY_RATE_MAX_HZ) {
            play->stage_rate_hz = rate_hz;
            return (size_t)count;
        }
        err = count < 0 ? count : count > 0 ? ROOST_ERR_RANGE : 0;
        if (err == 0 && taken == 0 && !play->final)
            return 0; /* it needs more than there is */
        if (taken == 0 && play->final)
            play->drained = true;
    }
    if (err < 0)
        give_up(play, err);
    teddy_play_skip(play, play->used); /* a frame that is cut short at the end, or no frame */
    return 0;
}

/* Whether there are samples in the stage. */
static bool fill_stage(struct teddy_play *play, struct teddy_tone *tone)
{
    size_t count = 0;

    if (play->stage_at < play->stage_len)
        return true;
    play->stage_rate_hz = play->local ? TEDDY_TONE_RATE_HZ : play->rate_hz;
    if (play->local)
        count = teddy_tone_make(tone, play->stage, TEDDY_STAGE_SAMPLES);
    else if (play->playing && play->format == VOICE_PCM)
        count = stage_pcm(play);
    else if (play->playing)
        count = stage_compressed(play);
    play->stage_at = 0;
    play->stage_len = (uint16_t)count;
    return count > 0;
}

static int16_t shaped(struct teddy_play *play, int32_t sample, int32_t gain)
{
    int32_t fade = (int32_t)(play->out_rate_hz * TEDDY_FADE_MS / 1000);

    if (play->fade > 0)
        sample = sample * (fade - play->fade--) / fade;
    return (int16_t)(sample * gain / ONE);
}

/* Puts what lies between the stage's samples into the block, until one of them ends. */
static void fill_block(struct teddy_play *play, int32_t gain)
{
    uint32_t step = (uint32_t)((uint64_t)play->stage_rate_hz * ONE / play->out_rate_hz);

    while (play->block_len < TEDDY_BLOCK_SAMPLES) {
        while (play->between >= ONE) {
            if (play->stage_at == play->stage_len)
                return;
            play->now = play->next;
            play->next = play->stage[play->stage_at++];
            play->between -= ONE;
        }
        int32_t sample =
            play->now + (play->next - play->now) * (int32_t)(play->between / 2) / (ONE / 2);
        play->block[play->block_len++] = shaped(play, sample, gain);
        play->between += step;
    }
}

/* A step from loud to nothing is heard as a crack: the last sample runs out softly. */
static void end_softly(struct teddy_play *play, int32_t gain)
{
    int32_t fade = (int32_t)(play->out_rate_hz * TEDDY_FADE_MS / 1000);

    if (fade > TEDDY_BLOCK_SAMPLES)
        fade = TEDDY_BLOCK_SAMPLES;
    for (int32_t i = 1; i <= fade && !play->soft_end; i++)
        play->block[play->block_len++] =
            (int16_t)((int32_t)play->next * gain / ONE * (fade - i) / fade);
    play->soft_end = true;
}

static void begin_softly(struct teddy_play *play)
{
    play->now = play->next = 0;
    play->between = 2 * ONE; /* two samples, before there is anything between them */
    play->fade = (uint16_t)(play->out_rate_hz * TEDDY_FADE_MS / 1000);
    play->soft_end = false;
}

/* ---- what is heard ---- */

/* A tone goes before the reply, which waits in the ring. */
static bool choose(struct teddy_play *play, const struct teddy_tone *tone, bool reply)
{
    bool local = teddy_tone_sounds(tone) || (play->local && play->on);

    if (local && !play->local && play->on)
        return true; /* the reply's last samples; hush() makes it shorter */
    if (local != play->local)
        play->playing = false;
    play->local = local;
    if (local) {
        play->playing = true;
        return true;
    }
    if (!play->playing && reply && teddy_play_waits(play)) {
        play->playing = true;
        if (play->on)
            begin_softly(play);
    }
    return play->on || play->playing;
}

/* The loudspeaker has nearly nothing left, and there is nothing to give it. */
static void run_dry(struct teddy_play *play, int32_t gain, bool over, uint32_t now_ms)
{
    bool low = play->left < (int32_t)(play->out_rate_hz * TEDDY_LOW_MS / 1000);

    if (!over && !low)
        return; /* a piece may still come in time */
    if (play->playing && !over) {
        play->dry++;
        play->dry_ms = now_ms;
        play->playing = false;
    }
    if (!play->soft_end) {
        end_softly(play, gain);
        return;
    }
    if (play->left == 0 && over)
        teddy_play_off(play);
}

static bool is_over(const struct teddy_play *play, const struct teddy_tone *tone)
{
    return play->local ? !teddy_tone_sounds(tone) : play->final && play->used == 0;
}

void teddy_play_run(struct teddy_play *play, struct teddy_tone *tone, bool reply,
                    uint32_t volume_pct, uint32_t now_ms)
{
    /* The ear hears powers: half the way is a quarter of the amplitude. */
    int32_t gain = (int32_t)(volume_pct * volume_pct * ONE / 10000);

    if (!choose(play, tone, reply) || (play->on && !look(play, now_ms)))
        return;
    while (play->block_len == 0 || write_block(play, now_ms)) {
        if (!fill_stage(play, tone)) {
            if (play->on)
                run_dry(play, gain, is_over(play, tone), now_ms);
            if (!play->on || play->block_len == 0)
                return;
            continue;
        }
        if (!play->on) {
            if (!start(play, play->stage_rate_hz, now_ms)) {
                teddy_tone_stop(tone);
                return;
            }
            begin_softly(play);
        }
        fill_block(play, gain);
    }
}
