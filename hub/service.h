/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hub service stands on. A service is a pure module: messages and timers in, actions out
 * through these; it runs unchanged in roostd and in the simulator. One thread. Depends on
 * host/bus.h, host/clock.h.
 */
#ifndef ROOST_HUB_SERVICE_H
#define ROOST_HUB_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "host/bus.h"
#include "host/clock.h"

/* What changed, for the dashboard's live view: name and one JSON object, borrowed for the call. */
struct hub_feed_ops {
    bool (*wanted)(void *ctx); /* false: nobody looks, send nothing */
    void (*send)(void *ctx, const char *event, const char *json, size_t len);
};
struct hub_feed {
    const struct hub_feed_ops *ops;
    void *ctx;
};

#endif
