/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "hub/companion/companion_internal.h"

enum { KINDS_MAX = 200, PHRASES_MAX = 8000, VALUE_ALTERNATIVES_MAX = 60 };

uint16_t talk_kind_find(const struct tongue *tongue, const char *name, size_t len)
{
    for (unsigned i = 0; i < tongue->kinds.count; i++)
        if (strlen(tongue->kinds.at[i]) == len && !memcmp(tongue->kinds.at[i], name, len))
            return (uint16_t)i;
    return NONE;
}

/* What is being read. */
struct reading {
    struct tongue *tongue;
    const struct raw *raw;
    struct fault *fault;
    struct pattern *pattern;
    uint8_t group, groups; /* the bracket that is open, brackets so far */
    bool in_lead;
};

static int bad(struct reading *r, const char *what)
{
    return talk_fault_at(r->fault, r->tongue, r->raw->file, r->raw->line, ROOST_ERR_INVALID,
                         "%s: %s", r->raw->key, what);
}

static int add_element(struct reading *r, enum element_kind kind, uint16_t word)
{
    if (r->pattern->count >= ELEMENTS_MAX)
        return bad(r, "more than 20 words in one alternative");
    struct element *element = LIST_ADD(r->tongue->elements, LINES_MAX * 8);
    if (!element)
        return talk_fault_memory(r->fault);
    *element = (struct element){.kind = (uint8_t)kind, .optional = r->group, .word = word};
    r->pattern->count++;
    return 0;
}

static int add_words(struct reading *r, const char *text, size_t len)
{
    struct fold_words words;
    talk_words_of(r->tongue, &words, text, len);
    int err = 0;
    for (unsigned i = 0; i < words.count && err == 0; i++) {
        uint16_t word = talk_word_make(r->tongue, words.word[i]);
        err = word == NONE ? talk_fault_memory(r->fault) : add_element(r, E_WORD, word);
    }
    return err;
}

static int add_slot(struct reading *r, const char *name, size_t len)
{
    static const struct {
        const char *name;
        enum element_kind kind;
        bool lead_only;
    } slots[] = {{"number", E_NUMBER, false},
                 {"thing", E_THING, false},
                 {"any", E_ANY, false},
                 {"yes", E_YES, true},
                 {"no", E_NO, true}};
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
        if (strlen(slots[i].name) == len && !memcmp(slots[i].name, name, len)) {
            if (slots[i].lead_only && !r->in_lead)
                return bad(r, "{yes} and {no} stand in then: and choice: only");
            return add_element(r, slots[i].kind, NONE);
        }
    uint16_t kind = talk_kind_find(r->tongue, name, len);
    if (kind == NONE)
        return talk_fault_at(r->fault, r->tongue, r->raw->file, r->raw->line, ROOST_ERR_INVALID,
                             "%s: no slot {%.*s}: there is no thing of that kind", r->raw->key,
                             (int)len, name);
    return add_element(r, E_THING, kind);
}

static int read_alternative(struct reading *r, const char *text, size_t len)
{
    int err = 0;
    for (size_t i = 0; i < len && err == 0;) {
        size_t n = 0;
        while (i + n < len && !strchr("[]{}", text[i + n]))
            n++;
        if (n) {
            err = add_words(r, text + i, n);
            i += n;
            continue;
        }
        const char *close;
        switch (text[i]) {
        case '[':
            if (r->group || r->groups == OPTIONAL_MAX)
                return bad(r, r->group ? "[ inside [ ]" : "more than four [ ] in one alternative");
            r->group = ++r->groups;
            break;
        case ']':
            if (!r->group)
                return bad(r, "] without [");
            r->group = 0;
            break;
        case '{':
            close = memchr(text + i, '}', len - i);
            if (!close)
                return bad(r, "{ without }");
            err = add_slot(r, text + i + 1, (size_t)(close - text) - i - 1);
            i = (size_t)(close - text);
            break;
        default:
            return bad(r, "} without {");
        }
        i++;
    }
    return err == 0 && r->group ? bad(r, "[ without ]") : err;
}

static int add_alternative(struct tongue *tongue, struct patterns *out, const char *text,
                           size_t len, uint16_t owner, const struct raw *raw, bool in_lead,
                           struct fault *fault)
{
    struct pattern *pattern = LIST_ADD(tongue->patterns, LINES_MAX);
    if (!pattern)
        return talk_fault_memory(fault);
    *pattern = (struct pattern){.text = talk_text_keep(tongue, text, len),
                                .first = tongue->elements.count,
                                .owner = owner,
                                .file = raw->file,
                                .line = raw->line};
    if (!pattern->text)
        return talk_fault_memory(fault);
    struct reading r = {tongue, raw, fault, pattern, 0, 0, in_lead};
    int err = read_alternative(&r, text, len);
    bool needed = false;
    for (unsigned i = 0; err == 0 && i < pattern->count; i++)
        needed |= !tongue->elements.at[pattern->first + i].optional;
    if (err == 0 && !needed)
        err = bad(&r, "an alternative without a word that must be there");
    out->count++;
    return err;
}

int talk_patterns_add(struct tongue *tongue, struct patterns *out, const char *value,
                      uint16_t owner, const struct raw *raw, bool in_lead, struct fault *fault)
{
    if (!out->count)
        out->first = tongue->patterns.count;
    else if (out->first + out->count != tongue->patterns.count)
        return talk_fault_at(fault, tongue, raw->file, raw->line, ROOST_ERR_INVALID,
                             "%s: lines of one entry stand together", raw->key);
    int err = 0;
    for (const char *p = value; p && err == 0;) {
        const char *bar = strchr(p, '|');
        size_t len = bar ? (size_t)(bar - p) : strlen(p);
        while (len && *p == ' ') {
            p++;
            len--;
        }
        while (len && p[len - 1] == ' ')
            len--;
        if (out->count >= VALUE_ALTERNATIVES_MAX)
            return talk_fault_at(fault, tongue, raw->file, raw->line, ROOST_ERR_FULL,
                                 "%s: more than 60 alternatives", raw->key);
        err = add_alternative(tongue, out, p, len, owner, raw, in_lead, fault);
        p = bar ? bar + 1 : NULL;
    }
    return err;
}

static int add_names(struct tongue *tongue, uint16_t index, struct fault *fault)
{
    const struct thing *thing = &tongue->things.at[index];
    for (unsigned i = 0; i < thing->names.count; i++) {
        const struct pattern *pattern = &tongue->patterns.at[thing->names.first + i];
        struct phrase *phrase = LIST_ADD(tongue->phrases, PHRASES_MAX);
        if (!phrase)
            return talk_fault_memory(fault);
        phrase->is_thing = true;
        phrase->value = index;
        for (unsigned k = 0; k < pattern->count; k++) {
            const struct element *element = &tongue->elements.at[pattern->first + k];
            if (element->kind != E_WORD || element->optional || phrase->count == 4)
                return talk_fault_at(fault, tongue, pattern->file, pattern->line, ROOST_ERR_INVALID,
                                     "name: takes one to four words, without [ ] and { }");
            phrase->word[phrase->count++] = element->word;
        }
    }
    return 0;
}

/* A word that many intents share says little about which one is meant. */
static void weigh(struct tongue *tongue)
{
    float all = logf(1.0F + (float)tongue->intents.count);
    for (unsigned i = 0; i < tongue->patterns.count; i++) {
        const struct pattern *pattern = &tongue->patterns.at[i];
        for (unsigned k = 0; k < pattern->count && pattern->owner != NONE; k++) {
            const struct element *element = &tongue->elements.at[pattern->first + k];
            if (element->kind != E_WORD)
                continue;
            struct word *word = &tongue->words.at[element->word];
            word->used += word->last != pattern->owner;
            word->last = pattern->owner;
        }
    }
    for (unsigned i = 0; i < tongue->words.count; i++) {
        struct word *word = &tongue->words.at[i];
        float rare = 1.0F - 0.75F * logf(1.0F + (float)word->used) / (all > 0 ? all : 1.0F);
        word->weight = word->negates ? 0.8F : word->stop ? 0.15F * rare : rare * sqrtf(rare);
        if (word->weight < 0.05F)
            word->weight = 0.05F;
    }
}

int talk_patterns_finish(struct tongue *tongue, struct fault *fault)
{
    int err = 0;
    for (unsigned i = 0; i < tongue->things.count && err == 0; i++)
        err = add_names(tongue, (uint16_t)i, fault);
    weigh(tongue);
    for (unsigned i = 0; i < tongue->patterns.count; i++) {
        struct pattern *pattern = &tongue->patterns.at[i];
        for (unsigned k = 0; k < pattern->count; k++) {
            const struct element *element = &tongue->elements.at[pattern->first + k];
            if (element->optional)
                continue;
            if (element->kind == E_WORD)
                pattern->weight += tongue->words.at[element->word].weight;
            else if (element->kind == E_NUMBER)
                pattern->weight += WEIGHT_NUMBER;
            else if (element->kind == E_THING)
                pattern->weight += WEIGHT_THING;
        }
    }
    return err;
}
