/* SPDX-License-Identifier: Apache-2.0 */
/* Words that are written without the spaces between them ("i w a n t t o d i e", #killthemall) cut
 * into words that the lexicon knows. Depends on hub/safety/lexicon.h, hub/safety/normalize.h. */
#ifndef ROOST_HUB_SAFETY_SPLIT_H
#define ROOST_HUB_SAFETY_SPLIT_H

#include "hub/safety/lexicon.h"
#include "hub/safety/normalize.h"

/* Returns 1 when something was cut, 0 when not (`split` is empty then), ROOST_ERR_NO_MEMORY. */
int split_words(struct normal *split, const struct lexicon *lexicon, const struct normal *from);

#endif
