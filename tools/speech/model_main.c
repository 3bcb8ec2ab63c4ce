/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roost-speech-model: builds what the recogniser needs to know of the words that are said to the
 * teddy, from plain lists of sentences, one a line: a language model of them, and a dictionary of
 * the most frequent words of the language that holds each of theirs.
 */
#include <ctype.h>
#include <math.h>
#include <pocketsphinx.h>
#include <sphinxbase/err.h>
#include <sphinxbase/ngram_model.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "host/program.h"
#include "tools/speech/lexicon.h"
#include "tools/speech/ngrams.h"

struct settings {
    struct option_list sentences;
    const char *dictionary, *general, *pronounce, *dictionary_out, *model_out;
    uint64_t words;
};

#define AT(member) .at = offsetof(struct settings, member)
/* clang-format off: a row is a line or two */
static const struct option_spec options[] = {
    {.name = "sentences",
     .value = "FILE",
     .kind = OPTION_LIST,
     .max = OPTION_LIST_MAX,
     .help = "what is said, a sentence a line; without it, standard input",
     AT(sentences)},
    {.name = "dictionary", .value = "FILE", .required = 1, .help = "of all words", AT(dictionary)},
    {.name = "general",
     .value = "FILE",
     .required = 1,
     .help = "the general language model, for how frequent a word is",
     AT(general)},
    {.name = "pronounce", .value = "FILE", .help = "pronunciations of our own", AT(pronounce)},
    {.name = "words",
     .value = "N",
     .kind = OPTION_NUMBER,
     .initial = "10000",
     .min = 100,
     .max = 200000,
     .help = "how many the dictionary gets",
     AT(words)},
    {.name = "dictionary-out",
     .value = "FILE",
     .required = 1,
     .help = "gets the dictionary",
     AT(dictionary_out)},
    {.name = "model-out",
     .value = "FILE",
     .required = 1,
     .help = "gets the language model, ARPA",
     AT(model_out)},
};
/* clang-format on */

struct building {
    struct lexicon lexicon;
    struct words said; /* of the sentences, and then of the language */
    struct ngrams ngrams;
    size_t skipped; /* sentences with digits or another script's letters: nobody says those */
    size_t guessed;
};

/* "whats" where only "what's" has a pronunciation. */
static bool with_apostrophe(const struct lexicon *l, char *word, size_t size)
{
    char tried[64];
    size_t len = strlen(word);
    if (len + 2 > sizeof tried || len + 2 > size)
        return false;
    for (size_t tail = 1; tail <= 2 && tail < len; tail++) {
        snprintf(tried, sizeof tried, "%.*s'%s", (int)(len - tail), word, word + len - tail);
        if (lexicon_knows(l, tried)) {
            memcpy(word, tried, len + 2);
            return true;
        }
    }
    return false;
}

/* The word's number; WORDS_NONE: it cannot be spoken. */
static uint32_t know(struct building *b, char *word, size_t size)
{
    if (!lexicon_knows(&b->lexicon, word) && !with_apostrophe(&b->lexicon, word, size)) {
        if (!lexicon_guess(&b->lexicon, word)) {
            fprintf(stderr, "no pronunciation: %s\n", word);
            return WORDS_NONE;
        }
        b->guessed++;
        fprintf(stderr, "by rule: ");
        lexicon_write(&b->lexicon, word, stderr);
    }
    return words_add(&b->said, word, strlen(word));
}

static bool in_word(const char *p)
{
    return isalpha((unsigned char)*p) || (*p == '\'' && isalpha((unsigned char)p[1]));
}

/* A typographic apostrophe becomes a plain one. False: there are digits or foreign letters in it,
 * as in what is written so as not to be understood. */
static bool is_plain(char *line)
{
    char *out = line;
    for (const char *p = line; *p; p++) {
        if (strncmp(p, "\xE2\x80\x99", 3) == 0) {
            *out++ = '\'';
            p += 2;
        } else if (isdigit((unsigned char)*p) || (unsigned char)*p > 0x7f) {
            return false;
        } else {
            *out++ = *p;
        }
    }
    *out = '\0';
    return true;
}

static void take_sentence(struct building *b, char *line)
{
    uint32_t ids[NGRAMS_SENTENCE_MAX];
    size_t count = 0;
    if (!is_plain(line)) {
        b->skipped++;
        return;
    }
    for (const char *p = line; *p && count < NGRAMS_SENTENCE_MAX;) {
        char word[48];
        size_t len = 0;
        uint32_t id;
        for (; in_word(p); p++)
            if (len + 3 < sizeof word)
                word[len++] = (char)tolower((unsigned char)*p);
        word[len] = '\0';
        if (len > 0 && (id = know(b, word, sizeof word)) != WORDS_NONE)
            ids[count++] = id;
        while (*p && !in_word(p))
            p++;
    }
    if (count > 0)
        ngrams_sentence(&b->ngrams, ids, count);
}

static int take_file(struct building *b, const char *path)
{
    char line[2048];
    FILE *in = path ? fopen(path, "r") : stdin;
    int err = 0;
    if (!in)
        err = ROOST_ERR_NOT_FOUND;
    while (in && fgets(line, sizeof line, in))
        if (line[0] != '#')
            take_sentence(b, line);
    if (err || ferror(in)) {
        fprintf(stderr, "roost-speech-model: cannot read %s\n", path ? path : "standard input");
        err = ROOST_ERR_IO;
    }
    if (in && path)
        fclose(in);
    return err;
}

struct frequent {
    const char *word;
    int32_t p;
};

static int by_p(const void *a, const void *b)
{
    const struct frequent *x = a, *y = b;
    return x->p != y->p ? (x->p < y->p ? 1 : -1) : strcmp(x->word, y->word);
}

/* Adds the language's most frequent words until there are `words` of them. */
static int add_frequent(struct building *b, const char *path, size_t words)
{
    logmath_t *log = logmath_init(1.0001, 0, 0);
    ngram_model_t *general = ngram_model_read(NULL, path, NGRAM_AUTO, log);
    struct frequent *all;
    size_t count = 0, size;
    if (!general) {
        fprintf(stderr, "roost-speech-model: cannot read %s\n", path);
        logmath_free(log);
        return ROOST_ERR_IO;
    }
    size = ngram_model_get_counts(general)[0];
    all = words_resize(NULL, size, sizeof *all);
    for (size_t i = 0; i < size; i++) {
        int32 n;
        const char *word = ngram_word(general, (int32)i);
        if (word && lexicon_knows(&b->lexicon, word))
            all[count++] = (struct frequent){word, ngram_ng_prob(general, (int32)i, NULL, 0, &n)};
    }
    qsort(all, count, sizeof *all, by_p);
    for (size_t i = 0; i < count && b->said.count < words; i++)
        words_add(&b->said, all[i].word, strlen(all[i].word));
    free(all);
    ngram_model_free(general);
    logmath_free(log);
    return 0;
}

/* Writes to a name beside it first: a build that was broken off leaves no half file. */
static int write_out(struct building *b, const char *path, bool dictionary)
{
    char name[1024];
    FILE *out;
    int err = 0;
    snprintf(name, sizeof name, "%s.new", path);
    out = fopen(name, "w");
    if (out && dictionary)
        for (uint32_t i = 0; i < b->said.count; i++)
            lexicon_write(&b->lexicon, b->said.text[i], out);
    else if (out)
        err = ngrams_write(&b->ngrams, &b->said, out);
    if (!out || err || ferror(out) || fclose(out) || rename(name, path)) {
        fprintf(stderr, "roost-speech-model: cannot write %s\n", path);
        return ROOST_ERR_IO;
    }
    return 0;
}

static int read_lexicon(struct building *b, const char *path, enum lexicon_source source)
{
    int line = path ? lexicon_read(&b->lexicon, path, source) : 0;
    if (line < 0)
        fprintf(stderr, "roost-speech-model: cannot read %s\n", path);
    else if (line > 0)
        fprintf(stderr, "roost-speech-model: %s:%d: not a word and its phones\n", path, line);
    return line ? ROOST_ERR_INVALID : 0;
}

static int build(const struct settings *s)
{
    struct building b = {0};
    int err = read_lexicon(&b, s->pronounce, LEXICON_OURS);
    size_t said;
    if (!err)
        err = read_lexicon(&b, s->dictionary, LEXICON_THEIRS);
    if (!err && s->sentences.count == 0)
        err = take_file(&b, NULL);
    for (size_t i = 0; i < s->sentences.count && !err; i++)
        err = take_file(&b, s->sentences.values[i]);
    said = b.said.count;
    if (!err && b.ngrams.count == 0) {
        fputs("roost-speech-model: there is no sentence\n", stderr);
        err = ROOST_ERR_EMPTY;
    }
    if (!err)
        err = write_out(&b, s->model_out, false);
    if (!err)
        err = add_frequent(&b, s->general, s->words);
    if (!err)
        err = write_out(&b, s->dictionary_out, true);
    if (!err)
        printf(
            "%zu sentences of %zu words, %zu of them pronounced by rule; %zu sentences with digits "
            "or foreign letters left out; dictionary of %u words\n",
            b.ngrams.sentences, said, b.guessed, b.skipped, b.said.count);
    ngrams_free(&b.ngrams);
    words_free(&b.said);
    lexicon_free(&b.lexicon);
    return err ? 1 : 0;
}

int main(int argc, char **argv)
{
    static const struct program_spec program = {
        .name = "roost-speech-model",
        .version = ROOST_VERSION,
        .help = "builds the recogniser's language model and dictionary from sentences",
        PROGRAM_OPTIONS(options)};
    struct settings settings = {0};
    int status = program_read(&program, &settings, argc, argv);
    if (status != PROGRAM_GOES_ON)
        return status;
    err_set_logfp(NULL);
    return build(&settings);
}
