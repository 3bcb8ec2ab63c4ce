/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the control socket that every device has, and the product's after them. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/device/program_parts.h"

enum { EXIT_POWER_CUT = 137, LOG_BYTES = 4096 }; /* 137: as after kill -9 */

/* What the world's tables say of a word. */
typedef void (*names_fn)(const struct world_controls *controls, char out[DEVICE_WORLD_NAMES_MAX]);

struct base_word {
    struct device_word word;
    names_fn arguments; /* instead of those in word; NULL: none */
    names_fn names;     /* what it takes, behind the help; NULL: none */
};

static void run_state(struct device_program *program, char **argv, struct roost_json_writer *answer)
{
    (void)argv;
    program_write_state(program, answer);
}

/* ---- the world ---- */

static void run_set(struct device_program *program, char **argv, struct roost_json_writer *answer)
{
    device_world_set(&program->around, argv[1], argv[2], answer);
}

static void run_fault(struct device_program *program, char **argv, struct roost_json_writer *answer)
{
    device_world_fault(&program->around, argv[1], argv[2], answer);
}

/* ---- hands ---- */

static void run_cut_power(struct device_program *program, char **argv,
                          struct roost_json_writer *answer)
{
    (void)program;
    (void)argv;
    (void)answer;
    _exit(EXIT_POWER_CUT); /* no answer either: nothing is left that could give one */
}

static void run_wifi(struct device_program *program, char **argv, struct roost_json_writer *answer)
{
    bool up = strcmp(argv[1], "up") == 0;

    if (!up && strcmp(argv[1], "down") != 0) {
        control_error(answer, "wifi %s: allowed is up, down", argv[1]);
        return;
    }
    roost_board_wifi(&program->board, up);
    control_ok(answer);
}

static void run_log(struct device_program *program, char **argv, struct roost_json_writer *answer)
{
    char text[LOG_BYTES], *save = NULL;

    (void)argv;
    (void)roost_log_read(&program->device->log, text, sizeof text);
    roost_json_object(answer);
    roost_json_put_bool(answer, "ok", true);
    roost_json_put_array(answer, "lines");
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        roost_json_str(answer, line);
    roost_json_end(answer);
    roost_json_end(answer);
}

static void run_help(struct device_program *program, char **argv, struct roost_json_writer *answer);

static const struct base_word base[] = {
    {{"help", "", "lists the commands", 1, run_help}, NULL, NULL},
    {{"state", "", "device and world", 1, run_state}, NULL, NULL},
    {{"set", "", "holds a part of the world, or lets it go: ", 3, run_set},
     device_world_set_arguments,
     device_world_set_names},
    {{"fault", "", "", 3, run_fault}, device_world_fault_arguments, device_world_fault_names},
    {{"wifi", "up|down", "takes the access point away, or brings it back", 2, run_wifi},
     NULL,
     NULL},
    {{"cut-power", "", "pulls the plug: the program ends at once", 1, run_cut_power}, NULL, NULL},
    {{"log", "", "the newest lines of the device's log", 1, run_log}, NULL, NULL},
};

enum { BASE_COUNT = sizeof base / sizeof base[0] };

/* ---- words ---- */

static size_t word_count(const struct device_program *program)
{
    return BASE_COUNT + program->product->word_count;
}

static struct base_word word_at(const struct device_program *program, size_t i)
{
    if (i < BASE_COUNT)
        return base[i];
    return (struct base_word){.word = program->product->words[i - BASE_COUNT]};
}

static void describe(const struct device_program *program, names_fn names, const char *otherwise,
                     char out[DEVICE_WORLD_NAMES_MAX])
{
    if (names)
        names(program->around.controls, out);
    else
        snprintf(out, DEVICE_WORLD_NAMES_MAX, "%s", otherwise);
}

/* A word that takes names of the world's tables is none where there are no names. */
static bool is_there(const struct device_program *program, const struct base_word *entry,
                     char names[DEVICE_WORLD_NAMES_MAX])
{
    describe(program, entry->names, "", names);
    return !entry->names || names[0] != '\0';
}

static void run_help(struct device_program *program, char **argv, struct roost_json_writer *answer)
{
    (void)argv;
    roost_json_object(answer);
    roost_json_put_bool(answer, "ok", true);
    roost_json_put_array(answer, "commands");
    for (size_t i = 0; i < word_count(program); i++) {
        const struct base_word entry = word_at(program, i);
        char arguments[DEVICE_WORLD_NAMES_MAX], names[DEVICE_WORLD_NAMES_MAX];
        char help[sizeof names + 128];

        if (!is_there(program, &entry, names))
            continue;
        describe(program, entry.arguments, entry.word.arguments, arguments);
        snprintf(help, sizeof help, "%s%s", entry.word.help, names);
        roost_json_object(answer);
        roost_json_put_str(answer, "command", entry.word.name);
        roost_json_put_str(answer, "arguments", arguments);
        roost_json_put_str(answer, "help", help);
        roost_json_end(answer);
    }
    roost_json_end(answer);
    roost_json_end(answer);
}

void program_command(void *ctx, int argc, char **argv, struct roost_json_writer *answer)
{
    struct device_program *program = ctx;
    char arguments[DEVICE_WORLD_NAMES_MAX], names[DEVICE_WORLD_NAMES_MAX];

    for (size_t i = 0; i < word_count(program); i++) {
        const struct base_word entry = word_at(program, i);

        if (strcmp(argv[0], entry.word.name) != 0 || !is_there(program, &entry, names))
            continue;
        if (argc == entry.word.argc) {
            entry.word.run(program, argv, answer);
            return;
        }
        describe(program, entry.arguments, entry.word.arguments, arguments);
        control_error(answer, "usage: %s %s", entry.word.name, arguments);
        return;
    }
    control_error(answer, "%s: no such command; help lists them", argv[0]);
}
