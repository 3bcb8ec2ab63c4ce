/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of sim/peer: roostd with nothing but the echo service (tests/echo) in virtual time.
 * A crash drops the service with its memory, a start makes it anew.
 */
#ifndef ROOST_SIM_PEER_RIG_H
#define ROOST_SIM_PEER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "port/sim/sim.h"
#include "sim/peer.h"
#include "tests/echo/echo.h"

struct echo_hub {
    struct sim sim;
    struct sim_sockets sockets;
    struct echo echo;
    bool running;
    uint32_t alarm; /* guards the tick */
    uint64_t crashes;
};

static inline uint64_t hub_now_ms(void *ctx)
{
    return ((struct echo_hub *)ctx)->sim.clock.now_ms;
}

static inline void hub_tick(void *ctx, uint64_t number, void *data)
{
    struct echo_hub *hub = ctx;
    uint64_t next_ms = echo_tick(&hub->echo, hub->sim.clock.now_ms);

    (void)number;
    (void)data;
    hub->alarm++;
    if (next_ms != UINT64_MAX)
        sim_at_guarded(&hub->sim.clock, next_ms, hub_tick, hub, 0, NULL, &hub->alarm);
}

static inline void hub_wake(void *ctx)
{
    struct echo_hub *hub = ctx;

    hub->alarm++;
    sim_at_guarded(&hub->sim.clock, hub->sim.clock.now_ms, hub_tick, hub, 0, NULL, &hub->alarm);
}

static inline void hub_start(struct echo_hub *hub)
{
    static const struct host_clock_ops ops = {.now_ms = hub_now_ms};

    echo_init(&hub->echo, &(struct host_clock){.ops = &ops, .ctx = hub});
    assert_int_equal(sim_sockets_add(&hub->sockets, hub->echo.routes, 1, &hub->echo), 0);
    sim_sockets_start(&hub->sockets);
    hub->running = true;
}

static inline void hub_crash(struct echo_hub *hub)
{
    sim_sockets_crash(&hub->sockets);
    memset(&hub->echo, 0, sizeof hub->echo);
    hub->alarm++;
    hub->running = false;
    hub->crashes++;
}

static inline void hub_init(struct echo_hub *hub, uint64_t seed)
{
    memset(hub, 0, sizeof *hub);
    assert_int_equal(sim_init(&hub->sim, seed), 0);
    sim_sockets_init(&hub->sockets, &hub->sim.net);
    hub->sockets.wake = hub_wake;
    hub->sockets.wake_ctx = hub;
    hub_start(hub);
}

/* After the boards. */
static inline void hub_deinit(struct echo_hub *hub)
{
    sim_sockets_deinit(&hub->sockets);
    sim_deinit(&hub->sim);
}

#endif
