/* SPDX-License-Identifier: Apache-2.0 */
/* Words that were pulled apart, put together again: normal_join of normalize.h. */
#include <string.h>

#include "core/err.h"
#include "hub/safety/normalize.h"

enum { SPELT_MIN = 3 };

static bool is_single(const struct normal *normal, size_t i, bool *digit)
{
    const struct token *token = &normal->tokens[i];
    uint32_t c = normal->letters[token->at];
    *digit = c >= '0' && c <= '9';
    return token->len == 1;
}

/* How many tokens from i on are one word, letter by letter; digits may stand inside, not at its
 * ends. */
static size_t spelt_run(const struct normal *normal, size_t i)
{
    size_t letters = 0, run = 0;
    bool digit = false;
    for (size_t k = i; k < normal->token_count && k - i < TOKEN_LETTERS_MAX; k++) {
        if (!is_single(normal, k, &digit) || (k == i && digit))
            break;
        if (digit)
            continue;
        letters++;
        run = k - i + 1;
    }
    return letters >= 2 && run >= SPELT_MIN ? run : 0;
}

/* How many tokens from i on only marks keep apart. */
static size_t glued_run(const struct normal *normal, size_t i)
{
    size_t run = 1, letters = normal->tokens[i].len;
    while (i + run < normal->token_count && (normal->tokens[i + run - 1].flags & TOKEN_GLUED)) {
        letters += 1u + normal->tokens[i + run].len;
        if (letters > TOKEN_LETTERS_MAX)
            break;
        run++;
    }
    return run > 1 ? run : 0;
}

static bool stands_for_a_letter(char sign)
{
    return sign && strchr("!|+#%&", sign);
}

static int add_run(struct normal *joined, const struct normal *from, size_t i, size_t run)
{
    uint32_t letters[TOKEN_LETTERS_MAX];
    const struct token *last = &from->tokens[i + run - 1];
    struct token token = {.begin = from->tokens[i].begin, .end = last->end, .sign = last->sign};
    uint16_t kept = last->flags & (TOKEN_STOP | TOKEN_LIST);
    bool digits = true, spelt = true;
    for (size_t k = i; k < i + run; k++) {
        const struct token *part = &from->tokens[k];
        digits = digits && (part->flags & TOKEN_DIGITS);
        spelt = spelt && part->len == 1;
        kept |= part->flags & TOKEN_SIGNS;
        for (size_t l = 0; l < part->len && token.len < TOKEN_LETTERS_MAX; l++)
            letters[token.len++] = from->letters[part->at + l];
        if (k + 1 < i + run && (part->flags & TOKEN_GLUED) && stands_for_a_letter(part->sign) &&
            token.len < TOKEN_LETTERS_MAX) {
            letters[token.len++] = (uint32_t)part->sign;
            kept |= TOKEN_SIGNS;
        }
    }
    token.flags = (uint16_t)(kept | (digits ? TOKEN_DIGITS : 0) | (spelt ? TOKEN_SPELT : 0));
    return normal_add(joined, token, letters);
}

int normal_join(struct normal *joined, const struct normal *from)
{
    int err = 0, found = 0;
    memset(joined, 0, sizeof *joined);
    for (size_t i = 0; i < from->token_count && !err;) {
        size_t run = spelt_run(from, i);
        if (run == 0)
            run = glued_run(from, i);
        if (run > 1)
            found = 1;
        run = run ? run : 1;
        if (run > 1)
            err = add_run(joined, from, i, run);
        else
            err = normal_add(joined, from->tokens[i], &from->letters[from->tokens[i].at]);
        i += run;
    }
    if (err || !found)
        normal_free(joined);
    return err ? err : found;
}
