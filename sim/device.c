/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/device.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "sim/model.h"

enum {
    CONTROL_LOST_MS = 15 * 60000, /* the setting's default */
    OVERRUN_SEEKING_RAW = 60,     /* the push against a stop that finding it takes */
    OVERRUN_RAW = 1,
    SAFE_PCT = 6, /* 0 % of the firmware's is a margin away from the stop */
};

__attribute__((format(printf, 2, 3))) static void wrong(struct sim_device *device,
                                                        const char *format, ...)
{
    va_list args;

    if (device->wrong[0] != '\0')
        return;
    va_start(args, format);
    vsnprintf(device->wrong, sizeof device->wrong, format, args);
    va_end(args);
}

static uint64_t now_ms(const struct sim_device *device)
{
    return device->board.clock->now_ms;
}

bool sim_device_connected(const struct sim_device *device)
{
    return sim_board_alive(&device->board) && device->window.device.link.state == ROOST_LINK_UP;
}

bool sim_device_motor_works(const struct sim_device *device)
{
    const struct world_window *world = &device->room.world;

    return !world->sash.jammed && isnan(world->sash.obstruction_raw) &&
           !world_window_has_fault(world, WORLD_WINDOW_DRIVER_DEAD);
}

/* ---- what the firmware counted ---- */

void sim_device_count(struct sim_device *device)
{
    const struct roost_window *window = &device->window;

    device->connects += window->device.link.connects;
    device->controls += window->control.taken;
    device->moves += window->motor.moves;
    device->stalls += window->motor.stalls;
    device->live += window->outbox.live;
    device->audio_sent += window->sound.sent;
    device->journal_dropped += window->outbox.journal.dropped;
    for (int i = 0; i < WINDOW_REFUSAL_COUNT; i++)
        device->refused[i] += window->control.refused[i];
}

/* ---- step by step ---- */

/* What was taken must have been fit to be obeyed. */
static void check_control(struct sim_device *device)
{
    const struct window_control *control = &device->window.control;
    bool clock_known = device->window.device.now.unix_ms > 0;
    /* One that only the hand's hold or the motor kept from being obeyed is contact all the same. */
    uint32_t heard = control->taken + control->refused[WINDOW_REFUSED_HAND] +
                     control->refused[WINDOW_REFUSED_MOTOR];

    if (heard != device->heard)
        device->contact_ms = now_ms(device);
    device->heard = heard;
    if (control->taken == device->taken)
        return;
    device->taken = control->taken;
    switch (sim_model_answer(control->target_mpct)) {
    case SIM_ANSWER_GOOD:
        break;
    case SIM_ANSWER_UNTIMELY:
        if (clock_known)
            wrong(device, "obeyed a control message that was too old or from the future");
        break;
    case SIM_ANSWER_UNFIT:
        wrong(device, "obeyed a control message it had to refuse");
        break;
    }
}

static void check_motor(struct sim_device *device)
{
    const struct window_motor *motor = &device->window.motor;
    const struct world_sash *sash = &device->room.world.sash;
    bool calibrating = window_motor_calibrating(motor);

    device->calibrating |= calibrating;
    if (motor->state == WINDOW_MOTOR_STALLED || calibrating || !motor->calibrated ||
        !sim_device_motor_works(device) || device->window.device.safe_mode)
        device->trouble_ms = now_ms(device);
    if ((motor->state == WINDOW_MOTOR_MOVING || motor->state == WINDOW_MOTOR_HOLDING) &&
        sash->energised &&
        (sash->setpoint_raw < sash->stop_closed_raw || sash->setpoint_raw > sash->stop_open_raw))
        wrong(device, "drives the window to %.0f, beyond its stops at %.0f and %.0f",
              sash->setpoint_raw, sash->stop_closed_raw, sash->stop_open_raw);
}

static void follow(struct sim_device *device)
{
    if (device->window.outbox.mounted)
        sim_ledger_follow(&device->ledger, &device->window.outbox.journal);
    if (device->ledger.wrong[0] != '\0')
        wrong(device, "%s", device->ledger.wrong);
}

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
    struct roost_window_config config = {
        .device_id = device->id,
        .firmware_version = "1.0.0",
        .broker = {.host = "broker",
                   .port = SIM_BROKER_PORT,
                   .keepalive_s = 30,
                   .clean_session = true},
        .audio_memory = device->audio,
        .audio_bytes = sizeof device->audio,
    };
    int err;

    arm_cut(device);
    sim_device_count(device);
    sim_ledger_boot(&device->ledger);
    memset(&device->window, 0xA5, sizeof device->window); /* what memory holds at power-on */
    err = roost_window_init(&device->window, &device->board.port, &config);
    device->taken = device->heard = 0;
    device->contact_ms = device->trouble_ms = now_ms(device);
    if (!sim_board_alive(&device->board)) {
        memset(&device->window, 0, sizeof device->window);
        return ROOST_ERR_IO; /* the power went meanwhile */
    }
    if (err < 0)
        wrong(device, "does not start: %s", roost_err_name(err));
    else
        follow(device);
    return err;
}

static uint64_t firmware_step(void *ctx)
{
    struct sim_device *device = ctx;
    uint64_t due_ms = roost_window_step(&device->window);

    /* In a step that lost its power only what was on flash before counts: the next boot tells. */
    if (!sim_board_alive(&device->board))
        return due_ms;
    follow(device);
    check_control(device);
    check_motor(device);
    return due_ms;
}

static int firmware_post(void *ctx, const struct roost_event *event)
{
    struct sim_device *device = ctx;

    return roost_window_post(&device->window, event);
}

/* ---- from time to time ---- */

static void look_at_stops(struct sim_device *device)
{
    struct world_sash *sash = &device->room.world.sash;
    double allowed = device->calibrating ? OVERRUN_SEEKING_RAW : OVERRUN_RAW;

    if (sash->overrun_raw > allowed)
        wrong(device, "pushed %.1f us beyond an end stop, allowed %.0f", sash->overrun_raw,
              allowed);
    sash->overrun_raw = 0;
    device->calibrating =
        sim_board_alive(&device->board) && window_motor_calibrating(&device->window.motor);
}

static void look_at_safety(struct sim_device *device)
{
    const struct window_control *control = &device->window.control;
    double opening = world_window_opening_pct(&device->room.world);
    uint64_t lost_ms, free_ms;

    /* A hand's move is contact too; the firmware's book of it is checked by its own tests. */
    if (control->hold_until_ms > 0 &&
        device->board.boot_ms + control->contact_ms > device->contact_ms)
        device->contact_ms = device->board.boot_ms + control->contact_ms;
    lost_ms = device->contact_ms + CONTROL_LOST_MS;
    free_ms = device->trouble_ms > lost_ms ? device->trouble_ms : lost_ms;
    if (now_ms(device) > free_ms + SIM_SETTLED_MS && opening > SAFE_PCT)
        wrong(device, "stands open at %.1f %% though nobody has controlled it for %" PRIu64 " s",
              opening, (now_ms(device) - device->contact_ms) / 1000);
}

void sim_device_look(struct sim_device *device)
{
    const struct sim_board *board = &device->board;

    look_at_stops(device);
    if (board->flash.misuses > 0)
        wrong(device, "programmed flash that was not erased, or outside the region");
    if (!sim_board_alive(board) || board->hung)
        return;
    if (device->window.outbox.live > 0)
        wrong(device, "sent a reading past a working journal");
    if (device->window.motor.state == WINDOW_MOTOR_STALLED || !sim_device_motor_works(device))
        device->trouble_ms = now_ms(device);
    look_at_safety(device);
}

/* ---- lifecycle ---- */

/* As set by the owner before it was hung into the window: sound at the lowest rate, for speed. */
static int configure(struct sim_device *device)
{
    union roost_setting_value values[WINDOW_SET_COUNT];
    struct roost_settings settings;
    int err = roost_settings_init(&settings, window_settings, WINDOW_SET_COUNT, values,
                                  &device->board.port.kv);

    if (err == 0)
        err = roost_settings_set_int(&settings, WINDOW_SET_AUDIO_RATE, SIM_AUDIO_RATE_HZ);
    return err;
}

int sim_device_init(struct sim_device *device, struct sim *sim, uint32_t index,
                    uint32_t flash_sectors, size_t readings)
{
    struct sim_board_options options = {.index = index, .flash_sectors = flash_sectors};
    int err;

    memset(device, 0, sizeof *device);
    snprintf(device->id, sizeof device->id, "window-%02" PRIu32, index % 100);
    err = sim_board_init(&device->board, &sim->clock, &sim->net, &options);
    if (err == 0)
        err = sim_room_attach(&device->room, &device->board);
    if (err == 0)
        err = sim_ledger_init(&device->ledger, readings);
    if (err == 0)
        err = configure(device);
    if (err < 0)
        sim_device_deinit(device);
    return err;
}

void sim_device_deinit(struct sim_device *device)
{
    sim_board_deinit(&device->board);
    sim_ledger_deinit(&device->ledger);
}

void sim_device_start(struct sim_device *device)
{
    struct sim_firmware firmware = {
        .boot = firmware_boot, .step = firmware_step, .post = firmware_post, .ctx = device};

    sim_board_power_on(&device->board, &firmware);
}
