/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The built-in providers of a hub as its settings name them: which recogniser and which voice, and
 * how much of the machine they may take. What is named and missing stops the start. Depends on
 * libuv, hub/settings.h, hub/voice/provider.h.
 *
 *     struct speech_options options;
 *     int err = speech_options_of(&options, settings, &why);
 *     if (!err)
 *         err = speech_open(&parts, loop, &options, &why);
 *     speech_fill(parts, &providers);       hear and speak; answer is somebody else's
 */
#ifndef ROOST_HUB_SPEECH_SPEECH_H
#define ROOST_HUB_SPEECH_SPEECH_H

#include <stdbool.h>

#include "host/why.h"
#include "hub/speech/hear_pocketsphinx.h"
#include "hub/speech/say.h"
#include "hub/voice/provider.h"

struct settings;
struct uv_loop_s;

/* In the order of the settings' choices. */
enum speech_to_text { SPEECH_TO_TEXT_POCKETSPHINX, SPEECH_TO_TEXT_NONE };
enum text_to_speech { TEXT_TO_SPEECH_FLITE, TEXT_TO_SPEECH_NONE };
enum speech_arabic { SPEECH_ARABIC_ESPEAK, SPEECH_ARABIC_NONE };

struct speech_options {
    enum speech_to_text to_text;
    enum text_to_speech from_text;
    struct hear_sphinx_options hear;
    struct say_options say;
};

/* What is built beside this program and what Debian ships, one thread a core, without Arabic. */
void speech_options_plain(struct speech_options *options);

/* Borrows from settings. Returns 0, ROOST_ERR_INVALID or ROOST_ERR_RANGE with `why` naming the
 * setting. */
int speech_options_of(struct speech_options *options, const struct settings *settings,
                      struct why *why);

/* "1.25,1.2,1.1": how much shorter the vocal tract of children of 3-5, 6-8 and 9-13 is, 0.8 to 1.6
 * each. Returns 0, ROOST_ERR_INVALID or ROOST_ERR_RANGE. */
int speech_warp_parse(double warp[CHILD_AGE_GROUPS], const char *text);

struct speech_parts;

/* On error `why` names what is missing. */
int speech_open(struct speech_parts **parts, struct uv_loop_s *loop,
                const struct speech_options *options, struct why *why);
/* Ends what is under way without a word; the loop needs to turn once more. */
void speech_close(struct speech_parts *parts);

/* Sets hear and speak; ops is NULL where the settings say none. */
void speech_fill(const struct speech_parts *parts, struct voice_providers *providers);

/* Zero where there is none. */
struct hear_sphinx_counts speech_heard(const struct speech_parts *parts);
struct say_counts speech_said(const struct speech_parts *parts);

#endif
