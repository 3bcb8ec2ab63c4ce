/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/roost-gate/line.h"

#include <stdio.h>
#include <string.h>

enum { ID, LANGUAGE, AGES, DIRECTION, TEXT, FIELDS };

static int wrong(char *why, size_t why_size, const char *field, const char *what)
{
    snprintf(why, why_size, "%s: %s", field, what);
    return ROOST_ERR_INVALID;
}

static int is(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(text, word, len) == 0;
}

int gate_line_parse(struct gate_line *line, const char *text, size_t len, char *why,
                    size_t why_size)
{
    const char *at[FIELDS], *end = text + len;
    size_t lens[FIELDS], count = 0;
    for (const char *from = text; count < FIELDS; from = at[count - 1] + lens[count - 1] + 1) {
        const char *tab = memchr(from, '\t', (size_t)(end - from));
        at[count] = from;
        lens[count++] = (size_t)((tab ? tab : end) - from);
        if (!tab)
            break;
    }
    if (count < FIELDS) {
        snprintf(why, why_size, "text: the line has %zu fields, 5 are needed, with tabs between",
                 count);
        return ROOST_ERR_INVALID;
    }
    if (lens[ID] == 0)
        return wrong(why, why_size, "id", "is empty");
    if (child_language_parse(&line->language, at[LANGUAGE], lens[LANGUAGE]) < 0)
        return wrong(why, why_size, "lang", "is none of en, ar");
    int err = child_age_group_parse(&line->group, at[AGES], lens[AGES]);
    if (err == ROOST_ERR_INVALID)
        return wrong(why, why_size, "age_group", "has no number in it");
    if (err == ROOST_ERR_RANGE) {
        const char *digit = at[AGES] + strcspn(at[AGES], "0123456789");
        line->group =
            digit[0] < '3' && (digit[1] < '0' || digit[1] > '9') ? CHILD_3_5 : CHILD_12_13;
    }
    if (!is(at[DIRECTION], lens[DIRECTION], "in") && !is(at[DIRECTION], lens[DIRECTION], "out"))
        return wrong(why, why_size, "direction", "is none of in, out");
    line->direction = lens[DIRECTION] == 2 ? GATE_IN : GATE_OUT;
    line->id = at[ID];
    line->id_len = lens[ID];
    line->text = at[TEXT];
    line->text_len = lens[TEXT];
    return 0;
}
