/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/check.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void sim_check_init(struct sim_check *check, struct sim_world *world, uint64_t warm_ms)
{
    *check = (struct sim_check){.world = world, .warm_ms = warm_ms, .device = SIM_DEVICES_MAX};
}

__attribute__((format(printf, 4, 5))) static bool fail(struct sim_check *check, uint32_t device,
                                                       const char *checker, const char *format, ...)
{
    va_list args;

    if (check->checker)
        return false;
    check->device = device;
    check->checker = checker;
    va_start(args, format);
    vsnprintf(check->what, sizeof check->what, format, args);
    va_end(args);
    return false;
}

/* ---- every tick ---- */

static bool check_device(struct sim_check *check, uint32_t index)
{
    struct sim_device *device = check->world->devices[index];

    sim_device_look(device);
    if (device->wrong[0] != '\0')
        return fail(check, index, device->checker, "%s", device->wrong);
    return true;
}

static bool check_queues(struct sim_check *check)
{
    const struct sim_world *world = check->world;

    for (size_t i = 0; i < SIM_SESSIONS_MAX; i++) {
        const struct sim_session *session = &world->sim.broker.sessions[i];
        size_t bound = session->clean ? SIM_DEVICE_QUEUE_BOUND : SIM_QUEUE_BOUND;

        if (!session->used)
            continue;
        if (session->dropped > 0)
            return fail(check, SIM_DEVICES_MAX, "broker",
                        "dropped %" PRIu64 " messages for %s over its queue's bound",
                        session->dropped, session->client_id);
        if (session->queued > bound)
            return fail(check, SIM_DEVICES_MAX, "broker", "%zu messages wait for %s, bound %zu",
                        session->queued, session->client_id, bound);
    }
    return true;
}

/* What the products want of the hub. */
static bool check_hub(struct sim_check *check, enum sim_when when)
{
    struct sim_world *world = check->world;

    for (size_t i = 0; i < world->fleet_count; i++) {
        const struct sim_product *product = world->fleets[i].product;
        const char *wrong = product->check ? product->check(world, when) : NULL;

        if (wrong)
            return fail(check, SIM_DEVICES_MAX, product->name, "%s", wrong);
    }
    return true;
}

bool sim_check_tick(struct sim_check *check)
{
    struct sim_world *world = check->world;

    for (uint32_t i = 0; i < world->device_count; i++)
        if (!check_device(check, i))
            return false;
    return check_queues(check) && check_hub(check, SIM_TICK);
}

/* ---- every minute ---- */

bool sim_check_quiet(const struct sim_check *check)
{
    return sim_hub_quiet(&check->world->hub, &check->world->sim.broker);
}

/* Counted only between two runs of the same process's start: a hub that has just started has learnt
 * nothing yet, which is less, never more. */
static bool check_memory(struct sim_check *check)
{
    size_t bytes = mallinfo2().uordblks;

    /* With nothing waiting, what is on the heap is what the services keep. */
    if (check->world->sim.clock.now_ms < check->warm_ms || !sim_check_quiet(check))
        return true;
    if (check->memory_first == 0)
        check->memory_first = bytes;
    if (bytes > check->memory_most)
        check->memory_most = bytes;
    if (bytes > check->memory_first + SIM_MEMORY_BOUND)
        return fail(check, SIM_DEVICES_MAX, "memory", "%zu bytes on the heap, %zu after warm-up",
                    bytes, check->memory_first);
    return true;
}

bool sim_check_minute(struct sim_check *check)
{
    struct sim_world *world = check->world;
    char why[192];

    if (!sim_hub_adds_up(&world->hub, why, sizeof why))
        return fail(check, SIM_DEVICES_MAX, "accounting", "%s", why);
    if (world->renumbered + sim_hub_metric(&world->hub, "roost_ingest_renumbered_total", NULL) > 0)
        return fail(check, SIM_DEVICES_MAX, "numbering",
                    "the hub took a device for renumbered that was not");
    return check_hub(check, SIM_MINUTE) && check_memory(check);
}

/* ---- the liveness phase ---- */

/* NULL: the device is well and what it had to deliver is stored; else what is still in the way. */
static const char *device_lacks(const struct sim_device *device)
{
    if (!sim_device_connected(device))
        return "is not connected";
    if (sim_device_runtime(device)->safe_mode)
        return "is in safe mode";
    return device->product->lacks ? device->product->lacks(device) : NULL;
}

bool sim_check_drained(struct sim_check *check)
{
    const struct sim_world *world = check->world;

    for (uint32_t i = 0; i < world->device_count; i++) {
        check->lacks = device_lacks(world->devices[i]);
        check->lacking = i;
        if (check->lacks)
            return false;
    }
    return world->hub.running;
}

bool sim_check_not_drained(struct sim_check *check)
{
    return fail(check, check->lacking, "liveness", "%s long after the last fault",
                check->lacks ? check->lacks : "the hub is not running");
}

static bool check_delivered(struct sim_check *check, uint32_t index)
{
    struct sim_device *device = check->world->devices[index];

    sim_device_count(device);
    if (device->product->end)
        device->product->end(device);
    return device->wrong[0] == '\0' || fail(check, index, device->checker, "%s", device->wrong);
}

bool sim_check_end(struct sim_check *check)
{
    struct sim_world *world = check->world;
    const struct sim_broker *broker = &world->sim.broker;
    size_t queued = sim_broker_session(broker, SIM_HUB_CLIENT)->queued +
                    sim_broker_session(broker, SIM_HUB_ANSWERS)->queued;

    if (!sim_check_tick(check) || !sim_check_minute(check))
        return false;
    sim_world_count_hub(world);
    if (!check_hub(check, SIM_END))
        return false;
    for (uint32_t i = 0; i < world->device_count; i++)
        if (!check_delivered(check, i))
            return false;
    if (services_waiting(&world->hub.services) > 0)
        return fail(check, SIM_DEVICES_MAX, "waiting", "%zu messages wait in the hub",
                    services_waiting(&world->hub.services));
    if (queued > 0)
        return fail(check, SIM_DEVICES_MAX, "waiting", "%zu messages wait in the broker", queued);
    if (world->gap_readings > 0)
        return fail(check, SIM_DEVICES_MAX, "gap", "the hub gave up %.0f readings",
                    world->gap_readings);
    return true;
}
