/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program's command line from one table: its name, its options, and its commands with options of
 * their own. Every program so answers --help and --version alike, refuses what it does not know
 * with the same words, and ends with the same statuses. Depends on host/options.h, host/why.h.
 *
 *     static const struct program_spec program = {
 *         .name = "roostd", .version = ROOST_VERSION, .help = "the server devices come home to",
 *         PROGRAM_OPTIONS(options)};
 *     int status = program_read(&program, &settings, argc, argv);
 *     if (status != PROGRAM_GOES_ON)
 *         return status;
 *
 *     static const struct program_command commands[] = {
 *         {"devices import", "registers a batch", PROGRAM_OPTIONS(import_options), do_import}, ...
 *     return program_run(&program, &settings, argc, argv);
 */
#ifndef ROOST_HOST_PROGRAM_H
#define ROOST_HOST_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "host/options.h"
#include "host/why.h"

enum { PROGRAM_GOES_ON = -1, PROGRAM_FAILED = 1, PROGRAM_USAGE = 2, PROGRAM_SETS_MAX = 8 };

struct program_command {
    const char *name, *help; /* a name of several words is tried before its beginning is */
    const struct option_spec *options;
    size_t option_count;
    /* Returns 0, an error with `why` set, or the exit status when all is said. */
    int (*run)(void *settings, struct why *why);
};

struct program_spec {
    const char *name, *help;
    const struct option_spec *options; /* of each command, when there are any */
    size_t option_count;
    const char *version;
    const struct program_command *commands;
    size_t command_count;
    const char *notes; /* printed behind --help: exit statuses, files; NULL: none */
    bool serves; /* runs until it is told to stop: a hangup of the terminal or SIGHUP, by which
                    services are told to read files again, does not end it */
};

/* Two initializers: a table and how many rows it has. */
#define PROGRAM_OPTIONS(table) (table), sizeof(table) / sizeof *(table)

/* For a program without commands. Returns PROGRAM_GOES_ON with the settings read, or the exit
 * status: --help or --version was answered, or a bad option refused. */
int program_read(const struct program_spec *program, void *settings, int argc, char **argv);

/* The same with the options of several tables, PROGRAM_SETS_MAX at most, instead of its own. */
int program_read_sets(const struct program_spec *program, const struct option_set *sets,
                      size_t count, int argc, char **argv);

/* Finds the command, reads its options and the program's, which may stand before its name too, and
 * runs it. "help" and "help COMMAND" print what --help does. Returns the exit status; reorders
 * argv. */
int program_run(const struct program_spec *program, void *settings, int argc, char **argv);

#endif
