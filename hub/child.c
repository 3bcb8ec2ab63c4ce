/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/child.h"

static const struct {
    const char *name;
    unsigned from, to;
} groups[CHILD_AGE_GROUPS] = {
    [CHILD_3_5] = {"3-5", 3, 5},
    [CHILD_6_8] = {"6-8", 6, 8},
    [CHILD_9_11] = {"9-11", 9, 11},
    [CHILD_12_13] = {"12-13", 12, 13},
};

static const char *const languages[CHILD_LANGUAGES] = {[CHILD_EN] = "en", [CHILD_AR] = "ar"};

int child_age_group_of(enum child_age_group *group, unsigned age)
{
    for (int i = 0; i < CHILD_AGE_GROUPS; i++)
        if (age >= groups[i].from && age <= groups[i].to) {
            *group = (enum child_age_group)i;
            return 0;
        }
    return ROOST_ERR_RANGE;
}

unsigned child_age_from(enum child_age_group group)
{
    return groups[group].from;
}

unsigned child_age_to(enum child_age_group group)
{
    return groups[group].to;
}

const char *child_age_group_name(enum child_age_group group)
{
    return groups[group].name;
}

const char *child_language_name(enum child_language language)
{
    return languages[language];
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int child_age_group_parse(enum child_age_group *group, const char *text, size_t len)
{
    size_t i = 0;
    unsigned age = 0;
    while (i < len && !is_digit(text[i]))
        i++;
    if (i == len)
        return ROOST_ERR_INVALID;
    for (; i < len && is_digit(text[i]) && age < 1000; i++)
        age = age * 10 + (unsigned)(text[i] - '0');
    return child_age_group_of(group, age);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int child_language_parse(enum child_language *language, const char *text, size_t len)
{
    if (len < 2 || (len > 2 && text[2] != '-' && text[2] != '_'))
        return ROOST_ERR_INVALID;
    for (int i = 0; i < CHILD_LANGUAGES; i++)
        if (lower(text[0]) == languages[i][0] && lower(text[1]) == languages[i][1]) {
            *language = (enum child_language)i;
            return 0;
        }
    return ROOST_ERR_INVALID;
}
