/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "hub/companion/companion_internal.h"

enum {
    ALIKE_ENOUGH = 60,       /* of words */
    THING_ALIKE_ENOUGH = 70, /* of names: "elefant" */
};
#define WEIGHT_UNKNOWN 0.7F /* a word that no intent has: it speaks of something else */

static void add_candidate(struct heard *heard, unsigned token, uint16_t word, unsigned likeness)
{
    unsigned n = heard->candidates[token], at = n;
    while (at && heard->likeness[token][at - 1] < likeness)
        at--;
    if (at == CANDIDATES)
        return;
    if (n == CANDIDATES)
        n--;
    for (unsigned i = n; i > at; i--) {
        heard->word[token][i] = heard->word[token][i - 1];
        heard->likeness[token][i] = heard->likeness[token][i - 1];
    }
    heard->word[token][at] = word;
    heard->likeness[token][at] = (uint8_t)likeness;
    heard->candidates[token] = (uint8_t)(n + 1);
}

static void hear_word(const struct tongue *tongue, struct heard *heard, unsigned token,
                      const char *stem)
{
    uint16_t exact = talk_word_find(tongue, stem);
    uint32_t letters = fold_letters(stem);
    heard->candidates[token] = 0;
    if (exact != NONE)
        add_candidate(heard, token, exact, STRONG);
    for (unsigned i = 0; i < tongue->words.count; i++) {
        const struct word *word = &tongue->words.at[i];
        if (i == exact || !fold_may_be_alike(letters, word->letters))
            continue;
        unsigned likeness = fold_likeness(stem, word->stem);
        if (exact != NONE) /* it may well be meant as it was heard */
            likeness = likeness > 12 ? likeness - 12 : 0;
        if (likeness >= ALIKE_ENOUGH)
            add_candidate(heard, token, (uint16_t)i, likeness);
    }
    heard->weight[token] = WEIGHT_UNKNOWN;
    for (unsigned i = 0; i < heard->candidates[token]; i++) {
        uint16_t word = heard->word[token][i];
        if (heard->strength[word] < heard->likeness[token][i])
            heard->strength[word] = heard->likeness[token][i];
    }
    if (heard->candidates[token])
        heard->weight[token] = tongue->words.at[heard->word[token][0]].weight;
    heard->negates |= exact != NONE && tongue->words.at[exact].negates;
}

static unsigned likeness_to(const struct heard *heard, unsigned token, uint16_t word)
{
    for (unsigned i = 0; i < heard->candidates[token]; i++)
        if (heard->word[token][i] == word)
            return heard->likeness[token][i];
    return 0;
}

/* How surely the phrase stands at the token. */
static unsigned phrase_at(const struct heard *heard, const struct phrase *phrase, unsigned token)
{
    unsigned least = STRONG;
    if (token + phrase->count > heard->count)
        return 0;
    for (unsigned i = 0; i < phrase->count && least; i++) {
        unsigned likeness = likeness_to(heard, token + i, phrase->word[i]);
        if (likeness < least)
            least = likeness;
    }
    return least;
}

static void add_thing(struct heard *heard, unsigned token, const struct phrase *phrase)
{
    uint8_t *len = heard->thing_len[token];
    for (unsigned i = 0; i < THINGS_AT; i++) {
        if (len[i] && heard->thing[token][i] == phrase->value) {
            if (len[i] < phrase->count)
                len[i] = phrase->count;
            return;
        }
        if (len[i] < phrase->count) { /* a longer name says more */
            for (unsigned k = THINGS_AT - 1; k > i; k--) {
                len[k] = len[k - 1];
                heard->thing[token][k] = heard->thing[token][k - 1];
            }
            len[i] = phrase->count;
            heard->thing[token][i] = (uint16_t)phrase->value;
            return;
        }
    }
}

static void hear_phrases(const struct tongue *tongue, struct heard *heard)
{
    for (unsigned i = 0; i < tongue->phrases.count; i++) {
        const struct phrase *phrase = &tongue->phrases.at[i];
        if (!heard->strength[phrase->word[0]])
            continue;
        for (unsigned token = 0; token < heard->count; token++) {
            unsigned sure = phrase_at(heard, phrase, token);
            if (phrase->is_thing && sure >= THING_ALIKE_ENOUGH) {
                add_thing(heard, token, phrase);
            } else if (!phrase->is_thing && sure == STRONG &&
                       heard->number_len[token] < phrase->count) {
                heard->number_len[token] = phrase->count;
                heard->number[token] = phrase->value;
            }
        }
    }
}

static const char *const and_in[CHILD_LANGUAGES] = {[CHILD_EN] = "and", [CHILD_AR] = "\xD9\x88"};

/* "two hundred", "a hundred and five" */
static void join_numbers(const struct tongue *tongue, struct heard *heard)
{
    for (unsigned i = heard->count; i-- > 0;) {
        unsigned len = heard->number_len[i], next = i + len;
        if (!len)
            continue;
        if (heard->number[i] >= 2 && heard->number[i] <= 9 && next < heard->count &&
            heard->number_len[next] && heard->number[next] >= 100 && heard->number[next] < 200) {
            heard->number[i] = heard->number[i] * 100 + heard->number[next] % 100;
            heard->number_len[i] = (uint8_t)(len + heard->number_len[next]);
            continue;
        }
        if (heard->number[i] != 100)
            continue;
        if (next + 1 < heard->count && !strcmp(heard->stem[next], and_in[tongue->language]))
            next++;
        if (next < heard->count && heard->number_len[next] && heard->number[next] < 100) {
            heard->number[i] += heard->number[next];
            heard->number_len[i] = (uint8_t)(next - i + heard->number_len[next]);
        }
    }
}

static bool digits_of(const char *word, int32_t *value)
{
    size_t len = strspn(word, "0123456789");
    if (!len || len > 7 || word[len])
        return false;
    *value = 0;
    for (size_t i = 0; i < len; i++)
        *value = *value * 10 + (word[i] - '0');
    return true;
}

void talk_hear(const struct tongue *tongue, struct heard *heard, const char *text, size_t len)
{
    struct fold_words words;
    memset(heard, 0, sizeof *heard);
    talk_words_of(tongue, &words, text, len);
    heard->count = words.count;
    memcpy(heard->stem, words.word, words.count * sizeof *words.word);
    for (unsigned i = 0; i < words.count; i++) {
        hear_word(tongue, heard, i, words.word[i]);
        heard->number_len[i] = digits_of(words.word[i], &heard->number[i]);
        heard->total += heard->weight[i];
    }
    hear_phrases(tongue, heard);
    join_numbers(tongue, heard);
}

bool talk_heard_number(const struct heard *heard, int32_t *number)
{
    for (unsigned i = 0; i < heard->count; i++)
        if (heard->number_len[i]) {
            *number = heard->number[i];
            return true;
        }
    return false;
}

uint16_t talk_heard_thing(const struct tongue *tongue, const struct heard *heard, uint16_t kind)
{
    for (unsigned i = 0; i < heard->count; i++)
        for (unsigned k = 0; k < THINGS_AT && heard->thing_len[i][k]; k++)
            if (kind == NONE || tongue->things.at[heard->thing[i][k]].kind == kind)
                return heard->thing[i][k];
    return NONE;
}
