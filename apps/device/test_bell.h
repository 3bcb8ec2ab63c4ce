/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of the skeleton: the smallest product that says everything a product can say, a bell
 * that goes to no broker. Its world is two numbers; tones 13, 66 and 99 are not for it.
 */
#ifndef ROOST_APPS_DEVICE_TEST_BELL_H
#define ROOST_APPS_DEVICE_TEST_BELL_H

#include <stdio.h>
#include <stdlib.h>

#include "apps/device/program.h"
#include "core/err.h"
#include "core/timer.h"

struct bell {
    struct roost_device device;
    union roost_setting_value values[ROOST_SETTING_COUNT];
    struct roost_timer timers[ROOST_TIMER_COUNT];
};

struct bell_world {
    double wind, crack;
    bool stuck;
};

struct bell_program {
    struct device_program program;
    uint64_t tone;
    struct bell bell;
    struct bell_world world;
    unsigned rung, faults_changed, parts;
};

static struct bell_program *bell_of(struct device_program *program)
{
    return (struct bell_program *)program;
}

/* An uplink that nobody answers. */
static int never_open(void *ctx)
{
    (void)ctx;
    return ROOST_ERR_CLOSED;
}

static void never_close(void *ctx)
{
    (void)ctx;
}

static const struct roost_uplink_ops uplink_ops = {.open = never_open, .close = never_close};

static const struct roost_setting settings[] = {ROOST_DEVICE_SETTINGS};

static const struct roost_device_spec spec = {
    .type = "bell",
    .settings = settings,
    .setting_count = ROOST_SETTING_COUNT,
    .timer_count = ROOST_TIMER_COUNT,
};

static double get_wind(void *world)
{
    return ((struct bell_world *)world)->wind;
}

static void hold_wind(void *world, double value)
{
    ((struct bell_world *)world)->wind = value;
}

static void hold_crack(void *world, double value)
{
    ((struct bell_world *)world)->crack = value;
}

static bool has_fault(const void *world, unsigned fault)
{
    (void)fault;
    return ((const struct bell_world *)world)->stuck;
}

static void set_fault(void *world, unsigned fault, bool on)
{
    (void)fault;
    ((struct bell_world *)world)->stuck = on;
}

static void update(void *world)
{
    (void)world;
}

static int64_t unix_ms(const void *world)
{
    (void)world;
    return 5;
}

static uint32_t speed(const void *world)
{
    (void)world;
    return 1;
}

static const struct world_quantity quantities[] = {
    {.name = "wind",
     .unit = "m/s",
     .max = 30,
     .free = "weather",
     .get = get_wind,
     .hold = hold_wind},
    {.name = "crack", .unit = "mm", .max = 9, .free = "off", .is_fault = true, .hold = hold_crack},
};
static const char *const fault_names[] = {"clapper_stuck"};

static const struct world_controls controls = {
    .quantities = quantities,
    .quantity_count = 2,
    .fault_names = fault_names,
    .fault_count = 1,
    .has_fault = has_fault,
    .set_fault = set_fault,
    .update = update,
    .unix_ms = unix_ms,
    .speed = speed,
};

static int check(struct device_program *program, char *why, size_t why_size)
{
    if (bell_of(program)->tone != 13)
        return 0;
    return device_option_refuse(why, why_size, "tone", "13", "brings bad luck");
}

static int attach(struct device_program *program, const struct world_time *time)
{
    (void)time;
    bell_of(program)->world.wind = (double)program->options.speed;
    return 0;
}

static int make_part(void *ctx, struct roost_board *board, char *why, size_t why_size)
{
    struct bell_program *self = ctx;

    if (self->tone == 99) {
        snprintf(why, why_size, "no bell sounds like that on %d handles", board->open_handles > 0);
        return ROOST_ERR_NOT_FOUND;
    }
    self->parts++;
    return 0;
}

static size_t parts(struct device_program *program, struct linux_part *out)
{
    *out = (struct linux_part){"rope", make_part, NULL, program};
    return 1;
}

static int init(struct device_program *program)
{
    struct bell_program *self = bell_of(program);
    int err = self->tone == 66
                  ? ROOST_ERR_UNSUPPORTED
                  : roost_device_init(&self->bell.device,
                                      &(struct roost_device_config){
                                          .spec = &spec,
                                          .port = &program->board.port,
                                          .device_id = program->options.id,
                                          .firmware_version = program->product->version,
                                          .uplink = {&uplink_ops, NULL},
                                          .values = self->bell.values,
                                          .timers = self->bell.timers,
                                          .update = device_program_update(program),
                                      });
    if (!err)
        roost_device_ready(&self->bell.device);
    return err;
}

static uint64_t step(struct device_program *program)
{
    struct roost_device *device = program->device;
    struct roost_what what;

    roost_device_begin(device);
    while (roost_device_next(device, &what))
        continue;
    return roost_device_finish(device, ROOST_NEVER, true, NULL);
}

static void fault_changed(struct device_program *program)
{
    bell_of(program)->faults_changed++;
}

static void write_state(struct device_program *program, struct roost_json_writer *w)
{
    const struct bell_program *self = bell_of(program);

    roost_json_put_uint(w, "tone", self->tone);
    roost_json_put_uint(w, "parts", self->parts);
    roost_json_put_uint(w, "faults_changed", self->faults_changed);
}

static void write_queues(struct device_program *program, struct roost_json_writer *w)
{
    roost_json_put_uint(w, "rung", bell_of(program)->rung);
}

static void run_ring(struct device_program *program, char **argv, struct roost_json_writer *answer)
{
    bell_of(program)->rung += (unsigned)atoi(argv[1]);
    control_ok(answer);
}

static void run_reset(struct device_program *program, char **argv, struct roost_json_writer *answer)
{
    const struct roost_system *system = &program->board.port.system;

    (void)argv;
    (void)answer;
    system->ops->reboot(system->ctx, ROOST_RESET_COMMAND);
}

static const struct device_word words[] = {
    {"ring", "TIMES", "pulls the rope", 2, run_ring},
    {"reset", "", "executes the program anew", 1, run_reset},
};

static const struct option_spec options[] = {
    {.name = "tone",
     .value = "N",
     .kind = OPTION_NUMBER,
     .initial = "1",
     .max = 100,
     .at = offsetof(struct bell_program, tone),
     .help = "how it sounds"},
};

static const struct device_product bell_product = {
    .name = "roost-bell",
    .summary = "a bell as a process.",
    .version = "7.1",
    .type = "bell",
    .size = sizeof(struct bell_program),
    .device = offsetof(struct bell_program, bell),
    .world = offsetof(struct bell_program, world),
    .device_bytes = sizeof(struct bell),
    .controls = &controls,
    .options = options,
    .option_count = 1,
    .words = words,
    .word_count = 2,
    .check = check,
    .attach = attach,
    .parts = parts,
    .init = init,
    .step = step,
    .fault_changed = fault_changed,
    .write_state = write_state,
    .write_queues = write_queues,
};

#endif
