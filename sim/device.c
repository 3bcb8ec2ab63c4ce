/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/device.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"

/* Long partitions overflow the small journals, so that giving up records is part of a run. */
enum { SECTORS_SMALL = 4, SECTORS = 32 };

void sim_device_wrong(struct sim_device *device, const char *checker, const char *format, ...)
{
    va_list args;

    if (device->wrong[0] != '\0')
        return;
    device->checker = checker;
    va_start(args, format);
    vsnprintf(device->wrong, sizeof device->wrong, format, args);
    va_end(args);
}

bool sim_device_connected(const struct sim_device *device)
{
    return sim_board_alive(&device->board) && roost_device_online(sim_device_runtime(device));
}

void sim_device_count(struct sim_device *device)
{
    device->connects += sim_device_runtime(device)->link.connects;
    if (device->product->count)
        device->product->count(device);
}

void sim_device_look(struct sim_device *device)
{
    const struct sim_board *board = &device->board;

    if (board->flash.misuses > 0)
        sim_device_wrong(device, "device",
                         "programmed flash that was not erased, or outside the region");
    if (device->product->look)
        device->product->look(device, sim_board_alive(board) && !board->hung);
}

/* ---- the firmware ---- */

/* The first wanted cut that is still to come. */
static void arm_cut(struct sim_device *device)
{
    struct sim_power *power = &device->board.power;

    for (size_t i = 0; i < device->cut_count; i++) {
        const struct sim_wanted_cut *cut = &device->cuts[i];

        if (cut->device != device->board.options.index || cut->operation <= power->operations)
            continue;
        if (power->cut_at == 0 || cut->operation < power->cut_at) {
            power->cut_at = cut->operation;
            power->cut = cut->cut;
        }
    }
}

static int firmware_boot(void *ctx)
{
    struct sim_device *device = ctx;
    struct roost_device *runtime = sim_device_runtime(device);
    size_t bytes = device->product->runtime_bytes;

    arm_cut(device);
    sim_device_count(device);
    memset((void *)runtime, 0xA5, bytes); /* what memory holds at power-on */
    int err = device->product->boot(device);
    if (!sim_board_alive(&device->board)) {
        memset((void *)runtime, 0, bytes);
        return ROOST_ERR_IO; /* the power went meanwhile */
    }
    if (err < 0)
        sim_device_wrong(device, "device", "does not start: %s", roost_err_name(err));
    return err;
}

static uint64_t firmware_step(void *ctx)
{
    struct sim_device *device = ctx;

    return device->product->step(device);
}

static int firmware_post(void *ctx, const struct roost_event *event)
{
    struct sim_device *device = ctx;

    if (device->product->post)
        return device->product->post(device, event);
    return roost_device_post(sim_device_runtime(device), event);
}

/* ---- lifecycle ---- */

int sim_device_init(struct sim_device *device, const struct sim_product *product, struct sim *sim,
                    uint32_t index, double hours)
{
    const struct sim_board_options options = {.index = index,
                                              .flash_sectors =
                                                  index % 4 == 3 ? SECTORS_SMALL : SECTORS,
                                              .ledger_sectors = product->ledger_sectors,
                                              .gpio_inputs = product->gpio_inputs,
                                              .gpio_outputs = product->gpio_outputs};
    int err;

    device->product = product;
    snprintf(device->id, sizeof device->id, "%.12s-%02" PRIu32, product->name, index % 100);
    err = sim_board_init(&device->board, &sim->clock, &sim->net, &options);
    if (err == 0)
        err = product->init(device, hours);
    if (err < 0)
        sim_device_deinit(device);
    return err;
}

void sim_device_deinit(struct sim_device *device)
{
    sim_board_deinit(&device->board);
    if (device->product->deinit)
        device->product->deinit(device);
}

void sim_device_start(struct sim_device *device)
{
    struct sim_firmware firmware = {
        .boot = firmware_boot, .step = firmware_step, .post = firmware_post, .ctx = device};

    sim_board_power_on(&device->board, &firmware);
}
