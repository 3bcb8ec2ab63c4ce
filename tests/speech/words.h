/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words that were heard wrongly: the least number of words to change, add and leave out to get from
 * one sentence to the other. Depends on nothing.
 */
#ifndef ROOST_TESTS_SPEECH_WORDS_H
#define ROOST_TESTS_SPEECH_WORDS_H

#include <stdbool.h>
#include <string.h>

enum { WORDS_MAX = 100 };

struct word {
    const char *at;
    size_t len;
};

static inline size_t words_of(struct word *out, const char *text)
{
    size_t count = 0;
    for (const char *p = text + strspn(text, " \n"); *p && count < WORDS_MAX;) {
        size_t len = strcspn(p, " \n");
        out[count++] = (struct word){p, len};
        p += len + strspn(p + len, " \n");
    }
    return count;
}

/* *said gets how many words there were. */
static inline size_t words_wrong(const char *said_text, const char *heard_text, size_t *said)
{
    struct word a[WORDS_MAX], b[WORDS_MAX];
    size_t row[WORDS_MAX + 1], n = words_of(b, heard_text);
    *said = words_of(a, said_text);
    for (size_t k = 0; k <= n; k++)
        row[k] = k;
    for (size_t i = 1; i <= *said; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t k = 1; k <= n; k++) {
            bool same =
                a[i - 1].len == b[k - 1].len && memcmp(a[i - 1].at, b[k - 1].at, a[i - 1].len) == 0;
            size_t best = corner + (same ? 0 : 1);
            corner = row[k];
            best = row[k] + 1 < best ? row[k] + 1 : best;
            row[k] = row[k - 1] + 1 < best ? row[k - 1] + 1 : best;
        }
    }
    return row[n];
}

#endif
