/* SPDX-License-Identifier: Apache-2.0 */
/* What breaks about a teddy, what its parents change, and what the hub's providers do. */
#include "sim/teddy.h"
#include "sim/world.h"

enum { OFTEN = 300000 /* per million */, USUAL = 20000 };

#define WORLD_FAULT(name, which)                                                                   \
    static void name##_begins(struct sim_world *world, struct sim_device *device)                  \
    {                                                                                              \
        (void)world;                                                                               \
        world_teddy_set_fault(&sim_teddy_of(device)->around, (which), true);                       \
    }                                                                                              \
    static void name##_ends(struct sim_world *world, struct sim_device *device)                    \
    {                                                                                              \
        (void)world;                                                                               \
        world_teddy_set_fault(&sim_teddy_of(device)->around, (which), false);                      \
    }

WORLD_FAULT(microphone, WORLD_TEDDY_MIC_DEAD)
WORLD_FAULT(speaker, WORLD_TEDDY_SPEAKER_DEAD)
WORLD_FAULT(slow_speaker, WORLD_TEDDY_SPEAKER_SLOW)
WORLD_FAULT(bounce, WORLD_TEDDY_BUTTON_BOUNCE)
WORLD_FAULT(stuck, WORLD_TEDDY_BUTTON_STUCK)
WORLD_FAULT(light, WORLD_TEDDY_LIGHT_DEAD)

/* ---- the parents ---- */

static void is_muted(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    sim_teddy_of(device)->muted = true; /* told with the next look */
}

static void may_speak(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    sim_teddy_of(device)->muted = false;
}

/* Those who had agreed do not any more; those who had not, now do. */
static void minds_change(struct sim_world *world, struct sim_device *device)
{
    struct sim_teddy *teddy = sim_teddy_of(device);

    (void)world;
    sim_child_consents(teddy, !teddy->child.consent);
}

/* ---- the way to the hub ---- */

static void socket_breaks(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->hub.sockets.cut_in = sim_random_between(&world->random, 1, 40);
}

/* ---- providers ---- */

static void stall(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->hub.voice.stalled = true;
}

static void go_on(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->hub.voice.stalled = false;
}

static void fail(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->hub.voice.failing_per_million = OFTEN;
}

static void recover(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->hub.voice.failing_per_million = USUAL;
}

static void fill(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->hub.voice.full_per_million = OFTEN;
}

static void have_room(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->hub.voice.full_per_million = 0;
}

static void slow_down(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->hub.voice.slow = true;
}

static void speed_up(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->hub.voice.slow = false;
}

static void book_goes(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->hub.voice.book_away = true;
}

static void book_comes(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->hub.voice.book_away = false;
}

const struct sim_fault sim_teddy_faults[SIM_TEDDY_FAULTS] = {
    {24, "microphone dead", 60, 20, 900, false, microphone_begins, microphone_ends},
    {25, "loudspeaker dead", 60, 20, 900, false, speaker_begins, speaker_ends},
    {26, "loudspeaker slow", 60, 60, 900, false, slow_speaker_begins, slow_speaker_ends},
    {27, "button bounces", 20, 60, 1800, false, bounce_begins, bounce_ends},
    {28, "button stuck", 60, 20, 600, false, stuck_begins, stuck_ends},
    {29, "light dead", 120, 60, 900, false, light_begins, light_ends},
    {30, "muted by the parents", 30, 30, 1200, false, is_muted, may_speak},
    {31, "consent changed", 10, 30, 1800, false, minds_change, minds_change},
    {32, "socket breaks in a message", 2, 0, 0, true, socket_breaks, NULL},
    {33, "providers stall", 25, 2, 120, true, stall, go_on},
    {34, "providers fail", 30, 10, 300, true, fail, recover},
    {35, "providers full", 30, 10, 300, true, fill, have_room},
    {36, "providers slow", 30, 30, 600, true, slow_down, speed_up},
    {37, "book of children away", 60, 5, 120, true, book_goes, book_comes},
};
