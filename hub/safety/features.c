/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/safety/features.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/fnv.h"

enum {
    WORDS_MAX = 3,    /* in a row that are one feature */
    DIRECTED_MAX = 2, /* the same, by who says them */
    PIECE_MIN = 2,    /* letters; the border of a word counts as one */
    PIECE_MAX = 5
};

static const uint32_t border = ' ';

static int add(struct features *features, uint32_t key, enum feature_family family)
{
    if (features->count == features->room) {
        struct features more = {.room = features->room ? 2 * features->room : 512};
        more.at = malloc(more.room * sizeof *more.at);
        if (!more.at)
            return ROOST_ERR_NO_MEMORY;
        more.count = features->count;
        if (more.count > 0)
            memcpy(more.at, features->at, more.count * sizeof *more.at);
        features_free(features); /* nothing of it stays behind */
        *features = more;
    }
    features->at[features->count++] = (struct feature){key, 1, (uint16_t)family};
    return 0;
}

static uint32_t family_begin(enum feature_family family, enum gate_direction direction)
{
    const uint32_t begin[] = {family, direction};
    return roost_fnv32(ROOST_FNV32, begin, sizeof begin);
}

/* The words that begin with token i, up to `longest` of them in a row. */
static int add_words(struct features *features, const struct normal *normal, size_t i, size_t to,
                     enum feature_family family, uint32_t hash, unsigned longest)
{
    int err = 0;
    for (size_t k = i; k < to && k - i < longest && !err; k++) {
        const struct token *token = &normal->tokens[k];
        hash = roost_fnv32(hash, &normal->letters[token->at], token->len * sizeof(uint32_t));
        hash = roost_fnv32(hash, &border, sizeof border);
        err = add(features, hash, family);
    }
    return err;
}

static int add_pieces(struct features *features, const struct normal *normal,
                      const struct token *token)
{
    uint32_t word[TOKEN_LETTERS_MAX + 2];
    size_t len = 0;
    int err = 0;
    word[len++] = border;
    for (size_t l = 0; l < token->len && len <= TOKEN_LETTERS_MAX; l++)
        word[len++] = normal->letters[token->at + l];
    word[len++] = border;
    for (size_t i = 0; i < len && !err; i++) {
        uint32_t hash = family_begin(FEATURE_LETTERS, GATE_IN);
        for (size_t k = i; k < len && k - i < PIECE_MAX && !err; k++) {
            hash = roost_fnv32(hash, &word[k], sizeof word[k]);
            if (k - i + 1 >= PIECE_MIN)
                err = add(features, hash, FEATURE_LETTERS);
        }
    }
    return err;
}

static int by_key(const void *a, const void *b)
{
    const struct feature *one = a, *other = b;
    return one->key < other->key ? -1 : one->key > other->key;
}

static void count_same(struct features *features)
{
    size_t to = 0;
    if (features->count == 0)
        return;
    qsort(features->at, features->count, sizeof *features->at, by_key);
    for (size_t i = 1; i < features->count; i++)
        if (features->at[i].key != features->at[to].key)
            features->at[++to] = features->at[i];
        else if (features->at[to].times < UINT16_MAX)
            features->at[to].times++;
    features->count = to + 1;
}

int features_read(struct features *features, const struct normal *normal, size_t from, size_t to,
                  enum gate_direction direction)
{
    int err = 0;
    features->count = 0;
    for (size_t i = from; i < to && !err; i++) {
        err = add_words(features, normal, i, to, FEATURE_WORDS,
                        family_begin(FEATURE_WORDS, GATE_IN), WORDS_MAX);
        if (!err)
            err = add_words(features, normal, i, to, FEATURE_DIRECTED,
                            family_begin(FEATURE_DIRECTED, direction), DIRECTED_MAX);
        if (!err)
            err = add_pieces(features, normal, &normal->tokens[i]);
    }
    count_same(features);
    return err;
}

void features_free(struct features *features)
{
    if (features->at)
        explicit_bzero(features->at, features->room * sizeof *features->at);
    free(features->at);
    *features = (struct features){0};
}
