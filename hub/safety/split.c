/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/safety/split.h"

#include <string.h>

#include "core/err.h"

enum {
    LONG_WORD = 9,    /* letters from which a word may be several */
    LONG_PIECES = 3,  /* of such a word at least: "therapist" is no "the rapist" */
    SPELT_PIECES = 2, /* of one that was spelt out, which shows no spaces at all */
    PIECE_MAX = 16,   /* letters */
    NO_WAY = 1000
};

static bool is_piece(const struct lexicon *lexicon, const uint32_t *letters, size_t len)
{
    if (len == 1)
        return letters[0] == 'i' || letters[0] == 'a' || letters[0] == 'u';
    return lexicon_find(lexicon, 0, letters, len) != LEXICON_NONE;
}

/* The fewest pieces; ends[i]: where the last piece of the first i letters begins. */
static unsigned cut(const struct lexicon *lexicon, const uint32_t *letters, size_t len,
                    uint8_t *begins)
{
    unsigned pieces[TOKEN_LETTERS_MAX + 1] = {0};
    for (size_t end = 1; end <= len; end++) {
        pieces[end] = NO_WAY;
        for (size_t begin = end > PIECE_MAX ? end - PIECE_MAX : 0; begin < end; begin++)
            if (pieces[begin] + 1 < pieces[end] &&
                is_piece(lexicon, letters + begin, end - begin)) {
                pieces[end] = pieces[begin] + 1;
                begins[end] = (uint8_t)begin;
            }
    }
    return pieces[len];
}

static int add_pieces(struct normal *split, const struct token *token, const uint32_t *letters,
                      const uint8_t *begins)
{
    uint8_t ends[TOKEN_LETTERS_MAX] = {0};
    size_t count = 0;
    int err = 0;
    for (size_t end = token->len; end > 0; end = begins[end])
        ends[count++] = (uint8_t)end;
    while (count-- > 0 && !err) {
        struct token piece = *token;
        uint8_t begin = begins[ends[count]];
        piece.len = (uint16_t)(ends[count] - begin);
        piece.flags = count == 0 ? token->flags & (TOKEN_STOP | TOKEN_LIST) : 0;
        err = normal_add(split, piece, letters + begin);
    }
    return err;
}

int split_words(struct normal *split, const struct lexicon *lexicon, const struct normal *from)
{
    int err = 0, found = 0;
    memset(split, 0, sizeof *split);
    for (size_t i = 0; i < from->token_count && !err; i++) {
        const struct token *token = &from->tokens[i];
        const uint32_t *letters = &from->letters[token->at];
        uint8_t begins[TOKEN_LETTERS_MAX + 1];
        bool spelt = token->flags & TOKEN_SPELT;
        unsigned pieces = 0;
        if ((spelt || token->len >= LONG_WORD) && !is_piece(lexicon, letters, token->len))
            pieces = cut(lexicon, letters, token->len, begins);
        if (pieces >= (spelt ? SPELT_PIECES : LONG_PIECES) && pieces < NO_WAY) {
            err = add_pieces(split, token, letters, begins);
            found = 1;
        } else {
            err = normal_add(split, *token, letters);
        }
    }
    if (err || !found)
        normal_free(split);
    return err ? err : found;
}
