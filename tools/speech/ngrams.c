/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/speech/ngrams.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Sorted behind all words. */
#define BEGIN (UINT32_MAX - 2)
#define END   (UINT32_MAX - 1)

void ngrams_sentence(struct ngrams *g, const uint32_t *words, size_t count)
{
    uint32_t history[2] = {BEGIN, BEGIN};
    if (count > NGRAMS_SENTENCE_MAX)
        count = NGRAMS_SENTENCE_MAX;
    for (size_t i = 0; i <= count; i++) {
        uint32_t word = i < count ? words[i] : END;
        if (g->count == g->room) {
            g->room = g->room ? 2 * g->room : 4096;
            g->at = words_resize(g->at, g->room, sizeof *g->at);
        }
        g->at[g->count++] = (struct ngram){{history[0], history[1], word}, 1};
        history[0] = history[1];
        history[1] = word;
    }
    g->sentences++;
}

static int by_words(const void *a, const void *b)
{
    const struct ngram *x = a, *y = b;
    for (int i = 0; i < 3; i++)
        if (x->word[i] != y->word[i])
            return x->word[i] < y->word[i] ? -1 : 1;
    return 0;
}

/* Sorts and adds up what is the same. */
static void compact(struct ngrams *g)
{
    size_t kept = 0;
    qsort(g->at, g->count, sizeof *g->at, by_words);
    for (size_t i = 0; i < g->count; i++) {
        if (kept > 0 && by_words(&g->at[kept - 1], &g->at[i]) == 0)
            g->at[kept - 1].count += g->at[i].count;
        else
            g->at[kept++] = g->at[i];
    }
    g->count = kept;
}

/* A list of sentences says what may be said and not how often: a hundred lines that differ in their
 * number are hardly more than one. */
static void dampen(struct ngrams *g)
{
    for (size_t i = 0; i < g->count; i++)
        g->at[i].count = 1 + (uint32_t)log2(g->at[i].count);
}

/* The same events with the first `drop` words of their history forgotten, each counted as often as
 * it has longer histories (Kneser and Ney 1995). */
static struct ngrams shorter(const struct ngrams *g, int drop)
{
    struct ngrams s = {.count = g->count, .room = g->count};
    s.at = words_resize(NULL, s.room, sizeof *s.at);
    for (size_t i = 0; i < g->count; i++) {
        s.at[i] = g->at[i];
        s.at[i].count = drop ? 1 : g->at[i].count;
        for (int k = 0; k < drop; k++)
            s.at[i].word[k] = 0;
    }
    compact(&s);
    return s;
}

/* Events behind the history of at[from]: up to which, how many, and of how many kinds. */
struct behind {
    size_t to;
    double events, kinds;
};

static struct behind look_behind(const struct ngrams *g, size_t from)
{
    struct behind b = {.to = from};
    const struct ngram *first = &g->at[from];
    for (; b.to < g->count && g->at[b.to].word[0] == first->word[0] &&
           g->at[b.to].word[1] == first->word[1];
         b.to++) {
        b.events += g->at[b.to].count;
        b.kinds += 1;
    }
    return b;
}

static const struct ngram *find(const struct ngrams *g, uint32_t a, uint32_t b, uint32_t c)
{
    struct ngram key = {{a, b, c}, 0};
    return bsearch(&key, g->at, g->count, sizeof key, by_words);
}

/* All three orders, with p[] beside each event and the share left for the shorter history. */
struct orders {
    struct ngrams of[3]; /* unigrams, bigrams, trigrams */
    double *p[3];
    double *left[3]; /* of the history that the event's words are: what backs off */
};

static double p_of(const struct orders *o, int order, const struct ngram *g)
{
    const struct ngram *found = order == 0   ? find(&o->of[0], 0, 0, g->word[2])
                                : order == 1 ? find(&o->of[1], 0, g->word[1], g->word[2])
                                             : g;
    return o->p[order][found - o->of[order].at];
}

/* The event whose words are the history of g's order: where its back-off weight stands. */
static const struct ngram *history_of(const struct orders *o, int order, const struct ngram *g)
{
    return order == 1 ? find(&o->of[0], 0, 0, g->word[1])
                      : find(&o->of[1], 0, g->word[0], g->word[1]);
}

static void estimate(struct orders *o, int order, double *begin_left)
{
    struct ngrams *g = &o->of[order];
    for (size_t i = 0; i < g->count;) {
        struct behind b = look_behind(g, i);
        double left = b.kinds / (b.events + b.kinds);
        if (order > 0) {
            const struct ngram *h = history_of(o, order, &g->at[i]);
            if (h)
                o->left[order - 1][h - o->of[order - 1].at] = left;
            else if (order == 1)
                *begin_left = left; /* <s> is no event */
        }
        for (; i < b.to; i++) {
            double below = order == 0 ? 1.0 / (double)g->count : p_of(o, order - 1, &g->at[i]);
            o->p[order][i] = g->at[i].count / (b.events + b.kinds) + left * below;
        }
    }
}

static const char *name_of(const struct words *words, uint32_t word)
{
    return word == BEGIN ? "<s>" : word == END ? "</s>" : words->text[word];
}

/* A trigram behind <s> <s> is the bigram behind <s>. */
static bool is_written(int order, const struct ngram *g)
{
    return order < 2 || g->word[0] != BEGIN || g->word[1] != BEGIN;
}

static void write_order(const struct orders *o, int order, double begin_left,
                        const struct words *words, FILE *out)
{
    const struct ngrams *g = &o->of[order];
    fprintf(out, "\n\\%d-grams:\n", order + 1);
    if (order == 0)
        fprintf(out, "-99.0000 <s> %.4f\n", log10(begin_left));
    for (size_t i = 0; i < g->count; i++) {
        if (!is_written(order, &g->at[i]))
            continue;
        fprintf(out, "%.4f", log10(o->p[order][i]));
        for (int k = 2 - order; k < 3; k++)
            fprintf(out, " %s", name_of(words, g->at[i].word[k]));
        if (order < 2 && g->at[i].word[2] != END)
            fprintf(out, " %.4f", log10(o->left[order][i]));
        fputc('\n', out);
    }
}

static size_t written(const struct ngrams *g, int order)
{
    size_t count = 0;
    for (size_t i = 0; i < g->count; i++)
        count += is_written(order, &g->at[i]) ? 1 : 0;
    return count;
}

int ngrams_write(struct ngrams *g, const struct words *words, FILE *out)
{
    struct orders o;
    double begin_left = 1;
    if (g->count == 0)
        return -1;
    compact(g);
    dampen(g);
    o.of[2] = shorter(g, 0);
    o.of[1] = shorter(&o.of[2], 1);
    o.of[0] = shorter(&o.of[1], 2);
    for (int k = 0; k < 3; k++) {
        o.p[k] = words_resize(NULL, o.of[k].count, sizeof(double));
        o.left[k] = words_resize(NULL, o.of[k].count, sizeof(double));
        for (size_t i = 0; i < o.of[k].count; i++)
            o.left[k][i] = 1;
    }
    for (int k = 0; k < 3; k++)
        estimate(&o, k, &begin_left);
    fprintf(out, "\\data\\\nngram 1=%zu\nngram 2=%zu\nngram 3=%zu\n", o.of[0].count + 1,
            o.of[1].count, written(&o.of[2], 2));
    for (int k = 0; k < 3; k++) {
        write_order(&o, k, begin_left, words, out);
        free(o.p[k]);
        free(o.left[k]);
        ngrams_free(&o.of[k]);
    }
    fputs("\n\\end\\\n", out);
    return ferror(out) ? -1 : 0;
}

void ngrams_free(struct ngrams *g)
{
    free(g->at);
    *g = (struct ngrams){0};
}
