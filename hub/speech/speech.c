/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/speech/speech.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/settings.h"

#define WARP_PLAIN "1.25,1.2,1.1"
#define ESPEAK     "espeak-ng"

enum { WARPS = 3, DECODERS_PLAIN = 16, QUEUE_PLAIN = 16 };

static const double warp_min = 0.8, warp_max = 1.6;

struct speech_parts {
    struct hear_sphinx *hear;
    struct say *say;
};

int speech_warp_parse(double warp[CHILD_AGE_GROUPS], const char *text)
{
    double read[WARPS];
    for (size_t i = 0; i < WARPS; i++) {
        char *end;
        read[i] = strtod(text, &end);
        if (end == text || *end != (i + 1 < WARPS ? ',' : '\0'))
            return ROOST_ERR_INVALID;
        if (!(read[i] >= warp_min && read[i] <= warp_max))
            return ROOST_ERR_RANGE;
        text = end + 1;
    }
    warp[CHILD_3_5] = read[0];
    warp[CHILD_6_8] = read[1];
    warp[CHILD_9_11] = warp[CHILD_12_13] = read[2];
    return 0;
}

void speech_options_plain(struct speech_options *o)
{
    *o = (struct speech_options){
        .hear = {.where = {.package = ROOST_SPEECH_PACKAGE, .built = ROOST_SPEECH_MODEL_DIR},
                 .decoders = DECODERS_PLAIN,
                 .queue = QUEUE_PLAIN},
        .say = {.queue = QUEUE_PLAIN},
    };
    speech_warp_parse(o->hear.where.warp, WARP_PLAIN);
}

int speech_options_of(struct speech_options *o, const struct settings *settings, struct why *why)
{
    int err;
    speech_options_plain(o);
    o->to_text = (enum speech_to_text)settings->speech_to_text;
    o->from_text = (enum text_to_speech)settings->text_to_speech;
    if (settings->speech_model_dir[0])
        o->hear.where.built = settings->speech_model_dir;
    o->hear.lanes = o->say.threads = settings->speech_threads;
    o->hear.decoders = settings->speech_decoders;
    o->hear.queue = o->say.queue = settings->speech_queue;
    o->say.voice = (enum say_flite_voice)settings->speech_voice;
    o->say.espeak = settings->speech_arabic == SPEECH_ARABIC_ESPEAK ? ESPEAK : NULL;
    err = speech_warp_parse(o->hear.where.warp, settings->speech_warp);
    if (err)
        why_not(why, err,
                "ROOST_SPEECH_WARP: '%s': three numbers of 0.8 to 1.6 by comma, as " WARP_PLAIN,
                settings->speech_warp);
    return err;
}

/* The setting in front of what is missing. */
static int named(struct why *why, int err, const char *setting)
{
    struct why inner = *why;
    return why_not(why, err, "%s: %.400s", setting, inner.text);
}

int speech_open(struct speech_parts **out, struct uv_loop_s *loop,
                const struct speech_options *options, struct why *why)
{
    struct speech_parts *p = calloc(1, sizeof *p);
    int err = 0;
    if (!p)
        return why_not(why, ROOST_ERR_NO_MEMORY, "out of memory");
    if (options->from_text == TEXT_TO_SPEECH_FLITE) {
        err = say_open(&p->say, loop, &options->say, why);
        if (err)
            named(why, err,
                  options->say.espeak ? "ROOST_TEXT_TO_SPEECH, ROOST_SPEECH_ARABIC"
                                      : "ROOST_TEXT_TO_SPEECH");
    }
    if (!err && options->to_text == SPEECH_TO_TEXT_POCKETSPHINX) {
        err = hear_sphinx_open(&p->hear, loop, &options->hear, why);
        if (err)
            named(why, err, "ROOST_SPEECH_TO_TEXT=pocketsphinx");
    }
    if (err)
        speech_close(p);
    else
        *out = p;
    return err;
}

void speech_close(struct speech_parts *p)
{
    if (p->hear)
        hear_sphinx_close(p->hear);
    if (p->say)
        say_close(p->say);
    free(p);
}

void speech_fill(const struct speech_parts *p, struct voice_providers *providers)
{
    providers->hear = p->hear ? hear_sphinx_provider(p->hear) : (struct hear){NULL, NULL};
    providers->speak = p->say ? say_provider(p->say) : (struct speak){NULL, NULL};
}

struct hear_sphinx_counts speech_heard(const struct speech_parts *p)
{
    return p->hear ? hear_sphinx_counts(p->hear) : (struct hear_sphinx_counts){0};
}

struct say_counts speech_said(const struct speech_parts *p)
{
    return p->say ? say_counts(p->say) : (struct say_counts){0};
}
