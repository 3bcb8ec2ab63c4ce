/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "hub/companion/companion_internal.h"

enum { INTENTS_MAX = 4000, SCENES_MAX = 8000, THINGS_MAX = 4000, KINDS_MAX = 200, NAME_MAX_ = 40 };

enum { HOURS_ALL = 15, GROUPS_ALL = (1 << CHILD_AGE_GROUPS) - 1 };

/* An entry being read: its lines, the first of which names it. */
struct entry {
    struct tongue *tongue;
    const struct raw *raws;
    unsigned count;
    struct fault *fault;
};

static int bad(const struct entry *entry, const struct raw *raw, const char *what)
{
    return talk_fault_at(entry->fault, entry->tongue, raw->file, raw->line, ROOST_ERR_INVALID,
                         "%s: %s", raw->key, what);
}

static bool is(const struct raw *raw, const char *key)
{
    return !strcmp(raw->key, key);
}

/* Bits of the groups that "3-8" spans, 0 when it is none. */
static uint8_t groups_of(const char *text, size_t len)
{
    char copy[8] = "";
    if (len >= sizeof copy)
        return 0;
    memcpy(copy, text, len);
    char *dash, *end;
    unsigned long from = strtoul(copy, &dash, 10), to = 0;
    if (*dash == '-' && dash[1] >= '0' && dash[1] <= '9')
        to = strtoul(dash + 1, &end, 10);
    else
        return 0;
    uint8_t groups = 0;
    bool begins = false, stops = false;
    for (int i = 0; i < CHILD_AGE_GROUPS; i++) {
        enum child_age_group group = (enum child_age_group)i;
        begins |= child_age_from(group) == from;
        stops |= child_age_to(group) == to;
        if (child_age_from(group) >= from && child_age_to(group) <= to)
            groups |= (uint8_t)(1 << i);
    }
    return *end == 0 && begins && stops ? groups : 0;
}

static int read_condition(const struct entry *entry, const struct raw *raw, uint8_t *groups,
                          uint8_t *hours)
{
    static const char *const parts[] = {"morning", "day", "evening", "night"};
    uint8_t ages = 0, times = 0;
    for (const char *p = raw->condition; *p;) {
        size_t len = strcspn(p, " \t");
        uint8_t age = groups_of(p, len), hour = 0;
        for (int i = 0; i < 4; i++)
            if (strlen(parts[i]) == len && !memcmp(parts[i], p, len))
                hour = (uint8_t)(1 << i);
        if (!age && !hour)
            return talk_fault_at(
                entry->fault, entry->tongue, raw->file, raw->line, ROOST_ERR_INVALID,
                "%s: \"%.*s\" is neither an age range (from 3, 6, 9, 12 to 5, 8, 11, "
                "13) nor morning, day, evening, night",
                raw->key, (int)len, p);
        ages |= age;
        times |= hour;
        p += len;
        p += strspn(p, " \t");
    }
    *groups = ages ? ages : GROUPS_ALL;
    *hours = times ? times : HOURS_ALL;
    return 0;
}

static int add_spoken(const struct entry *entry, const struct raw *raw, struct lines *lines)
{
    struct tongue *tongue = entry->tongue;
    struct spoken *spoken = LIST_ADD(tongue->spoken, LINES_MAX);
    if (!spoken)
        return talk_fault_memory(entry->fault);
    spoken->text = raw->value;
    spoken->file = raw->file;
    spoken->line = raw->line;
    spoken->named = strstr(raw->value, "{name}") != NULL;
    uint16_t index = (uint16_t)tongue->spoken.count; /* + 1 */
    if (lines->last)
        tongue->spoken.at[lines->last - 1].next = index;
    else
        lines->first = index;
    lines->last = index;
    return read_condition(entry, raw, &spoken->groups, &spoken->hours);
}

/* "words | words -> name" */
static int add_lead(const struct entry *entry, const struct raw *raw, uint16_t *first,
                    uint16_t *last)
{
    struct tongue *tongue = entry->tongue;
    const char *arrow = strstr(raw->value, "->");
    const char *to = arrow ? arrow + 2 + strspn(arrow + 2, " \t") : "";
    if (!arrow || !*to)
        return bad(entry, raw, "needs \"words | words -> name\"");
    struct lead *lead = LIST_ADD(tongue->leads, LINES_MAX);
    if (!lead)
        return talk_fault_memory(entry->fault);
    *lead = (struct lead){.to = NONE, .name = to, .file = raw->file, .line = raw->line};
    uint16_t index = (uint16_t)tongue->leads.count; /* + 1 */
    if (*last)
        tongue->leads.at[*last - 1].next = index;
    else
        *first = index;
    *last = index;
    char *words = talk_text_keep(tongue, raw->value, (size_t)(arrow - raw->value));
    if (!words)
        return talk_fault_memory(entry->fault);
    struct patterns patterns = {0};
    int err = talk_patterns_add(tongue, &patterns, words, NONE, raw, true, entry->fault);
    tongue->leads.at[index - 1].patterns = patterns;
    return err;
}

/* All lines of the entry with this key become patterns. */
static int add_heard(const struct entry *entry, const char *key, struct patterns *patterns,
                     uint16_t owner)
{
    int err = 0;
    for (unsigned i = 1; i < entry->count && err == 0; i++)
        if (is(&entry->raws[i], key))
            err = talk_patterns_add(entry->tongue, patterns, entry->raws[i].value, owner,
                                    &entry->raws[i], false, entry->fault);
    return err;
}

static const char *const act_names[DO_COUNT_OF] = {
    [DO_STORY] = "story",
    [DO_RIDDLE] = "riddle",
    [DO_JOKE] = "joke",
    [DO_SONG] = "song",
    [DO_FACT] = "fact",
    [DO_SOUND] = "sound",
    [DO_COUNT] = "count",
    [DO_COUNT_DOWN] = "count-down",
    [DO_COUNT_BY] = "count-by",
    [DO_ADD] = "add",
    [DO_SUBTRACT] = "subtract",
    [DO_TAKE_FROM] = "take-from",
    [DO_MULTIPLY] = "multiply",
    [DO_DIVIDE] = "divide",
    [DO_DOUBLE] = "double",
    [DO_HALF] = "half",
    [DO_AFTER] = "after",
    [DO_BEFORE] = "before",
    [DO_BIGGER] = "bigger",
    [DO_SMALLER] = "smaller",
    [DO_QUIZ] = "quiz",
    [DO_GUESS] = "guess",
    [DO_OFFER] = "offer",
    [DO_YES] = "yes",
    [DO_NO] = "no",
    [DO_AGAIN] = "again",
    [DO_MORE] = "more",
    [DO_HINT] = "hint",
    [DO_GIVE_UP] = "give-up",
    [DO_RESUME] = "resume",
    [DO_STOP] = "stop",
};

static int read_act(const struct entry *entry, const struct raw *raw, struct intent *intent)
{
    size_t len = strcspn(raw->value, " \t");
    const char *kind = raw->value + len + strspn(raw->value + len, " \t");
    for (unsigned i = 1; i < DO_COUNT_OF; i++)
        if (strlen(act_names[i]) == len && !memcmp(act_names[i], raw->value, len)) {
            intent->act = (uint8_t)i;
            if (!*kind)
                return 0;
            intent->kind = talk_kind_find(entry->tongue, kind, strlen(kind));
            return i == DO_FACT && intent->kind != NONE
                       ? 0
                       : bad(entry, raw,
                             "only fact takes a word more, and that is a kind of thing");
        }
    return bad(entry, raw, "no such doing");
}

static int build_intent(const struct entry *entry)
{
    struct tongue *tongue = entry->tongue;
    struct intent *intent = LIST_ADD(tongue->intents, INTENTS_MAX);
    if (!intent)
        return talk_fault_memory(entry->fault);
    intent->name = entry->raws->value;
    intent->file = entry->raws->file;
    intent->line = entry->raws->line;
    intent->kind = NONE;
    int err = add_heard(entry, "hear", &intent->hear, (uint16_t)(tongue->intents.count - 1));
    for (unsigned i = 1; i < entry->count && err == 0; i++) {
        const struct raw *raw = &entry->raws[i];
        struct lines offer = {0};
        if (is(raw, "say")) {
            err = add_spoken(entry, raw, &intent->say);
        } else if (is(raw, "then")) {
            err = add_lead(entry, raw, &intent->then, &intent->then_last);
        } else if (is(raw, "do")) {
            err = read_act(entry, raw, intent);
        } else if (is(raw, "offer")) {
            err = add_spoken(entry, raw, &offer);
            intent->offer = offer.first;
        } else if (!is(raw, "hear")) {
            err = bad(entry, raw, "an intent has hear, say, then, do, offer");
        }
    }
    if (err == 0 && tongue->by_act[intent->act] == 0)
        tongue->by_act[intent->act] = (uint16_t)tongue->intents.count;
    return err;
}

static int build_line(const struct entry *entry)
{
    enum companion_line_name line = companion_line_find(entry->raws->value);
    int err = 0;
    if (line == COMPANION_LINE_COUNT)
        return bad(entry, entry->raws, "no line of that name");
    if (entry->tongue->line[line].first)
        return bad(entry, entry->raws, "this line was there before");
    for (unsigned i = 1; i < entry->count && err == 0; i++)
        err = is(&entry->raws[i], "say")
                  ? add_spoken(entry, &entry->raws[i], &entry->tongue->line[line])
                  : bad(entry, &entry->raws[i], "a line has say");
    return err;
}

static int build_thing(const struct entry *entry)
{
    struct tongue *tongue = entry->tongue;
    struct thing *thing = LIST_ADD(tongue->things, THINGS_MAX);
    if (!thing)
        return talk_fault_memory(entry->fault);
    thing->name = entry->raws->value;
    thing->file = entry->raws->file;
    thing->line = entry->raws->line;
    thing->kind = NONE;
    int err = add_heard(entry, "name", &thing->names, NONE);
    for (unsigned i = 1; i < entry->count && err == 0; i++) {
        const struct raw *raw = &entry->raws[i];
        if (is(raw, "kind"))
            thing->kind = talk_kind_find(tongue, raw->value, strlen(raw->value));
        else if (is(raw, "spoken"))
            err = add_spoken(entry, raw, &thing->spoken);
        else if (is(raw, "sound"))
            err = add_spoken(entry, raw, &thing->sound);
        else if (is(raw, "fact"))
            err = add_spoken(entry, raw, &thing->fact);
        else if (!is(raw, "name"))
            err = bad(entry, raw, "a thing has kind, name, spoken, sound, fact");
    }
    if (err == 0 && !thing->spoken.first && thing->names.count) {
        struct raw made = *entry->raws; /* English: the first name is how it is spoken */
        made.value = tongue->patterns.at[thing->names.first].text;
        made.condition = "";
        err = add_spoken(entry, &made, &thing->spoken);
    }
    return err;
}

static int build_scene_line(const struct entry *entry, const struct raw *raw, struct piece *story)
{
    struct tongue *tongue = entry->tongue;
    if (is(raw, "scene")) {
        struct scene *scene = LIST_ADD(tongue->scenes, SCENES_MAX);
        if (!scene)
            return talk_fault_memory(entry->fault);
        *scene =
            (struct scene){.name = raw->value, .go = NONE, .file = raw->file, .line = raw->line};
        story->scenes++;
        return 0;
    }
    if (!story->scenes)
        return bad(entry, raw, "stands before the first scene:");
    struct scene *scene = &tongue->scenes.at[tongue->scenes.count - 1];
    if (is(raw, "tell"))
        return add_spoken(entry, raw, &scene->tell);
    if (is(raw, "ask"))
        return add_spoken(entry, raw, &scene->ask);
    if (is(raw, "choice"))
        return add_lead(entry, raw, &scene->choice, &scene->choice_last);
    if (!is(raw, "go"))
        return bad(entry, raw, "a story has title, age, about, scene, tell, ask, choice, go");
    scene->go_name = raw->value;
    return 0;
}

/* What a piece says is for its ages only. */
static int limit_ages(const struct entry *entry, unsigned first, uint8_t groups)
{
    struct tongue *tongue = entry->tongue;
    for (unsigned i = first; i < tongue->spoken.count; i++) {
        struct spoken *spoken = &tongue->spoken.at[i];
        spoken->groups &= groups;
        if (!spoken->groups)
            return talk_fault_at(entry->fault, tongue, spoken->file, spoken->line,
                                 ROOST_ERR_INVALID, "the ages of the line are none of its %s's",
                                 entry->raws->key);
    }
    return 0;
}

static int build_piece(const struct entry *entry, enum companion_piece_kind kind)
{
    static const char *const about[] = {"about", "answer", "answer", "about"};
    static const char *const holds[] = {"", "a riddle has age, ask, answer, hint, tell",
                                        "a joke has age, ask, answer, tell",
                                        "a song has title, age, about, sing"};
    struct tongue *tongue = entry->tongue;
    struct piece *piece = LIST_ADD(tongue->pieces[kind], COMPANION_PIECES_MAX);
    if (!piece)
        return talk_fault_memory(entry->fault);
    bool solved = kind == PIECE_RIDDLE || kind == PIECE_JOKE, titled = !solved;
    *piece = (struct piece){.name = entry->raws->value,
                            .groups = GROUPS_ALL,
                            .scene = (uint16_t)tongue->scenes.count,
                            .file = entry->raws->file,
                            .line = entry->raws->line};
    unsigned first = tongue->spoken.count;
    int err = add_heard(entry, about[kind], &piece->about, NONE);
    for (unsigned i = 1; i < entry->count && err == 0; i++) {
        const struct raw *raw = &entry->raws[i];
        if (is(raw, "age")) {
            piece->groups = groups_of(raw->value, strlen(raw->value));
            err = piece->groups ? 0 : bad(entry, raw, "from 3, 6, 9, 12 to 5, 8, 11, 13");
        } else if (titled && is(raw, "title")) {
            err = add_spoken(entry, raw, &piece->title);
        } else if (is(raw, about[kind])) {
            continue;
        } else if (kind == PIECE_STORY) {
            err = build_scene_line(entry, raw, piece);
        } else if (solved && is(raw, "ask")) {
            err = add_spoken(entry, raw, &piece->ask);
        } else if (kind == PIECE_RIDDLE && is(raw, "hint")) {
            err = add_spoken(entry, raw, &piece->hint);
        } else if (is(raw, solved ? "tell" : "sing")) {
            err = add_spoken(entry, raw, &piece->tell);
        } else {
            err = bad(entry, raw, holds[kind]);
        }
    }
    return err == 0 ? limit_ages(entry, first, piece->groups) : err;
}

enum entry_kind { STORY, RIDDLE, JOKE, SONG, INTENT, THING, LINE, NO_ENTRY };

static enum entry_kind entry_kind(const struct raw *raw)
{
    static const char *const names[] = {"story",  "riddle", "joke", "song",
                                        "intent", "thing",  "line"};
    for (unsigned i = 0; i < NO_ENTRY; i++)
        if (is(raw, names[i]))
            return (enum entry_kind)i;
    return NO_ENTRY;
}

static bool is_of_language(const struct raw *raw)
{
    return is(raw, "stop") || is(raw, "not") || is(raw, "same") || is(raw, "number") ||
           is(raw, "spoken-number");
}

static bool is_name(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_");
    return len && len <= NAME_MAX_ && !text[len];
}

static int build_entry(const struct entry *entry)
{
    enum entry_kind kind = entry_kind(entry->raws);
    if (!is_name(entry->raws->value))
        return bad(entry, entry->raws, "a name is 1 to 40 small Latin letters, digits, - and _");
    switch (kind) {
    case INTENT:
        return build_intent(entry);
    case THING:
        return build_thing(entry);
    case LINE:
        return build_line(entry);
    default:
        return build_piece(entry, (enum companion_piece_kind)kind);
    }
}

static int collect_kinds(struct tongue *tongue, struct fault *fault)
{
    for (unsigned i = 0; i < tongue->raws.count; i++) {
        const struct raw *raw = &tongue->raws.at[i];
        if (!is(raw, "kind") || talk_kind_find(tongue, raw->value, strlen(raw->value)) != NONE)
            continue;
        if (!is_name(raw->value))
            return talk_fault_at(fault, tongue, raw->file, raw->line, ROOST_ERR_INVALID,
                                 "kind: a name is 1 to 40 small Latin letters, digits, - and _");
        const char **kind = LIST_ADD(tongue->kinds, KINDS_MAX);
        if (!kind)
            return talk_fault_memory(fault);
        *kind = raw->value;
    }
    return 0;
}

int talk_entries_build(struct tongue *tongue, struct fault *fault)
{
    int err = collect_kinds(tongue, fault);
    for (unsigned i = 0; i < tongue->raws.count && err == 0;) {
        const struct raw *raw = &tongue->raws.at[i];
        unsigned n = 1;
        if (entry_kind(raw) != NO_ENTRY) {
            /* The language's own words end an entry, and so does the file. */
            while (i + n < tongue->raws.count && raw[n].file == raw->file &&
                   entry_kind(&raw[n]) == NO_ENTRY && !is_of_language(&raw[n]))
                n++;
            err = build_entry(&(struct entry){tongue, raw, n, fault});
        } else if (!is_of_language(raw)) {
            err = talk_fault_at(
                fault, tongue, raw->file, raw->line, ROOST_ERR_INVALID,
                "%s: belongs into an entry (intent, story, riddle, joke, song, thing, "
                "line)",
                raw->key);
        }
        i += n;
    }
    return err;
}
