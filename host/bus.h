/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The message bus as who lives on it sees it: messages in, publishes and acknowledgements out.
 * host/net/mqtt.h is one; the simulator and the tests have theirs. One thread. Depends on
 * core/err.h.
 */
#ifndef ROOST_HOST_BUS_H
#define ROOST_HOST_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A message from the broker. `token` has to be given back through ack() once the message is stored
 * or refused for good; until then the broker keeps it. All borrowed for the call. */
struct bus_message {
    const char *topic;
    const char *payload;
    size_t len;
    bool retain, dup;
    bool oversize;  /* longer than the bus takes: payload is NULL, len what it would have been */
    uint64_t token; /* 0: QoS 0, nothing to acknowledge */
};

struct bus_ops {
    /* Copies. Returns 0, ROOST_ERR_CLOSED (broker away), ROOST_ERR_FULL (counted by the bus). */
    int (*publish)(void *ctx, const char *topic, const void *payload, size_t len, int qos,
                   bool retain);
    void (*ack)(void *ctx, uint64_t token);
    /* Stops or goes on reading from the broker: back-pressure while the store cannot keep up. */
    void (*pause)(void *ctx, bool paused);
};
struct bus {
    const struct bus_ops *ops;
    void *ctx;
};

#endif
