/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/fnv.h"
#include "hub/companion/companion_internal.h"

enum { TABLE = WORDS_MAX * 2, SAME_MAX = 2000, NUMBERS_MAX = 1000, PHRASES_MAX = 8000 };

static uint32_t slot_of(const struct tongue *tongue, const char *stem)
{
    uint32_t hash = roost_fnv32(ROOST_FNV32, stem, strlen(stem));
    uint32_t slot = (hash ^ hash >> 16) % TABLE;
    while (tongue->word_table[slot] &&
           strcmp(tongue->words.at[tongue->word_table[slot] - 1].stem, stem) != 0)
        slot = (slot + 1) % TABLE;
    return slot;
}

uint16_t talk_word_find(const struct tongue *tongue, const char *stem)
{
    uint16_t word = tongue->word_table[slot_of(tongue, stem)];
    return word ? (uint16_t)(word - 1) : NONE;
}

uint16_t talk_word_make(struct tongue *tongue, const char *stem)
{
    uint32_t slot = slot_of(tongue, stem);
    if (tongue->word_table[slot])
        return (uint16_t)(tongue->word_table[slot] - 1);
    struct word *word = LIST_ADD(tongue->words, WORDS_MAX);
    if (!word)
        return NONE;
    memcpy(word->stem, stem, strlen(stem) + 1);
    word->letters = fold_letters(stem);
    word->last = NONE;
    tongue->word_table[slot] = (uint16_t)tongue->words.count;
    return (uint16_t)(tongue->words.count - 1);
}

static const struct same *same_find(const struct tongue *tongue, const char *word)
{
    for (unsigned i = 0; i < tongue->same.count; i++)
        if (!strcmp(tongue->same.at[i].from, word))
            return &tongue->same.at[i];
    return NULL;
}

void talk_words_of(const struct tongue *tongue, struct fold_words *words, const char *text,
                   size_t len)
{
    struct fold_words folded;
    fold_words(&folded, text, len);
    words->count = 0;
    for (unsigned i = 0; i < folded.count; i++) {
        const struct same *same = same_find(tongue, folded.word[i]);
        for (unsigned k = 0; k < (same ? same->count : 1U) && words->count < FOLD_WORDS_MAX; k++) {
            char *word = words->word[words->count];
            memcpy(word, same ? same->to[k] : folded.word[i], FOLD_WORD_MAX + 1);
            fold_stem(word);
            words->count += word[0] != 0;
        }
    }
}

/* Cuts the next alternative off `*rest`; false at the end. */
static bool next_alternative(const char **rest, const char **text, size_t *len)
{
    if (!*rest)
        return false;
    const char *bar = strchr(*rest, '|');
    *text = *rest;
    *len = bar ? (size_t)(bar - *rest) : strlen(*rest);
    *rest = bar ? bar + 1 : NULL;
    return true;
}

static int add_same(struct tongue *tongue, const struct raw *raw, struct fault *fault)
{
    const char *equals = strchr(raw->value, '=');
    struct fold_words to = {0}, from;
    if (equals)
        fold_words(&to, equals + 1, strlen(equals + 1));
    if (!to.count || to.count > 3)
        return talk_fault_at(fault, tongue, raw->file, raw->line, ROOST_ERR_INVALID,
                             "same: needs \"words = word\", with one to three words after the =");
    const char *rest = raw->value, *text;
    size_t len;
    while (next_alternative(&rest, &text, &len)) {
        if (text + len > equals)
            len = (size_t)(equals - text);
        fold_words(&from, text, len);
        if (from.count != 1)
            return talk_fault_at(fault, tongue, raw->file, raw->line, ROOST_ERR_INVALID,
                                 "same: takes single words before the =");
        struct same *same = LIST_ADD(tongue->same, SAME_MAX);
        if (!same)
            return talk_fault_memory(fault);
        memcpy(same->from, from.word[0], sizeof same->from);
        same->count = (uint8_t)to.count;
        memcpy(same->to, to.word, to.count * sizeof *to.word);
    }
    return 0;
}

static struct number *number_of(const struct tongue *tongue, int32_t value)
{
    for (unsigned i = 0; i < tongue->numbers.count; i++)
        if (tongue->numbers.at[i].value == value)
            return &tongue->numbers.at[i];
    return NULL;
}

static int add_number(struct tongue *tongue, const struct raw *raw, struct fault *fault)
{
    bool spoken = !strcmp(raw->key, "spoken-number");
    char *end;
    long value = strtol(raw->value, &end, 10);
    while (*end == ' ')
        end++;
    if (end == raw->value || *end != '=' || value < 0 || value > 1000000 || !end[1])
        return talk_fault_at(fault, tongue, raw->file, raw->line, ROOST_ERR_INVALID,
                             "%s: needs \"number = words\", the number 0 to 1000000", raw->key);
    end++;
    end += strspn(end, " ");
    struct number *number = number_of(tongue, (int32_t)value);
    if (!number) {
        number = LIST_ADD(tongue->numbers, NUMBERS_MAX);
        if (!number)
            return talk_fault_memory(fault);
        *number = (struct number){.value = (int32_t)value, .file = raw->file, .line = raw->line};
    }
    const char *rest = end, *text;
    size_t len;
    for (bool first = true; next_alternative(&rest, &text, &len); first = false) {
        while (len && text[len - 1] == ' ')
            len--;
        const char **kept = spoken ? &number->spoken : &number->text;
        if (first && !*kept && !(*kept = talk_text_keep(tongue, text, len)))
            return talk_fault_memory(fault);
        if (spoken)
            continue;
        struct fold_words words;
        talk_words_of(tongue, &words, text, len);
        if (!words.count || words.count > 4)
            return talk_fault_at(fault, tongue, raw->file, raw->line, ROOST_ERR_INVALID,
                                 "number: takes one to four words");
        struct phrase *phrase = LIST_ADD(tongue->phrases, PHRASES_MAX);
        if (!phrase)
            return talk_fault_memory(fault);
        phrase->value = number->value;
        phrase->count = (uint8_t)words.count;
        for (unsigned i = 0; i < words.count; i++)
            if ((phrase->word[i] = talk_word_make(tongue, words.word[i])) == NONE)
                return talk_fault_memory(fault);
    }
    return 0;
}

static int mark_words(struct tongue *tongue, const struct raw *raw, struct fault *fault)
{
    struct fold_words words;
    const char *rest = raw->value, *text;
    size_t len;
    while (next_alternative(&rest, &text, &len)) {
        talk_words_of(tongue, &words, text, len);
        for (unsigned i = 0; i < words.count; i++) {
            uint16_t word = talk_word_make(tongue, words.word[i]);
            if (word == NONE)
                return talk_fault_memory(fault);
            if (raw->key[0] == 's')
                tongue->words.at[word].stop = true;
            else
                tongue->words.at[word].negates = true;
        }
    }
    return 0;
}

int talk_words_build(struct tongue *tongue, struct fault *fault)
{
    tongue->word_table = calloc(TABLE, sizeof *tongue->word_table);
    if (!tongue->word_table)
        return talk_fault_memory(fault);
    int err = 0;
    for (unsigned i = 0; i < tongue->raws.count && err == 0; i++)
        if (!strcmp(tongue->raws.at[i].key, "same"))
            err = add_same(tongue, &tongue->raws.at[i], fault);
    for (unsigned i = 0; i < tongue->raws.count && err == 0; i++) {
        const struct raw *raw = &tongue->raws.at[i];
        if (!strcmp(raw->key, "number") || !strcmp(raw->key, "spoken-number"))
            err = add_number(tongue, raw, fault);
        else if (!strcmp(raw->key, "stop") || !strcmp(raw->key, "not"))
            err = mark_words(tongue, raw, fault);
    }
    return err;
}

const char *talk_number_spoken(const struct tongue *tongue, int32_t value, char digits[12])
{
    const struct number *number = number_of(tongue, value);
    if (number && (number->spoken || number->text))
        return number->spoken ? number->spoken : number->text;
    snprintf(digits, 12, "%d", (int)value);
    return digits;
}
