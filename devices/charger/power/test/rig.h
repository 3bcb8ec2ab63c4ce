/* SPDX-License-Identifier: Apache-2.0 */
/* One connector between its world and a test: time goes in cycles of 10 ms. */
#ifndef ROOST_DEVICES_CHARGER_POWER_TEST_RIG_H
#define ROOST_DEVICES_CHARGER_POWER_TEST_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "devices/charger/power/power.h"
#include "world/charger/charger.h"

static struct rig {
    uint64_t now_ms, due_ms[WORLD_TIMERS];
    world_ring_fn ring[WORLD_TIMERS];
    void *arg[WORLD_TIMERS];
    struct world_charger world;
    struct roost_port port;
    struct charger_power power;
    bool interrupts; /* the emergency stop's is wired up */
    uint32_t heard, said;
} rig;

static uint64_t rig_now(void *ctx)
{
    (void)ctx;
    return rig.now_ms;
}

static int rig_start_timer(void *ctx, unsigned timer, uint32_t delay_ms, world_ring_fn ring,
                           void *arg)
{
    (void)ctx;
    rig.due_ms[timer] = rig.now_ms + delay_ms;
    rig.ring[timer] = ring;
    rig.arg[timer] = arg;
    return 0;
}

static void rig_stop_timer(void *ctx, unsigned timer)
{
    (void)ctx;
    rig.ring[timer] = NULL;
}

static void rig_post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    if (event->type == ROOST_EV_CAN_READY)
        charger_power_listen(&rig.power, rig.now_ms);
}

static void rig_interrupt(void *ctx)
{
    (void)ctx;
    if (rig.interrupts)
        charger_power_emergency(&rig.power);
}

static void rig_frame(void *ctx, uint64_t now_ms, enum can_bus bus,
                      const struct roost_can_frame *frame, bool said)
{
    (void)ctx;
    assert_true(bus < CAN_BUS_COUNT && frame->len <= 8 && now_ms == rig.now_ms);
    rig.said += said;
    rig.heard += !said;
}

static const struct world_time_ops rig_time_ops = {
    .now_ms = rig_now, .start = rig_start_timer, .stop = rig_stop_timer, .post = rig_post};

/* The device is given power; its world goes on. */
static void rig_boot(const struct charger_kept *kept)
{
    struct charger_power_config config = {
        .port = &rig.port,
        .gun_mdegc = world_charger_gun_mdegc,
        .gun_ctx = &rig.world,
        .frame = rig_frame,
        .can_bus = {WORLD_CHARGER_BATTERY_BUS, WORLD_CHARGER_MODULE_BUS}};

    for (unsigned i = 0; i < CHARGER_INPUT_COUNT; i++)
        config.input[i] = (uint8_t)i;
    for (unsigned i = 0; i < CHARGER_OUTPUT_COUNT; i++)
        config.output[i] = (uint8_t)(WORLD_CHARGER_LINE_TEST + i);
    assert_int_equal(charger_power_init(&rig.power, &config, kept, rig.now_ms), 0);
}

/* A battery at `soc`, not plugged in, no transaction. */
static void rig_begin(uint32_t capacity_mah, uint16_t soc_permille)
{
    const struct world_charger_config surroundings = {
        .capacity_mah = capacity_mah, .soc_permille = soc_permille, .stop = rig_interrupt};

    memset(&rig, 0, sizeof rig);
    rig.interrupts = true;
    rig.now_ms = 1000;
    world_charger_init(&rig.world, &surroundings);
    assert_int_equal(
        world_charger_attach(&rig.world, &(struct world_time){&rig_time_ops, NULL}, &rig.port), 0);
    rig_boot(NULL);
}

static void rig_cycle(void)
{
    rig.now_ms += CHARGER_CYCLE_MS;
    for (unsigned i = 0; i < WORLD_TIMERS; i++)
        if (rig.ring[i] && rig.due_ms[i] <= rig.now_ms) {
            world_ring_fn ring = rig.ring[i];
            rig.ring[i] = NULL;
            ring(rig.arg[i]);
        }
    charger_power_cycle(&rig.power, rig.now_ms);
}

static void rig_run(uint32_t ms)
{
    for (uint64_t end_ms = rig.now_ms + ms; rig.now_ms < end_ms;)
        rig_cycle();
}

static void rig_order(bool transaction, bool run, int32_t limit_ma)
{
    charger_power_order(
        &rig.power,
        &(struct charger_order){.transaction = transaction, .run = run, .limit_ma = limit_ma});
}

/* Runs until the state is reached. Returns whether it was within so long. */
static inline bool rig_until(enum charger_state state, uint32_t ms)
{
    for (uint64_t end_ms = rig.now_ms + ms; rig.now_ms < end_ms;) {
        if (rig.power.state == state)
            return true;
        rig_cycle();
    }
    return rig.power.state == state;
}

/* Plugs in and starts a transaction, once the battery has been heard. */
static inline void rig_plug_and_start(void)
{
    rig_run(1000);
    world_charger_plug(&rig.world, true);
    rig_run(1000);
    rig_order(true, true, CHARGER_NO_LIMIT);
}

/* What the hardware has switched on, as the world sees it. */
static inline bool rig_energised(void)
{
    return world_lines_get(&rig.world.lines, WORLD_CHARGER_LINE_PRECHARGE) ||
           world_lines_get(&rig.world.lines, WORLD_CHARGER_LINE_CONTACTOR) ||
           world_lines_get(&rig.world.lines, WORLD_CHARGER_LINE_MODULE);
}

static inline double rig_meter_wh(void)
{
    return (double)rig.power.meter.mwh / 1000 + (double)rig.power.meter.rest_uj / 3.6e9;
}

#endif
