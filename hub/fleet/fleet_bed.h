/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fleet on a registry in memory whose writes fail on demand, for the tests beside this file: time
 * is set by hand, devices speak by hear(). See hub/fleet/test_rig.h.
 */
#ifndef ROOST_HUB_FLEET_FLEET_BED_H
#define ROOST_HUB_FLEET_FLEET_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "hub/fleet/fleet.h"
#include "hub/fleet/test_rig.h"
#include "hub/store/registry_sqlite.h"

static struct rig rig;
static struct registry registry;
static struct fleet *fleet;
static struct fleet_config config;

/* A registry that can be told to fail its writes. */
static struct registry real;
static struct registry_ops failing_ops;
static int write_err;

static inline int put_or_fail(void *ctx, const struct registry_device *devices, size_t count)
{
    return write_err ? write_err : real.ops->devices_put(ctx, devices, count);
}

static inline int seen_or_fail(void *ctx, const char (*ids)[65], const int64_t *seen_ms,
                               size_t count)
{
    return write_err ? write_err : real.ops->devices_seen(ctx, ids, seen_ms, count);
}

static inline int command_or_fail(void *ctx, const struct registry_command *command)
{
    return write_err ? write_err : real.ops->command_put(ctx, command);
}

static inline int expire_or_fail(void *ctx, int64_t before_ms)
{
    return write_err ? write_err : real.ops->command_expire(ctx, before_ms);
}

static inline void start(void)
{
    fleet = fleet_new(&config, &registry, &rig.bus, &rig.clock, &rig.feed, rig.metrics);
    assert_non_null(fleet);
    assert_int_equal(fleet_load(fleet), 0);
}

static inline int set_up(void **state)
{
    (void)state;
    rig_init(&rig);
    write_err = 0;
    config = (struct fleet_config){.policy = FLEET_POLICY_OPEN,
                                   .inactive_after_ms = 300000,
                                   .command_timeout_ms = 10000,
                                   .device_max = 1000};
    if (registry_sqlite_open(&real, ":memory:", NULL, 0) != 0)
        return -1;
    failing_ops = *real.ops;
    failing_ops.devices_put = put_or_fail;
    failing_ops.devices_seen = seen_or_fail;
    failing_ops.command_put = command_or_fail;
    failing_ops.command_expire = expire_or_fail;
    registry = (struct registry){&failing_ops, real.ctx};
    start();
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    fleet_free(fleet);
    real.ops->close(real.ctx);
    rig_deinit(&rig);
    return 0;
}

static inline void restart(void)
{
    fleet_free(fleet);
    rig_deinit(&rig);
    struct rig old = rig;
    rig_init(&rig);
    rig.unix_ms = old.unix_ms;
    start();
}

static inline struct fleet_device *hear(const char *id)
{
    int err;
    struct fleet_device *device = fleet_meet(fleet, id, true, &err);
    assert_int_equal(err, device ? 0 : err);
    return device;
}

static inline int meet_err(const char *id)
{
    int err = 0;
    assert_null(fleet_meet(fleet, id, true, &err));
    return err;
}

static inline void tick_after(uint64_t ms)
{
    rig_pass(&rig, ms);
    fleet_tick(fleet, rig.now_ms);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
