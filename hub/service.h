/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hub service stands on. A service is a pure module: messages and timers in, actions out
 * through these; it runs unchanged in roostd and in the simulator. One thread. Depends on
 * core/err.h.
 */
#ifndef ROOST_HUB_SERVICE_H
#define ROOST_HUB_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A message from the broker. `token` has to be given back through ack() once the message is stored
 * or refused for good; until then the broker keeps it. All borrowed for the call. */
struct hub_message {
    const char *topic;
    const char *payload;
    size_t len;
    bool retain, dup;
    bool oversize;  /* longer than the bus takes: payload is NULL, len what it would have been */
    uint64_t token; /* 0: QoS 0, nothing to acknowledge */
};

struct hub_bus_ops {
    /* Copies. Returns 0, ROOST_ERR_CLOSED (broker away), ROOST_ERR_FULL (counted by the bus). */
    int (*publish)(void *ctx, const char *topic, const void *payload, size_t len, int qos,
                   bool retain);
    void (*ack)(void *ctx, uint64_t token);
    /* Stops or goes on reading from the broker: back-pressure while the store cannot keep up. */
    void (*pause)(void *ctx, bool paused);
};
struct hub_bus {
    const struct hub_bus_ops *ops;
    void *ctx;
};

struct hub_clock_ops {
    uint64_t (*now_ms)(void *ctx); /* monotonic */
    int64_t (*unix_ms)(void *ctx);
    void (*random)(void *ctx, void *out, size_t len);
};
struct hub_clock {
    const struct hub_clock_ops *ops;
    void *ctx;
};

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
