/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/speech/ngrams.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sphinxbase/err.h>
#include <sphinxbase/ngram_model.h>

static const char *const said[] = {"tell me a joke", "tell me a story", "a story", "stop", "stop"};

static struct words words;

static void add(struct ngrams *g, const char *sentence)
{
    uint32_t ids[16];
    size_t count = 0;
    for (const char *p = sentence; *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        ids[count++] = words_add(&words, p, len);
        p += len;
    }
    ngrams_sentence(g, ids, count);
}

static ngram_model_t *build(logmath_t *log)
{
    char path[] = "/tmp/roost-ngrams-XXXXXX";
    int fd = mkstemp(path);
    FILE *out = fdopen(fd, "w");
    struct ngrams g = {0};
    ngram_model_t *model;
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        add(&g, said[i]);
    assert_int_equal(g.sentences, 5);
    assert_int_equal(ngrams_write(&g, &words, out), 0);
    fclose(out);
    model = ngram_model_read(NULL, path, NGRAM_ARPA, log);
    remove(path);
    ngrams_free(&g);
    return model;
}

static double p(ngram_model_t *m, logmath_t *log, const char *word, const char *before,
                const char *first)
{
    int32 history[2] = {ngram_wid(m, before), first ? ngram_wid(m, first) : 0}, used;
    return logmath_exp(log, ngram_ng_prob(m, ngram_wid(m, word), history, first ? 2 : 1, &used));
}

/* The recogniser's own reader takes it, and behind every history all words together are certain. */
static void probabilities_add_up(void **state)
{
    static const char *const histories[][2] = {{"<s>", NULL}, {"a", NULL},     {"me", "tell"},
                                               {"a", "me"},   {"stop", "<s>"}, {"joke", "stop"}};
    logmath_t *log = logmath_init(1.0001, 0, 0);
    ngram_model_t *m;
    (void)state;
    err_set_logfp(NULL);
    m = build(log);
    assert_non_null(m);
    for (size_t h = 0; h < sizeof histories / sizeof histories[0]; h++) {
        double sum = p(m, log, "</s>", histories[h][0], histories[h][1]);
        for (uint32_t i = 0; i < words.count; i++)
            sum += p(m, log, words.text[i], histories[h][0], histories[h][1]);
        assert_true(fabs(sum - 1) < 0.01);
    }
    assert_true(p(m, log, "a", "me", "tell") > 0.5);
    assert_true(p(m, log, "joke", "a", "me") > p(m, log, "stop", "a", "me") * 3);
    ngram_model_free(m);
    logmath_free(log);
}

static void nothing_makes_no_model(void **state)
{
    struct ngrams g = {0};
    (void)state;
    assert_int_equal(ngrams_write(&g, &words, stdout), -1);
}

static void words_have_numbers(void **state)
{
    struct words w = {0};
    char text[16];
    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "w%u", i);
        assert_int_equal(words_add(&w, text, strlen(text)), i);
    }
    assert_int_equal(words_add(&w, "w17", 3), 17);
    assert_int_equal(words_find(&w, "w4999x", 5), 4999);
    assert_int_equal(words_find(&w, "x", 1), WORDS_NONE);
    assert_string_equal(w.text[42], "w42");
    words_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probabilities_add_up),
        cmocka_unit_test(nothing_makes_no_model),
        cmocka_unit_test(words_have_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
