/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "hub/companion/companion_internal.h"

#define WORTH_A_LOOK 0.4F /* of a pattern's weight, in any order */
#define OUT_OF_ORDER 0.85F
#define TAKEN        0.8F  /* of a token's weight, when {any} took it */
#define DENIED       0.55F /* a "not" that the pattern knows nothing of */
#define BARE         0.35F /* weight below which a pattern says little by itself */

/* Elements and tokens consumed so far, at best. */
struct cell {
    float gain; /* of all elements that were found */
    float need; /* of those that must be there */
    float used; /* of the tokens; those that {any} took count less than those that were named */
    uint16_t thing;
    bool took; /* {any} took something */
    uint8_t numbers;
    uint8_t number_at[SLOTS_MAX];
};

/* A pattern held against what was heard. */
struct fit {
    float recall, precision;
    struct slots slots;
    bool negates;
};

static float element_weight(const struct tongue *tongue, const struct element *element)
{
    switch (element->kind) {
    case E_WORD:
        return tongue->words.at[element->word].weight;
    case E_NUMBER:
        return WEIGHT_NUMBER;
    case E_THING:
        return WEIGHT_THING;
    default:
        return 0;
    }
}

/* What can be reached at most, whatever the order. */
static float bag(const struct tongue *tongue, const struct heard *heard, const struct pattern *p,
                 float *used)
{
    float need = 0;
    *used = 0;
    for (unsigned i = 0; i < p->count; i++) {
        const struct element *element = &tongue->elements.at[p->first + i];
        float weight = element_weight(tongue, element);
        if (element->kind == E_WORD)
            weight *= (float)heard->strength[element->word] / STRONG;
        *used += weight;
        if (!element->optional)
            need += weight;
    }
    return p->weight > 0 ? need / p->weight : 0;
}

/* Tokens that the element takes at the token, 0: none. */
static unsigned take(const struct tongue *tongue, const struct heard *heard,
                     const struct element *element, unsigned token, float *sure, uint16_t *thing)
{
    *sure = 1;
    switch (element->kind) {
    case E_WORD:
        for (unsigned i = 0; i < heard->candidates[token]; i++)
            if (heard->word[token][i] == element->word) {
                *sure = (float)heard->likeness[token][i] / STRONG;
                return 1;
            }
        return 0;
    case E_NUMBER:
        return heard->number_len[token];
    case E_THING:
        for (unsigned i = 0; i < THINGS_AT && heard->thing_len[token][i]; i++) {
            *thing = heard->thing[token][i];
            if (element->word == NONE || tongue->things.at[*thing].kind == element->word)
                return heard->thing_len[token][i];
        }
        return 0;
    case E_ANY:
        return 1;
    default:
        return 0;
    }
}

static void better(struct cell *cell, const struct cell *other)
{
    if (other->gain > cell->gain)
        *cell = *other;
}

/* Finds the pattern's elements among the tokens in order, for the most weight. */
static struct cell align(const struct tongue *tongue, const struct heard *heard,
                         const struct pattern *p)
{
    struct cell at[ELEMENTS_MAX + 1][FOLD_WORDS_MAX + 1];
    for (unsigned i = 0; i <= p->count; i++)
        for (unsigned t = 0; t <= heard->count; t++)
            at[i][t] = (struct cell){.gain = i || t ? -1 : 0, .thing = NONE};
    for (unsigned i = 0; i <= p->count; i++)
        for (unsigned t = 0; t <= heard->count; t++) {
            struct cell now = at[i][t];
            struct cell skip = now;
            if (t < heard->count) {
                if (i && tongue->elements.at[p->first + i - 1].kind == E_ANY)
                    skip.used += TAKEN * heard->weight[t];
                better(&at[i][t + 1], &skip);
            }
            if (i == p->count)
                continue;
            better(&at[i + 1][t], &now);
            if (t == heard->count)
                continue;
            const struct element *element = &tongue->elements.at[p->first + i];
            float sure, weight = element_weight(tongue, element);
            uint16_t thing = NONE;
            unsigned len = take(tongue, heard, element, t, &sure, &thing);
            if (!len || t + len > heard->count)
                continue;
            now.gain += weight * sure + 0.001F;
            now.need += element->optional ? 0 : weight * sure;
            for (unsigned k = 0; k < len; k++)
                now.used += heard->weight[t + k] * (element->kind == E_ANY ? TAKEN : 1);
            if (element->kind == E_THING)
                now.thing = thing;
            now.took |= element->kind == E_ANY;
            if (element->kind == E_NUMBER && now.numbers < SLOTS_MAX)
                now.number_at[now.numbers++] = (uint8_t)t;
            better(&at[i + 1][t + len], &now);
        }
    return at[p->count][heard->count];
}

static bool has_kind(const struct tongue *tongue, const struct pattern *p, enum element_kind kind)
{
    for (unsigned i = 0; i < p->count; i++)
        if (tongue->elements.at[p->first + i].kind == kind)
            return true;
    return false;
}

static unsigned needed_count(const struct tongue *tongue, const struct pattern *p, bool *negates)
{
    unsigned count = 0;
    *negates = false;
    for (unsigned i = 0; i < p->count; i++) {
        const struct element *element = &tongue->elements.at[p->first + i];
        count += !element->optional;
        *negates |= element->kind == E_WORD && tongue->words.at[element->word].negates;
    }
    return count;
}

static bool fit(const struct tongue *tongue, const struct heard *heard, const struct pattern *p,
                struct fit *fit)
{
    float used, reach = bag(tongue, heard, p, &used);
    if (reach < WORTH_A_LOOK || !heard->count)
        return false;
    struct cell cell = align(tongue, heard, p);
    float total = heard->total > 0 ? heard->total : 1;
    fit->recall = cell.need / p->weight;
    fit->precision = cell.used / total;
    bool slots = has_kind(tongue, p, E_NUMBER) || has_kind(tongue, p, E_THING);
    if (!slots && reach * OUT_OF_ORDER > fit->recall) {
        fit->recall = reach * OUT_OF_ORDER;
        fit->precision = used / total;
    }
    if (fit->precision > 1)
        fit->precision = 1;
    if (has_kind(tongue, p, E_ANY) && !cell.took) /* nothing is left for it */
        return false;
    fit->slots = (struct slots){.numbers = cell.numbers, .thing = cell.thing};
    for (unsigned i = 0; i < cell.numbers; i++)
        fit->slots.number[i] = heard->number[cell.number_at[i]];
    return true;
}

/* 1: said as it is written. Of short patterns little is told by finding them among other words. */
static float score(const struct tongue *tongue, const struct heard *heard, const struct pattern *p,
                   const struct fit *fit)
{
    bool negates;
    unsigned needed = needed_count(tongue, p, &negates);
    float strict = p->weight < BARE ? 1.0F : needed >= 3 ? 0.45F : needed == 2 ? 0.55F : 0.7F;
    float result = fit->recall * (1 - strict + strict * fit->precision);
    return heard->negates && !negates ? result * DENIED : result;
}

/* Little but a slot, or a single word: may be part of anything. */
static bool is_bare(const struct tongue *tongue, const struct pattern *p)
{
    bool negates;
    float words = 0;
    for (unsigned i = 0; i < p->count; i++) {
        const struct element *element = &tongue->elements.at[p->first + i];
        if (element->kind == E_WORD && !element->optional)
            words += element_weight(tongue, element);
    }
    return words < BARE || needed_count(tongue, p, &negates) == 1;
}

void talk_match_intents(const struct tongue *tongue, const struct heard *heard, struct found *found)
{
    *found = (struct found){.intent = NONE, .slots = {.thing = NONE}};
    float best = 0;
    for (unsigned i = 0; i < tongue->patterns.count; i++) {
        const struct pattern *p = &tongue->patterns.at[i];
        struct fit f;
        if (p->owner == NONE || !fit(tongue, heard, p, &f))
            continue;
        float reached = score(tongue, heard, p, &f);
        float more = f.recall * p->weight; /* of equals the one that explains more */
        float rank = reached + 0.01F * (more < 4 ? more : 4);
        if (rank <= best)
            continue;
        best = rank;
        found->intent = p->owner;
        found->score = reached;
        found->pattern = i;
        found->slots = f.slots;
        found->bare = is_bare(tongue, p);
    }
}

float talk_match_patterns(const struct tongue *tongue, const struct heard *heard,
                          struct patterns patterns, bool whole, struct slots *slots)
{
    float best = 0;
    for (unsigned i = 0; i < patterns.count; i++) {
        const struct pattern *p = &tongue->patterns.at[patterns.first + i];
        struct fit f;
        if (!fit(tongue, heard, p, &f))
            continue;
        bool negates;
        needed_count(tongue, p, &negates);
        float found = f.recall * (0.9F + 0.1F * f.precision); /* of two, the one that says more */
        if (heard->negates && !negates)
            found *= DENIED;
        float reached = whole ? score(tongue, heard, p, &f) : found;
        if (reached > best) {
            best = reached;
            if (slots)
                *slots = f.slots;
        }
    }
    return best;
}
