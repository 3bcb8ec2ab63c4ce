/* SPDX-License-Identifier: Apache-2.0 */
#include "host/options.h"

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
    case OPTION_CHOICE:
        for (size_t i = 0; spec->choices[i] && at < size; i++)
            at += (size_t)snprintf(out + at, size - at, "%s%s", i ? ", " : "", spec->choices[i]);
        break;
    case OPTION_TEXT:
        if (spec->max)
            snprintf(out, size, "%llu to %llu characters", (unsigned long long)spec->min,
                     (unsigned long long)spec->max);
        break;
    case OPTION_LIST:
        snprintf(out, size, "at most %llu of them", (unsigned long long)spec->max);
        break;
    case OPTION_FLAG:
    case OPTION_WORD:
        break;
    }
}

static bool append(struct option_list *list, uint64_t max, const char *value)
{
    if (list->count >= max || list->count >= OPTION_LIST_MAX)
        return false;
    list->values[list->count++] = value;
    return true;
}

/* Stores a value. Returns false when it is not allowed. */
static bool store(const struct option_spec *spec, void *settings, const char *value)
{
    void *member = (char *)settings + spec->at;
    size_t len = strlen(value);
    uint64_t number;

    switch (spec->kind) {
    case OPTION_TEXT:
        if (spec->max && (len < spec->min || len > spec->max))
            return false;
        memcpy(member, &value, sizeof value);
        return true;
    case OPTION_NUMBER:
        if (roost_parse_uint64(value, len, &number) || number < spec->min || number > spec->max)
            return false;
        memcpy(member, &number, sizeof number);
        return true;
    case OPTION_CHOICE:
        for (int i = 0; spec->choices[i]; i++)
            if (strcmp(value, spec->choices[i]) == 0) {
                memcpy(member, &i, sizeof i);
                return true;
            }
        return false;
    case OPTION_FLAG:
        memcpy(member, &(int){1}, sizeof(int));
        return true;
    case OPTION_LIST:
        return append(member, spec->max, value);
    case OPTION_WORD:
        memcpy(member, &value, sizeof value);
        return true;
    }
    return false;
}

static const struct option_spec *find(const struct option_spec *table, size_t count,
                                      const char *name, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].kind != OPTION_WORD && strlen(table[i].name) == len &&
            memcmp(table[i].name, name, len) == 0)
            return &table[i];
    return NULL;
}

/* Stores an argument without -- as the first word that has none yet. */
static bool take_word(const struct option_spec *table, size_t count, void *settings,
                      const char *word, bool *given)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].kind == OPTION_WORD && !given[i]) {
            given[i] = true;
            return store(&table[i], settings, word);
        }
    return false;
}

/* Takes argv[*i] and its value. */
static int parse_one(const struct option_spec *table, size_t count, void *settings, int argc,
                     char **argv, int *i, bool *given, char *why, size_t why_size)
{
    const char *name = argv[*i], *value = NULL;
    char allowed[256];

    if (strncmp(name, "--", 2) != 0) {
        if (take_word(table, count, settings, name, given))
            return 0;
        snprintf(why, why_size, "%s: not an option; options begin with --", name);
        return ROOST_ERR_INVALID;
    }
    name += 2;
    size_t len = strcspn(name, "=");
    const struct option_spec *spec = find(table, count, name, len);
    if (!spec) {
        snprintf(why, why_size, "--%.*s: no such option; --help lists them", (int)len, name);
        return ROOST_ERR_INVALID;
    }
    given[spec - table] = true;
    if (spec->kind == OPTION_FLAG) {
        if (name[len] == '=') {
            snprintf(why, why_size, "--%s: takes no value", spec->name);
            return ROOST_ERR_INVALID;
        }
        (void)store(spec, settings, "");
        return 0;
    }
    if (name[len] == '=')
        value = name + len + 1;
    else if (*i + 1 < argc)
        value = argv[++*i];
    if (!value) {
        snprintf(why, why_size, "--%s: needs a value, %s", spec->name, spec->value);
        return ROOST_ERR_INVALID;
    }
    if (store(spec, settings, value))
        return 0;
    describe_allowed(spec, allowed, sizeof allowed);
    bool cut = strlen(value) > SHOWN_MAX; /* what is allowed has to be seen */
    snprintf(why, why_size, "--%s %.*s%s: allowed is %s", spec->name, SHOWN_MAX, value,
             cut ? "..." : "", allowed);
    return ROOST_ERR_INVALID;
}

int options_parse(const struct option_spec *table, size_t count, void *settings, int argc,
                  char **argv, char *why, size_t why_size)
{
    enum { OPTIONS_MAX = 64 };
    bool given[OPTIONS_MAX] = {false};
    bool help = false;

    if (count > OPTIONS_MAX)
        return ROOST_ERR_INTERNAL;
    for (size_t i = 0; i < count; i++)
        if (table[i].initial)
            (void)store(&table[i], settings, table[i].initial);
    for (int i = 1; i < argc; i++) {
        int err = parse_one(table, count, settings, argc, argv, &i, given, why, why_size);
        if (err)
            return err;
    }
    /* Whoever asks for help need not know yet what is required. */
    for (size_t i = 0; i < count; i++)
        help |= table[i].kind == OPTION_FLAG && given[i] && strcmp(table[i].name, "help") == 0;
    for (size_t i = 0; i < count && !help; i++)
        if (table[i].required && !given[i]) {
            snprintf(why, why_size, "%s%s%s%s: is required (%s)",
                     table[i].kind == OPTION_WORD ? "" : "--", table[i].name,
                     table[i].value ? " " : "", table[i].value ? table[i].value : "",
                     table[i].help);
            return ROOST_ERR_INVALID;
        }
    return 0;
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
        if (spec->kind != OPTION_TEXT && allowed[0])
            fprintf(out, "; %s", allowed);
        if (spec->initial)
            fprintf(out, "; default %s", spec->initial);
        fputc('\n', out);
    }
}
