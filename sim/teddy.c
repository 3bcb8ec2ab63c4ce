/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/teddy.h"

#include <inttypes.h>
#include <string.h>

#include "core/err.h"
#include "sim/world.h"

/* ---- step by step ---- */

/* An open microphone is one that the child holds open, and hears nothing but the child. */
static void check_microphone(struct sim_teddy *teddy)
{
    const struct roost_teddy *firmware = &teddy->teddy;

    if (!teddy->around.mic.on)
        return;
    if (firmware->state != TEDDY_LISTENING)
        sim_teddy_wrong(teddy, "microphone", "is open in state %s",
                        teddy_state_name(firmware->state));
    if (!firmware->button.down)
        sim_teddy_wrong(teddy, "microphone", "is open and nobody holds the button");
    if (teddy->around.out.on)
        sim_teddy_wrong(teddy, "microphone", "is open while the loudspeaker sounds");
    if (!teddy_capture_in_turn(&firmware->capture) || firmware->capture.closed)
        sim_teddy_wrong(teddy, "microphone", "is open outside of a turn");
    if (roost_settings_int(&firmware->device.settings, TEDDY_SET_MUTE))
        sim_teddy_wrong(teddy, "microphone", "is open though it is muted");
}

/* What no child has agreed to never leaves it. */
static void check_consent(struct sim_teddy *teddy)
{
    if (!teddy->child.ever && teddy->teddy.capture.sent_chunks > 0)
        sim_teddy_wrong(teddy, "consent", "sends sound of a child that was never allowed to");
}

static uint64_t step(struct sim_device *device)
{
    struct sim_teddy *teddy = sim_teddy_of(device);
    uint64_t due_ms = roost_teddy_step(&teddy->teddy);

    sim_teddy_follow(teddy);
    if (sim_board_alive(&device->board)) {
        check_microphone(teddy);
        check_consent(teddy);
    }
    return due_ms;
}

static int boot(struct sim_device *device)
{
    struct sim_teddy *teddy = sim_teddy_of(device);
    const struct sim_child *child = &teddy->child;
    const struct roost_teddy_config config = {
        .device_id = device->id,
        .firmware_version = "1.0.0",
        .hub = "ws://hub",
        .child_id = child->id,
        .child_name = child->name,
        .child_age = child->age,
        .key = child->claimed ? (const void *)child->key : SIM_ESP32_SECRET,
        .key_len = child->claimed ? sizeof child->key : strlen(SIM_ESP32_SECRET),
        .said_memory = teddy->said,
        .said_bytes = sizeof teddy->said,
        .heard_memory = teddy->heard,
        .heard_bytes = sizeof teddy->heard,
    };

    sim_teddy_boot(teddy);
    return roost_teddy_init(&teddy->teddy, &device->board.port, &config);
}

static int post(struct sim_device *device, const struct roost_event *event)
{
    return roost_teddy_post(&sim_teddy_of(device)->teddy, event);
}

/* ---- from time to time ---- */

/* The parents' wish, as far as it can be told to a teddy that has power. */
static void set_mute(struct sim_teddy *teddy)
{
    struct roost_settings *settings = &teddy->teddy.device.settings;

    if ((roost_settings_int(settings, TEDDY_SET_MUTE) != 0) == teddy->muted)
        return;
    (void)roost_settings_set_int(settings, TEDDY_SET_MUTE, teddy->muted);
    if (sim_board_alive(&teddy->device.board))
        sim_board_kick(&teddy->device.board);
}

static void check_states(struct sim_teddy *teddy)
{
    uint64_t for_ms = sim_device_now_ms(&teddy->device) - teddy->state_ms;
    uint64_t most_ms = teddy->state == TEDDY_LISTENING  ? SIM_TEDDY_LISTEN_MS
                       : teddy->state == TEDDY_THINKING ? SIM_TEDDY_THINK_MS
                       : teddy->state == TEDDY_SPEAKING ? SIM_TEDDY_SPEAK_MS
                                                        : UINT64_MAX;

    if (for_ms > most_ms)
        sim_teddy_wrong(teddy, "states", "is %s for %" PRIu64 " s", teddy_state_name(teddy->state),
                        for_ms / 1000);
}

static void look(struct sim_device *device, bool runs)
{
    struct sim_teddy *teddy = sim_teddy_of(device);

    if (!runs)
        return;
    set_mute(teddy);
    check_states(teddy);
}

static void count(struct sim_device *device)
{
    struct sim_teddy *teddy = sim_teddy_of(device);
    const struct roost_teddy *firmware = &teddy->teddy;

    teddy->repeats += firmware->count.repeats;
    teddy->replies += firmware->count.replies;
    teddy->unheard += firmware->count.unheard;
    teddy->refused += firmware->play.full;
    teddy->lost += firmware->capture.lost;
    teddy->resent += firmware->capture.resent;
}

/* ---- the liveness phase ---- */

/* Long after the last fault: it is at its hub, and a child that may talk is answered. */
static const char *lacks(const struct sim_device *device)
{
    const struct sim_teddy *teddy = sim_teddy_of(device);
    const struct sim_world *world = teddy->family->world;

    switch (teddy->teddy.state) {
    case TEDDY_READY:
    case TEDDY_LISTENING:
    case TEDDY_THINKING:
    case TEDDY_SPEAKING:
        break;
    default:
        return "is not ready";
    }
    if (!teddy->child.consent || teddy->replied_ms > world->quiet_ms)
        return NULL;
    return "is not answered";
}

static void rest(struct sim_device *device)
{
    sim_hand_rest(sim_teddy_of(device));
}

/* ---- lifecycle ---- */

static void off(void *ctx)
{
    world_teddy_off(&((struct sim_teddy *)ctx)->around);
}

static int init(struct sim_device *device, double hours)
{
    struct sim_teddy *teddy = sim_teddy_of(device);
    struct sim_board *board = &device->board;
    const struct world_time time = sim_board_time(board);
    const struct world_teddy_config config = {.seed = sim_random_next(&board->noise),
                                              .block_ms = 64,
                                              .noise = -1,
                                              .deaf_to_itself = true,
                                              .says = sim_hand_says,
                                              .says_ctx = teddy};

    (void)hours;
    board->off = off;
    board->off_ctx = teddy;
    sim_child_init(teddy);
    world_teddy_init(&teddy->around, &config);
    int err = world_teddy_attach(&teddy->around, &time, &board->port);
    if (err == 0)
        sim_hand_init(teddy);
    return err;
}

const struct sim_product sim_teddy = {
    .name = "teddy",
    .plural = "teddies",
    .size = sizeof(struct sim_teddy),
    .runtime = offsetof(struct sim_teddy, teddy),
    .runtime_bytes = sizeof(struct roost_teddy),
    .init = init,
    .boot = boot,
    .step = step,
    .post = post,
    .look = look,
    .count = count,
    .lacks = lacks,
    .rest = rest,
    .end = sim_teddy_end,
    .beside_new = sim_family_new,
    .beside_free = sim_family_free,
    .line = sim_teddy_line,
    .check = sim_teddy_check,
    .hub_goes = sim_teddy_hub_goes,
    .faults = sim_teddy_faults,
    .fault_count = SIM_TEDDY_FAULTS,
    .account = sim_teddy_account,
    .print = sim_teddy_print,
};
