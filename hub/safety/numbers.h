/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers in a text, as figures and as spoken ("oh seven double five"), English and Arabic: which
 * are telephone or card numbers by their shape, and which are counting, years, dates or sums.
 * Mail and web addresses, too. Depends on hub/safety/normalize.h, hub/safety/lexicon.h.
 */
#ifndef ROOST_HUB_SAFETY_NUMBERS_H
#define ROOST_HUB_SAFETY_NUMBERS_H

#include "hub/safety/lexicon.h"
#include "hub/safety/normalize.h"

/* Sets marks[i] for each token: a bit for each `special` that it is
 * a part of. */
void numbers_mark(const struct normal *normal, uint8_t *marks);

#endif
