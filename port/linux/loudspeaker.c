/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/loudspeaker.h"

#include <alsa/asoundlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "port/linux/linux.h"

enum {
    TICK_MS = 20,
    RATE_MIN_HZ = 8000,
    SILENCE_SAMPLES = 1024, /* written at once */
    ALSA_PERIODS = 4
};

static uint32_t speed_of(const struct linux_loudspeaker *speaker)
{
    return speaker->speed ? speaker->speed : 1;
}

static void count_heard(struct linux_loudspeaker *speaker, const int16_t *pcm, size_t samples)
{
    uint32_t level = 0;

    for (size_t i = 0; i < samples; i++) {
        uint32_t size = (uint32_t)abs(pcm[i]);
        level = size > level ? size : level;
    }
    speaker->level = level;
    speaker->heard += samples;
    speaker->ms_rest += samples * 1000;
    speaker->heard_ms += speaker->ms_rest / speaker->rate_hz;
    speaker->ms_rest %= speaker->rate_hz;
}

/* ---- a file, or nowhere ---- */

/* A loudspeaker whose file cannot be written is one that is gone. */
static void record(struct linux_loudspeaker *speaker, const int16_t *pcm, size_t samples)
{
    static const int16_t nothing[SILENCE_SAMPLES];
    int err = 0;

    if (speaker->file.fd < 0)
        return;
    while (speaker->silence > 0 && !err) {
        size_t now =
            speaker->silence < SILENCE_SAMPLES ? (size_t)speaker->silence : (size_t)SILENCE_SAMPLES;
        err = linux_wav_append(&speaker->file, nothing, now);
        speaker->silence -= now;
    }
    if (!err)
        err = linux_wav_append(&speaker->file, pcm, samples);
    if (!err)
        return;
    linux_board_say(speaker->board, "loudspeaker %s: %s", speaker->source, roost_err_text(err));
    linux_wav_close(&speaker->file);
    speaker->dead = true;
}

static void hear(struct linux_loudspeaker *speaker, size_t samples)
{
    while (samples > 0) {
        size_t now = speaker->size - speaker->head; /* to the ring's end */
        if (now > samples)
            now = samples;
        const int16_t *pcm = speaker->ring + speaker->head;
        count_heard(speaker, pcm, now);
        record(speaker, pcm, now);
        speaker->head = (speaker->head + now) % speaker->size;
        speaker->used -= now;
        samples -= now;
    }
}

/* Brings it up to now. */
static void drain(struct linux_loudspeaker *speaker)
{
    uint64_t now_ms = linux_board_now_ms(speaker->board);
    uint64_t passed =
        (now_ms - speaker->at_ms) * speaker->rate_hz * speed_of(speaker) / (speaker->slow ? 2 : 1) +
        speaker->rest;
    uint64_t due = passed / 1000;

    speaker->at_ms = now_ms;
    speaker->rest = passed % 1000;
    size_t heard = due < speaker->used ? (size_t)due : speaker->used;
    hear(speaker, heard);
    if (!speaker->fed || due <= heard)
        return;
    if (!speaker->dry)
        speaker->underruns++;
    speaker->dry = true;
    if (speed_of(speaker) == 1)
        speaker->silence += due - heard;
}

static size_t put(struct linux_loudspeaker *speaker, const int16_t *pcm, size_t samples)
{
    size_t room = speaker->size - speaker->used;

    if (samples > room)
        samples = room;
    for (size_t i = 0; i < samples; i++)
        speaker->ring[(speaker->head + speaker->used + i) % speaker->size] = pcm[i];
    speaker->used += samples;
    return samples;
}

/* ---- ALSA ---- */

/* A buffer of 100 ms. It is started by hand: the library's own way waits until it is full, which a
 * short sound never makes it. */
static int set_up(struct linux_loudspeaker *speaker)
{
    snd_pcm_sw_params_t *software;
    snd_pcm_uframes_t buffer, period, boundary;

    if (snd_pcm_set_params(speaker->pcm, SND_PCM_FORMAT_S16_LE, SND_PCM_ACCESS_RW_INTERLEAVED, 1,
                           speaker->rate_hz, 1, LINUX_LOUDSPEAKER_BUFFER_MS * 1000) < 0 ||
        snd_pcm_get_params(speaker->pcm, &buffer, &period) < 0)
        return ROOST_ERR_FAULT;
    snd_pcm_sw_params_alloca(&software);
    if (snd_pcm_sw_params_current(speaker->pcm, software) < 0 ||
        snd_pcm_sw_params_get_boundary(software, &boundary) < 0 ||
        snd_pcm_sw_params_set_start_threshold(speaker->pcm, software, boundary) < 0 ||
        snd_pcm_sw_params(speaker->pcm, software) < 0)
        return ROOST_ERR_FAULT;
    speaker->size = buffer;
    return 0;
}

static void close_device(struct linux_loudspeaker *speaker)
{
    if (speaker->pcm) {
        (void)snd_pcm_drop(speaker->pcm);
        snd_pcm_close(speaker->pcm);
    }
    speaker->pcm = NULL;
}

static int open_device(struct linux_loudspeaker *speaker)
{
    if (snd_pcm_open(&speaker->pcm, speaker->device, SND_PCM_STREAM_PLAYBACK, SND_PCM_NONBLOCK) <
        0) {
        speaker->pcm = NULL;
        return ROOST_ERR_FAULT;
    }
    int err = set_up(speaker);
    if (err)
        close_device(speaker);
    return err;
}

/* What waits in the device; an underrun is counted and made good. */
static int device_buffered(struct linux_loudspeaker *speaker)
{
    snd_pcm_sframes_t room = snd_pcm_avail(speaker->pcm);

    if (room == -EPIPE || room == -ESTRPIPE) {
        speaker->underruns += !speaker->dry;
        speaker->dry = true;
        if (snd_pcm_recover(speaker->pcm, (int)room, 1) < 0)
            return ROOST_ERR_FAULT;
        return 0;
    }
    if (room < 0)
        return ROOST_ERR_FAULT;
    return (size_t)room >= speaker->size ? 0 : (int)(speaker->size - (size_t)room);
}

static int device_write(struct linux_loudspeaker *speaker, const int16_t *pcm, size_t samples)
{
    int waits = device_buffered(speaker);

    if (waits < 0)
        return waits;
    size_t room = speaker->size - (size_t)waits;
    snd_pcm_sframes_t taken =
        room > 0 ? snd_pcm_writei(speaker->pcm, pcm, samples < room ? samples : room) : 0;
    if (taken == -EAGAIN)
        return 0;
    if (taken < 0)
        return ROOST_ERR_FAULT;
    if (taken > 0)
        count_heard(speaker, pcm, (size_t)taken);
    return (int)taken;
}

/* Sets it going when something waits: a period, or what little there is when nothing follows. */
static void device_go(struct linux_loudspeaker *speaker, bool whatever)
{
    int waits = device_buffered(speaker);

    if (snd_pcm_state(speaker->pcm) == SND_PCM_STATE_PREPARED && waits > 0 &&
        (whatever || (size_t)waits >= speaker->size / ALSA_PERIODS))
        (void)snd_pcm_start(speaker->pcm);
}

/* ---- the part ---- */

static void on_tick(uv_timer_t *tick)
{
    struct linux_loudspeaker *speaker = tick->data;

    if (speaker->dead)
        return;
    if (speaker->pcm) {
        device_go(speaker, true);
        return;
    }
    drain(speaker);
    if (speed_of(speaker) > 1 && speaker->used < speaker->size)
        roost_board_wake(speaker->board);
}

static int part_start(void *ctx, uint32_t sample_rate_hz)
{
    struct linux_loudspeaker *speaker = ctx;
    bool to_file = speaker->source && !speaker->device;

    if (speaker->started)
        return ROOST_ERR_STATE;
    if (speaker->dead)
        return ROOST_ERR_FAULT;
    if (sample_rate_hz < RATE_MIN_HZ || sample_rate_hz > LINUX_LOUDSPEAKER_RATE_MAX_HZ ||
        (to_file && sample_rate_hz != LINUX_LOUDSPEAKER_FILE_HZ))
        return ROOST_ERR_UNSUPPORTED;
    speaker->rate_hz = sample_rate_hz;
    speaker->size = (size_t)sample_rate_hz * LINUX_LOUDSPEAKER_BUFFER_MS / 1000;
    int err = speaker->device ? open_device(speaker) : 0;
    if (err)
        return err;
    speaker->started = true;
    speaker->fed = speaker->dry = false;
    speaker->head = speaker->used = 0;
    speaker->silence = speaker->rest = speaker->ms_rest = 0;
    speaker->at_ms = linux_board_now_ms(speaker->board);
    uint64_t tick_ms = speed_of(speaker) > 1 ? 1 : TICK_MS;
    uv_update_time(speaker->board->host->loop);
    uv_timer_start(&speaker->tick, on_tick, tick_ms, tick_ms);
    return 0;
}

static int part_write(void *ctx, const int16_t *pcm, size_t samples)
{
    struct linux_loudspeaker *speaker = ctx;

    if (!speaker->started)
        return ROOST_ERR_STATE;
    if (speaker->dead)
        return ROOST_ERR_FAULT;
    if (!speaker->pcm)
        drain(speaker);
    if (speaker->dead)
        return ROOST_ERR_FAULT;
    int taken =
        speaker->pcm ? device_write(speaker, pcm, samples) : (int)put(speaker, pcm, samples);
    if (taken > 0) {
        speaker->fed = true;
        speaker->dry = false;
    }
    if (speaker->pcm)
        device_go(speaker, false);
    return taken;
}

static int part_buffered(void *ctx)
{
    struct linux_loudspeaker *speaker = ctx;

    if (!speaker->started)
        return ROOST_ERR_STATE;
    if (speaker->dead)
        return ROOST_ERR_FAULT;
    if (speaker->pcm)
        return device_buffered(speaker);
    drain(speaker);
    return speaker->dead ? ROOST_ERR_FAULT : (int)speaker->used;
}

static int part_stop(void *ctx)
{
    struct linux_loudspeaker *speaker = ctx;

    if (!speaker->started)
        return 0;
    if (!speaker->pcm && !speaker->dead)
        drain(speaker);
    uv_timer_stop(&speaker->tick);
    close_device(speaker);
    memset(speaker->ring, 0, sizeof speaker->ring);
    speaker->used = 0;
    speaker->level = 0;
    speaker->started = false;
    return 0;
}

static uint32_t part_underruns(void *ctx)
{
    struct linux_loudspeaker *speaker = ctx;

    if (speaker->started && !speaker->dead && speaker->pcm)
        (void)device_buffered(speaker);
    else if (speaker->started && !speaker->dead)
        drain(speaker);
    return speaker->underruns;
}

static int part_init(void *ctx, struct roost_board *board, char *why, size_t why_size)
{
    static const struct roost_audio_out_ops ops = {.start = part_start,
                                                   .write = part_write,
                                                   .buffered = part_buffered,
                                                   .stop = part_stop,
                                                   .underruns = part_underruns};
    struct linux_loudspeaker *speaker = ctx;
    const char *source = speaker->source;

    speaker->board = board;
    speaker->file.fd = -1;
    if (source && strncmp(source, "alsa:", 5) == 0) {
        speaker->device = source + 5;
    } else if (source) {
        int err = linux_wav_create(&speaker->file, source, LINUX_LOUDSPEAKER_FILE_HZ);
        if (err) {
            snprintf(why, why_size, "loudspeaker %s: %s", source, strerror(errno));
            return err;
        }
    }
    uv_timer_init(board->host->loop, &speaker->tick);
    speaker->tick.data = speaker;
    board->open_handles++;
    board->port.audio_out = (struct roost_audio_out){&ops, speaker};
    return 0;
}

static void part_deinit(void *ctx, struct roost_board *board)
{
    struct linux_loudspeaker *speaker = ctx;

    (void)part_stop(speaker);
    linux_wav_close(&speaker->file);
    speaker->tick.data = board; /* as the one who counts handles wants it */
    uv_close((uv_handle_t *)&speaker->tick, linux_board_closed_handle);
}

struct linux_part linux_loudspeaker_part(struct linux_loudspeaker *loudspeaker, const char *source)
{
    *loudspeaker = (struct linux_loudspeaker){.source = source};
    return (struct linux_part){
        .name = "loudspeaker", .init = part_init, .deinit = part_deinit, .ctx = loudspeaker};
}
