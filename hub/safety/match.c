/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/safety/match.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/safety/numbers.h"

enum { WINDOW = 63, STEP = 32 }; /* bit 0 is what stands before the first token */

typedef uint64_t mask;

struct matcher {
    const struct lexicon *lexicon;
    const struct match_for *who;
    mask *words;                      /* a word ends here */
    mask (*sets)[LEXICON_PHRASE_MAX]; /* [set][length - 1] */
    uint32_t *touched;                /* words that are anywhere in the window */
    size_t touched_count;
    uint8_t *marks;                   /* of each token of the text, a bit for each special */
    mask begins, ends, breaks, fresh; /* of sentences; breaks: a sentence ends, more follows */
    mask excused[GATE_CATEGORIES];
    unsigned at; /* the token that is looked up, in the window */
};

static void touch(void *arg, uint32_t word)
{
    struct matcher *matcher = arg;
    if (matcher->words[word] == 0)
        matcher->touched[matcher->touched_count++] = word;
    matcher->words[word] |= (mask)1 << matcher->at;
}

/* ---- a window's masks ---- */

static void add_phrases(struct matcher *matcher)
{
    const struct lexicon *lexicon = matcher->lexicon;
    for (size_t i = 0; i < lexicon->items.count; i++) {
        const struct item *item = &lexicon->items.at[i];
        mask found = matcher->words[item->words[0]];
        for (size_t k = 1; k < item->count && found; k++)
            found = found << 1 & matcher->words[item->words[k]];
        matcher->sets[item->set][item->count - 1] |= found;
    }
    for (size_t i = 0; i < lexicon->inclusions.count; i++) {
        const struct inclusion *inclusion = &lexicon->inclusions.at[i];
        for (size_t k = 0; k < LEXICON_PHRASE_MAX; k++)
            matcher->sets[inclusion->set][k] |= matcher->sets[inclusion->from][k];
    }
}

static void look_at(struct matcher *matcher, const struct normal *normal, size_t from, size_t to,
                    size_t new_from)
{
    const struct lexicon *lexicon = matcher->lexicon;
    memset(matcher->words, 0, lexicon->words.count * sizeof *matcher->words);
    memset(matcher->sets, 0, lexicon->sets.count * sizeof *matcher->sets);
    matcher->touched_count = 0;
    matcher->begins = matcher->ends = matcher->breaks = matcher->fresh = 0;
    for (size_t i = from; i < to; i++) {
        const struct token *token = &normal->tokens[i];
        matcher->at = (unsigned)(i - from) + 1;
        mask bit = (mask)1 << matcher->at;
        if (i == 0 || (normal->tokens[i - 1].flags & TOKEN_STOP))
            matcher->begins |= bit;
        if (i + 1 == normal->token_count || (token->flags & TOKEN_STOP))
            matcher->ends |= bit;
        if (token->flags & TOKEN_STOP)
            matcher->breaks |= bit;
        if (token->end > new_from)
            matcher->fresh |= bit;
        for (uint32_t special = 0; special < SPECIALS; special++)
            if (special == SPECIAL_ANY || (matcher->marks[i] >> special & 1))
                touch(matcher, special);
        lexicon_look_up(lexicon, &normal->letters[token->at], token->len, token->flags, touch,
                        matcher);
    }
    for (size_t i = 0; i < matcher->touched_count; i++) {
        uint32_t word = matcher->touched[i];
        for (uint32_t p = lexicon->words.at[word].postings; p != LEXICON_NONE;
             p = lexicon->postings.at[p].next)
            matcher->sets[lexicon->postings.at[p].set][0] |= matcher->words[word];
    }
    add_phrases(matcher);
}

/* ---- one phrase ---- */

/* Where a phrase may be after each of its parts. open: nothing was needed yet, so that the next
 * part may begin anywhere. */
struct state {
    mask at;
    bool open;
};

static mask next_begins(const struct state *state)
{
    return state->open ? ~(mask)0 : state->at << 1;
}

/* Up to `gap` words further; the end of a sentence counts as three words. */
static mask over_gap(mask at, unsigned gap, mask breaks)
{
    mask reached[LEXICON_GAP_LONG + 1];
    reached[0] = at;
    for (unsigned i = 1; i <= gap; i++) {
        reached[i] = reached[i - 1] | (reached[i - 1] & ~breaks) << 1;
        if (i >= 3)
            reached[i] |= (reached[i - 3] & breaks) << 1;
    }
    return reached[gap];
}

static mask ends_of(const struct matcher *matcher, const struct element *element, size_t length,
                    mask excused)
{
    if (element->kind == ELEMENT_WORD)
        return length == 1 ? matcher->words[element->index] & ~excused : 0;
    return matcher->sets[element->index][length - 1] & ~excused;
}

static bool may_end(const struct matcher *matcher, const struct element *element)
{
    return element->kind == ELEMENT_SET && matcher->lexicon->sets.at[element->index].or_end;
}

static struct state step(const struct matcher *matcher, const struct element *element,
                         struct state from, mask excused)
{
    struct state to = {0, false};
    mask begins = next_begins(&from);
    switch ((enum element_kind)element->kind) {
    case ELEMENT_GAP:
        to = from;
        to.at = over_gap(from.at, element->gap, matcher->breaks);
        return to;
    case ELEMENT_BEGIN:
        to.at = matcher->begins >> 1;
        return to;
    case ELEMENT_END:
        to.at = from.at & matcher->ends;
        return to;
    case ELEMENT_WORD:
    case ELEMENT_SET:
        break;
    }
    for (size_t length = 1; length <= LEXICON_PHRASE_MAX; length++)
        to.at |= begins << (length - 1) & ends_of(matcher, element, length, excused);
    if (may_end(matcher, element))
        to.at |= from.at & matcher->ends;
    if (element->optional) {
        to.at |= from.at;
        to.open = from.open;
    }
    return to;
}

/* Where the pattern's matches end; states (NULL or room for LEXICON_ELEMENTS_MAX): after each part.
 */
static mask run_pattern(const struct matcher *matcher, const struct pattern *pattern, mask excused,
                        struct state *states)
{
    const struct element *elements = &matcher->lexicon->elements.at[pattern->first];
    struct state state = {0, true};
    for (size_t i = 0; i < pattern->count; i++) {
        state = step(matcher, &elements[i], state, excused);
        if (states)
            states[i] = state;
        if (!state.open && state.at == 0)
            return 0;
    }
    return state.open ? 0 : state.at;
}

/* The tokens of the pattern's words, for those of its matches that end in `ends`. */
static mask words_of(const struct matcher *matcher, const struct pattern *pattern,
                     const struct state *states, mask ends, mask excused)
{
    const struct element *elements = &matcher->lexicon->elements.at[pattern->first];
    mask covered = 0;
    for (size_t i = pattern->count; i-- > 0;) {
        mask before = i ? states[i - 1].at : 0;
        if (elements[i].kind == ELEMENT_GAP) {
            mask back = ends;
            for (unsigned k = 0; k < elements[i].gap; k++)
                back |= back >> 1;
            ends = back & before;
        } else if (elements[i].kind <= ELEMENT_SET) {
            mask previous =
                elements[i].optional || may_end(matcher, &elements[i]) ? ends & before : 0;
            for (size_t length = 1; length <= LEXICON_PHRASE_MAX; length++) {
                mask here = ends & ends_of(matcher, &elements[i], length, excused);
                for (size_t k = 0; k < length; k++)
                    covered |= here >> k;
                previous |= here >> length & before;
            }
            ends = previous;
        }
    }
    return covered;
}

/* ---- what the phrases say ---- */

static const struct clause *clause_for(const struct matcher *matcher, const struct group *group)
{
    if (group->pressed && !matcher->who->pressed)
        return NULL;
    for (size_t i = 0; i < group->clause_count; i++)
        if ((group->clauses[i].directions >> matcher->who->direction & 1) &&
            (group->clauses[i].groups >> matcher->who->group & 1))
            return &group->clauses[i];
    return NULL;
}

static enum gate_category category_of(const struct group *group)
{
    for (unsigned i = 0; i < GATE_CATEGORIES; i++)
        if (group->categories >> i & 1)
            return (enum gate_category)i;
    return GATE_NONE;
}

/* Of two findings the graver one is told: somebody in need before something forbidden. */
unsigned match_gravity(enum gate_verdict verdict, enum gate_category category)
{
    static const uint8_t order[GATE_CATEGORIES] = {[GATE_WELFARE] = 21,
                                                   [GATE_SELF_HARM] = 20,
                                                   [GATE_CONTACT] = 19,
                                                   [GATE_SEXUAL] = 18,
                                                   [GATE_DISTRESS] = 17,
                                                   [GATE_WEAPONS] = 16,
                                                   [GATE_VIOLENCE] = 15,
                                                   [GATE_DRUGS] = 14,
                                                   [GATE_HATE] = 13,
                                                   [GATE_BULLYING] = 12,
                                                   [GATE_DANGEROUS_ACTS] = 11,
                                                   [GATE_PERSONAL_DATA] = 10,
                                                   [GATE_ATTACHMENT] = 9,
                                                   [GATE_JAILBREAK] = 8,
                                                   [GATE_SCARY] = 7,
                                                   [GATE_DEATH] = 6,
                                                   [GATE_WAR] = 5,
                                                   [GATE_DIVORCE] = 4,
                                                   [GATE_BIRTH] = 3,
                                                   [GATE_RELIGION] = 2,
                                                   [GATE_PROFANITY] = 1};
    unsigned rank = verdict == GATE_CARE ? 200 : verdict == GATE_BLOCK ? 100 : 0;
    /* A child that says where it lives and that it is hurt is helped first. */
    return rank + (verdict == GATE_CARE && category == GATE_PERSONAL_DATA ? 0 : order[category]);
}

static void excuse(struct matcher *matcher, const struct pattern *pattern,
                   const struct group *group)
{
    struct state states[LEXICON_ELEMENTS_MAX];
    mask ends = run_pattern(matcher, pattern, 0, states);
    if (ends == 0)
        return;
    mask covered = words_of(matcher, pattern, states, ends, 0);
    for (unsigned i = 0; i < GATE_CATEGORIES; i++)
        if (group->categories >> i & 1)
            matcher->excused[i] |= covered;
}

/* Runs every phrase over the window that was looked at. marked: NULL, or the bits of the words of
 * what is found of the category. */
static void judge_window(struct matcher *matcher, struct gate_result *result,
                         enum gate_category category, mask *marked)
{
    const struct lexicon *lexicon = matcher->lexicon;
    memset(matcher->excused, 0, sizeof matcher->excused);
    for (size_t i = 0; i < lexicon->patterns.count; i++) {
        const struct pattern *pattern = &lexicon->patterns.at[i];
        const struct group *group = &lexicon->groups.at[pattern->group];
        const struct clause *clause = clause_for(matcher, group);
        if (!clause)
            continue;
        if (group->safe) {
            excuse(matcher, pattern, group);
            continue;
        }
        enum gate_category found = category_of(group);
        if (marked ? found != category
                   : match_gravity(clause->verdict, found) <=
                         match_gravity(result->verdict, result->category))
            continue;
        struct state states[LEXICON_ELEMENTS_MAX];
        mask ends = run_pattern(matcher, pattern, matcher->excused[found], states) & matcher->fresh;
        if (ends == 0)
            continue;
        if (marked)
            *marked |= words_of(matcher, pattern, states, ends, matcher->excused[found]);
        else
            *result = (struct gate_result){clause->verdict, found};
        if (!marked && matcher->who->by)
            *matcher->who->by = pattern;
    }
}

static int matcher_init(struct matcher *matcher, const struct lexicon *lexicon,
                        const struct normal *normal, const struct match_for *who)
{
    memset(matcher, 0, sizeof *matcher);
    matcher->lexicon = lexicon;
    matcher->who = who;
    matcher->words = malloc(lexicon->words.count * sizeof *matcher->words);
    matcher->touched = malloc(lexicon->words.count * sizeof *matcher->touched);
    matcher->sets = malloc((lexicon->sets.count + 1) * sizeof *matcher->sets);
    matcher->marks = malloc(normal->token_count + 1);
    if (!matcher->words || !matcher->touched || !matcher->sets || !matcher->marks)
        return ROOST_ERR_NO_MEMORY;
    numbers_mark(normal, matcher->marks);
    return 0;
}

static void matcher_deinit(struct matcher *matcher)
{
    free(matcher->words);
    free(matcher->touched);
    free(matcher->sets);
    free(matcher->marks);
}

static int run(const struct lexicon *lexicon, const struct normal *normal, size_t new_from,
               const struct match_for *who, struct gate_result *result, enum gate_category category,
               bool *spans)
{
    struct matcher matcher;
    int err = matcher_init(&matcher, lexicon, normal, who);
    for (size_t from = 0; from < normal->token_count && !err; from += STEP) {
        size_t to = from + WINDOW < normal->token_count ? from + WINDOW : normal->token_count;
        mask marked = 0;
        if (normal->tokens[to - 1].end > new_from) {
            look_at(&matcher, normal, from, to, new_from);
            judge_window(&matcher, result, category, spans ? &marked : NULL);
        }
        for (size_t i = from; i < to && spans; i++)
            spans[i] = spans[i] || (marked >> (i - from + 1) & 1);
        if (to == normal->token_count)
            break;
    }
    matcher_deinit(&matcher);
    return err;
}

int match_text(const struct lexicon *lexicon, const struct normal *normal, size_t new_from,
               const struct match_for *who, struct gate_result *result)
{
    return run(lexicon, normal, new_from, who, result, GATE_NONE, NULL);
}

int match_mark(const struct lexicon *lexicon, const struct normal *normal,
               const struct match_for *who, enum gate_category category, bool *spans)
{
    struct gate_result none = {GATE_ALLOW, GATE_NONE};
    return run(lexicon, normal, 0, who, &none, category, spans);
}
