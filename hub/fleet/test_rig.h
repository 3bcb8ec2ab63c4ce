/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fleet on a registry in memory whose writes fail on demand, for the tests beside this file: time
 * is set by hand, devices speak by hear(). See hub/fleet/parts_fake.h.
 */
#ifndef ROOST_HUB_FLEET_TEST_RIG_H
#define ROOST_HUB_FLEET_TEST_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hub/fleet/fleet.h"
#include "hub/fleet/parts_fake.h"
#include "hub/store/registry_job.h"
#include "hub/store/registry_sqlite.h"
#include "hub/store/test_ask.h"

static struct parts_fake fake;
static struct registry registry;
static struct fleet *fleet;
static struct fleet_config config;

/* A registry that can be told to fail its writes, or to take no request. */
static struct registry real;
static struct registry_ops failing_ops;
static int write_err, ask_err;

struct failing {
    registry_done_fn done;
    void *arg;
    int err;
};

static inline void fail_later(void *arg, int err, const struct registry_answer *answer)
{
    static const struct registry_answer nothing;
    struct failing *failing = arg;
    (void)answer;
    failing->done(failing->arg, err ? err : failing->err, &nothing);
    free(failing);
}

static inline int ask_or_fail(void *ctx, const struct registry_request *request,
                              registry_done_fn done, void *arg)
{
    static const struct registry_request ping = {.op = REGISTRY_PING};
    if (ask_err)
        return ask_err;
    if (!write_err || !registry_op_writes(request->op))
        return real.ops->ask(ctx, request, done, arg);
    struct failing *failing = malloc(sizeof *failing);
    assert_non_null(failing);
    *failing = (struct failing){done, arg, write_err};
    return real.ops->ask(ctx, &ping, fail_later, failing);
}

/* Until everything asked of the registry is answered. */
static inline void settle(void)
{
    real.ops->wait(real.ctx);
}

static inline void start(void)
{
    fleet = fleet_new(&config, &registry, &fake.bus, &fake.clock, &fake.feed, fake.metrics);
    assert_non_null(fleet);
    assert_int_equal(fleet_load(fleet), 0);
}

static inline int set_up(void **state)
{
    (void)state;
    fake_init(&fake);
    write_err = ask_err = 0;
    config = (struct fleet_config){.policy = FLEET_POLICY_OPEN,
                                   .inactive_after_ms = 300000,
                                   .command_timeout_ms = 10000,
                                   .device_max = 1000};
    if (registry_sqlite_open(&real, NULL, ":memory:", NULL, 0) != 0)
        return -1;
    failing_ops = *real.ops;
    failing_ops.ask = ask_or_fail;
    registry = (struct registry){&failing_ops, real.ctx};
    start();
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    settle();
    fleet_free(fleet);
    real.ops->close(real.ctx);
    fake_deinit(&fake);
    return 0;
}

static inline void restart(void)
{
    settle();
    fleet_free(fleet);
    fake_deinit(&fake);
    struct parts_fake old = fake;
    fake_init(&fake);
    fake.unix_ms = old.unix_ms;
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
    fake_pass(&fake, ms);
    fleet_tick(fleet, fake.now_ms);
    settle();
}

/* ---- calls that answer later, waited for ---- */

static inline void note_err(void *arg, int err)
{
    *(int *)arg = err;
}

static struct fleet_removed removed; /* what the newest removal took */

static inline void note_removed(void *arg, int err, const struct fleet_removed *of)
{
    if (!err)
        removed = *of;
    note_err(arg, err);
}

static inline int waited(int err, int *result)
{
    if (err)
        return err;
    assert_int_equal(*result, 1); /* not from inside the call */
    settle();
    assert_true(*result <= 0);
    return *result;
}

static inline int update(const char *id, const bool *claimed, const char *name,
                         const char *location, const char *config_json)
{
    int result = 1;
    int err = fleet_update(fleet, id, claimed, name, location, config_json, note_err, &result);
    return waited(err, &result);
}

static inline int add(const char *id, const char *type, const char *name)
{
    int result = 1;
    return waited(fleet_add(fleet, id, type, name, note_err, &result), &result);
}

static inline int take_away(const char *id)
{
    int result = 1;
    return waited(fleet_remove(fleet, id, true, note_removed, &result), &result);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
