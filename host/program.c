/* SPDX-License-Identifier: Apache-2.0 */
#include "host/program.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/assert.h"

/* ---- what every program answers ---- */

struct asked {
    int help, version;
};

static const struct option_spec asked_options[] = {
    {.name = "help",
     .kind = OPTION_FLAG,
     .help = "these lines",
     .at = offsetof(struct asked, help)},
    {.name = "version",
     .kind = OPTION_FLAG,
     .help = "the program's name and version",
     .at = offsetof(struct asked, version)},
};

enum { WORDS_SIZE = 128, ASKED_COUNT = sizeof asked_options / sizeof asked_options[0] };

/* A command's own option of the name comes first: "pack --version 1.4.0". */
static bool has(const struct program_command *command, const char *name)
{
    for (size_t i = 0; i < command->option_count; i++)
        if (strcmp(command->options[i].name, name) == 0)
            return true;
    return false;
}

/* " FILE [NAME]": a table's words, as a person has to type them. */
static const char *words_of(const struct option_spec *options, size_t count, char *out, size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < count && len < size; i++)
        if (options[i].kind == OPTION_WORD)
            len += (size_t)snprintf(out + len, size - len, options[i].required ? " %s" : " [%s]",
                                    options[i].name);
    return out;
}

static void print_usage(FILE *out, const struct program_spec *program,
                        const struct program_command *command)
{
    char words[WORDS_SIZE];

    if (command)
        fprintf(out, "usage: %s %s [OPTIONS]%s\n", program->name, command->name,
                words_of(command->options, command->option_count, words, sizeof words));
    else
        fprintf(out, "usage: %s COMMAND [OPTIONS]\n", program->name);
}

static void print_commands(FILE *out, const struct program_spec *program)
{
    char words[WORDS_SIZE];
    int width = 0;

    for (size_t i = 0; i < program->command_count; i++) {
        const struct program_command *command = &program->commands[i];
        words_of(command->options, command->option_count, words, sizeof words);
        int len = (int)(strlen(command->name) + strlen(words));
        width = len > width ? len : width;
    }
    for (size_t i = 0; i < program->command_count; i++) {
        const struct program_command *command = &program->commands[i];
        words_of(command->options, command->option_count, words, sizeof words);
        fprintf(out, "  %s%-*s  %s\n", command->name, width - (int)strlen(command->name), words,
                command->help);
    }
    fprintf(out, "\n%s COMMAND --help lists a command's options; those of all:\n\n", program->name);
}

static void print_help(FILE *out, const struct program_spec *program,
                       const struct program_command *command, const struct option_set *sets,
                       size_t count)
{
    if (command)
        fprintf(out, "%s %s: %s\n\n", program->name, command->name, command->help);
    else
        fprintf(out, "%s %s: %s\n\n", program->name, program->version, program->help);
    if (program->commands) {
        print_usage(out, program, command);
        fputc('\n', out);
    }
    if (program->commands && !command)
        print_commands(out, program);
    for (size_t i = 0; i < count; i++)
        options_print(out, sets[i].table, sets[i].count);
    for (size_t i = 0; i < ASKED_COUNT; i++)
        if (!command || !has(command, asked_options[i].name))
            options_print(out, &asked_options[i], 1);
    if (program->notes)
        fprintf(out, "\n%s\n", program->notes);
}

/* One sentence. Only who did not find a command needs to be told what a command line looks like. */
static int refuse(const struct program_spec *program, const struct program_command *command,
                  const struct why *why)
{
    fprintf(stderr, "%s%s%s: %s\n", program->name, command ? " " : "", command ? command->name : "",
            why->text);
    if (program->commands && !command)
        print_usage(stderr, program, NULL);
    return PROGRAM_USAGE;
}

/* ---- reading ---- */

static int read_options(const struct program_spec *program, const struct program_command *command,
                        const struct option_set *sets, size_t count, int argc, char **argv)
{
    struct asked asked = {0};
    struct why why = {""};
    struct option_set all[PROGRAM_SETS_MAX + 1];

    ROOST_ASSERT(count <= PROGRAM_SETS_MAX);
    if (program->serves)
        signal(SIGHUP, SIG_IGN); /* before anything else; who has a use for it handles it later */
    memcpy(all, sets, count * sizeof *sets);
    all[count] = (struct option_set){asked_options, ASKED_COUNT, &asked};
    if (options_parse_sets(all, count + 1, argc, argv, why.text, sizeof why.text))
        return refuse(program, command, &why);
    if (asked.help)
        print_help(stdout, program, command, sets, count);
    else if (asked.version)
        printf("%s %s\n", program->name, program->version);
    return asked.help || asked.version ? 0 : PROGRAM_GOES_ON;
}

int program_read_sets(const struct program_spec *program, const struct option_set *sets,
                      size_t count, int argc, char **argv)
{
    return read_options(program, NULL, sets, count, argc, argv);
}

int program_read(const struct program_spec *program, void *settings, int argc, char **argv)
{
    const struct option_set set = {program->options, program->option_count, settings};

    return read_options(program, NULL, &set, 1, argc, argv);
}

/* ---- commands ---- */

/* Whether the next argument is the value of this one. Before the command's name is known, this can
 * be an option of any of them. */
static bool takes_next(const struct program_spec *program, const char *argument)
{
    const struct option_spec *option =
        options_find(program->options, program->option_count, argument);

    for (size_t i = 0; i < program->command_count && !option; i++)
        option =
            options_find(program->commands[i].options, program->commands[i].option_count, argument);
    return option && option->kind != OPTION_FLAG && !strchr(argument, '=');
}

/* -h and -V, as host/options.h reads them. */
static bool is_short_question(const char *argument)
{
    return strcmp(argument, "-h") == 0 || strcmp(argument, "-V") == 0;
}

/* The index of the first argument that is neither an option nor the value of one; argc: none. */
static int first_word(const struct program_spec *program, int argc, char **argv)
{
    int i = 1;

    while (i < argc && (strncmp(argv[i], "--", 2) == 0 || is_short_question(argv[i])))
        i += takes_next(program, argv[i]) ? 2 : 1;
    return i < argc ? i : argc;
}

/* How many arguments from argv[0] on are the words of `name`; 0: they are not. */
static int match(const char *name, int argc, char **argv)
{
    int words = 0;

    while (words < argc) {
        size_t len = strcspn(name, " ");
        if (strlen(argv[words]) != len || memcmp(argv[words], name, len) != 0)
            return 0;
        words++;
        if (name[len] == '\0')
            return words;
        name += len + 1;
    }
    return 0;
}

static const struct program_command *find(const struct program_spec *program, int argc, char **argv,
                                          int *words)
{
    const struct program_command *found = NULL;

    *words = 0;
    for (size_t i = 0; i < program->command_count; i++) {
        int matched = match(program->commands[i].name, argc, argv);
        if (matched > *words) {
            *words = matched;
            found = &program->commands[i];
        }
    }
    return found;
}

/* Nobody knows what an unknown option before the command takes: what follows it is then no command
 * that is misspelt. */
static const char *unknown_option(const struct program_spec *program, int count, char **argv)
{
    for (int i = 1; i < count; i++) {
        bool known = options_find(program->options, program->option_count, argv[i]) ||
                     options_find(asked_options, ASKED_COUNT, argv[i]) || argv[i][2] == '\0';
        for (size_t c = 0; c < program->command_count && !known; c++)
            known = options_find(program->commands[c].options, program->commands[c].option_count,
                                 argv[i]);
        if (!known && argv[i][0] == '-')
            return argv[i];
        i += takes_next(program, argv[i]);
    }
    return NULL;
}

static int refuse_command(const struct program_spec *program, int at, char **argv)
{
    struct why why = {""};
    const char *unknown = argv[at][0] == '-' ? argv[at] : unknown_option(program, at, argv);

    if (unknown)
        (void)why_not(&why, 0, "%.*s: no such option; --help lists them",
                      (int)strcspn(unknown, "="), unknown);
    else
        (void)why_not(&why, 0, "no command \"%s\"; %s --help lists them", argv[at], program->name);
    return refuse(program, NULL, &why);
}

/* "help", "help COMMAND": argv[at] is the word behind "help". */
static int answer_help(const struct program_spec *program, void *settings, int argc, int at,
                       char **argv)
{
    int words;
    const struct program_command *command = find(program, argc - at, argv + at, &words);

    if (!command && at < argc)
        return refuse_command(program, at, argv);
    const struct option_set sets[] = {
        {command ? command->options : NULL, command ? command->option_count : 0, settings},
        {program->options, program->option_count, settings},
    };
    print_help(stdout, program, command, sets, sizeof sets / sizeof sets[0]);
    return 0;
}

int program_run(const struct program_spec *program, void *settings, int argc, char **argv)
{
    struct why why = {""};
    int words, at = first_word(program, argc, argv);
    const struct program_command *command = find(program, argc - at, argv + at, &words);
    const struct option_set sets[] = {
        {command ? command->options : NULL, command ? command->option_count : 0, settings},
        {program->options, program->option_count, settings},
    };
    const size_t count = sizeof sets / sizeof sets[0];

    if (!command && at < argc && strcmp(argv[at], "help") == 0)
        return answer_help(program, settings, argc, at + 1, argv);
    if (!command && at < argc)
        return refuse_command(program, at, argv);
    if (argc == 1) {
        print_help(stderr, program, NULL, sets, count);
        return PROGRAM_USAGE;
    }
    if (command) {
        /* What stood before the name takes the place of its last words. */
        memmove(argv + 1 + words, argv + 1, (size_t)(at - 1) * sizeof *argv);
        argc -= words;
        argv += words;
    }
    int status = read_options(program, command, sets, count, argc, argv);
    if (status != PROGRAM_GOES_ON)
        return status;
    if (!command) {
        (void)why_not(&why, 0, "needs a command; %s --help lists them", program->name);
        return refuse(program, NULL, &why);
    }
    int err = command->run(settings, &why);
    if (err >= 0)
        return err;
    fprintf(stderr, "%s %s: %s\n", program->name, command->name, why.text);
    return PROGRAM_FAILED;
}
