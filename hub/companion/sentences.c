/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "hub/companion/companion_internal.h"

enum { SENTENCE_MAX = 2000, ALL_GROUPS = (1 << CHILD_AGE_GROUPS) - 1, FEW = 7 };

struct walk {
    const struct tongue *tongue;
    companion_sentence_fn *each;
    void *ctx;
};

/* A sentence in the making; what does not fit is left out whole. */
struct sentence {
    char text[SENTENCE_MAX + 1];
    size_t len;
};

static void add(struct sentence *s, const char *text, size_t len)
{
    if (s->len + len > SENTENCE_MAX)
        len = 0;
    memcpy(s->text + s->len, text, len);
    s->len += len;
    s->text[s->len] = 0;
}

static int give(const struct walk *walk, enum companion_sentence_kind kind, unsigned groups,
                const char *text, uint16_t file, uint16_t line)
{
    struct companion_sentence sentence = {.kind = kind,
                                          .language = walk->tongue->language,
                                          .groups = groups,
                                          .text = text,
                                          .file = walk->tongue->files.at[file],
                                          .line = line};
    return walk->each(walk->ctx, &sentence);
}

/* ---- heard ---- */

static const char *thing_name(const struct tongue *tongue, uint16_t kind, unsigned value)
{
    unsigned count = 0;
    for (int round = 0; round < 2; round++) { /* first to know how many there are */
        unsigned seen = 0;
        for (unsigned i = 0; i < tongue->things.count; i++) {
            const struct thing *thing = &tongue->things.at[i];
            if (kind != NONE && thing->kind != kind)
                continue;
            for (unsigned k = 0; k < thing->names.count; k++, seen++)
                if (round && seen == value % count)
                    return tongue->patterns.at[thing->names.first + k].text;
        }
        count = seen;
        if (!count)
            break;
    }
    return "";
}

/* Some numbers are only spoken: those are nobody's words. */
static const char *number_name(const struct tongue *tongue, unsigned value, unsigned *count)
{
    *count = 0;
    for (unsigned i = 0; i < tongue->numbers.count; i++)
        *count += tongue->numbers.at[i].text != NULL;
    unsigned wanted = *count ? value % *count : 0;
    for (unsigned i = 0; i < tongue->numbers.count; i++)
        if (tongue->numbers.at[i].text && wanted-- == 0)
            return tongue->numbers.at[i].text;
    return "";
}

static unsigned values_of(const struct tongue *tongue, const char *slot, size_t len)
{
    uint16_t kind = talk_kind_find(tongue, slot, len);
    unsigned count = 0;
    if (len == 6 && !memcmp(slot, "number", len)) {
        number_name(tongue, 0, &count);
        return count;
    }
    if (kind == NONE && !(len == 5 && !memcmp(slot, "thing", len)))
        return 0;
    for (unsigned i = 0; i < tongue->things.count; i++)
        if (kind == NONE || tongue->things.at[i].kind == kind)
            count += tongue->things.at[i].names.count;
    return count;
}

static const char *value_of(const struct tongue *tongue, const char *slot, size_t len,
                            unsigned value)
{
    unsigned count;
    if (len == 6 && !memcmp(slot, "number", len))
        return number_name(tongue, value, &count);
    return values_of(tongue, slot, len)
               ? thing_name(tongue, talk_kind_find(tongue, slot, len), value)
               : "";
}

/* Most values any of its slots has, groups in brackets; false where nobody could say it as it
 * stands: {yes} and {no}, and {any} before other words. */
static bool survey(const struct tongue *tongue, const char *text, unsigned *values,
                   unsigned *groups)
{
    *values = 1;
    *groups = 0;
    for (const char *p = text; *p; p++) {
        *groups += *p == '[';
        if (*p != '{')
            continue;
        size_t len = strcspn(p + 1, "}");
        bool any = len == 3 && !memcmp(p + 1, "any", len);
        if ((len == 3 && !memcmp(p + 1, "yes", len)) || (len == 2 && !memcmp(p + 1, "no", len)) ||
            (any && p[1 + len] && p[2 + len]))
            return false;
        unsigned count = values_of(tongue, p + 1, len);
        if (count > *values)
            *values = count;
    }
    return true;
}

/* The pattern's text with the groups of `mask` and its slots filled. */
static void expand(const struct tongue *tongue, const char *text, unsigned mask, unsigned value,
                   struct sentence *out)
{
    bool there = true;
    unsigned group = 0, slot = 0;
    out->len = 0;
    out->text[0] = 0;
    for (const char *p = text; *p; p++) {
        if (*p == '[') {
            there = mask >> group++ & 1;
        } else if (*p == ']') {
            there = true;
        } else if (*p == '{') {
            size_t len = strcspn(p + 1, "}");
            /* The second slot takes another value than the first. */
            const char *word = value_of(tongue, p + 1, len, slot++ ? value * 7 + 3 : value);
            if (there)
                add(out, word, strlen(word));
            p += len + (p[len + 1] == '}');
        } else if (there && (*p != ' ' || (out->len && out->text[out->len - 1] != ' '))) {
            add(out, p, 1);
        }
    }
    while (out->len && out->text[out->len - 1] == ' ')
        out->text[--out->len] = 0;
}

static int walk_pattern(const struct walk *walk, const struct pattern *pattern)
{
    unsigned values, groups;
    struct sentence sentence;
    int err = 0;
    if (!survey(walk->tongue, pattern->text, &values, &groups))
        return 0;
    for (unsigned mask = 0; mask < 1U << groups && err == 0; mask++)
        for (unsigned value = 0; value < values && err == 0; value++) {
            if (mask + 1 < 1U << groups && value % FEW != mask % FEW)
                continue; /* all values once, with everything; a few in between */
            expand(walk->tongue, pattern->text, mask, value, &sentence);
            if (sentence.len)
                err = give(walk, COMPANION_HEAR, ALL_GROUPS, sentence.text, pattern->file,
                           pattern->line);
        }
    return err;
}

/* ---- spoken ---- */

static const char *example(const struct tongue *tongue, const char *slot, size_t len)
{
    static const struct {
        const char *slot, *value[CHILD_LANGUAGES];
    } examples[] = {
        {"name", {"Sam", "\xD8\xB3\xD8\xA7\xD9\x85\xD9\x8A"}},
        {"title", {"The red balloon", "\xD8\xA7\xD9\x84\xD9\x82\xD9\x8E\xD9\x85\xD9\x8E\xD8\xB1"}},
    };
    static const struct {
        const char *slot;
        int32_t value;
    } numbers[] = {{"number", 3}, {"number2", 2}, {"result", 5}, {"rest", 1}, {"hour", 4}};
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        if (strlen(examples[i].slot) == len && !memcmp(examples[i].slot, slot, len))
            return examples[i].value[tongue->language];
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strlen(numbers[i].slot) == len && !memcmp(numbers[i].slot, slot, len)) {
            char digits[12];
            const char *word = talk_number_spoken(tongue, numbers[i].value, digits);
            return word == digits ? "" : word;
        }
    unsigned nth = len == 6 && !memcmp(slot, "offer", 5) ? (unsigned)(slot[5] - '1') : 0;
    for (unsigned i = 0; i < tongue->intents.count && !memcmp(slot, "offer", len < 5 ? len : 5);
         i++)
        if (tongue->intents.at[i].offer && nth-- == 0)
            return tongue->spoken.at[tongue->intents.at[i].offer - 1].text;
    uint16_t kind = talk_kind_find(tongue, slot, len);
    for (unsigned i = 0; i < tongue->things.count; i++)
        if (kind == NONE || tongue->things.at[i].kind == kind)
            return tongue->spoken.at[tongue->things.at[i].spoken.first - 1].text;
    return "";
}

static int walk_spoken(const struct walk *walk, const struct spoken *spoken)
{
    struct sentence sentence = {.len = 0};
    for (const char *p = spoken->text; *p;) {
        size_t n = strcspn(p, "{");
        add(&sentence, p, n);
        p += n;
        if (*p == '{') {
            size_t len = strcspn(p + 1, "}");
            const char *word = example(walk->tongue, p + 1, len);
            add(&sentence, word, strlen(word));
            p += len + 1 + (p[len + 1] == '}');
        }
    }
    return give(walk, COMPANION_SAY, spoken->groups, sentence.text, spoken->file, spoken->line);
}

int companion_each_sentence(const struct companion *companion, companion_sentence_fn *each,
                            void *ctx)
{
    int err = 0;
    for (int language = 0; language < CHILD_LANGUAGES && err == 0; language++) {
        struct walk walk = {&companion->tongue[language], each, ctx};
        for (unsigned i = 0; i < walk.tongue->patterns.count && err == 0; i++)
            err = walk_pattern(&walk, &walk.tongue->patterns.at[i]);
        for (unsigned i = 0; i < walk.tongue->spoken.count && err == 0; i++)
            err = walk_spoken(&walk, &walk.tongue->spoken.at[i]);
    }
    return err;
}
