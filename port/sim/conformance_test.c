/* SPDX-License-Identifier: Apache-2.0 */
/* The conformance suite in virtual time. */
#include "port/conformance.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "port/sim/sim.h"

struct harness {
    struct sim sim;
    struct sim_board board;
    struct roost_conformance suite;
};

static bool run_until(void *ctx, bool (*done)(void *arg), void *arg, uint32_t limit_ms)
{
    struct harness *harness = ctx;
    struct sim_clock *clock = &harness->sim.clock;
    uint64_t until_ms = clock->now_ms + limit_ms;

    while (!done(arg) && sim_run_one(clock, until_ms)) {
    }
    if (!done(arg))
        sim_run_until(clock, until_ms);
    return done(arg);
}

static bool booted(void *arg)
{
    struct harness *harness = arg;

    return sim_board_alive(&harness->board);
}

static int restart(void *ctx)
{
    struct harness *harness = ctx;

    /* The power may have gone in an operation: what that set going is over at once. */
    sim_board_power_cut(&harness->board, 100);
    return run_until(ctx, booted, ctx, 10000) ? 0 : ROOST_ERR_TIMEOUT;
}

static int rebooted(void *ctx)
{
    struct harness *harness = ctx;

    if (!harness->board.resetting)
        return ROOST_ERR_STATE;
    return run_until(ctx, booted, ctx, 10000) ? 0 : ROOST_ERR_TIMEOUT;
}

static void cut_after(void *ctx, uint32_t n)
{
    struct harness *harness = ctx;

    if (n > 0)
        sim_power_cut_at(&harness->board.power, n, SIM_CUT_TORN);
    else
        harness->board.power.cut_at = 0;
}

static int broker_stop(void *ctx)
{
    sim_broker_stop(&((struct harness *)ctx)->sim.broker);
    return 0;
}

static int broker_start(void *ctx)
{
    sim_broker_start(&((struct harness *)ctx)->sim.broker);
    return 0;
}

static int retained(void *ctx, const char *topic, char *out, size_t size)
{
    struct harness *harness = ctx;
    const struct sim_message *message = sim_broker_retained(&harness->sim.broker, topic);

    if (!message)
        return ROOST_ERR_NOT_FOUND;
    if (message->len > size)
        return ROOST_ERR_TOO_LONG;
    memcpy(out, message->bytes, message->len);
    return (int)message->len;
}

int main(void)
{
    static struct harness harness;
    static const struct sim_board_options options = {
        .index = 0, .flash_sectors = 4, .live_audio = true};
    struct sim_firmware by_hand = {.post = roost_conformance_post, .ctx = &harness.suite};
    int failed;

    if (sim_init(&harness.sim, 7) < 0 ||
        sim_board_init(&harness.board, &harness.sim.clock, &harness.sim.net, &options) < 0)
        return EXIT_FAILURE;
    harness.suite = (struct roost_conformance){
        .name = "sim",
        .port = &harness.board.port,
        .ctx = &harness,
        .run_until = run_until,
        .restart = restart,
        .cut_after = cut_after,
        .rebooted = rebooted,
        .broker = {.options = {.host = "broker",
                               .port = SIM_BROKER_PORT,
                               .client_id = "unit",
                               .keepalive_s = 30,
                               .clean_session = true},
                   .closed_port = SIM_BROKER_PORT + 1,
                   .stop = broker_stop,
                   .start = broker_start,
                   .retained = retained},
    };
    sim_board_power_on(&harness.board, &by_hand);
    sim_run_until(&harness.sim.clock, 1);
    failed = roost_conformance_run(&harness.suite);
    sim_board_deinit(&harness.board);
    sim_deinit(&harness.sim);
    return failed;
}
