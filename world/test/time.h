/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's time as a test of a world plays it: a clock that stands until the test moves it, and
 * the world's timers. Zeroed it is a clock at 0 on which no timer runs.
 *
 *     static struct test_time host_time;
 *     static const struct world_time_ops time_ops = {
 *         .now_ms = test_time_now, .start = test_time_start, .stop = test_time_stop, .post = post};
 *     ... &(struct world_time){&time_ops, &host_time} ...
 *     host_time.now_ms += 10;
 *     test_time_ring(&host_time);
 */
#ifndef ROOST_WORLD_TEST_TIME_H
#define ROOST_WORLD_TEST_TIME_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "world/time.h"

struct test_time {
    uint64_t now_ms, due_ms[WORLD_TIMERS];
    world_ring_fn ring[WORLD_TIMERS];
    void *arg[WORLD_TIMERS];
};

static inline uint64_t test_time_now(void *ctx)
{
    return ((const struct test_time *)ctx)->now_ms;
}

static inline int test_time_start(void *ctx, unsigned timer, uint32_t delay_ms, world_ring_fn ring,
                                  void *arg)
{
    struct test_time *time = ctx;
    assert_true(timer < WORLD_TIMERS);
    time->due_ms[timer] = time->now_ms + delay_ms;
    time->ring[timer] = ring;
    time->arg[timer] = arg;
    return 0;
}

static inline void test_time_stop(void *ctx, unsigned timer)
{
    ((struct test_time *)ctx)->ring[timer] = NULL;
}

/* Each timer that is due, once. */
static inline void test_time_ring(struct test_time *time)
{
    for (unsigned i = 0; i < WORLD_TIMERS; i++) {
        world_ring_fn ring = time->ring[i];
        if (!ring || time->due_ms[i] > time->now_ms)
            continue;
        time->ring[i] = NULL;
        ring(time->arg[i]);
    }
}

#endif
