/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/roost-window/program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/number.h"

enum { EXIT_POWER_CUT = 137, LOG_BYTES = 4096 }; /* 137: as after kill -9 */

struct command {
    const char *name, *arguments, *help;
    int argc; /* words with the name */
    void (*run)(struct program *program, char **argv, struct roost_json_writer *answer);
};

static void run_state(struct program *program, char **argv, struct roost_json_writer *answer)
{
    (void)argv;
    program_write_state(program, answer);
}

/* ---- the weather ---- */

static void hold_temperature(struct program *program, double value)
{
    world_house_hold_outdoor_temperature(&program->board.world.house, value);
}

static void hold_humidity(struct program *program, double value)
{
    world_house_hold_outdoor_humidity(&program->board.world.house, value);
}

static void hold_street(struct program *program, double value)
{
    program->board.world.street.level_set_dbfs = value;
}

static const struct {
    const char *name, *unit;
    double min, max;
    void (*set)(struct program *program, double value);
} quantities[] = {
    {"outdoor_temperature", "degC", -50, 60, hold_temperature},
    {"outdoor_humidity", "%", 0, 100, hold_humidity},
    {"street_level", "dBFS", -96, 0, hold_street},
};

static void run_set(struct program *program, char **argv, struct roost_json_writer *answer)
{
    for (size_t i = 0; i < sizeof quantities / sizeof quantities[0]; i++) {
        double value = NAN;
        if (strcmp(argv[1], quantities[i].name) != 0)
            continue;
        if (strcmp(argv[2], "weather") != 0 &&
            (roost_parse_double(argv[2], strlen(argv[2]), &value) || value < quantities[i].min ||
             value > quantities[i].max)) {
            control_error(answer, "%s %s: allowed is %g to %g %s, or weather", argv[1], argv[2],
                          quantities[i].min, quantities[i].max, quantities[i].unit);
            return;
        }
        linux_world_update(&program->board);
        quantities[i].set(program, value);
        control_ok(answer);
        return;
    }
    control_error(answer, "set %s: allowed is outdoor_temperature, outdoor_humidity, street_level",
                  argv[1]);
}

/* ---- faults ---- */

static bool parse_switch(const char *text, bool *on)
{
    *on = strcmp(text, "on") == 0;
    return *on || strcmp(text, "off") == 0;
}

static void set_obstruction(struct program *program, const char *text,
                            struct roost_json_writer *answer)
{
    double pct = NAN;

    if (strcmp(text, "off") != 0 &&
        (roost_parse_double(text, strlen(text), &pct) || pct < 0 || pct > 100)) {
        control_error(answer, "obstruction %s: allowed is 0 to 100 %%, or off", text);
        return;
    }
    linux_world_obstruct(&program->board, pct);
    control_ok(answer);
}

#define FAULTS "ROOST_FAULTS"

static void keep_faults(struct program *program)
{
    char names[256] = "";
    size_t len = 0;

    for (int i = 0; i < LINUX_FAULT_COUNT; i++)
        if (program->board.world.faults & 1u << i)
            len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", len ? "," : "",
                                    linux_world_fault_name((enum linux_world_fault)i));
    (void)setenv(FAULTS, names, 1);
}

void program_restore_faults(struct program *program)
{
    const char *names = getenv(FAULTS);

    while (names && *names) {
        size_t len = strcspn(names, ",");
        int i = 0;
        while (i < LINUX_FAULT_COUNT) {
            const char *name = linux_world_fault_name((enum linux_world_fault)i);
            if (strlen(name) == len && memcmp(name, names, len) == 0)
                break;
            i++;
        }
        if (i < LINUX_FAULT_COUNT)
            linux_world_set_fault(&program->board, (enum linux_world_fault)i, true);
        else
            fprintf(stderr, "roost-window: " FAULTS ": %.*s: no such fault\n", (int)len, names);
        names += len + (names[len] == ',');
    }
}

static void run_fault(struct program *program, char **argv, struct roost_json_writer *answer)
{
    char names[256];
    size_t len = 0;
    bool on;

    if (strcmp(argv[1], "obstruction") == 0) {
        set_obstruction(program, argv[2], answer);
        return;
    }
    for (int i = 0; i < LINUX_FAULT_COUNT; i++) {
        const char *name = linux_world_fault_name((enum linux_world_fault)i);
        len += (size_t)snprintf(names + len, sizeof names - len, "%s, ", name);
        if (strcmp(argv[1], name) != 0)
            continue;
        if (!parse_switch(argv[2], &on)) {
            control_error(answer, "fault %s %s: allowed is on, off", name, argv[2]);
            return;
        }
        linux_world_set_fault(&program->board, (enum linux_world_fault)i, on);
        keep_faults(program);
        control_ok(answer);
        return;
    }
    control_error(answer, "fault %s: allowed is %sobstruction", argv[1], names);
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
    {"help", "", "lists the commands", 1, run_help},
    {"state", "", "device and world", 1, run_state},
    {"set", "outdoor_temperature|outdoor_humidity|street_level VALUE|weather",
     "holds a part of the weather, or lets it go", 3, run_set},
    {"fault", "NAME on|off, or obstruction PCT|off",
     "sensor_silent, sensor_stuck, sensor_range, sensor_checksum, mic_dead, motor_jam, "
     "motor_dead, feedback_dead, obstruction",
     3, run_fault},
    {"wifi", "up|down", "takes the access point away, or brings it back", 2, run_wifi},
    {"cut-power", "", "pulls the plug: the program ends at once", 1, run_cut_power},
    {"log", "", "the newest lines of the device's log", 1, run_log},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void run_help(struct program *program, char **argv, struct roost_json_writer *answer)
{
    (void)program;
    (void)argv;
    roost_json_object(answer);
    roost_json_put_bool(answer, "ok", true);
    roost_json_put_array(answer, "commands");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        roost_json_object(answer);
        roost_json_put_str(answer, "command", commands[i].name);
        roost_json_put_str(answer, "arguments", commands[i].arguments);
        roost_json_put_str(answer, "help", commands[i].help);
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
