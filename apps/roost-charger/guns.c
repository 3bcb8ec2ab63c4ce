/* SPDX-License-Identifier: Apache-2.0 */
/* A world for each connector. A board has one world's timers; each gun takes some of them. */
#include "apps/roost-charger/parts.h"

enum { TIMERS_A_GUN = WORLD_TIMERS / CHARGER_CONNECTORS_MAX, DEFAULT_SOC_PCT = 40 };

static const struct world_time *inner(void *ctx)
{
    const struct charger_gun *gun = ctx;

    return &gun->time;
}

static uint64_t gun_now(void *ctx)
{
    return inner(ctx)->ops->now_ms(inner(ctx)->ctx);
}

static int gun_start(void *ctx, unsigned timer, uint32_t delay_ms, world_ring_fn ring, void *arg)
{
    const struct charger_gun *gun = ctx;

    return inner(ctx)->ops->start(inner(ctx)->ctx, gun->first_timer + timer, delay_ms, ring, arg);
}

static void gun_stop(void *ctx, unsigned timer)
{
    const struct charger_gun *gun = ctx;

    inner(ctx)->ops->stop(inner(ctx)->ctx, gun->first_timer + timer);
}

static void gun_post(void *ctx, const struct roost_event *event)
{
    inner(ctx)->ops->post(inner(ctx)->ctx, event);
}

static const struct world_time_ops gun_time_ops = {
    .now_ms = gun_now, .start = gun_start, .stop = gun_stop, .post = gun_post};

/* The stop's interrupt. */
static void on_stop(void *ctx)
{
    struct charger_program *self = ctx;

    roost_charger_emergency(&self->charger);
    roost_board_wake(&self->program.board);
}

static void wire(struct charger_gun *gun)
{
    gun->power = (struct charger_power_config){
        .port = &gun->port,
        .can_bus = {WORLD_CHARGER_BATTERY_BUS, WORLD_CHARGER_MODULE_BUS},
        .gun_mdegc = world_charger_gun_mdegc,
        .gun_ctx = &gun->world};
    for (unsigned i = 0; i < CHARGER_INPUT_COUNT; i++)
        gun->power.input[i] = (uint8_t)(WORLD_CHARGER_LINE_PLUG + i);
    for (unsigned i = 0; i < CHARGER_OUTPUT_COUNT; i++)
        gun->power.output[i] = (uint8_t)(WORLD_CHARGER_LINE_TEST + i);
}

/* Behind the output, at the address of its connector; it has counted before it came here. */
static int add_meter(struct charger_program *self, unsigned i)
{
    enum { SHOWS_WH = 12000 };
    struct charger_gun *gun = &self->guns[i];
    const struct charger_dcmeter_config config = {.kind = &charger_pzem_017,
                                                  .unit = (uint8_t)(i + 1),
                                                  .connector = (uint8_t)(i + 1),
                                                  .write = world_dcmeter_write,
                                                  .read = world_dcmeter_read,
                                                  .line = &gun->meter,
                                                  .kv = &self->program.board.port.kv};

    world_dcmeter_init(&gun->meter, &gun->world, config.unit, SHOWS_WH);
    gun->power.register_mwh = charger_dcmeter_read;
    gun->power.register_ctx = &gun->reader;
    return charger_dcmeter_init(&gun->reader, &config);
}

int charger_guns_attach(struct charger_program *self, const struct world_time *time)
{
    const struct world_charger_config config = {
        .soc_permille = (uint16_t)(10 * self->given.soc_pct), .stop = on_stop, .stop_ctx = self};
    int err = 0;

    for (unsigned i = 0; err == 0 && i < self->given.connectors; i++) {
        struct charger_gun *gun = &self->guns[i];
        const struct world_time shifted = {&gun_time_ops, gun};

        gun->time = *time;
        gun->first_timer = i * TIMERS_A_GUN;
        world_charger_init(&gun->world, &config);
        err = world_charger_attach(&gun->world, &shifted, &gun->port);
        wire(gun);
        if (err == 0 && self->given.dc_meter)
            err = add_meter(self, i);
    }
    self->program.board.port.gpio = self->guns[0].port.gpio;
    self->program.board.port.can = self->guns[0].port.can;
    return err;
}
