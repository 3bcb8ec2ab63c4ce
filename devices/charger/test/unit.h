/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole charger on a port in memory, its battery and power module at rest: what the tests of the
 * device and of its front begin with. The socket and what else of the port a test needs are its
 * own. Included first, by one file a program. For tests only.
 *
 *     unit_make("unit-7");                       // nothing on flash; config may be changed now
 *     fake.port.ws = ...;
 *     unit_boot(ROOST_RESET_POWER_ON);
 *     unit_start(unit_step);
 */
#ifndef ROOST_DEVICES_CHARGER_TEST_UNIT_H
#define ROOST_DEVICES_CHARGER_TEST_UNIT_H

#define KV_CUT_VALUE_BYTES ROOST_KV_VALUE_MAX
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/err.h"
#include "devices/charger/device/parts.h"
#include "devices/charger/ledger/test/chip.h"
#include "devices/charger/test/kv_cut.h"
#include "runtime/test/fake_port.h"
#include "world/charger/charger.h"

static struct fake_port fake;
static struct kv_cut store;
static struct world_charger world;
static struct roost_charger charger;
static struct charger_power_config power[CHARGER_CONNECTORS_MAX]; /* the same gun for each */
static struct roost_charger_config config;

/* ---- time stands still around it ---- */

static uint64_t unit_rest_ms(void *ctx)
{
    (void)ctx;
    return fake.now_ms;
}

static int unit_rest_start(void *ctx, unsigned timer, uint32_t delay_ms, world_ring_fn ring,
                           void *arg)
{
    (void)ctx, (void)timer, (void)delay_ms, (void)ring, (void)arg;
    return 0;
}

static void unit_rest_stop(void *ctx, unsigned timer)
{
    (void)ctx, (void)timer;
}

static void unit_rest_post(void *ctx, const struct roost_event *event)
{
    (void)ctx, (void)event;
}

static const struct world_time_ops unit_rest = {.now_ms = unit_rest_ms,
                                                .start = unit_rest_start,
                                                .stop = unit_rest_stop,
                                                .post = unit_rest_post};

/* ---- making one ---- */

static void unit_wire(struct charger_power_config *gun)
{
    *gun = (struct charger_power_config){
        .port = &fake.port,
        .can_bus = {WORLD_CHARGER_BATTERY_BUS, WORLD_CHARGER_MODULE_BUS},
        .gun_mdegc = world_charger_gun_mdegc,
        .gun_ctx = &world};
    for (unsigned i = 0; i < CHARGER_INPUT_COUNT; i++)
        gun->input[i] = (uint8_t)(WORLD_CHARGER_LINE_PLUG + i);
    for (unsigned i = 0; i < CHARGER_OUTPUT_COUNT; i++)
        gun->output[i] = (uint8_t)(WORLD_CHARGER_LINE_TEST + i);
}

static void unit_make(const char *id)
{
    const struct world_time time = {&unit_rest, NULL};

    memset(&chip, 0, sizeof chip);
    memset(chip.bytes, 0xFF, sizeof chip.bytes);
    flash = (struct roost_flash){&chip_ops, NULL, SECTOR, SECTORS_MOST, 4};
    kv_cut_init(&store);
    fake_init(&fake);
    world_charger_init(&world, &(struct world_charger_config){.soc_permille = 400});
    assert_int_equal(world_charger_attach(&world, &time, &fake.port), 0);
    fake.port.kv = store.kv;
    fake.port.ledger = flash;
    for (unsigned c = 0; c < CHARGER_CONNECTORS_MAX; c++)
        unit_wire(&power[c]);
    config = (struct roost_charger_config){.device_id = id,
                                           .firmware_version = "1.0.0",
                                           .connectors = 1,
                                           .power = power,
                                           .facts = {.vendor = "Roost", .model = "DC-25"}};
}

static inline uint64_t unit_step(void *device)
{
    return roost_charger_step(device);
}

static int unit_post(void *device, const struct roost_event *event)
{
    return roost_charger_post(device, event);
}

/* Another life on the same flash: power is there, ... */
static void unit_boot(enum roost_reset_reason reason)
{
    fake_boot(&fake, reason);
    kv_cut_boot(&store);
}

/* ... and the firmware begins. `step`: unit_step, or that of what stands in front of it. */
static void unit_start(uint64_t (*step)(void *device))
{
    assert_int_equal(roost_charger_init(&charger, &fake.port, &config), 0);
    fake_attach(&fake, &(struct fake_device){&charger, step, unit_post, config.device_id});
}

#endif
