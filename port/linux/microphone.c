/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/microphone.h"

#include <alsa/asoundlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/err.h"
#include "port/linux/linux.h"

enum {
    FILE_MAX = 64 * 1024 * 1024,
    CAPTURE_LATENCY_US = 500000,
    TICK_MS = 100,
    RING_MS = 1000, /* what waits for the reader, as in a DMA ring; more is lost */
    RATE_MIN_HZ = 8000,
    RATE_MAX_HZ = 48000,
};

/* ---- sources ---- */

/* Walks the chunks of a RIFF file for "fmt " and "data". */
static int parse_wav(struct linux_microphone *microphone, const uint8_t *file, size_t len)
{
    bool format = false;

    if (len < 12 || memcmp(file, "RIFF", 4) != 0 || memcmp(file + 8, "WAVE", 4) != 0)
        return ROOST_ERR_INVALID;
    for (size_t at = 12; at + 8 <= len;) {
        const uint8_t *body = file + at + 8;
        size_t size = roost_le_get32(file + at + 4), left = len - at - 8;
        if (memcmp(file + at, "fmt ", 4) == 0 && size >= 16 && left >= 16) {
            /* PCM, one channel, 16 bits */
            if (roost_le_get16(body) != 1 || roost_le_get16(body + 2) != 1 ||
                roost_le_get16(body + 14) != 16)
                return ROOST_ERR_INVALID;
            microphone->rate_hz = roost_le_get32(body + 4);
            format = true;
        } else if (memcmp(file + at, "data", 4) == 0 && format) {
            size_t bytes = size < left ? size : left; /* a stream's size may be all ones */
            microphone->count = bytes / 2;
            microphone->samples = malloc(microphone->count * 2 + 1);
            if (!microphone->samples)
                return ROOST_ERR_NO_MEMORY;
            for (size_t i = 0; i < microphone->count; i++)
                microphone->samples[i] = (int16_t)roost_le_get16(body + 2 * i);
            return microphone->count ? 0 : ROOST_ERR_INVALID;
        }
        if (size > left)
            break;
        at += 8 + size + (size & 1);
    }
    return ROOST_ERR_INVALID;
}

static int read_wav(struct linux_microphone *microphone, const char *path)
{
    FILE *file = fopen(path, "rbe");
    int err = ROOST_ERR_IO;

    if (!file)
        return ROOST_ERR_NOT_FOUND;
    if (fseek(file, 0, SEEK_END) == 0) {
        long size = ftell(file);
        if (size > FILE_MAX) {
            err = ROOST_ERR_TOO_LONG;
        } else if (size >= 0 && fseek(file, 0, SEEK_SET) == 0) {
            uint8_t *bytes = malloc((size_t)size + 1);
            if (!bytes)
                err = ROOST_ERR_NO_MEMORY;
            else if (fread(bytes, 1, (size_t)size, file) == (size_t)size)
                err = parse_wav(microphone, bytes, (size_t)size);
            free(bytes);
        }
    }
    fclose(file);
    return err;
}

int linux_microphone_init(struct linux_microphone *microphone, const char *source)
{
    *microphone = (struct linux_microphone){0};
    if (strncmp(source, "alsa:", 5) == 0) {
        microphone->device = source + 5;
        return 0;
    }
    int err = read_wav(microphone, source);
    if (err)
        linux_microphone_deinit(microphone);
    return err;
}

void linux_microphone_deinit(struct linux_microphone *microphone)
{
    linux_microphone_stop(microphone);
    free(microphone->samples);
    microphone->samples = NULL;
}

int linux_microphone_start(struct linux_microphone *microphone, uint32_t rate_hz)
{
    if (!microphone->device)
        return microphone->rate_hz == rate_hz ? 0 : ROOST_ERR_UNSUPPORTED;
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

void linux_microphone_play(struct linux_microphone *microphone, int16_t *out, size_t samples)
{
    for (size_t i = 0; i < samples; i++) {
        out[i] = microphone->samples[microphone->next];
        microphone->next = (microphone->next + 1) % microphone->count;
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

/* Samples of the file that wait for the reader; what does not fit the ring is lost and counted. */
static size_t waiting(struct linux_microphone *microphone)
{
    uint64_t passed_ms = linux_board_now_ms(microphone->board) - microphone->from_ms;
    uint64_t made = passed_ms * microphone->asked_hz / 1000;
    uint64_t ring = (uint64_t)microphone->asked_hz * RING_MS / 1000;

    if (made - microphone->taken > ring) {
        microphone->taken = made - ring;
        microphone->overruns++;
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
    uv_update_time(microphone->board->host->loop);
    uv_timer_start(&microphone->tick, on_tick, TICK_MS, TICK_MS);
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
        return got;
    }
    size_t there = waiting(microphone);
    if (samples > there)
        samples = there;
    linux_microphone_play(microphone, out, samples);
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
    const char *source = microphone->source;
    int err = linux_microphone_init(microphone, source);

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
