/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What modelled surroundings need of the host they run in: the time, to be called when some of it
 * has passed, and a way to hand the device what a part answers. A host fills it in once, and every
 * product's world (world/window is the first) attaches to it. Depends on port/port.h only.
 *
 *     struct world_time time = {&linux_time_ops, board};
 *     world_window_attach(&world, &time, &board->port);
 */
#ifndef ROOST_WORLD_TIME_H
#define ROOST_WORLD_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"

enum { WORLD_TIMERS = 4 }; /* that a host has for one world */

typedef void (*world_ring_fn)(void *arg);

/* Everything is called by the one task that owns the device, and calls back in it. */
struct world_time_ops {
    /* Monotonic milliseconds. Goes on while the device is without power. */
    uint64_t (*now_ms)(void *ctx);
    /* Has ring(arg) called once in delay_ms, never from inside an operation of the port; in the
     * place of what the timer was to call. Returns 0 or ROOST_ERR_FAULT (no such timer). */
    int (*start)(void *ctx, unsigned timer, uint32_t delay_ms, world_ring_fn ring, void *arg);
    /* It does not ring any more. Also when it is not running. */
    void (*stop)(void *ctx, unsigned timer);
    /* Hands the device an event; only from a ring. What the device refuses, the host counts. */
    void (*post)(void *ctx, const struct roost_event *event);
    /* 64 even random bits of the run. NULL: the world draws from a generator of its own seed. */
    uint64_t (*random)(void *ctx);
    /* Whether the device has power; without it no part answers. NULL: always. */
    bool (*powered)(void *ctx);
    /* Something worth a line in the run's record. NULL: nobody keeps one. */
    void (*note)(void *ctx, const char *what, const void *data, size_t len);
};

struct world_time {
    const struct world_time_ops *ops;
    void *ctx;
};

static inline bool world_time_powered(const struct world_time *time)
{
    return !time->ops->powered || time->ops->powered(time->ctx);
}

#endif
