/* SPDX-License-Identifier: Apache-2.0 */
/* Two buses, one partner on each, and the device's controllers. */
#include <string.h>

#include "core/err.h"
#include "world/charger/parts.h"

static bool active(const struct world_charger_bus *bus)
{
    return bus->state == ROOST_CAN_ACTIVE;
}

static bool is_off(const struct world_charger *world, unsigned number)
{
    return world_charger_is(world, number == WORLD_CHARGER_BATTERY_BUS
                                       ? WORLD_CHARGER_BATTERY_BUS_OFF
                                       : WORLD_CHARGER_MODULE_BUS_OFF);
}

static void put(struct world_charger_bus *bus, const struct roost_can_frame *frame)
{
    if (!active(bus))
        return;
    if (bus->used == WORLD_CHARGER_RING) {
        bus->overruns++;
        return;
    }
    bus->ring[(bus->head + bus->used++) % WORLD_CHARGER_RING] = *frame;
    bus->news = true;
}

void world_charger_say(struct world_charger *world, unsigned number, uint32_t id,
                       const uint8_t data[8])
{
    struct roost_can_frame frame = {.id = id, .extended = true, .len = 8};

    memcpy(frame.data, data, sizeof frame.data);
    put(&world->bus[number], &frame);
}

/* Somebody who babbles: frames of others, and now and then one of the charger's own. */
static void flood(struct world_charger *world, unsigned number)
{
    static const uint32_t ids[] = {0x18FF50E5, 0x0CF00400, 0x1806E5F5, 0x18FEEE00, 0x068181FE};
    static const uint8_t data[8] = {0x01, 0x32, 0xA5, 0, 0xFF, 0xFF, 0xFF, 0xFF};

    for (unsigned i = 0; i < world->config.flood_per_tick; i++)
        world_charger_say(world, number, ids[(world->at_ms + i) % (sizeof ids / sizeof ids[0])],
                          data);
}

void world_charger_run_buses(struct world_charger *world)
{
    for (unsigned i = 0; i < WORLD_CHARGER_BUSES; i++)
        if (is_off(world, i) && world->bus[i].state != ROOST_CAN_STOPPED) {
            world->bus[i].state = ROOST_CAN_BUS_OFF;
            world->bus[i].used = 0;
        }
    if (world_charger_is(world, WORLD_CHARGER_BATTERY_FLOOD))
        flood(world, WORLD_CHARGER_BATTERY_BUS);
    if (world_charger_is(world, WORLD_CHARGER_MODULE_FLOOD))
        flood(world, WORLD_CHARGER_MODULE_BUS);
}

/* ---- operations ---- */

static struct world_charger_bus *bus_of(void *ctx, unsigned number)
{
    struct world_charger *world = ctx;

    if (number >= WORLD_CHARGER_BUSES)
        return NULL;
    world_charger_update(world);
    return &world->bus[number];
}

static int start(void *ctx, unsigned number, uint32_t bit_rate)
{
    struct world_charger_bus *bus = bus_of(ctx, number);

    if (!bus)
        return ROOST_ERR_RANGE;
    if (bit_rate != 250000)
        return ROOST_ERR_UNSUPPORTED; /* no partner speaks at another */
    if (bus->state != ROOST_CAN_STOPPED)
        return ROOST_ERR_STATE;
    *bus = (struct world_charger_bus){.state = ROOST_CAN_ACTIVE};
    return 0;
}

static int stop(void *ctx, unsigned number)
{
    struct world_charger_bus *bus = bus_of(ctx, number);

    if (!bus)
        return ROOST_ERR_RANGE;
    bus->state = ROOST_CAN_STOPPED;
    return 0;
}

static int send(void *ctx, unsigned number, const struct roost_can_frame *frame)
{
    struct world_charger_bus *bus = bus_of(ctx, number);

    if (!bus)
        return ROOST_ERR_RANGE;
    if (!active(bus))
        return ROOST_ERR_STATE;
    if (frame->len > 8 || frame->id > 0x1FFFFFFF)
        return ROOST_ERR_INVALID;
    bus->sent++;
    if (!frame->extended || frame->len < 8)
        return 0; /* nobody understands it */
    if (number == WORLD_CHARGER_BATTERY_BUS)
        world_charger_battery_hears(ctx, frame);
    else
        world_charger_module_hears(ctx, frame);
    return 0;
}

static int receive(void *ctx, unsigned number, struct roost_can_frame *out)
{
    struct world_charger_bus *bus = bus_of(ctx, number);

    if (!bus)
        return ROOST_ERR_RANGE;
    if (bus->state == ROOST_CAN_STOPPED)
        return ROOST_ERR_STATE;
    if (bus->used == 0)
        return 0;
    *out = bus->ring[bus->head];
    bus->head = (bus->head + 1) % WORLD_CHARGER_RING;
    bus->used--;
    bus->taken++;
    bus->news = bus->news && bus->used > 0;
    return 1;
}

static int recover(void *ctx, unsigned number)
{
    struct world_charger_bus *bus = bus_of(ctx, number);

    if (!bus)
        return ROOST_ERR_RANGE;
    if (bus->state != ROOST_CAN_BUS_OFF)
        return ROOST_ERR_STATE;
    bus->recoveries++;
    if (!is_off(ctx, number))
        bus->state = ROOST_CAN_ACTIVE;
    return 0;
}

static int status(void *ctx, unsigned number, struct roost_can_status *out)
{
    const struct world_charger_bus *bus = bus_of(ctx, number);

    if (!bus)
        return ROOST_ERR_RANGE;
    *out = (struct roost_can_status){.state = bus->state,
                                     .tx_errors = bus->state == ROOST_CAN_BUS_OFF ? 256 : 0,
                                     .overruns = bus->overruns};
    return 0;
}

const struct roost_can_ops world_charger_can_ops = {.start = start,
                                                    .send = send,
                                                    .receive = receive,
                                                    .recover = recover,
                                                    .status = status,
                                                    .stop = stop};
