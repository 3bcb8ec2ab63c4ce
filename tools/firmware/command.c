/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/firmware/command.h"

#include <stdio.h>
#include <string.h>

static int usage(FILE *out, const char *program, const struct command *commands, size_t count)
{
    fprintf(out, "usage: %s COMMAND OPTIONS\n", program);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
    fprintf(out, "%s COMMAND --help lists its options\n", program);
    return out == stdout ? 0 : 2;
}

int command_main(const char *program, const struct command *commands, size_t count, void *settings,
                 const int *help, int argc, char **argv)
{
    const struct command *command = NULL;
    struct why why = {""};

    for (size_t i = 0; i < count && argc > 1; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            command = &commands[i];
    if (!command)
        return usage(argc > 1 && strcmp(argv[1], "--help") == 0 ? stdout : stderr, program,
                     commands, count);
    int err = options_parse(command->options, command->option_count, settings, argc - 1, argv + 1,
                            why.text, sizeof why.text);
    if (!err && *help) {
        printf("%s %s: %s\n", program, command->name, command->help);
        options_print(stdout, command->options, command->option_count);
        return 0;
    }
    int status = err ? 2 : 1;
    if (!err)
        err = command->run(settings, &why);
    if (err)
        fprintf(stderr, "%s %s: %s\n", program, command->name, why.text);
    return err ? status : 0;
}
