/* SPDX-License-Identifier: Apache-2.0 */
/* What tells who or where a child is, taken out of a text: gate_take_out_personal of gate.h. */
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "hub/safety/gate_parts.h"
#include "hub/safety/numbers.h"

enum { SPAN_GAP_MAX = 7 /* words between two found ones that belong to the same saying */ };

static const char in_its_place[] = "\xe2\x80\xa6"; /* … */

static bool same_letters(const struct normal *a, size_t i, const struct normal *b, size_t k)
{
    const struct token *x = &a->tokens[i], *y = &b->tokens[k];
    size_t x_len = x->len - (x->flags & TOKEN_POSSESSIVE ? 1u : 0u);
    return (x_len == y->len || x->len == y->len) &&
           memcmp(&a->letters[x->at], &b->letters[y->at], y->len * sizeof *a->letters) == 0;
}

/* The name wherever it stands, whatever its case and marks. */
static int mark_name(const struct normal *normal, const char *name, bool *spans)
{
    struct normal parts;
    if (!name || !name[0])
        return 0;
    int err = normal_read(&parts, name, strlen(name));
    if (err)
        return err == ROOST_ERR_INVALID ? 0 : err; /* what is no text stands in no text */
    for (size_t i = 0; i < normal->token_count; i++)
        for (size_t k = 0; k < parts.token_count; k++)
            spans[i] = spans[i] || same_letters(normal, i, &parts, k);
    normal_free(&parts);
    return 0;
}

/* "my address is .. 14 maple street": what lies between belongs to it. */
static void close_gaps(const struct normal *normal, bool *spans)
{
    size_t last = SIZE_MAX;
    for (size_t i = 0; i < normal->token_count; i++) {
        if (spans[i]) {
            for (size_t k = last == SIZE_MAX ? i : last + 1; k < i && i - last <= SPAN_GAP_MAX; k++)
                spans[k] = true;
            last = i;
        }
        if (normal->tokens[i].flags & TOKEN_STOP)
            last = SIZE_MAX;
    }
}

/* The figures before the token that ends a number. */
static void mark_numbers(const struct normal *normal, bool *spans)
{
    uint8_t *marks = malloc(normal->token_count + 1);
    if (!marks) { /* rather too much than too little */
        memset(spans, true, normal->token_count * sizeof *spans);
        return;
    }
    numbers_mark(normal, marks);
    for (size_t i = 0; i < normal->token_count; i++) {
        const uint8_t whole = 1u << SPECIAL_PHONE | 1u << SPECIAL_EMAIL | 1u << SPECIAL_URL;
        if (!(marks[i] & whole))
            continue;
        spans[i] = true;
        for (size_t k = i; k-- > 0 && ((marks[k] & 1u << SPECIAL_NUMBER) ||
                                       (normal->tokens[k].flags & TOKEN_GLUED));)
            spans[k] = true;
    }
    free(marks);
}

static size_t write_rest(const struct normal *normal, const bool *spans, const char *text,
                         size_t len, char *out, size_t size)
{
    size_t used = 0, from = 0;
    for (size_t i = 0; i <= normal->token_count; i++) {
        bool end = i == normal->token_count;
        if (!end && !spans[i])
            continue;
        size_t to = end ? len : normal->tokens[i].begin;
        size_t count = to > from ? to - from : 0;
        if (used + count + (end ? 1 : sizeof in_its_place) > size)
            break;
        memcpy(out + used, text + from, count);
        used += count;
        if (end)
            break;
        while (i + 1 < normal->token_count && spans[i + 1])
            i++;
        from = normal->tokens[i].end;
        /* A short word may be shorter than the sign for it. */
        size_t taken = from - to;
        size_t sign = taken >= sizeof in_its_place - 1 ? sizeof in_its_place - 1 : 0;
        memcpy(out + used, in_its_place, sign);
        used += sign;
    }
    out[used] = '\0';
    return used;
}

size_t gate_take_out_personal(const struct gate *gate, const char *text, size_t len,
                              const char *name, char *out, size_t size)
{
    const struct match_for who = {GATE_IN, CHILD_3_5, true, NULL};
    struct normal normal;
    size_t used = 0;
    if (size == 0)
        return 0;
    out[0] = '\0';
    if (normal_read(&normal, text, len) < 0) /* nothing goes out that could not be looked at */
        return 0;
    bool *spans = calloc(normal.token_count + 1, sizeof *spans);
    if (spans && match_mark(gate->lexicon, &normal, &who, GATE_PERSONAL_DATA, spans) == 0) {
        close_gaps(&normal, spans);
        mark_numbers(&normal, spans);
        if (mark_name(&normal, name, spans) == 0)
            used = write_rest(&normal, spans, text, len, out, size);
    }
    free(spans);
    normal_free(&normal);
    return used;
}
