/* SPDX-License-Identifier: Apache-2.0 */
#include "host/options.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "core/err.h"
#include "core/number.h"

enum { SHOWN_MAX = 80 }; /* of a refused value */

static void describe_allowed(const struct option_spec *spec, char *out, size_t size)
{
    size_t at = 0;

    out[0] = '\0';
    switch (spec->kind) {
    case OPTION_NUMBER:
        snprintf(out, size, "%llu to %llu", (unsigned long long)spec->min,
                 (unsigned long long)spec->max);
        break;
    case OPTION_REAL:
        snprintf(out, size, "more than %llu, at most %llu", (unsigned long long)spec->min,
                 (unsigned long long)spec->max);
        break;
    case OPTION_CHOICE:
        for (size_t i = 0; spec->choices[i] && at < size; i++)
            at += (size_t)snprintf(out + at, size - at, "%s%s", i ? ", " : "", spec->choices[i]);
        break;
    case OPTION_TEXT:
    case OPTION_WORD:
        if (spec->max)
            snprintf(out, size, "%llu to %llu characters", (unsigned long long)spec->min,
                     (unsigned long long)spec->max);
        break;
    case OPTION_LIST:
        snprintf(out, size, "at most %llu of them", (unsigned long long)spec->max);
        break;
    case OPTION_FLAG:
        break;
    }
}

/* An option and what the command line said of it. */
struct slot {
    const struct option_spec *spec;
    void *member;
    bool given;
};

struct parser {
    struct slot slots[OPTIONS_MAX];
    size_t count;
    char **argv, **end; /* the argument that is read next, and behind the last */
    bool words_only;    /* "--" was seen */
    char *why;
    size_t why_size;
};

static bool append(struct option_list *list, uint64_t max, const char *value)
{
    if (list->count >= max || list->count >= OPTION_LIST_MAX)
        return false;
    list->values[list->count++] = value;
    return true;
}

static bool store_number(const struct option_spec *spec, void *member, const char *value)
{
    uint64_t number;

    if (roost_parse_uint64(value, strlen(value), &number) || number < spec->min ||
        number > spec->max)
        return false;
    memcpy(member, &number, sizeof number);
    return true;
}

static bool store_real(const struct option_spec *spec, void *member, const char *value)
{
    double number;

    if (roost_parse_double(value, strlen(value), &number) || !(number > (double)spec->min) ||
        number > (double)spec->max)
        return false;
    memcpy(member, &number, sizeof number);
    return true;
}

static bool store_choice(const struct option_spec *spec, void *member, const char *value)
{
    for (int i = 0; spec->choices[i]; i++)
        if (strcmp(value, spec->choices[i]) == 0) {
            memcpy(member, &i, sizeof i);
            return true;
        }
    return false;
}

/* Returns false when the value is not allowed. */
static bool store(const struct slot *slot, const char *value)
{
    const struct option_spec *spec = slot->spec;
    void *member = slot->member;
    size_t len = strlen(value);

    switch (spec->kind) {
    case OPTION_TEXT:
    case OPTION_WORD:
        if ((spec->max && (len < spec->min || len > spec->max)) ||
            (spec->refuse && spec->refuse(value)))
            return false;
        memcpy(member, &value, sizeof value);
        return true;
    case OPTION_NUMBER:
        return store_number(spec, member, value);
    case OPTION_REAL:
        return store_real(spec, member, value);
    case OPTION_CHOICE:
        return store_choice(spec, member, value);
    case OPTION_FLAG:
        ++*(int *)member;
        return true;
    case OPTION_LIST:
        return append(member, spec->max, value);
    }
    return false;
}

static bool is_called(const struct option_spec *spec, const char *argument)
{
    size_t len = strcspn(argument + 2, "=");

    return spec->kind != OPTION_WORD && strlen(spec->name) == len &&
           memcmp(spec->name, argument + 2, len) == 0;
}

const struct option_spec *options_find(const struct option_spec *table, size_t count,
                                       const char *argument)
{
    for (size_t i = 0; i < count; i++)
        if (is_called(&table[i], argument))
            return &table[i];
    return NULL;
}

static int refuse_value(struct parser *parser, const struct option_spec *spec, const char *value)
{
    char allowed[256];
    bool cut = strlen(value) > SHOWN_MAX; /* what is allowed has to be seen */

    const char *instead = spec->refuse ? spec->refuse(value) : NULL;

    describe_allowed(spec, allowed, sizeof allowed);
    snprintf(parser->why, parser->why_size, "%s%s %.*s%s: allowed is %s",
             spec->kind == OPTION_WORD ? "" : "--", spec->name, SHOWN_MAX, value, cut ? "..." : "",
             instead ? instead : allowed);
    return ROOST_ERR_INVALID;
}

/* Stores an argument as the first word that has none yet. */
static int take_word(struct parser *parser, const char *word)
{
    for (size_t i = 0; i < parser->count; i++) {
        struct slot *slot = &parser->slots[i];
        if (slot->spec->kind == OPTION_WORD && !slot->given) {
            slot->given = true;
            return store(slot, word) ? 0 : refuse_value(parser, slot->spec, word);
        }
    }
    snprintf(parser->why, parser->why_size, "unexpected argument \"%s\"; options begin with --",
             word);
    return ROOST_ERR_INVALID;
}

static int take_flag(struct parser *parser, struct slot *slot, const char *argument)
{
    if (strchr(argument, '=')) {
        snprintf(parser->why, parser->why_size, "--%s: takes no value", slot->spec->name);
        return ROOST_ERR_INVALID;
    }
    (void)store(slot, "");
    return 0;
}

static struct slot *slot_of(struct parser *parser, const char *argument)
{
    for (size_t i = 0; i < parser->count; i++)
        if (is_called(parser->slots[i].spec, argument))
            return &parser->slots[i];
    return NULL;
}

/* The next argument, unless that is an option itself: "--config --check" lacks a file. A value that
 * is spelt as an option can be given behind "=". */
static const char *next_value(struct parser *parser)
{
    if (parser->argv == parser->end)
        return NULL;
    if (strncmp(*parser->argv, "--", 2) == 0 && slot_of(parser, *parser->argv))
        return NULL;
    return *parser->argv++;
}

static int take_value(struct parser *parser, struct slot *slot, const char *argument)
{
    const struct option_spec *spec = slot->spec;
    const char *equals = strchr(argument, '=');
    const char *value = equals ? equals + 1 : next_value(parser);

    if (!value) {
        snprintf(parser->why, parser->why_size, "--%s: needs a value, %s", spec->name, spec->value);
        return ROOST_ERR_INVALID;
    }
    return store(slot, value) ? 0 : refuse_value(parser, spec, value);
}

/* "-x", which is no option of ours, but was meant as one: no word begins so; "-5" does, and "-". */
static bool is_letter_option(const char *argument)
{
    return argument[0] == '-' && isalpha((unsigned char)argument[1]);
}

/* The two letters that everybody tries. */
static const char *long_form(const char *argument)
{
    if (strcmp(argument, "-h") == 0)
        return "--help";
    return strcmp(argument, "-V") == 0 ? "--version" : argument;
}

static int take_one(struct parser *parser)
{
    const char *given = *parser->argv++;
    const char *argument = parser->words_only ? given : long_form(given);

    if (parser->words_only || (strncmp(argument, "--", 2) != 0 && !is_letter_option(argument)))
        return take_word(parser, argument);
    if (strcmp(argument, "--") == 0) {
        parser->words_only = true;
        return 0;
    }
    struct slot *slot = argument[1] == '-' ? slot_of(parser, argument) : NULL;
    if (slot) {
        slot->given = true;
        return slot->spec->kind == OPTION_FLAG ? take_flag(parser, slot, argument)
                                               : take_value(parser, slot, argument);
    }
    snprintf(parser->why, parser->why_size, "%.*s: no such option; --help lists them",
             (int)strcspn(given, "="), given);
    return ROOST_ERR_INVALID;
}

/* Whoever asks what there is need not know yet what is required. */
static bool only_asks(const struct slot *slot)
{
    return slot->given && slot->spec->kind == OPTION_FLAG &&
           (strcmp(slot->spec->name, "help") == 0 || strcmp(slot->spec->name, "version") == 0);
}

static int check_required(const struct parser *parser)
{
    for (size_t i = 0; i < parser->count; i++)
        if (only_asks(&parser->slots[i]))
            return 0;
    for (size_t i = 0; i < parser->count; i++) {
        const struct option_spec *spec = parser->slots[i].spec;
        if (!spec->required || parser->slots[i].given)
            continue;
        snprintf(parser->why, parser->why_size, "%s%s%s%s: is required (%s)",
                 spec->kind == OPTION_WORD ? "" : "--", spec->name, spec->value ? " " : "",
                 spec->value ? spec->value : "", spec->help);
        return ROOST_ERR_INVALID;
    }
    return 0;
}

int options_parse_sets(const struct option_set *sets, size_t set_count, int argc, char **argv,
                       char *why, size_t why_size)
{
    struct parser parser = {.argv = argv + (argc > 0), /* the program's name is none */
                            .end = argv + argc,
                            .why = why,
                            .why_size = why_size};

    for (size_t i = 0; i < set_count; i++)
        for (size_t j = 0; j < sets[i].count; j++) {
            const struct option_spec *spec = &sets[i].table[j];
            if (parser.count == OPTIONS_MAX)
                return ROOST_ERR_INTERNAL;
            struct slot *slot = &parser.slots[parser.count++];
            *slot = (struct slot){.spec = spec, .member = (char *)sets[i].settings + spec->at};
            if (spec->initial)
                (void)store(slot, spec->initial);
        }
    while (parser.argv < parser.end) {
        int err = take_one(&parser);
        if (err)
            return err;
    }
    return check_required(&parser);
}

int options_parse(const struct option_spec *table, size_t count, void *settings, int argc,
                  char **argv, char *why, size_t why_size)
{
    const struct option_set set = {table, count, settings};

    return options_parse_sets(&set, 1, argc, argv, why, why_size);
}

void options_print(FILE *out, const struct option_spec *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct option_spec *spec = &table[i];
        char allowed[256];
        describe_allowed(spec, allowed, sizeof allowed);
        fprintf(out, "  %s%s%s%s%s\n      %s", spec->kind == OPTION_WORD ? "" : "--", spec->name,
                spec->value ? " " : "", spec->value ? spec->value : "",
                spec->required ? "   (required)" : "", spec->help);
        if (spec->kind != OPTION_TEXT && spec->kind != OPTION_WORD && allowed[0])
            fprintf(out, "; %s", allowed);
        if (spec->initial && spec->initial[0])
            fprintf(out, "; default %s", spec->initial);
        fputc('\n', out);
    }
}
