/* SPDX-License-Identifier: Apache-2.0 */
/* The conformance suite's sound on a board in virtual time: the modelled microphone, loudspeaker
 * and light of world/teddy, and its button as a line. */
#include "port/conformance_tests.h"

#include "port/sim/sim.h"
#include "world/teddy/teddy.h"

struct rig {
    struct sim sim;
    struct sim_board board;
    struct world_teddy world;
    struct roost_conformance suite;
};

static bool run_until(void *ctx, bool (*done)(void *arg), void *arg, uint32_t limit_ms)
{
    struct rig *rig = ctx;
    struct sim_clock *clock = &rig->sim.clock;
    uint64_t until_ms = clock->now_ms + limit_ms;

    while (!done(arg) && sim_run_one(clock, until_ms)) {
    }
    if (!done(arg))
        sim_run_until(clock, until_ms);
    return done(arg);
}

static void drive(void *ctx, bool active)
{
    world_teddy_press(&((struct rig *)ctx)->world, active);
}

static int run_group(struct rig *rig, struct conformance_group group, const char *only)
{
    struct CMUnitTest tests[16];
    size_t count = 0;

    for (size_t i = 0; i < group.count; i++)
        if (!only || strcmp(group.tests[i].name, only) == 0) {
            tests[count] = group.tests[i];
            tests[count++].initial_state = &rig->suite;
        }
    return count ? _cmocka_run_group_tests(group.name, tests, count, NULL, NULL) : 1;
}

int main(void)
{
    static struct rig rig;
    static const struct sim_board_options options = {.index = 0, .flash_sectors = 4};
    static const struct world_teddy_config config = {.seed = 7, .block_ms = 64};
    struct sim_firmware by_hand = {.post = roost_conformance_post, .ctx = &rig.suite};

    if (sim_init(&rig.sim, 7) < 0 ||
        sim_board_init(&rig.board, &rig.sim.clock, &rig.sim.net, &options) < 0)
        return 1;
    const struct world_time time = sim_board_time(&rig.board);
    world_teddy_init(&rig.world, &config);
    if (world_teddy_attach(&rig.world, &time, &rig.board.port) < 0)
        return 1;
    rig.suite =
        (struct roost_conformance){.name = "sim, sound",
                                   .port = &rig.board.port,
                                   .ctx = &rig,
                                   .run_until = run_until,
                                   .gpio = {.input = WORLD_TEDDY_LINE_BUTTON, .drive = drive}};
    sim_board_power_on(&rig.board, &by_hand);
    sim_run_until(&rig.sim.clock, 1);
    int failed = run_group(&rig, conformance_hardware_group(), NULL);
    failed += run_group(&rig, conformance_sound_group(), NULL);
    failed += run_group(&rig, conformance_gpio_group(), "test_button");
    failed += run_group(&rig, conformance_gpio_group(), "test_watched_input");
    failed += rig.suite.posted_inside_an_operation;
    sim_board_deinit(&rig.board);
    sim_deinit(&rig.sim);
    return failed;
}
