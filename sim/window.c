/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/window.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "sim/world.h"

enum {
    CONTROL_LOST_MS = 15 * 60000, /* the setting's default */
    OVERRUN_SEEKING_RAW = 60,     /* the push against a stop that finding it takes */
    OVERRUN_RAW = 1,
    SAFE_PCT = 6, /* 0 % of the firmware's is a margin away from the stop */
    SAMPLES_PER_HOUR = 360
};

#define wrong(window, ...) sim_device_wrong(&(window)->device, "device", __VA_ARGS__)

static uint64_t now_ms(const struct sim_window *window)
{
    return sim_device_now_ms(&window->device);
}

bool sim_window_motor_works(const struct sim_window *window)
{
    const struct world_window *world = &window->room.world;

    return !world->sash.jammed && isnan(world->sash.obstruction_raw) &&
           !world_window_has_fault(world, WORLD_WINDOW_DRIVER_DEAD);
}

/* What the firmware counted. */
static void count(struct sim_device *device)
{
    struct sim_window *window = sim_window_of(device);
    const struct roost_window *firmware = &window->window;

    window->controls += firmware->control.taken;
    window->moves += firmware->motor.moves;
    window->stalls += firmware->motor.stalls;
    window->journal_dropped += firmware->outbox.journal.dropped;
    for (int i = 0; i < WINDOW_REFUSAL_COUNT; i++)
        window->refused += firmware->control.refused[i];
}

/* ---- step by step ---- */

/* What was taken must have been fit to be obeyed. */
static void check_control(struct sim_window *window)
{
    const struct window_control *control = &window->window.control;
    bool clock_known = window->window.device.now.unix_ms > 0;
    /* One that only the hand's hold or the motor kept from being obeyed is contact all the same. */
    uint32_t heard = control->taken + control->refused[WINDOW_REFUSED_HAND] +
                     control->refused[WINDOW_REFUSED_MOTOR];

    if (heard != window->heard)
        window->contact_ms = now_ms(window);
    window->heard = heard;
    if (control->taken == window->taken)
        return;
    window->taken = control->taken;
    switch (sim_model_answer(control->target_mpct)) {
    case SIM_ANSWER_GOOD:
        break;
    case SIM_ANSWER_UNTIMELY:
        if (clock_known)
            wrong(window, "obeyed a control message that was too old or from the future");
        break;
    case SIM_ANSWER_UNFIT:
        wrong(window, "obeyed a control message it had to refuse");
        break;
    }
}

static void check_motor(struct sim_window *window)
{
    const struct window_motor *motor = &window->window.motor;
    const struct world_sash *sash = &window->room.world.sash;
    bool calibrating = window_motor_calibrating(motor);

    window->calibrating |= calibrating;
    if (motor->state == WINDOW_MOTOR_STALLED || calibrating || !motor->calibrated ||
        !sim_window_motor_works(window) || window->window.device.safe_mode)
        window->trouble_ms = now_ms(window);
    if ((motor->state == WINDOW_MOTOR_MOVING || motor->state == WINDOW_MOTOR_HOLDING) &&
        sash->energised &&
        (sash->setpoint_raw < sash->stop_closed_raw || sash->setpoint_raw > sash->stop_open_raw))
        wrong(window, "drives the window to %.0f, beyond its stops at %.0f and %.0f",
              sash->setpoint_raw, sash->stop_closed_raw, sash->stop_open_raw);
}

static void follow(struct sim_window *window)
{
    if (window->window.outbox.mounted)
        sim_ledger_follow(&window->ledger, &window->window.outbox.journal);
    if (window->ledger.wrong[0] != '\0')
        wrong(window, "%s", window->ledger.wrong);
}

static int boot(struct sim_device *device)
{
    struct sim_window *window = sim_window_of(device);
    const struct roost_window_config config = {
        .device_id = device->id,
        .firmware_version = "1.0.0",
        .broker = {.host = "broker",
                   .port = SIM_BROKER_PORT,
                   .keepalive_s = 30,
                   .clean_session = true},
        .audio_memory = window->audio,
        .audio_bytes = sizeof window->audio,
    };

    sim_ledger_boot(&window->ledger);
    int err = roost_window_init(&window->window, &device->board.port, &config);
    window->taken = window->heard = 0;
    window->contact_ms = window->trouble_ms = now_ms(window);
    if (err == 0 && sim_board_alive(&device->board))
        follow(window);
    return err;
}

static uint64_t step(struct sim_device *device)
{
    struct sim_window *window = sim_window_of(device);
    uint64_t due_ms = roost_window_step(&window->window);

    /* In a step that lost its power only what was on flash before counts: the next boot tells. */
    if (!sim_board_alive(&device->board))
        return due_ms;
    follow(window);
    check_control(window);
    check_motor(window);
    return due_ms;
}

/* ---- from time to time ---- */

static void look_at_stops(struct sim_window *window)
{
    struct world_sash *sash = &window->room.world.sash;
    double allowed = window->calibrating ? OVERRUN_SEEKING_RAW : OVERRUN_RAW;

    if (sash->overrun_raw > allowed)
        wrong(window, "pushed %.1f us beyond an end stop, allowed %.0f", sash->overrun_raw,
              allowed);
    sash->overrun_raw = 0;
    window->calibrating =
        sim_board_alive(&window->device.board) && window_motor_calibrating(&window->window.motor);
}

static void look_at_safety(struct sim_window *window)
{
    const struct window_control *control = &window->window.control;
    uint64_t boot_ms = window->device.board.boot_ms;
    double opening = world_window_opening_pct(&window->room.world);

    /* A hand's move is contact too; the firmware's book of it is checked by its own tests. */
    if (control->hold_until_ms > 0 && boot_ms + control->contact_ms > window->contact_ms)
        window->contact_ms = boot_ms + control->contact_ms;
    uint64_t lost_ms = window->contact_ms + CONTROL_LOST_MS;
    uint64_t free_ms = window->trouble_ms > lost_ms ? window->trouble_ms : lost_ms;
    if (now_ms(window) > free_ms + SIM_SETTLED_MS && opening > SAFE_PCT)
        wrong(window, "stands open at %.1f %% though nobody has controlled it for %" PRIu64 " s",
              opening, (now_ms(window) - window->contact_ms) / 1000);
}

static void look(struct sim_device *device, bool runs)
{
    struct sim_window *window = sim_window_of(device);

    look_at_stops(window);
    if (runs) {
        if (window->window.outbox.live > 0)
            wrong(window, "sent a reading past a working journal");
        if (window->window.motor.state == WINDOW_MOTOR_STALLED || !sim_window_motor_works(window))
            window->trouble_ms = now_ms(window);
        look_at_safety(window);
    }
    if (window->ledger.wrong[0] != '\0')
        sim_device_wrong(device, "ledger", "%s", window->ledger.wrong);
}

static const char *wants(const struct sim_device *device)
{
    const struct sim_window *window = sim_window_of(device);
    enum window_motor_state state = window->window.motor.state;

    return (state == WINDOW_MOTOR_STALLED || state == WINDOW_MOTOR_UNCALIBRATED) &&
                   sim_window_motor_works(window)
               ? "calibrate"
               : NULL;
}

static void rest(struct sim_device *device)
{
    world_window_set_fault(&sim_window_of(device)->room.world, WORLD_WINDOW_SENSOR_SILENT, true);
}

/* ---- lifecycle ---- */

/* As set by the owner before it was hung into the window: sound at the lowest rate, for speed. */
static int configure(struct sim_window *window)
{
    union roost_setting_value values[WINDOW_SET_COUNT];
    struct roost_settings settings;
    int err = roost_settings_init(&settings, window_settings, WINDOW_SET_COUNT, values,
                                  &window->device.board.port.kv);

    if (err == 0)
        err = roost_settings_set_int(&settings, WINDOW_SET_AUDIO_RATE, SIM_AUDIO_RATE_HZ);
    return err;
}

static int init(struct sim_device *device, double hours)
{
    struct sim_window *window = sim_window_of(device);
    int err = sim_room_attach(&window->room, &device->board);

    if (err == 0)
        err = sim_ledger_init(&window->ledger, (size_t)((hours + 2) * SAMPLES_PER_HOUR * 2));
    if (err == 0)
        err = configure(window);
    return err;
}

static void deinit(struct sim_device *device)
{
    sim_ledger_deinit(&sim_window_of(device)->ledger);
}

/* ---- the model beside ---- */

static void *beside_new(struct sim_world *world)
{
    struct sim_model *model = malloc(sizeof *model);

    if (!model)
        return NULL;
    sim_model_init(model, &world->sim.clock, &world->sim.net);
    sim_model_start(model);
    return model;
}

static void beside_free(void *beside)
{
    struct sim_model *model = beside;

    if (model->running)
        sim_model_stop(model);
    free(model);
}

struct sim_model *sim_window_model(const struct sim_world *world)
{
    return sim_world_fleet(world, &sim_window)->beside;
}

const struct sim_product sim_window = {
    .name = "window",
    .plural = "windows",
    .size = sizeof(struct sim_window),
    .runtime = offsetof(struct sim_window, window),
    .runtime_bytes = sizeof(struct roost_window),
    .init = init,
    .deinit = deinit,
    .boot = boot,
    .step = step,
    .look = look,
    .count = count,
    .stored = sim_window_stored,
    .wants = wants,
    .lacks = sim_window_lacks,
    .rest = rest,
    .end = sim_window_end,
    .beside_new = beside_new,
    .beside_free = beside_free,
    .faults = sim_window_faults,
    .fault_count = SIM_WINDOW_FAULTS,
    .account = sim_window_account,
    .print = sim_window_print,
};
