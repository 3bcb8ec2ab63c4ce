/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/safety/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "hub/safety/answers.h"
#include "hub/safety/gate_parts.h"
#include "hub/safety/split.h"

static const char *const categories[GATE_CATEGORIES] = {
#define X(name, text) [GATE_##name] = text,
    GATE_CATEGORY_LIST(X)
#undef X
};
static const char *const verdicts[GATE_VERDICTS] = {
    [GATE_ALLOW] = "allow", [GATE_BLOCK] = "block", [GATE_CARE] = "care"};

const char *gate_category_name(enum gate_category category)
{
    return categories[category];
}

const char *gate_verdict_name(enum gate_verdict verdict)
{
    return verdicts[verdict];
}

/* Which of the names it is; -1: none. */
static int index_of(const char *const *names, int count, const char *name, size_t len)
{
    for (int i = 0; i < count; i++)
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return i;
    return -1;
}

int gate_category_parse(enum gate_category *category, const char *name, size_t len)
{
    int found = index_of(categories, GATE_CATEGORIES, name, len);
    if (found < 0)
        return ROOST_ERR_INVALID;
    *category = (enum gate_category)found;
    return 0;
}

int gate_verdict_parse(enum gate_verdict *verdict, const char *name, size_t len)
{
    int found = index_of(verdicts, GATE_VERDICTS, name, len);
    if (found < 0)
        return ROOST_ERR_INVALID;
    *verdict = (enum gate_verdict)found;
    return 0;
}

void gate_stream_init(struct gate_stream *stream, const struct gate *gate,
                      enum gate_direction direction, enum child_language language,
                      enum child_age_group group)
{
    memset(stream, 0, sizeof *stream);
    stream->gate = gate;
    stream->direction = direction;
    stream->language = language;
    stream->group = group;
}

void gate_stream_wipe(struct gate_stream *stream)
{
    explicit_bzero(stream, sizeof *stream);
}

/* What was found in a text. */
struct finding {
    struct gate_result phrase;
    const struct pattern *pattern;
    struct learned_guess guess; /* of what is new in it */
    struct learned_guess whole; /* of that and of what came before */
    bool hidden; /* words were spelt out or put in signs: what was learnt does not know them */
    bool brief;  /* too few words for it to say anything */
};

/* "k1ll": letters and digits in one word. */
static bool is_mixed(const struct normal *normal, const struct token *token)
{
    bool digit = false, letter = false;
    for (size_t i = 0; i < token->len; i++) {
        uint32_t c = normal->letters[token->at + i];
        bool is_digit = c >= '0' && c <= '9';
        digit = digit || is_digit;
        letter = letter || !is_digit;
    }
    return digit && letter;
}

static bool is_hidden(const struct normal *normal)
{
    for (size_t i = 0; i < normal->token_count; i++)
        if ((normal->tokens[i].flags & (TOKEN_SIGNS | TOKEN_SPELT)) ||
            is_mixed(normal, &normal->tokens[i]))
            return true;
    return false;
}

static int guess(struct finding *finding, const struct gate_stream *stream,
                 const struct normal *normal, size_t new_from)
{
    const struct learned *learned = stream->gate->learned;
    struct learned_guess fresh, whole;
    if (!learned)
        return 0;
    int err = learned_judge(learned, normal, new_from, stream->direction, stream->group, &fresh);
    whole = fresh;
    if (!err && new_from > 0)
        err = learned_judge(learned, normal, 0, stream->direction, stream->group, &whole);
    if (err)
        return err;
    learned_take(&finding->guess, &fresh);
    learned_take(&finding->whole, &whole);
    finding->hidden = finding->hidden || is_hidden(normal);
    finding->brief = normal->token_count < LEARNED_WORDS_MIN;
    return 0;
}

/* The text as it stands, then with its words put together, then cut. What was learnt was learnt
 * from words that are put together. */
static int judge_views(struct finding *finding, const struct gate_stream *stream,
                       const struct normal *normal)
{
    const struct lexicon *lexicon = stream->gate->lexicon;
    size_t new_from = stream->tail_len;
    struct match_for who = {stream->direction, stream->group, stream->firm > 0, &finding->pattern};
    struct normal joined = {0}, split = {0};
    int err = match_text(lexicon, normal, new_from, &who, &finding->phrase);
    if (err)
        return err;
    int found = normal_join(&joined, normal);
    if (found > 0)
        err = match_text(lexicon, &joined, new_from, &who, &finding->phrase);
    else
        err = found;
    if (!err)
        err = guess(finding, stream, found > 0 ? &joined : normal, new_from);
    found = err ? err : split_words(&split, lexicon, found > 0 ? &joined : normal);
    if (found > 0)
        err = match_text(lexicon, &split, new_from, &who, &finding->phrase);
    else
        err = found;
    if (found > 0 && !err)
        err = guess(finding, stream, &split, new_from);
    normal_free(&joined);
    normal_free(&split);
    return err;
}

/* Whether a phrase was found in what is surely harmless. Not so swear words, which are no matter of
 * the sentence; and nothing is doubted soon after a block, and little in a few words. A child that
 * may need somebody is rather asked once too often. */
static bool is_doubted(const struct finding *finding, const struct gate_stream *stream)
{
    const struct gate_result *as = &finding->whole.as;
    bool need = learned_is_need(finding->phrase.category) &&
                (learned_is_need(as->category) || (as->verdict == GATE_ALLOW && !stream->unsure));
    float harmless = LEARNED_HARMLESS;
    if (need || finding->brief)
        harmless = finding->phrase.category == GATE_CONTACT ? LEARNED_NOBODY : LEARNED_NO_NEED;
    return stream->gate->learned && !finding->hidden && stream->firm == 0 &&
           finding->phrase.category != GATE_PROFANITY && finding->whole.any <= harmless;
}

static bool is_sure(const struct learned_guess *guess, const struct gate_stream *stream)
{
    float sure = learned_sure(guess->as.category);
    if (stream->firm > 0 && sure > LEARNED_PRESSED)
        sure = LEARNED_PRESSED;
    return !stream->unsure && guess->as.verdict != GATE_ALLOW && guess->stop >= sure;
}

/* Lexicon and learning, put together. */
static struct gate_result conclude(const struct finding *finding, const struct gate_stream *stream)
{
    const struct gate_result none = {GATE_ALLOW, GATE_NONE};
    struct gate_result phrase = is_doubted(finding, stream) ? none : finding->phrase;
    if (!is_sure(&finding->guess, stream))
        return phrase;
    /* A child in need first, though it said something that is forbidden, too. */
    if (phrase.verdict == GATE_ALLOW ||
        (phrase.verdict == GATE_BLOCK && finding->guess.as.verdict == GATE_CARE))
        return finding->guess.as;
    return phrase;
}

/* Keeps the end of what was said, from the begin of a word on. */
static void keep_tail(struct gate_stream *stream, const char *text, size_t len)
{
    size_t from = len > GATE_TAIL_MAX ? len - GATE_TAIL_MAX : 0;
    if (from > 0) {
        size_t word = from;
        while (word < len && text[word] != ' ' && text[word] != '\n')
            word++;
        if (word < len)
            from = word;
        while (from < len && ((unsigned char)text[from] & 0xc0) == 0x80)
            from++;
    }
    stream->tail_len = len - from;
    memcpy(stream->tail, text + from, stream->tail_len);
}

static const struct gate_result unreadable = {GATE_BLOCK, GATE_JAILBREAK};

/* A piece of at most GATE_TEXT_MAX bytes with what came before. */
static struct gate_result judge_piece(struct gate_stream *stream, const char *text, size_t len,
                                      struct finding *finding)
{
    struct gate_result result = unreadable;
    struct normal normal;
    size_t all = stream->tail_len + 1 + len;
    char *both = malloc(all);
    if (!both)
        return unreadable;
    memcpy(both, stream->tail, stream->tail_len);
    both[stream->tail_len] = '\n'; /* ends a sentence */
    memcpy(both + stream->tail_len + 1, text, len);
    int err = normal_read(&normal, both, all);
    if (!err) {
        err = judge_views(finding, stream, &normal);
        normal_free(&normal);
    }
    if (!err)
        result = conclude(finding, stream);
    if (result.verdict == GATE_ALLOW)
        keep_tail(stream, both, all);
    else /* answered or not said: nothing goes on from it */
        stream->tail_len = 0;
    explicit_bzero(both, all);
    free(both);
    return result;
}

/* Where to cut text that is longer than GATE_TEXT_MAX: behind a space, or before a letter. */
static size_t piece_len(const char *text, size_t len)
{
    size_t cut = GATE_TEXT_MAX;
    if (len <= GATE_TEXT_MAX)
        return len;
    while (cut > GATE_TEXT_MAX / 2 && text[cut] != ' ' && text[cut] != '\n')
        cut--;
    if (cut > GATE_TEXT_MAX / 2)
        return cut;
    for (cut = GATE_TEXT_MAX; cut > 1 && ((unsigned char)text[cut] & 0xc0) == 0x80; cut--) {
    }
    return cut;
}

static bool is_utf8(const char *text, size_t len)
{
    for (size_t i = 0, bytes; i < len; i += bytes) {
        bytes = roost_utf8_len(text + i, text + len);
        if (bytes == 0)
            return false;
    }
    return true;
}

static struct gate_result judge(struct gate_stream *stream, const char *text, size_t len,
                                struct finding *by)
{
    struct gate_result worst = {GATE_ALLOW, GATE_NONE};
    if (!is_utf8(text, len)) {
        worst = unreadable;
        len = 0;
    }
    while (len > 0) {
        size_t piece = piece_len(text, len);
        struct finding finding = {0};
        struct gate_result result = judge_piece(stream, text, piece, &finding);
        if (match_gravity(result.verdict, result.category) >
            match_gravity(worst.verdict, worst.category)) {
            worst = result;
            *by = finding;
        }
        text += piece;
        len -= piece;
    }
    if (worst.verdict == GATE_BLOCK) {
        stream->strikes++;
        stream->firm = GATE_FIRM_TURNS;
        stream->last = worst.category;
    } else if (stream->firm > 0) {
        stream->firm--;
    }
    return worst;
}

struct gate_result gate_judge(struct gate_stream *stream, const char *text, size_t len)
{
    struct finding by = {0};
    return judge(stream, text, len, &by);
}

struct gate_result gate_explain(struct gate_stream *stream, const char *text, size_t len, char *why,
                                size_t why_size)
{
    struct finding by = {0};
    struct gate_result result = judge(stream, text, len, &by);
    bool phrase =
        by.pattern && result.verdict == by.phrase.verdict && result.category == by.phrase.category;
    snprintf(why, why_size, "%s", "");
    if (phrase)
        snprintf(why, why_size, "%s:%u", stream->gate->lexicon->files.at[by.pattern->file].name,
                 by.pattern->line);
    else if (result.verdict != GATE_ALLOW && by.guess.stop > 0)
        snprintf(why, why_size, "learnt: %.2f", (double)by.guess.stop);
    return result;
}

const char *gate_answer(const struct gate *gate, enum gate_direction direction,
                        struct gate_result result, enum child_language language,
                        enum child_age_group group, unsigned turn)
{
    return answers_find(gate->answers, direction, result, language, group, turn);
}
