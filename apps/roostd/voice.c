/* SPDX-License-Identifier: Apache-2.0 */
#include "voice.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "core/err.h"
#include "host/log.h"
#include "hub/companion/companion.h"
#include "hub/safety/gate.h"
#include "hub/speech/speech.h"
#include "hub/voice/answer_companion.h"
#include "hub/voice/book_registry.h"
#include "hub/voice/voice.h"

enum { PATH_SIZE = 640 };

struct voice_made {
    struct gate *gate;
    struct companion *content;
    struct answer_companion *companion;
    struct speech_parts *speech;
    struct book_registry *kept;
    struct voice_guard guard;
    struct voice_providers providers;
    struct voice_book book;
    struct voice_parts parts;
    struct hub_extra extras[2];
};

static void path_of(char out[PATH_SIZE], const struct settings *settings, const char *folder)
{
    snprintf(out, PATH_SIZE, "%s/%s",
             settings->content_dir[0] ? settings->content_dir : ROOST_CONTENT_DIR, folder);
}

/* S12: without its lexicon and what it learnt there is no hub. */
static int load_gate(struct voice_made *made, const struct settings *settings, struct why *why)
{
    char path[PATH_SIZE], text[256];

    path_of(path, settings, "safety");
    const struct gate_files files = {
        path, settings->safety_learned[0] ? settings->safety_learned : ROOST_GATE_LEARNED,
        settings->country};
    int err = gate_load(&made->gate, &files, text, sizeof text);
    return err < 0
               ? why_not(why, err, "ROOST_CONTENT_DIR, ROOST_SAFETY_LEARNED, ROOST_COUNTRY: %s: %s",
                         path, text)
               : 0;
}

static int load_companion(struct voice_made *made, const struct settings *settings, struct why *why)
{
    char path[PATH_SIZE], text[256];

    path_of(path, settings, "companion");
    int err = companion_load(&made->content, path, text, sizeof text);
    if (err < 0)
        return why_not(why, err, "ROOST_CONTENT_DIR: %s: %s", path, text);
    made->companion = answer_companion_new(made->content);
    return made->companion ? 0 : ROOST_ERR_NO_MEMORY;
}

static int open_speech(struct voice_made *made, struct uv_loop_s *loop,
                       const struct settings *settings, struct why *why)
{
    struct speech_options options;

    int err = speech_options_of(&options, settings, why);
    if (err == 0)
        err = speech_open(&made->speech, loop, &options, why);
    if (err == 0)
        speech_fill(made->speech, &made->providers);
    return err;
}

/* Of the children's day, where the hub stands. */
static unsigned local_hour(void *ctx, int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm local;

    (void)ctx;
    return localtime_r(&seconds, &local) ? (unsigned)local.tm_hour : 12;
}

static void watch(void *ctx, void (*changed)(void *arg, const char *child_id), void *arg)
{
    book_registry_watch(ctx, changed, arg);
}

static void put_together(struct voice_made *made)
{
    made->guard = (struct voice_guard){.ops = &voice_guard_safety, .ctx = made->gate};
    made->providers.answer = answer_companion_provider(made->companion);
    made->book = book_registry_book(made->kept);
    made->parts = (struct voice_parts){
        .providers = &made->providers,
        .guard = &made->guard,
        .book = &made->book,
        .run = answer_companion_run,
        .run_ctx = made->companion,
        .line = answer_companion_line,
        .line_ctx = made->companion,
        .watch = watch,
        .watch_ctx = made->kept,
        .hour = local_hour,
    };
    /* Where the settings say none, nobody is let in. */
    if (voice_is_served(made))
        made->extras[0] = (struct hub_extra){VOICE_EXTRA, &made->parts};
}

/* What children say is in this memory: it is written into no core file, and no other program of
 * the same user may look. */
static void keep_memory_private(void)
{
    const struct rlimit none = {0, 0};

    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0)
        HOST_LOG(ROOST_LOG_WARN, "voice", "the memory of this process can be dumped");
}

int voice_new(struct voice_made **out, struct uv_loop_s *loop, const struct settings *settings,
              const struct registry *registry, const struct host_clock *clock, struct why *why)
{
    struct voice_made *made = calloc(1, sizeof *made);

    *out = NULL;
    why_not(why, 0, "%s", roost_err_text(ROOST_ERR_NO_MEMORY));
    if (!made)
        return ROOST_ERR_NO_MEMORY;
    made->kept = book_registry_new(registry, clock,
                                   settings->has_registry_key ? settings->registry_key : NULL);
    int err = made->kept ? 0 : ROOST_ERR_NO_MEMORY;
    if (err == 0)
        err = load_gate(made, settings, why);
    if (err == 0)
        err = load_companion(made, settings, why);
    if (err == 0)
        err = open_speech(made, loop, settings, why);
    if (err < 0) {
        voice_free(made);
        return err;
    }
    put_together(made);
    if (voice_is_served(made))
        keep_memory_private();
    *out = made;
    return 0;
}

int voice_try(const struct settings *settings, struct why *why)
{
    struct voice_made made = {.gate = NULL};
    struct speech_options options;

    int err = load_gate(&made, settings, why);
    if (err == 0)
        err = load_companion(&made, settings, why);
    if (err == 0)
        err = speech_options_of(&options, settings, why);
    answer_companion_free(made.companion);
    companion_free(made.content);
    gate_free(made.gate);
    return err;
}

void voice_free(struct voice_made *made)
{
    if (!made)
        return;
    if (made->speech)
        speech_close(made->speech);
    answer_companion_free(made->companion);
    companion_free(made->content);
    gate_free(made->gate);
    book_registry_free(made->kept);
    free(made);
}

void voice_child_changed(void *ctx, const char *child_id)
{
    const struct voice_made *made = ctx;

    if (made)
        book_registry_changed(made->kept, child_id);
}

const struct hub_extra *voice_extras(const struct voice_made *made)
{
    return made ? made->extras : NULL;
}

bool voice_is_served(const struct voice_made *made)
{
    return made && made->providers.hear.ops && made->providers.speak.ops;
}
