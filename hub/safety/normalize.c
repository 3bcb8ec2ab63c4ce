/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/safety/normalize.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>

#include "core/err.h"
#include "core/utf8.h"
#include "hub/safety/fold.h"

/* What a folded character is to whoever cuts words. */
enum kind {
    KIND_SPACE,
    KIND_MARK,
    KIND_STOP,
    KIND_LETTER,
    KIND_DIGIT,
    KIND_APOSTROPHE,
    KIND_SIGN,
    KIND_SYMBOL
};

/* One reading: the token that is being put together. */
struct reader {
    struct normal *normal;
    uint32_t letters[TOKEN_LETTERS_MAX];
    struct token token; /* len 0: none is open */
    uint32_t held;      /* a sign that counts only if a letter follows; 0: none */
    bool apostrophe;    /* before the next letter */
    int err;
};

static int grow(void **memory, size_t *room, size_t count, size_t size)
{
    if (count < *room)
        return 0;
    size_t more = *room ? 2 * *room : 64;
    void *bigger = realloc(*memory, more * size);
    if (!bigger)
        return ROOST_ERR_NO_MEMORY;
    *memory = bigger;
    *room = more;
    return 0;
}

int normal_add(struct normal *normal, struct token token, const uint32_t *letters)
{
    void *memory = normal->tokens;
    int err = grow(&memory, &normal->token_room, normal->token_count, sizeof token);
    normal->tokens = memory;
    token.at = (uint32_t)normal->letter_count;
    for (size_t i = 0; i < token.len && !err; i++) {
        memory = normal->letters;
        err = grow(&memory, &normal->letter_room, normal->letter_count, sizeof *letters);
        normal->letters = memory;
        if (!err)
            normal->letters[normal->letter_count++] = letters[i];
    }
    if (!err)
        normal->tokens[normal->token_count++] = token;
    return err;
}

static struct token *last_token(struct reader *reader)
{
    struct normal *normal = reader->normal;
    return normal->token_count ? &normal->tokens[normal->token_count - 1] : NULL;
}

static void close_token(struct reader *reader)
{
    struct token *token = &reader->token;
    if (token->len > 0 && !reader->err) {
        bool digits = true;
        for (size_t i = 0; i < token->len; i++)
            digits = digits && reader->letters[i] >= '0' && reader->letters[i] <= '9';
        if (digits)
            token->flags |= TOKEN_DIGITS;
        token->flags |= TOKEN_GLUED; /* until a space comes */
        reader->err = normal_add(reader->normal, *token, reader->letters);
    }
    memset(token, 0, sizeof *token);
    reader->held = 0;
    reader->apostrophe = false;
}

static void put(struct reader *reader, uint32_t c, uint32_t begin, uint32_t end)
{
    struct token *token = &reader->token;
    if (token->len == TOKEN_LETTERS_MAX)
        close_token(reader);
    if (token->len == 0)
        token->begin = begin;
    token->end = end;
    if (token->len >= TOKEN_REPEAT_MAX && reader->letters[token->len - 1] == c &&
        reader->letters[token->len - 2] == c && reader->letters[token->len - 3] == c &&
        (c < '0' || c > '9'))
        return;
    reader->letters[token->len++] = c;
}

static void put_letter(struct reader *reader, uint32_t c, uint32_t begin, uint32_t end)
{
    if (reader->held && reader->token.len < TOKEN_LETTERS_MAX) {
        put(reader, reader->held, begin, begin);
        reader->token.flags |= TOKEN_SIGNS;
    }
    reader->held = 0;
    reader->token.flags &= (uint16_t)~TOKEN_POSSESSIVE;
    if (reader->apostrophe && c == 's')
        reader->token.flags |= TOKEN_POSSESSIVE;
    reader->apostrophe = false;
    put(reader, c, begin, end);
}

/* @ $ * and the like belong to a word when it goes on behind them ("f*ck", "p@ss"), begin one, and
 * $ and * also end one ("a$$"). */
static void put_sign(struct reader *reader, uint32_t c, uint32_t begin, uint32_t end)
{
    if (reader->token.len > 0 && (c == '$' || c == '*')) {
        put(reader, c, begin, end);
        reader->token.flags |= TOKEN_SIGNS;
        return;
    }
    if (reader->held)
        close_token(reader);
    reader->held = c;
}

static void put_mark(struct reader *reader, enum kind kind, uint32_t c)
{
    close_token(reader);
    struct token *last = last_token(reader);
    if (!last)
        return;
    if (kind == KIND_SPACE)
        last->flags &= (uint16_t)~TOKEN_GLUED;
    else if (!last->sign && c < 0x80)
        last->sign = (char)c;
    if (kind == KIND_STOP)
        last->flags |= TOKEN_STOP;
    if (c == ',' || c == 0x60c)
        last->flags |= TOKEN_LIST;
}

static enum kind kind_of(uint32_t c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 0x621 && c <= 0x64a))
        return KIND_LETTER;
    if (c >= '0' && c <= '9')
        return KIND_DIGIT;
    if (c == '\'' || c == 0x2019 || c == 0x2018 || c == '`' || c == 0x2bc)
        return KIND_APOSTROPHE;
    if (c == '@' || c == '$' || c == '*' || c == 0x20ac || c == 0xa3)
        return KIND_SIGN;
    if (c == '.' || c == '!' || c == '?' || c == 0x61f || c == '\n' || c == 0x3002 || c == 0x6d4 ||
        c == ';' || c == 0x61b)
        return KIND_STOP;
    if (c <= ' ' || u_isUWhiteSpace((UChar32)c))
        return KIND_SPACE;
    if (u_isalpha((UChar32)c))
        return KIND_LETTER;
    return u_charType((UChar32)c) == U_OTHER_SYMBOL ? KIND_SYMBOL : KIND_MARK;
}

static void take(struct reader *reader, uint32_t c, uint32_t begin, uint32_t end)
{
    enum kind kind = kind_of(c);
    switch (kind) {
    case KIND_LETTER:
    case KIND_DIGIT:
        put_letter(reader, c, begin, end);
        break;
    case KIND_APOSTROPHE:
        reader->apostrophe = reader->token.len > 0;
        break;
    case KIND_SIGN:
        put_sign(reader, c, begin, end);
        break;
    case KIND_SYMBOL: /* an emoji is a word by itself */
        close_token(reader);
        put(reader, c, begin, end);
        close_token(reader);
        break;
    default:
        put_mark(reader, kind, c);
        if (c == '\n')
            put_mark(reader, KIND_SPACE, ' ');
    }
}

int normal_read(struct normal *normal, const char *text, size_t len)
{
    const char *end = text + len;
    struct reader reader = {.normal = normal};
    memset(normal, 0, sizeof *normal);
    if (len > UINT32_MAX / 32)
        return ROOST_ERR_INVALID;
    for (const char *p = text; p < end && !reader.err;) {
        size_t bytes = roost_utf8_len(p, end);
        if (bytes == 0) {
            reader.err = ROOST_ERR_INVALID;
            break;
        }
        uint32_t folded[FOLD_MAX];
        size_t count = fold_character(folded, roost_utf8_read(p, bytes));
        for (size_t i = 0; i < count; i++)
            take(&reader, folded[i], (uint32_t)(p - text), (uint32_t)(p - text + (ptrdiff_t)bytes));
        p += bytes;
    }
    close_token(&reader);
    if (normal->token_count > 0)
        last_token(&reader)->flags &= (uint16_t)~TOKEN_GLUED;
    if (reader.err)
        normal_free(normal);
    memset(reader.letters, 0, sizeof reader.letters);
    return reader.err;
}

void normal_free(struct normal *normal)
{
    if (normal->letters)
        explicit_bzero(normal->letters, normal->letter_room * sizeof *normal->letters);
    free(normal->letters);
    free(normal->tokens);
    memset(normal, 0, sizeof *normal);
}
