/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which phrases of a lexicon stand in a text. A text is looked at in windows of 63 tokens that
 * overlap by half; in a window every word is a 64-bit mask of where it stands, and a phrase is a
 * few shifts and ands over those masks, with gaps, optional words and all. So the cost is windows ×
 * phrases, whatever the text, and phrases longer than 31 tokens may not be found. Depends on
 * hub/safety/lexicon.h, hub/safety/normalize.h.
 *
 *     struct match_for who = {GATE_IN, CHILD_6_8, false, NULL};
 *     err = match_text(lexicon, &normal, new_from, &who, &result);
 */
#ifndef ROOST_HUB_SAFETY_MATCH_H
#define ROOST_HUB_SAFETY_MATCH_H

#include "hub/safety/gate.h"
#include "hub/safety/lexicon.h"
#include "hub/safety/normalize.h"

struct match_for {
    enum gate_direction direction;
    enum child_age_group group;
    bool pressed;              /* groups marked so count, too */
    const struct pattern **by; /* where the phrase that was found is told; NULL: nowhere */
};

/* Makes *result graver when something graver stands in the text and ends behind its byte new_from.
 * Returns 0 or ROOST_ERR_NO_MEMORY. */
int match_text(const struct lexicon *lexicon, const struct normal *normal, size_t new_from,
               const struct match_for *who, struct gate_result *result);

/* Of two findings the one with the higher number is told: care before block, and so on. */
unsigned match_gravity(enum gate_verdict verdict, enum gate_category category);

/* Marks in spans[0..token_count), zeroed by the caller, the words (not those in the gaps) of every
 * phrase of the category that counts for `who`. Returns 0 or ROOST_ERR_NO_MEMORY. */
int match_mark(const struct lexicon *lexicon, const struct normal *normal,
               const struct match_for *who, enum gate_category category, bool *spans);

#endif
