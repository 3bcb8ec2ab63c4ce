/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/microphone.h"

#include <alsa/asoundlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "port/linux/linux.h"

enum {
    CAPTURE_LATENCY_US = 500000,
    TICK_MS = 100,
    TICK_ONCE_MS = 20, /* somebody waits for the answer */
    HISS = 3, /* peak of what is heard when nobody speaks: a microphone is never quite silent */
    RING_MS = 1000, /* what waits for the reader, as in a DMA ring; more is lost */
    RATE_MIN_HZ = 8000,
    RATE_MAX_HZ = 48000,
};

/* ---- sources ---- */

int linux_microphone_init(struct linux_microphone *microphone, const char *source)
{
    *microphone = (struct linux_microphone){0};
    if (!source)
        return 0;
    if (strncmp(source, "alsa:", 5) == 0) {
        microphone->device = source + 5;
        return 0;
    }
    return linux_wav_read(&microphone->wav, source);
}

void linux_microphone_deinit(struct linux_microphone *microphone)
{
    linux_microphone_stop(microphone);
    linux_wav_free(&microphone->wav);
}

int linux_microphone_load(struct linux_microphone *microphone, const char *path)
{
    struct linux_wav wav;

    if (microphone->listening || microphone->device)
        return ROOST_ERR_STATE;
    int err = linux_wav_read(&wav, path);
    if (err)
        return err;
    linux_wav_free(&microphone->wav);
    microphone->wav = wav;
    return 0;
}

bool linux_microphone_said(const struct linux_microphone *microphone)
{
    return microphone->listening && microphone->once && microphone->next >= microphone->wav.count;
}

int linux_microphone_start(struct linux_microphone *microphone, uint32_t rate_hz)
{
    if (!microphone->device)
        return !microphone->wav.count || microphone->wav.rate_hz == rate_hz ? 0
                                                                            : ROOST_ERR_UNSUPPORTED;
    if (snd_pcm_open(&microphone->pcm, microphone->device, SND_PCM_STREAM_CAPTURE,
                     SND_PCM_NONBLOCK) < 0) {
        microphone->pcm = NULL;
        return ROOST_ERR_FAULT;
    }
    if (snd_pcm_set_params(microphone->pcm, SND_PCM_FORMAT_S16_LE, SND_PCM_ACCESS_RW_INTERLEAVED, 1,
                           rate_hz, 1, CAPTURE_LATENCY_US) < 0 ||
        snd_pcm_start(microphone->pcm) < 0) {
        linux_microphone_stop(microphone);
        return ROOST_ERR_FAULT;
    }
    return 0;
}

void linux_microphone_stop(struct linux_microphone *microphone)
{
    if (microphone->pcm)
        snd_pcm_close(microphone->pcm);
    microphone->pcm = NULL;
}

/* xorshift32 */
static int16_t hiss(struct linux_microphone *microphone)
{
    uint32_t x = microphone->hiss ? microphone->hiss : 1;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    microphone->hiss = x;
    return (int16_t)((int32_t)(x % (2 * HISS + 1)) - HISS);
}

void linux_microphone_play(struct linux_microphone *microphone, int16_t *out, size_t samples)
{
    const struct linux_wav *wav = &microphone->wav;

    for (size_t i = 0; i < samples; i++) {
        if (microphone->next < wav->count)
            out[i] = wav->samples[microphone->next++];
        else
            out[i] = hiss(microphone);
        if (!microphone->once && microphone->next == wav->count)
            microphone->next = 0;
    }
}

int linux_microphone_capture(struct linux_microphone *microphone, int16_t *out, size_t samples,
                             int *lost)
{
    if (!microphone->pcm)
        return ROOST_ERR_FAULT;
    snd_pcm_sframes_t got = snd_pcm_readi(microphone->pcm, out, samples);
    if (got == -EAGAIN)
        return 0;
    if (got == -EPIPE || got == -ESTRPIPE) {
        *lost = 1;
        if (snd_pcm_recover(microphone->pcm, (int)got, 1) < 0 || snd_pcm_start(microphone->pcm) < 0)
            return ROOST_ERR_FAULT;
        return 0;
    }
    return got < 0 ? ROOST_ERR_FAULT : (int)got;
}

/* ---- the part ---- */

/* Samples of the file that wait for the reader; what does not fit the ring is lost and counted. A
 * microphone that runs faster than time waits for its reader instead. */
static size_t waiting(struct linux_microphone *microphone)
{
    uint64_t passed_ms = linux_board_now_ms(microphone->board) - microphone->from_ms;
    uint64_t made = passed_ms * microphone->asked_hz * linux_microphone_speed(microphone) / 1000;
    uint64_t ring = (uint64_t)microphone->asked_hz * RING_MS / 1000;

    if (made - microphone->taken > ring) {
        microphone->taken = made - ring;
        microphone->overruns += linux_microphone_speed(microphone) == 1;
    }
    return (size_t)(made - microphone->taken);
}

static void on_tick(uv_timer_t *tick)
{
    struct linux_microphone *microphone = tick->data;
    const struct roost_event event = {.type = ROOST_EV_AUDIO_READY};

    if (microphone->dead)
        return;
    if (microphone->device || waiting(microphone) > 0)
        (void)linux_board_post(microphone->board, &event);
}

static int part_start(void *ctx, uint32_t sample_rate_hz)
{
    struct linux_microphone *microphone = ctx;

    if (sample_rate_hz < RATE_MIN_HZ || sample_rate_hz > RATE_MAX_HZ)
        return ROOST_ERR_RANGE;
    if (microphone->listening)
        return ROOST_ERR_STATE;
    if (microphone->dead)
        return ROOST_ERR_FAULT;
    int err = linux_microphone_start(microphone, sample_rate_hz);
    if (err)
        return err;
    microphone->listening = true;
    microphone->asked_hz = sample_rate_hz;
    microphone->from_ms = linux_board_now_ms(microphone->board);
    microphone->taken = 0;
    if (microphone->once)
        microphone->next = 0;
    uint64_t tick_ms =
        (microphone->once ? TICK_ONCE_MS : TICK_MS) / linux_microphone_speed(microphone);
    if (tick_ms == 0)
        tick_ms = 1;
    uv_update_time(microphone->board->host->loop);
    uv_timer_start(&microphone->tick, on_tick, tick_ms, tick_ms);
    return 0;
}

static int part_read(void *ctx, int16_t *out, size_t samples)
{
    struct linux_microphone *microphone = ctx;

    if (!microphone->listening)
        return ROOST_ERR_STATE;
    if (microphone->dead)
        return ROOST_ERR_FAULT;
    if (microphone->device) {
        int lost = 0;
        int got = linux_microphone_capture(microphone, out, samples, &lost);
        microphone->overruns += (uint32_t)lost;
        if (got > 0 && microphone->flat)
            memset(out, 0, (size_t)got * sizeof *out);
        return got;
    }
    size_t there = waiting(microphone);
    if (samples > there)
        samples = there;
    linux_microphone_play(microphone, out, samples);
    if (microphone->flat)
        memset(out, 0, samples * sizeof *out);
    microphone->taken += samples;
    return (int)samples;
}

static int part_stop(void *ctx)
{
    struct linux_microphone *microphone = ctx;

    uv_timer_stop(&microphone->tick);
    linux_microphone_stop(microphone);
    microphone->listening = false;
    return 0;
}

static uint32_t part_overruns(void *ctx)
{
    return ((struct linux_microphone *)ctx)->overruns;
}

static int part_init(void *ctx, struct roost_board *board, char *why, size_t why_size)
{
    static const struct roost_audio_in_ops ops = {
        .start = part_start, .read = part_read, .stop = part_stop, .overruns = part_overruns};
    struct linux_microphone *microphone = ctx;
    struct linux_microphone as = *microphone; /* what the program has set */
    const char *source = as.source;
    int err = linux_microphone_init(microphone, source);

    microphone->source = source;
    microphone->once = as.once;
    microphone->speed = as.speed;
    microphone->dead = as.dead;
    if (err) {
        snprintf(why, why_size, "microphone %s: %s", source, roost_err_text(err));
        return err;
    }
    microphone->board = board;
    uv_timer_init(board->host->loop, &microphone->tick);
    microphone->tick.data = microphone;
    board->open_handles++;
    board->port.audio_in = (struct roost_audio_in){&ops, microphone};
    return 0;
}

static void part_deinit(void *ctx, struct roost_board *board)
{
    struct linux_microphone *microphone = ctx;

    linux_microphone_deinit(microphone);
    microphone->tick.data = board; /* as the one who counts handles wants it */
    uv_close((uv_handle_t *)&microphone->tick, linux_board_closed_handle);
}

struct linux_part linux_microphone_part(struct linux_microphone *microphone, const char *source)
{
    *microphone = (struct linux_microphone){.source = source};
    return (struct linux_part){
        .name = "microphone", .init = part_init, .deinit = part_deinit, .ctx = microphone};
}
