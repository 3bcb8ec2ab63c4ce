/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command-line options of a program, from one table: "--name VALUE" or "--name=VALUE", and words
 * that are no option; behind "--" everything is a word. There are no options of one letter but -h
 * and -V for --help and --version, so that "-x" is refused as an option and not taken for a word;
 * "-5" is one. A bad one is refused with a sentence that names the option, the value and what is
 * allowed. host/program.h adds what is around it: --help,
 * --version, commands. Depends on core/err.h and the C library.
 *
 *     static const struct option_spec table[] = {
 *         {.name = "speed", .value = "N", .kind = OPTION_NUMBER, .initial = "1", .min = 1,
 *          .max = 3600, .at = offsetof(struct settings, speed), .help = "..."},
 *     };
 *     err = options_parse(table, COUNT, &settings, argc, argv, why, sizeof why);
 */
#ifndef ROOST_HOST_OPTIONS_H
#define ROOST_HOST_OPTIONS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_kind {
    OPTION_TEXT,   /* const char *; min and max bound the length when max is set */
    OPTION_NUMBER, /* uint64_t, min..max */
    OPTION_REAL,   /* double, more than min, at most max */
    OPTION_CHOICE, /* int: index in choices */
    OPTION_FLAG,   /* int: how often it was given; takes no value */
    OPTION_LIST,   /* struct option_list: may be given again, max times at most */
    OPTION_WORD,   /* const char *: an argument without --; the name is only for messages; bounded
                      as a text is */
};

enum { OPTION_LIST_MAX = 16, OPTIONS_MAX = 64 /* of all tables together */ };

struct option_list {
    const char *values[OPTION_LIST_MAX];
    size_t count;
};

struct option_spec {
    const char *name, *value, *help; /* value: its name in the help */
    enum option_kind kind;
    int required;
    const char *initial; /* as it would be given; NULL: NULL, 0 */
    uint64_t min, max;
    const char *const *choices; /* ends with NULL */
    size_t at;                  /* offset of the member in the settings */
    /* Of a text or a word, where its length is not all: returns what is allowed when the value is
     * not, NULL when it is; NULL: any is. */
    const char *(*refuse)(const char *value);
};

/* A table and where its values go. Of tables that are read together, the first that has a name
 * takes it. */
struct option_set {
    const struct option_spec *table;
    size_t count;
    void *settings;
};

/* Sets every member from its initial value and then from argv, whose strings are borrowed. Returns
 * 0 or ROOST_ERR_INVALID with `why` set. */
int options_parse(const struct option_spec *table, size_t count, void *settings, int argc,
                  char **argv, char *why, size_t why_size);
int options_parse_sets(const struct option_set *sets, size_t set_count, int argc, char **argv,
                       char *why, size_t why_size);

/* The option an argument ("--name", "--name=VALUE") means; NULL: none in this table. */
const struct option_spec *options_find(const struct option_spec *table, size_t count,
                                       const char *argument);

/* One paragraph an option: name, value, help, default, what is allowed. */
void options_print(FILE *out, const struct option_spec *table, size_t count);

#endif
