/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time and randomness of a pure part of a program: host/process.h has the machine's, the simulator
 * its virtual ones. Depends on nothing.
 */
#ifndef ROOST_HOST_CLOCK_H
#define ROOST_HOST_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct host_clock_ops {
    uint64_t (*now_ms)(void *ctx); /* monotonic */
    int64_t (*unix_ms)(void *ctx);
    void (*random)(void *ctx, void *out, size_t len);
};
struct host_clock {
    const struct host_clock_ops *ops;
    void *ctx;
};

#endif
