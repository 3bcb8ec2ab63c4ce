/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "hub/companion/companion_internal.h"

enum {
    VARIANTS_MIN = 12, /* of what is said most often */
    NUMBERS_TO = 100,
    HOURS_ALL = 15,
};

static int bad(const struct check *c, uint16_t file, uint16_t line, const char *what,
               const char *name)
{
    return talk_fault_at(c->fault, c->tongue, file, line, ROOST_ERR_INVALID, what, name);
}

static const struct spoken *spoken_at(const struct check *c, uint16_t index)
{
    return index ? &c->tongue->spoken.at[index - 1] : NULL;
}

/* ---- spoken lines ---- */

static bool is_end_mark(const char *p, size_t len)
{
    return (len == 1 && strchr(".!?", p[0])) || (len == 2 && !memcmp(p, "\xD8\x9F", 2)) ||
           (len == 3 && !memcmp(p, "\xE2\x80\xA6", 3));
}

/* Words of a line, and of its longest sentence. */
static unsigned count_words(const char *text, unsigned *longest)
{
    unsigned all = 0, sentence = 0;
    *longest = 0;
    for (const char *p = text; *p;) {
        p += strspn(p, " \t");
        size_t len = strcspn(p, " \t");
        bool ended = false;
        for (size_t i = 0; i < len; i++)
            for (size_t n = 1; n <= 3 && i + n <= len; n++)
                ended |= is_end_mark(p + i, n);
        all += len > 0;
        sentence += len > 0;
        if (sentence > *longest)
            *longest = sentence;
        if (ended)
            sentence = 0;
        p += len;
    }
    return all;
}

static bool slot_known(const struct check *c, const char *name, size_t len)
{
    static const char *const slots[] = {"name", "number", "number2", "result", "rest",  "thing",
                                        "hour", "title",  "offer",   "offer2", "offer3"};
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
        if (strlen(slots[i]) == len && !memcmp(slots[i], name, len))
            return true;
    return talk_kind_find(c->tongue, name, len) != NONE;
}

static int check_spoken(const struct check *c, const struct spoken *spoken)
{
    unsigned longest, words = count_words(spoken->text, &longest);
    unsigned most = spoken->groups & 1 << CHILD_3_5 ? LINE_WORDS_SMALL_MAX : LINE_WORDS_MAX;
    if (longest > SENTENCE_WORDS_MAX)
        return talk_fault_at(c->fault, c->tongue, spoken->file, spoken->line, ROOST_ERR_TOO_LONG,
                             "a sentence of %u words, at most %d", longest, SENTENCE_WORDS_MAX);
    if (words > most)
        return talk_fault_at(c->fault, c->tongue, spoken->file, spoken->line, ROOST_ERR_TOO_LONG,
                             "a line of %u words, at most %u for its ages", words, most);
    for (const char *p = strchr(spoken->text, '{'); p; p = strchr(p + 1, '{')) {
        const char *close = strchr(p, '}');
        if (!close || !slot_known(c, p + 1, (size_t)(close - p) - 1))
            return bad(c, spoken->file, spoken->line, "no slot of that name: %s", p);
    }
    return 0;
}

/* Variants that a group may hear at any hour and without a name. */
static unsigned plain_variants(const struct check *c, struct lines lines, int group)
{
    unsigned count = 0;
    for (const struct spoken *s = spoken_at(c, lines.first); s; s = spoken_at(c, s->next))
        count += (s->groups & 1 << group) && s->hours == HOURS_ALL && !s->named;
    return count;
}

static int check_variants(const struct check *c, struct lines lines, uint8_t groups,
                          unsigned at_least, uint16_t file, uint16_t line, const char *what)
{
    for (int i = 0; i < CHILD_AGE_GROUPS; i++) {
        unsigned found = plain_variants(c, lines, i);
        if ((groups & 1 << i) && found < at_least)
            return talk_fault_at(
                c->fault, c->tongue, file, line, ROOST_ERR_INVALID,
                "%s for ages %s: %u lines that need neither name nor hour, at least %u", what,
                child_age_group_name((enum child_age_group)i), found, at_least);
    }
    return 0;
}

static int check_lines(const struct check *c)
{
    int err = 0;
    for (unsigned i = 0; i < c->tongue->spoken.count && err == 0; i++)
        err = check_spoken(c, &c->tongue->spoken.at[i]);
    for (unsigned i = 0; i < COMPANION_LINE_COUNT && err == 0; i++) {
        unsigned least = i == COMPANION_LINE_NOT_UNDERSTOOD || i == COMPANION_LINE_ASKED_BEFORE
                             ? VARIANTS_MIN
                             : 1;
        const struct spoken *first = spoken_at(c, c->tongue->line[i].first);
        err = check_variants(c, c->tongue->line[i], (1 << CHILD_AGE_GROUPS) - 1, least,
                             first ? first->file : NONE, first ? first->line : 0,
                             companion_line_text((enum companion_line_name)i));
    }
    return err;
}

/* ---- intents ---- */

static uint16_t intent_find(const struct tongue *tongue, const char *name)
{
    for (unsigned i = 0; i < tongue->intents.count; i++)
        if (!strcmp(tongue->intents.at[i].name, name))
            return (uint16_t)i;
    return NONE;
}

static int check_intent(const struct check *c, unsigned index)
{
    struct intent *intent = &c->tongue->intents.at[index];
    if (intent_find(c->tongue, intent->name) != index)
        return bad(c, intent->file, intent->line, "intent %s was there before", intent->name);
    int err = 0;
    for (uint16_t i = intent->then; i && err == 0; i = c->tongue->leads.at[i - 1].next) {
        struct lead *lead = &c->tongue->leads.at[i - 1];
        lead->to = intent_find(c->tongue, lead->name);
        if (lead->to == NONE)
            err = bad(c, lead->file, lead->line, "no intent %s", lead->name);
    }
    bool talks = intent->act == DO_NOTHING || (intent->act >= DO_COUNT && intent->act < DO_QUIZ) ||
                 intent->act == DO_YES || intent->act == DO_NO || intent->act == DO_STOP;
    bool counts = intent->act >= DO_COUNT && intent->act <= DO_COUNT_BY;
    if (err == 0 && (intent->say.first || (talks && !counts)))
        err = check_variants(c, intent->say, (1 << CHILD_AGE_GROUPS) - 1, 1, intent->file,
                             intent->line, intent->name);
    return err;
}

static int check_acts(const struct check *c)
{
    static const struct {
        enum companion_do act;
        const char *name;
        bool once;
    } needed[] = {
        {DO_YES, "yes", true},         {DO_NO, "no", true},         {DO_AGAIN, "again", true},
        {DO_MORE, "more", true},       {DO_STOP, "stop", true},     {DO_HINT, "hint", true},
        {DO_GIVE_UP, "give-up", true}, {DO_RESUME, "resume", true}, {DO_STORY, "story", false},
        {DO_RIDDLE, "riddle", false},  {DO_JOKE, "joke", false},    {DO_SONG, "song", false},
        {DO_QUIZ, "quiz", false},      {DO_GUESS, "guess", false},  {DO_OFFER, "offer", false}};
    unsigned offers = 0;
    for (size_t k = 0; k < sizeof needed / sizeof *needed; k++) {
        unsigned found = 0;
        for (unsigned i = 0; i < c->tongue->intents.count; i++)
            found += c->tongue->intents.at[i].act == needed[k].act;
        if (!found || (needed[k].once && found > 1))
            return bad(c, NONE, 0,
                       found ? "more than one intent with do: %s" : "no intent with do: %s",
                       needed[k].name);
    }
    for (unsigned i = 0; i < c->tongue->intents.count; i++)
        offers += c->tongue->intents.at[i].offer != 0;
    return offers >= 3 ? 0 : bad(c, NONE, 0, "fewer than three intents with %s", "offer:");
}

/* The next element that must be there, from *i on. */
static const struct element *needed(const struct tongue *tongue, const struct pattern *p,
                                    unsigned *i)
{
    while (*i < p->count) {
        const struct element *element = &tongue->elements.at[p->first + (*i)++];
        if (!element->optional)
            return element;
    }
    return NULL;
}

static bool same_sentence(const struct tongue *tongue, const struct pattern *a,
                          const struct pattern *b)
{
    for (unsigned i = 0, k = 0;;) {
        const struct element *x = needed(tongue, a, &i), *y = needed(tongue, b, &k);
        if (!x || !y)
            return !x && !y;
        if (x->kind != y->kind || x->word != y->word)
            return false;
    }
}

static int check_two_ways(const struct check *c)
{
    const struct tongue *tongue = c->tongue;
    for (unsigned i = 0; i < tongue->patterns.count; i++) {
        const struct pattern *a = &tongue->patterns.at[i];
        for (unsigned k = 0; k < i && a->owner != NONE; k++) {
            const struct pattern *b = &tongue->patterns.at[k];
            if (b->owner != NONE && b->owner != a->owner && a->weight == b->weight &&
                same_sentence(tongue, a, b))
                return talk_fault_at(c->fault, tongue, a->file, a->line, ROOST_ERR_INVALID,
                                     "\"%s\" is heard by intent %s (%s:%u), too", a->text,
                                     tongue->intents.at[b->owner].name, tongue->files.at[b->file],
                                     b->line);
        }
    }
    return 0;
}

/* ---- riddles, jokes, songs, things ---- */

void talk_measure(const struct check *c, struct lines lines, int group, unsigned *words,
                  unsigned *bytes, unsigned *count)
{
    unsigned longest;
    for (const struct spoken *s = spoken_at(c, lines.first); s; s = spoken_at(c, s->next))
        if (s->groups & 1 << group) {
            *words += count_words(s->text, &longest);
            *bytes += (unsigned)strlen(s->text) + 1;
            (*count)++;
        }
}

static int check_piece(const struct check *c, enum companion_piece_kind kind, struct piece *piece)
{
    int err = 0;
    for (struct piece *p = c->tongue->pieces[kind].at; p < piece; p++)
        if (!strcmp(p->name, piece->name))
            return bad(c, piece->file, piece->line, "%s was there before", piece->name);
    if (kind == PIECE_STORY)
        return talk_check_story(c, piece);
    if (kind == PIECE_SONG ? !piece->title.first || !piece->tell.first
                           : !piece->ask.first || !piece->tell.first)
        return bad(c, piece->file, piece->line,
                   kind == PIECE_SONG ? "song %s needs title: and sing:"
                                      : "%s needs ask: and tell:",
                   piece->name);
    if (kind == PIECE_RIDDLE && !piece->about.count)
        return bad(c, piece->file, piece->line, "riddle %s needs answer:", piece->name);
    for (int group = 0; group < CHILD_AGE_GROUPS && err == 0; group++) {
        unsigned words = 0, bytes = 0, count = 0;
        talk_measure(c, piece->tell, group, &words, &bytes, &count);
        if ((piece->groups & 1 << group) &&
            (!count || bytes > SPOKEN_BYTES_MAX || count > COMPANION_REPLY_LINES - 8))
            err = talk_fault_at(c->fault, c->tongue, piece->file, piece->line, ROOST_ERR_TOO_LONG,
                                "%s: %u bytes in %u lines, at least one, at most %d in %d",
                                piece->name, bytes, count, SPOKEN_BYTES_MAX,
                                COMPANION_REPLY_LINES - 8);
    }
    return err;
}

static int check_thing(const struct check *c, const struct thing *thing)
{
    if (thing->kind == NONE || !thing->names.count || !thing->fact.first || !thing->spoken.first)
        return bad(c, thing->file, thing->line,
                   "thing %s needs kind:, name: and fact:", thing->name);
    return check_variants(c, thing->fact, (1 << CHILD_AGE_GROUPS) - 1, 1, thing->file, thing->line,
                          thing->name);
}

static int check_numbers(const struct check *c)
{
    bool there[NUMBERS_TO + 1] = {0};
    for (unsigned i = 0; i < c->tongue->numbers.count; i++)
        if (c->tongue->numbers.at[i].value <= NUMBERS_TO && c->tongue->numbers.at[i].text)
            there[c->tongue->numbers.at[i].value] = true;
    for (int i = 0; i <= NUMBERS_TO; i++)
        if (!there[i])
            return talk_fault_at(c->fault, c->tongue, NONE, 0, ROOST_ERR_INVALID,
                                 "number: %d is missing; 0 to %d are needed", i, NUMBERS_TO);
    return 0;
}

int talk_content_check(struct tongue *tongue, struct fault *fault)
{
    struct check c = {tongue, fault};
    int err = 0;
    for (unsigned i = 0; i < tongue->intents.count && err == 0; i++)
        err = check_intent(&c, i);
    for (int kind = 0; kind < PIECE_KINDS && err == 0; kind++)
        for (unsigned i = 0; i < tongue->pieces[kind].count && err == 0; i++)
            err = check_piece(&c, (enum companion_piece_kind)kind, &tongue->pieces[kind].at[i]);
    for (unsigned i = 0; i < tongue->things.count && err == 0; i++)
        err = check_thing(&c, &tongue->things.at[i]);
    if (err == 0)
        err = check_two_ways(&c);
    if (err == 0)
        err = check_lines(&c);
    if (err == 0)
        err = check_acts(&c);
    if (err == 0)
        err = check_numbers(&c);
    return err;
}
