/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tool of several commands, each with a table of options: finds the command, reads its options,
 * runs it. Depends on host/options.h, why.h.
 *
 *     static const struct command commands[] = {
 *         {"keygen", "makes a key that signs", COMMAND_OPTIONS(keygen_options), do_keygen},
 *     };
 *     return command_main("roost-firmware", commands, COUNT, &settings, &settings.help, argc,
 * argv);
 */
#ifndef ROOST_TOOLS_FIRMWARE_COMMAND_H
#define ROOST_TOOLS_FIRMWARE_COMMAND_H

#include <stddef.h>

#include "host/options.h"
#include "tools/firmware/why.h"

struct command {
    const char *name, *help;
    const struct option_spec *options;
    size_t option_count;
    int (*run)(const void *settings, struct why *why); /* 0 or an error with `why` set */
};

#define COMMAND_OPTIONS(table) (table), sizeof(table) / sizeof *(table)

/* `help` is the member of the settings that the option --help sets. Returns the exit status: 0, 1
 * when the command failed, 2 when it was called wrongly. */
int command_main(const char *program, const struct command *commands, size_t count, void *settings,
                 const int *help, int argc, char **argv);

#endif
