/* SPDX-License-Identifier: Apache-2.0 */
/* The lamp as a Linux process: `press` and `release` on its control socket are the hand. */
#include "apps/device/program.h"
#include "examples/lamp/lamp.h"
#include "world/lines.h"

struct lamp_program {
    struct device_program program;
    struct world_lines lines;
    struct lamp lamp;
};

static struct lamp_program *lamp_of(struct device_program *program)
{
    return (struct lamp_program *)program;
}

static int attach(struct device_program *program, const struct world_time *time)
{
    return world_lines_attach(&lamp_of(program)->lines, time, 0, &program->board.port,
                              1u << LAMP_LINE_BUTTON, 1u << LAMP_LINE_RELAY);
}

static int init(struct device_program *program)
{
    const struct roost_mqtt_options broker = device_login_mqtt(&program->login, 30);

    return lamp_init(&lamp_of(program)->lamp, &program->board.port, program->options.id,
                     program->product->version, &broker, device_program_update(program));
}

static uint64_t step(struct device_program *program)
{
    return lamp_step(&lamp_of(program)->lamp);
}

static void write_state(struct device_program *program, struct roost_json_writer *w)
{
    roost_json_put_bool(w, "relay", world_lines_get(&lamp_of(program)->lines, LAMP_LINE_RELAY));
}

static void press(struct device_program *program, char **argv, struct roost_json_writer *answer)
{
    world_lines_set(&lamp_of(program)->lines, LAMP_LINE_BUTTON, argv[0][0] == 'p');
    control_ok(answer);
}

static const struct device_word words[] = {
    {"press", "", "puts a finger on the button", 1, press},
    {"release", "", "takes it off", 1, press},
};

static const struct device_product product = {
    .name = "roost-lamp",
    .summary = "the lamp's firmware as a process.",
    .version = ROOST_VERSION,
    .type = "lamp",
    .size = sizeof(struct lamp_program),
    .device = offsetof(struct lamp_program, lamp),
    .world = offsetof(struct lamp_program, lines),
    .device_bytes = sizeof(struct lamp),
    .controls = &(const struct world_controls){0},
    .login = true,
    .words = words,
    .word_count = 2,
    .attach = attach,
    .init = init,
    .step = step,
    .write_state = write_state,
};

int main(int argc, char **argv)
{
    return device_program(&product, argc, argv);
}
