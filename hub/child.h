/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of a companion need to know of a child to speak to it: its language, and the group
 * its age falls into. Neither name nor birthday: whoever holds those gives an age away, no more.
 * Depends on core/err.h.
 *
 *     enum child_age_group group;
 *     if (child_age_group_of(&group, 7) < 0) ...      7 years: CHILD_6_8
 *     child_age_group_parse(&group, "ages 6-8", 8);   the first number decides: CHILD_6_8
 */
#ifndef ROOST_HUB_CHILD_H
#define ROOST_HUB_CHILD_H

#include <stddef.h>

#include "core/err.h"

enum child_language { CHILD_EN, CHILD_AR, CHILD_LANGUAGES };

enum child_age_group { CHILD_3_5, CHILD_6_8, CHILD_9_11, CHILD_12_13, CHILD_AGE_GROUPS };

enum { CHILD_AGE_MIN = 3, CHILD_AGE_MAX = 13 };

/* The group of an age in years. Returns 0, or ROOST_ERR_RANGE outside 3..13. */
int child_age_group_of(enum child_age_group *group, unsigned age);

/* The youngest and the oldest of a group, in years. */
unsigned child_age_from(enum child_age_group group);
unsigned child_age_to(enum child_age_group group);

/* "3-5", "6-8", "9-11", "12-13"; "en", "ar". Static storage. */
const char *child_age_group_name(enum child_age_group group);
const char *child_language_name(enum child_language language);

/* An age ("7") or a range in any writing ("6-8", "6_8", "age 6 to 8", "6–8", "12+"): the first
 * number decides. Returns 0, ROOST_ERR_INVALID without a number, ROOST_ERR_RANGE outside 3..13. */
int child_age_group_parse(enum child_age_group *group, const char *text, size_t len);

/* "en" or "ar", in either case, with or without a region ("en-GB", "ar_EG"). Returns 0 or
 * ROOST_ERR_INVALID. */
int child_language_parse(enum child_language *language, const char *text, size_t len);

#endif
