/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sentence as a voice can say it: typographic signs become plain ones, accents go, and what
 * nobody can say (emoji, markup, control characters, letters of another script) is dropped. Words,
 * digits and punctuation stay: the voices read numbers and take their pauses from commas. Pure.
 * Depends on core/utf8.h, hub/child.h.
 *
 *     len = spoken_text(out, sizeof out, CHILD_EN, sentence, sentence_len);
 *     if (len == 0) ...             nothing to say
 */
#ifndef ROOST_HUB_SPEECH_SPOKEN_TEXT_H
#define ROOST_HUB_SPEECH_SPOKEN_TEXT_H

#include <stddef.h>

#include "hub/child.h"

/* NUL-terminated; returns its length, 0 when no letter or digit is left. What does not fit is left
 * out; three times the text's length always does. */
size_t spoken_text(char *out, size_t size, enum child_language language, const char *text,
                   size_t len);

#endif
