/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/safety/lexicon_words.h"

#include <stdlib.h>
#include <string.h>

#include "core/fnv.h"
#include "hub/safety/normalize.h"

bool lexicon_more(struct lexicon *lexicon, void **memory, size_t *room, size_t count, size_t size)
{
    if (count < *room)
        return true;
    size_t more = *room ? 2 * *room : 64;
    void *bigger = realloc(*memory, more * size);
    if (!bigger) {
        lexicon->failed = true;
        return false;
    }
    *memory = bigger;
    *room = more;
    return true;
}

static uint32_t hash_of(char kind, const uint32_t *letters, size_t len)
{
    uint32_t hash = roost_fnv32(ROOST_FNV32, &kind, 1);
    hash = roost_fnv32(hash, letters, len * sizeof *letters);
    return hash ^ hash >> 15;
}

uint32_t lexicon_find(const struct lexicon *lexicon, char kind, const uint32_t *letters, size_t len)
{
    size_t room = lexicon->buckets.count;
    if (room == 0)
        return LEXICON_NONE;
    for (size_t i = hash_of(kind, letters, len) & (room - 1);; i = (i + 1) & (room - 1)) {
        uint32_t index = lexicon->buckets.at[i];
        if (index == LEXICON_NONE)
            return LEXICON_NONE;
        const struct word *word = &lexicon->words.at[index];
        if (word->kind == kind && word->len == len &&
            memcmp(&lexicon->letters.at[word->at], letters, len * sizeof *letters) == 0)
            return index;
    }
}

static void put_into_bucket(struct lexicon *lexicon, uint32_t index)
{
    const struct word *word = &lexicon->words.at[index];
    size_t room = lexicon->buckets.count;
    size_t i = hash_of(word->kind, &lexicon->letters.at[word->at], word->len) & (room - 1);
    while (lexicon->buckets.at[i] != LEXICON_NONE)
        i = (i + 1) & (room - 1);
    lexicon->buckets.at[i] = index;
}

/* At least half of the buckets stay empty. */
static bool make_buckets(struct lexicon *lexicon)
{
    size_t room = lexicon->buckets.count;
    if (2 * (lexicon->words.count + 1) <= room)
        return true;
    room = room ? 2 * room : 1024;
    uint32_t *buckets = realloc(lexicon->buckets.at, room * sizeof *buckets);
    if (!buckets) {
        lexicon->failed = true;
        return false;
    }
    memset(buckets, 0xff, room * sizeof *buckets);
    lexicon->buckets.at = buckets;
    lexicon->buckets.count = room;
    for (size_t i = SPECIALS; i < lexicon->words.count; i++)
        put_into_bucket(lexicon, (uint32_t)i);
    return true;
}

uint32_t lexicon_word(struct lexicon *lexicon, char kind, const uint32_t *letters, size_t len)
{
    uint32_t index = lexicon_find(lexicon, kind, letters, len);
    if (index != LEXICON_NONE)
        return index;
    struct word word = {.at = (uint32_t)lexicon->letters.count,
                        .len = (uint8_t)len,
                        .kind = kind,
                        .postings = LEXICON_NONE};
    for (size_t i = 0; i < len; i++) {
        if (!LEXICON_MORE(lexicon, lexicon->letters))
            return SPECIAL_ANY;
        lexicon->letters.at[lexicon->letters.count++] = letters[i];
    }
    if (!make_buckets(lexicon) || !LEXICON_MORE(lexicon, lexicon->words))
        return SPECIAL_ANY;
    index = (uint32_t)lexicon->words.count++;
    lexicon->words.at[index] = word;
    put_into_bucket(lexicon, index);
    lexicon->any_beginning = lexicon->any_beginning || kind == '*';
    return index;
}

uint32_t lexicon_set_named(const struct lexicon *lexicon, const char *name, size_t len)
{
    for (size_t i = 0; i < lexicon->sets.count; i++)
        if (strlen(lexicon->sets.at[i].name) == len &&
            memcmp(lexicon->sets.at[i].name, name, len) == 0 && len > 0)
            return (uint32_t)i;
    return LEXICON_NONE;
}

uint32_t lexicon_set(struct lexicon *lexicon, const char *name, size_t len)
{
    if (!LEXICON_MORE(lexicon, lexicon->sets))
        return 0;
    struct set *set = &lexicon->sets.at[lexicon->sets.count];
    memset(set, 0, sizeof *set);
    memcpy(set->name, name, len < LEXICON_NAME_MAX ? len : LEXICON_NAME_MAX - 1);
    return (uint32_t)lexicon->sets.count++;
}

void lexicon_set_add_word(struct lexicon *lexicon, uint32_t set, uint32_t word)
{
    if (!LEXICON_MORE(lexicon, lexicon->postings))
        return;
    uint32_t *first = &lexicon->words.at[word].postings;
    lexicon->postings.at[lexicon->postings.count] = (struct posting){set, *first};
    *first = (uint32_t)lexicon->postings.count++;
}

void lexicon_set_add_phrase(struct lexicon *lexicon, uint32_t set, const uint32_t *words,
                            size_t count)
{
    if (!LEXICON_MORE(lexicon, lexicon->items))
        return;
    struct item *item = &lexicon->items.at[lexicon->items.count++];
    memset(item, 0, sizeof *item);
    item->set = set;
    item->count = (uint8_t)count;
    memcpy(item->words, words, count * sizeof *words);
}

void lexicon_set_include(struct lexicon *lexicon, uint32_t set, uint32_t from)
{
    if (LEXICON_MORE(lexicon, lexicon->inclusions))
        lexicon->inclusions.at[lexicon->inclusions.count++] = (struct inclusion){set, from};
}

/* ---- what a word looks like ---- */

static bool is_vowel(uint32_t c)
{
    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
}

static bool is_consonant(uint32_t c)
{
    return c >= 'a' && c <= 'z' && !is_vowel(c);
}

static void send(const uint32_t *letters, size_t len, const char *ending,
                 void (*each)(void *, const uint32_t *, size_t), void *arg)
{
    uint32_t out[TOKEN_LETTERS_MAX];
    size_t more = strlen(ending);
    if (len + more > TOKEN_LETTERS_MAX)
        return;
    memcpy(out, letters, len * sizeof *out);
    for (size_t i = 0; i < more; i++)
        out[len + i] = (uint32_t)ending[i];
    each(arg, out, len + more);
}

void lexicon_endings(const uint32_t *letters, size_t len,
                     void (*each)(void *, const uint32_t *, size_t), void *arg)
{
    each(arg, letters, len);
    if (len < 2 || letters[len - 1] < 'a' || letters[len - 1] > 'z')
        return;
    uint32_t last = letters[len - 1], before = letters[len - 2];
    if (last == 'e') {
        send(letters, len, "s", each, arg);
        send(letters, len, "d", each, arg);
        send(letters, len - 1, "ing", each, arg);
        send(letters, len - 1, "in", each, arg);
        return;
    }
    if (last == 'y' && is_consonant(before)) {
        send(letters, len - 1, "ies", each, arg);
        send(letters, len - 1, "ied", each, arg);
    } else {
        bool hisses = last == 's' || last == 'x' || last == 'z' || last == 'h' || last == 'o';
        send(letters, len, "s", each, arg);
        if (hisses)
            send(letters, len, "es", each, arg);
        send(letters, len, "ed", each, arg);
    }
    send(letters, len, "ing", each, arg);
    send(letters, len, "in", each, arg);
    if (len >= 3 && len < TOKEN_LETTERS_MAX && is_consonant(last) && is_vowel(before) &&
        is_consonant(letters[len - 3])) { /* stab, stabbing */
        uint32_t doubled[TOKEN_LETTERS_MAX];
        memcpy(doubled, letters, len * sizeof *doubled);
        doubled[len] = last;
        send(doubled, len + 1, "ed", each, arg);
        send(doubled, len + 1, "ing", each, arg);
        send(doubled, len + 1, "in", each, arg);
    }
}

void lexicon_set_add_hidden(struct lexicon *lexicon, uint32_t set, const uint32_t *letters,
                            size_t len)
{
    uint32_t out[TOKEN_LETTERS_MAX];
    if (len < 4)
        return;
    for (size_t keep = 1; keep <= 2; keep++) /* f**k, fu*k, f***, fu** */
        for (size_t end = 0; end <= 1; end++) {
            for (size_t i = 0; i < len; i++)
                out[i] = i < keep || (end && i + 1 == len) ? letters[i] : '*';
            lexicon_set_add_word(lexicon, set, lexicon_word(lexicon, 0, out, len));
        }
    for (size_t i = 1; i < len; i++) { /* one letter, whichever */
        memcpy(out, letters, len * sizeof *out);
        out[i] = '*';
        lexicon_set_add_word(lexicon, set, lexicon_word(lexicon, 0, out, len));
    }
}
