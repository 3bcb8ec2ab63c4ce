/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/roost-window/program.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_POWER_CUT = 137, LOG_BYTES = 4096 }; /* 137: as after kill -9 */

struct command {
    const char *name, *arguments, *help;
    int argc; /* words with the name */
    void (*run)(struct program *program, char **argv, struct roost_json_writer *answer);
    /* Writes the names it takes, which stand behind the help. */
    void (*names)(const struct world_controls *controls, char out[DEVICE_WORLD_NAMES_MAX]);
};

static void run_state(struct program *program, char **argv, struct roost_json_writer *answer)
{
    (void)argv;
    program_write_state(program, answer);
}

/* ---- the world ---- */

static void run_set(struct program *program, char **argv, struct roost_json_writer *answer)
{
    device_world_set(&program->around, argv[1], argv[2], answer);
}

static void run_fault(struct program *program, char **argv, struct roost_json_writer *answer)
{
    device_world_fault(&program->around, argv[1], argv[2], answer);
}

/* ---- hands ---- */

static void run_cut_power(struct program *program, char **argv, struct roost_json_writer *answer)
{
    (void)program;
    (void)argv;
    (void)answer;
    _exit(EXIT_POWER_CUT); /* no answer either: nothing is left that could give one */
}

static void run_wifi(struct program *program, char **argv, struct roost_json_writer *answer)
{
    bool up = strcmp(argv[1], "up") == 0;

    if (!up && strcmp(argv[1], "down") != 0) {
        control_error(answer, "wifi %s: allowed is up, down", argv[1]);
        return;
    }
    roost_board_wifi(&program->board, up);
    control_ok(answer);
}

static void run_log(struct program *program, char **argv, struct roost_json_writer *answer)
{
    char text[LOG_BYTES], *save = NULL;

    (void)argv;
    (void)roost_log_read(&program->window.device.log, text, sizeof text);
    roost_json_object(answer);
    roost_json_put_bool(answer, "ok", true);
    roost_json_put_array(answer, "lines");
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        roost_json_str(answer, line);
    roost_json_end(answer);
    roost_json_end(answer);
}

static void run_help(struct program *program, char **argv, struct roost_json_writer *answer);

static const struct command commands[] = {
    {"help", "", "lists the commands", 1, run_help, NULL},
    {"state", "", "device and world", 1, run_state, NULL},
    {"set", "NAME VALUE|weather", "holds a part of the weather, or lets it go: ", 3, run_set,
     device_world_set_names},
    {"fault", "NAME on|off, or obstruction PCT|off", "", 3, run_fault, device_world_fault_names},
    {"wifi", "up|down", "takes the access point away, or brings it back", 2, run_wifi, NULL},
    {"cut-power", "", "pulls the plug: the program ends at once", 1, run_cut_power, NULL},
    {"log", "", "the newest lines of the device's log", 1, run_log, NULL},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void run_help(struct program *program, char **argv, struct roost_json_writer *answer)
{
    (void)argv;
    roost_json_object(answer);
    roost_json_put_bool(answer, "ok", true);
    roost_json_put_array(answer, "commands");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        char names[DEVICE_WORLD_NAMES_MAX] = "", help[sizeof names + 64];
        if (commands[i].names)
            commands[i].names(program->around.controls, names);
        snprintf(help, sizeof help, "%s%s", commands[i].help, names);
        roost_json_object(answer);
        roost_json_put_str(answer, "command", commands[i].name);
        roost_json_put_str(answer, "arguments", commands[i].arguments);
        roost_json_put_str(answer, "help", help);
        roost_json_end(answer);
    }
    roost_json_end(answer);
    roost_json_end(answer);
}

void program_command(void *ctx, int argc, char **argv, struct roost_json_writer *answer)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[0], commands[i].name) != 0)
            continue;
        if (argc == commands[i].argc)
            commands[i].run(ctx, argv, answer);
        else
            control_error(answer, "usage: %s %s", commands[i].name, commands[i].arguments);
        return;
    }
    control_error(answer, "%s: no such command; help lists them", argv[0]);
}
