/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child: plays with the teddy for a while, then elsewhere. What it does is a short script of
 * presses and releases, drawn from the seed. What it says while the microphone is open are samples
 * that carry their number, four to a group:
 *
 *     tag 0: whose it is, and whether it is silence    tags 1 to 3: 14 bits of the group's number
 */
#include "core/timer.h"
#include "sim/teddy.h"
#include "sim/world.h"

enum {
    TAG_BITS = 14,
    SILENT_BIT = 0x100,
    PAUSE_LOW_MS = 3000,
    PAUSE_HIGH_MS = 25000,
    AWAY_LOW_MS = 12 * 60000,
    AWAY_HIGH_MS = 80 * 60000,
    HURRY_MS = 45000, /* after the last fault: everything is to be tried once more */
    BOUT_MAX = 8
};

enum habit {
    ASKS,
    INTERRUPTS,
    IS_IMPATIENT, /* while it thinks */
    TAPS,
    TAPS_TWICE, /* once more, please */
    SAYS_NOTHING,
    GOES_ON_AND_ON,
    SITS_ON_IT,
    HABITS
};
/* Of a hundred. */
static const uint8_t often[HABITS] = {52, 14, 8, 6, 9, 6, 3, 2};

/* ---- what it says ---- */

void sim_hand_says(void *ctx, int16_t *out, size_t samples)
{
    struct sim_teddy *teddy = ctx;
    unsigned head = teddy->device.board.options.index | (teddy->silent ? SILENT_BIT : 0);

    for (size_t i = 0; i < samples; i++) {
        uint64_t n = teddy->samples++;
        unsigned tag = n & 3;
        uint64_t bits = tag == 0 ? head : n >> 2 >> (tag - 1) * TAG_BITS;
        out[i] = (int16_t)(uint16_t)(tag << TAG_BITS | (bits & ((1u << TAG_BITS) - 1)));
    }
}

/* ---- what it does ---- */

static void act(void *ctx, uint64_t number, void *data);

static uint32_t draw(struct sim_teddy *teddy, uint32_t low, uint32_t high)
{
    return (uint32_t)sim_random_between(&teddy->random, low, high);
}

static void then(struct sim_teddy *teddy, uint32_t after_ms, bool down)
{
    teddy->script[teddy->steps].after_ms = after_ms;
    teddy->script[teddy->steps++].down = down;
}

static void press_for(struct sim_teddy *teddy, uint32_t after_ms, uint32_t ms)
{
    then(teddy, after_ms, true);
    then(teddy, ms, false);
}

static enum habit draw_habit(struct sim_teddy *teddy)
{
    uint32_t roll = draw(teddy, 0, 99), habit = 0;

    while (roll >= often[habit])
        roll -= often[habit++];
    return (enum habit)habit;
}

static void write_script(struct sim_teddy *teddy, enum habit habit)
{
    teddy->silent = habit == SAYS_NOTHING;
    switch (habit) {
    case INTERRUPTS:
        press_for(teddy, 0, draw(teddy, 500, 4000));
        press_for(teddy, draw(teddy, 400, 5000), draw(teddy, 500, 3000));
        break;
    case IS_IMPATIENT:
        press_for(teddy, 0, draw(teddy, 400, 2000));
        press_for(teddy, draw(teddy, 30, 400), draw(teddy, 300, 2000));
        press_for(teddy, draw(teddy, 30, 400), draw(teddy, 300, 2000));
        break;
    case TAPS:
        press_for(teddy, 0, draw(teddy, 40, 200));
        break;
    case TAPS_TWICE:
        press_for(teddy, 0, draw(teddy, 60, 200));
        press_for(teddy, draw(teddy, 80, 300), draw(teddy, 60, 200));
        break;
    case GOES_ON_AND_ON:
        press_for(teddy, 0, draw(teddy, 20000, 40000));
        break;
    case SITS_ON_IT:
        press_for(teddy, 0, draw(teddy, 62000, 90000));
        break;
    default:
        press_for(teddy, 0, draw(teddy, 400, 6000));
        break;
    }
}

static void plan(struct sim_teddy *teddy)
{
    struct sim_clock *clock = teddy->device.board.clock;
    bool hurry = teddy->family && teddy->family->world->quiet;
    uint32_t pause_ms = draw(teddy, PAUSE_LOW_MS, PAUSE_HIGH_MS);

    if (teddy->bout > 0) {
        teddy->bout--;
    } else {
        teddy->bout = draw(teddy, 1, BOUT_MAX);
        pause_ms =
            hurry ? draw(teddy, PAUSE_HIGH_MS, HURRY_MS) : draw(teddy, AWAY_LOW_MS, AWAY_HIGH_MS);
    }
    teddy->steps = teddy->step = 0;
    write_script(teddy, hurry ? ASKS : draw_habit(teddy));
    teddy->next_ms = clock->now_ms + pause_ms;
    sim_at(clock, roost_earlier(teddy->next_ms, clock->now_ms + HURRY_MS), act, teddy, 0, NULL);
}

/* It is called away from what it plays elsewhere when everything is to be tried once more. */
static bool goes_on(struct sim_teddy *teddy)
{
    struct sim_clock *clock = teddy->device.board.clock;
    bool hurry = teddy->family && teddy->family->world->quiet;

    if (teddy->step > 0 || clock->now_ms >= teddy->next_ms || hurry)
        return true;
    sim_at(clock, roost_earlier(teddy->next_ms, clock->now_ms + HURRY_MS), act, teddy, 0, NULL);
    return false;
}

static void act(void *ctx, uint64_t number, void *data)
{
    struct sim_teddy *teddy = ctx;
    struct sim_clock *clock = teddy->device.board.clock;
    bool down = teddy->script[teddy->step].down;

    (void)number;
    (void)data;
    if (teddy->resting || !goes_on(teddy))
        return;
    sim_trace(clock, teddy->device.board.options.index, "hand", &down, sizeof down);
    teddy->presses += down;
    world_teddy_press(&teddy->around, down);
    if (++teddy->step < teddy->steps)
        sim_at(clock, clock->now_ms + teddy->script[teddy->step].after_ms, act, teddy, 0, NULL);
    else
        plan(teddy);
}

void sim_hand_init(struct sim_teddy *teddy)
{
    sim_random_init(&teddy->random, teddy->device.board.clock->seed, "child",
                    teddy->device.board.options.index);
    plan(teddy);
}

void sim_hand_rest(struct sim_teddy *teddy)
{
    teddy->resting = true;
    world_teddy_press(&teddy->around, false);
}
