/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/device/program.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "apps/device/program_parts.h"
#include "core/err.h"
#include "host/program.h"

enum { WHY_MAX = 512 };

/* ---- the device on its board ---- */

static int post(void *ctx, const struct roost_event *event)
{
    struct device_program *program = ctx;

    return program->product->post ? program->product->post(program, event)
                                  : roost_device_post(program->device, event);
}

static uint64_t step(void *ctx)
{
    struct device_program *program = ctx;
    const struct device_product *product = program->product;
    uint64_t due_ms = product->step(program);

    if (product->over ? product->over(program) : roost_device_over(program->device))
        uv_stop(program->host.loop);
    return due_ms;
}

int64_t device_program_unix_ms(const struct device_program *program)
{
    const struct roost_clock *clock = &program->board.port.clock;

    return clock->ops->unix_ms(clock->ctx);
}

static void on_fault(void *ctx)
{
    struct device_program *program = ctx;

    if (program->product->fault_changed)
        program->product->fault_changed(program);
}

static int attach_world(void *ctx, struct roost_board *board, char *why, size_t why_size)
{
    struct device_program *program = ctx;
    const struct world_time time = roost_board_time(board);

    (void)why;
    (void)why_size;
    return program->product->attach(program, &time);
}

static int make_board(struct device_program *program, char **argv, char *why, size_t why_size)
{
    const struct device_product *product = program->product;
    struct roost_board_options options = {
        .state_dir = program->options.state_dir,
        .key_file = program->options.key_file,
        .device_bytes = (uint32_t)product->device_bytes,
        .kv_memory_bytes = product->kv_bytes,
        .ledger_sectors = product->ledger_sectors,
        .console = !program->quiet,
        .real_wifi = program->real,
        .seed = program->options.seed,
        .parts = {{"world", attach_world, NULL, program}},
        .argv = argv,
        .post = post,
        .step = step,
        .device = program,
    };

    if (product->parts)
        (void)product->parts(program, options.parts + 1);
    return roost_board_init(&program->board, &program->host, &options, why, why_size);
}

static int make_device(struct device_program *program, char **argv, char *why, size_t why_size)
{
    int err = make_board(program, argv, why, why_size);

    if (err)
        return err;
    device_world_restore_faults(&program->around, program->product->name);
    err = roost_guard_start(&program->board, LINUX_WATCHDOG_S);
    if (!err)
        err = program->product->init(program);
    if (err)
        snprintf(why, why_size, "the device cannot start: %s", roost_err_text(err));
    else if (program->options.control_path)
        err = control_open(&program->control, program->host.loop, program->options.control_path,
                           program_command, program, why, why_size);
    if (err)
        roost_board_close_now(&program->board);
    return err;
}

/* ---- the run ---- */

void device_program_stop(struct device_program *program)
{
    program->stopping = true;
    if (program->product->stop)
        program->product->stop(program);
    else
        roost_device_stop(program->device);
    roost_board_wake(&program->board);
}

/* The first signal publishes offline and closes; a second one does not wait for that. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct device_program *program = handle->data;

    if (program->stopping)
        _Exit(128 + number);
    device_program_stop(program);
}

static void watch_signals(struct device_program *program)
{
    uv_signal_init(program->host.loop, &program->on_term);
    uv_signal_init(program->host.loop, &program->on_int);
    program->on_term.data = program->on_int.data = program;
    uv_signal_start(&program->on_term, on_signal, SIGTERM);
    uv_signal_start(&program->on_int, on_signal, SIGINT);
}

static int run(struct device_program *program, char **argv)
{
    char why[WHY_MAX];

    if (roost_host_init(&program->host, uv_default_loop())) {
        fprintf(stderr, "%s: the libraries cannot start\n", program->product->name);
        return EXIT_FAILURE;
    }
    int err = make_device(program, argv, why, sizeof why);
    if (err) {
        fprintf(stderr, "%s: %s\n", program->product->name, why);
    } else {
        watch_signals(program);
        roost_board_start(&program->board);
        uv_run(program->host.loop, UV_RUN_DEFAULT);

        control_close(&program->control);
        uv_close((uv_handle_t *)&program->on_term, NULL);
        uv_close((uv_handle_t *)&program->on_int, NULL);
        roost_board_close_now(&program->board);
    }
    roost_guard_stop();
    roost_host_deinit(&program->host);
    return err || program->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static struct device_program *new_program(const struct device_product *product)
{
    static const struct world_controls nothing;
    struct device_program *program = calloc(1, product->size);

    if (!program)
        return NULL;
    program->product = product;
    program->device = (struct roost_device *)((char *)program + product->device);
    program->around =
        (struct device_world){.controls = product->controls ? product->controls : &nothing,
                              .world = (char *)program + product->world,
                              .changed = on_fault,
                              .ctx = program};
    return program;
}

int device_program(const struct device_product *product, int argc, char **argv)
{
    struct device_program *program = new_program(product);
    const struct program_spec spec = {.name = product->name,
                                      .version = product->version,
                                      .help = product->summary,
                                      .serves = true};
    struct option_set sets[PROGRAM_OPTION_SETS];
    char why[WHY_MAX];

    if (!program) {
        fprintf(stderr, "%s: not enough memory\n", product->name);
        return EXIT_FAILURE;
    }
    program_options(program, sets);
    int status = program_read_sets(&spec, sets, PROGRAM_OPTION_SETS, argc, argv);
    if (status == PROGRAM_GOES_ON && program_check(program, why, sizeof why)) {
        fprintf(stderr, "%s: %s\n", product->name, why);
        status = PROGRAM_USAGE;
    }
    if (status == PROGRAM_GOES_ON)
        status = run(program, argv);
    free(program);
    return status;
}
