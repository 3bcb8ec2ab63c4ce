/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/speech/say_espeak.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "core/err.h"
#include "hub/speech/helper.h"
#include "hub/speech/wav_stream.h"

struct say_espeak {
    char path[PATH_MAX];
    uv_mutex_t mutex; /* over what is below */
    struct helper ready[SAY_ESPEAK_READY_MAX];
    size_t count, want;
};

/* A little slower and higher than it speaks by itself. */
static int start(struct say_espeak *e, struct helper *helper)
{
    char *argv[] = {e->path, "-v", "ar", "-s",      "145",      "-p", "60",
                    "-b",    "1",  "-z", "--stdin", "--stdout", NULL};
    return helper_start(helper, argv);
}

static void refill(struct say_espeak *e)
{
    for (;;) {
        struct helper helper;
        bool enough;
        uv_mutex_lock(&e->mutex);
        enough = e->count >= e->want;
        uv_mutex_unlock(&e->mutex);
        if (enough || start(e, &helper) != 0)
            return;
        uv_mutex_lock(&e->mutex);
        enough = e->count >= e->want; /* another thread was faster */
        if (!enough)
            e->ready[e->count++] = helper;
        uv_mutex_unlock(&e->mutex);
        if (enough)
            helper_stop(&helper);
    }
}

/* One that waits, or a new one. */
static int take(struct say_espeak *e, struct helper *helper, bool *waited)
{
    uv_mutex_lock(&e->mutex);
    *waited = e->count > 0;
    if (*waited)
        *helper = e->ready[--e->count];
    uv_mutex_unlock(&e->mutex);
    return *waited ? 0 : start(e, helper);
}

static int relay(struct helper *helper, struct wav_stream *wav, bool (*cancelled)(void *arg),
                 void *arg)
{
    uint8_t bytes[4096];
    int n, err = 0, silent_ms = 0;
    do {
        n = helper_read(helper, bytes, sizeof bytes, SAY_ESPEAK_CANCEL_MS);
        if (n > 0)
            err = wav_stream_put(wav, bytes, (size_t)n);
        silent_ms = n == ROOST_ERR_TIMEOUT ? silent_ms + SAY_ESPEAK_CANCEL_MS : 0;
        if (cancelled(arg))
            err = ROOST_ERR_CLOSED;
        else if (silent_ms >= SAY_ESPEAK_SILENCE_MS)
            err = ROOST_ERR_TIMEOUT;
    } while (!err && (n > 0 || n == ROOST_ERR_TIMEOUT));
    explicit_bzero(bytes, sizeof bytes);
    return err ? err : n < 0 ? n : wav_stream_end(wav);
}

int say_espeak(struct say_espeak *e, const char *text, bool (*cancelled)(void *arg),
               say_sound *sound, void *arg)
{
    struct wav_stream wav = {.sound = sound, .arg = arg};
    struct helper helper;
    bool waited;
    int err;
    do { /* one that died while it waited is no reason to be silent */
        wav = (struct wav_stream){.sound = sound, .arg = arg};
        err = take(e, &helper, &waited);
        if (err)
            return ROOST_ERR_FAULT;
        err = helper_say(&helper, text, strlen(text));
        if (!err)
            err = relay(&helper, &wav, cancelled, arg);
        helper_stop(&helper);
    } while (waited && (err == ROOST_ERR_EMPTY || (err == ROOST_ERR_CLOSED && !cancelled(arg))));
    explicit_bzero(&wav, sizeof wav);
    refill(e);
    return err == ROOST_ERR_EMPTY || err == ROOST_ERR_TRUNCATED ? ROOST_ERR_FAULT : err;
}

/* ---- open, close ---- */

static int find(char out[PATH_MAX], const char *program, struct why *why)
{
    const char *path = getenv("PATH");
    size_t len;
    snprintf(out, PATH_MAX, "%s", program);
    if (strchr(program, '/') && access(out, X_OK) == 0)
        return 0;
    for (; path && *path && !strchr(program, '/'); path += len + (path[len] == ':')) {
        len = strcspn(path, ":");
        snprintf(out, PATH_MAX, "%.*s/%s", (int)len, path, program);
        if (access(out, X_OK) == 0)
            return 0;
    }
    return why_not(why, ROOST_ERR_NOT_FOUND, "%s: the program that speaks Arabic is not there",
                   program);
}

static bool never(void *arg)
{
    (void)arg;
    return false;
}

static int hear_it(void *arg, uint32_t rate_hz, const int16_t *pcm, size_t samples)
{
    size_t *heard = arg;
    (void)rate_hz;
    for (size_t i = 0; i < samples; i++)
        *heard += pcm[i] > 500 || pcm[i] < -500 ? 1 : 0;
    return 0;
}

int say_espeak_open(struct say_espeak **out, const char *program, size_t ready, struct why *why)
{
    struct say_espeak *e;
    size_t heard = 0;
    int err;
    if (ready > SAY_ESPEAK_READY_MAX)
        return why_not(why, ROOST_ERR_RANGE, "at most %d processes wait", SAY_ESPEAK_READY_MAX);
    e = calloc(1, sizeof *e);
    if (!e || uv_mutex_init(&e->mutex) != 0) {
        free(e);
        return why_not(why, ROOST_ERR_NO_MEMORY, "out of memory");
    }
    e->want = ready;
    err = find(e->path, program, why);
    if (!err && (say_espeak(e, "نَعَمْ", never, hear_it, &heard) != 0 || heard == 0))
        err = why_not(why, ROOST_ERR_FAULT, "%s: does not speak Arabic", e->path);
    if (err)
        say_espeak_close(e);
    else
        *out = e;
    return err;
}

void say_espeak_close(struct say_espeak *e)
{
    for (size_t i = 0; i < e->count; i++)
        helper_stop(&e->ready[i]);
    uv_mutex_destroy(&e->mutex);
    free(e);
}
