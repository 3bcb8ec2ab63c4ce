/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/power/power.h"

#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "devices/charger/power/parts.h"

enum { SPAN_MAX_MS = 100 }; /* what a cycle that came late counts for */

/* ---- lines ---- */

static const uint8_t line_of[CHARGER_OUTPUT_COUNT] = {
    [CHARGER_OUT_TEST] = CHARGER_LINE_TEST,
    [CHARGER_OUT_PRECHARGE] = CHARGER_LINE_PRECHARGE,
    [CHARGER_OUT_CONTACTOR] = CHARGER_LINE_CONTACTOR,
    [CHARGER_OUT_MODULE] = CHARGER_LINE_MODULE,
};

static void mask(const struct charger_power *power, bool masked)
{
    if (power->config.mask)
        power->config.mask(power->config.mask_ctx, masked);
}

/* An interrupt between the look and the write would have its line switched on again behind it. */
static int write_line(const struct charger_power *power, unsigned output, bool on)
{
    const struct roost_gpio *gpio = &power->config.port->gpio;

    if (!on || output == CHARGER_OUT_TEST)
        return gpio->ops->write(gpio->ctx, power->config.output[output], on);
    mask(power, true);
    int err =
        gpio->ops->write(gpio->ctx, power->config.output[output], !charger_power_stopped(power));
    mask(power, false);
    return err;
}

static int all_off(const struct charger_power *power)
{
    int err = 0;

    for (unsigned i = CHARGER_OUT_PRECHARGE; i < CHARGER_OUTPUT_COUNT; i++) {
        int failed = write_line(power, i, false);
        err = err ? err : failed;
    }
    return err;
}

void charger_power_emergency(struct charger_power *power)
{
    power->stops = power->stops + 1;
    (void)all_off(power);
}

bool charger_power_stopped(const struct charger_power *power)
{
    return power->stops != power->stops_ended;
}

/* The lines are so now. */
static void note_lines(struct charger_power *power, uint8_t lines)
{
    uint8_t changed = power->lines ^ lines;

    power->lines = lines;
    if (changed & CHARGER_LINE_CONTACTOR) {
        power->contactor_ms = power->now_ms;
        if (lines & CHARGER_LINE_CONTACTOR)
            charger_meter_start(&power->meter, power->now_ms);
        else
            charger_meter_stop(&power->meter, power->now_ms);
    }
    if (changed & CHARGER_LINE_MODULE) {
        power->module_ms = power->now_ms;
        charger_say_now(power);
    }
}

/* What goes off goes before anything goes on. The interrupt may come at any place in here; where
 * nothing holds it off, what it switched off in the middle of a write goes off once more. */
static void write_lines(struct charger_power *power, uint8_t wanted)
{
    for (unsigned i = 0; i < CHARGER_OUTPUT_COUNT; i++)
        if (!(wanted & line_of[i]))
            (void)write_line(power, i, false);
    for (unsigned i = 0; i < CHARGER_OUTPUT_COUNT; i++)
        if (wanted & line_of[i])
            (void)write_line(power, i, true);
    if (charger_power_stopped(power)) {
        (void)all_off(power);
        wanted &= (uint8_t)~CHARGER_LINES_OF_ENERGY;
    }
    note_lines(power, wanted);
}

/* ---- what is seen ---- */

static void read_inputs(struct charger_power *power)
{
    const struct roost_gpio *gpio = &power->config.port->gpio;
    unsigned inputs = 0;
    bool plugged = charger_input(power, CHARGER_IN_PLUG);

    for (unsigned i = 0; i < CHARGER_INPUT_COUNT; i++)
        inputs |= gpio->ops->read(gpio->ctx, power->config.input[i]) == 1 ? 1u << i : 0;
    power->inputs = (uint8_t)inputs;
    if (charger_input(power, CHARGER_IN_PLUG) == plugged)
        return;
    power->plugged_ms = plugged ? ROOST_NEVER : power->now_ms;
    charger_forget_battery(power);
}

static void read_gun(struct charger_power *power)
{
    int32_t mdegc;

    if (power->config.gun_mdegc(power->config.gun_ctx, &mdegc) == 0 && mdegc > -50000 &&
        mdegc < 200000) {
        power->gun_mdegc = mdegc;
        power->gun_ms = power->now_ms;
    }
    power->gun_read = charger_younger(power->gun_ms, CHARGER_TERMINAL_MS, power->now_ms);
    power->gun_hot =
        power->gun_mdegc > (power->gun_hot ? CHARGER_GUN_COOL_MDEGC : CHARGER_HOT_MDEGC);
}

static void read_register(struct charger_power *power)
{
    const struct charger_power_config *config = &power->config;

    power->register_lost =
        config->register_mwh && config->register_mwh(config->register_ctx, power->now_ms,
                                                     power->meter.mwh, &power->meter.mwh) < 0;
}

/* ---- the cycle ---- */

static void log_step(const struct charger_power *power, enum charger_state before,
                     enum charger_step event)
{
    int worst = charger_power_worst(power);

    if (power->config.log)
        ROOST_LOG(
            power->config.log, ROOST_LOG_INFO, "power", "state",
            RF_STR("from", charger_state_name(before)),
            RF_STR("to", charger_state_name(power->state)),
            RF_STR("event", charger_step_name(event)),
            RF_INT("fault", worst < 0 ? 0 : charger_faults[worst - ROOST_FAULT_COUNT].number));
}

static uint32_t of_release(enum charger_release road)
{
    uint32_t faults = 0;

    for (unsigned i = 0; i < CHARGER_FAULT_COUNT; i++)
        faults |= charger_fault_kinds[i].release == road ? 1u << i : 0;
    return faults;
}

static void release(struct charger_power *power, enum charger_release road)
{
    if (power->faults != 0)
        power->faults &= ~of_release(road);
}

static void step(struct charger_power *power)
{
    enum charger_state before = power->state;
    enum charger_step event = charger_progress(power);

    if (!charger_state_next(&power->state, event))
        return;
    charger_entered(power);
    log_step(power, before, event);
}

void charger_power_cycle(struct charger_power *power, uint64_t now_ms)
{
    uint64_t span_ms = now_ms - power->cycle_ms;
    bool was_plugged = charger_input(power, CHARGER_IN_PLUG);

    if (span_ms > SPAN_MAX_MS) {
        power->late_cycles += charger_power_flows(power);
        span_ms = SPAN_MAX_MS;
    }
    power->cycle_ms = now_ms;
    power->now_ms = now_ms;
    if (charger_power_stopped(power)) /* the interrupt switched them off */
        note_lines(power, power->lines & (uint8_t)~CHARGER_LINES_OF_ENERGY);
    charger_power_listen(power, now_ms);
    charger_watch_buses(power);
    read_inputs(power);
    read_gun(power);
    read_register(power);
    charger_weigh_cycle(power);
    /* A fault of a session ends with the transaction, or when the gun comes in anew. */
    if (!power->order.transaction || (!was_plugged && charger_input(power, CHARGER_IN_PLUG)))
        release(power, CHARGER_RELEASE_SESSION);
    power->stops_seen = power->stops;
    charger_judge(power);
    step(power);
    charger_follow_limits(power, (uint32_t)span_ms);
    write_lines(power, charger_wanted_lines(power));
    charger_say(power);
}

/* ---- orders ---- */

void charger_power_order(struct charger_power *power, const struct charger_order *order)
{
    power->order = *order;
}

uint32_t charger_power_reset(struct charger_power *power)
{
    /* What still has its cause comes back with the verdict; a stop that no cycle has seen yet is
     * none that somebody could have looked into. */
    if (power->faults & CHARGER_BIT(EMERGENCY_STOP) && charger_input(power, CHARGER_IN_STOP_CHAIN))
        power->stops_ended = power->stops_seen;
    power->deviates_ms = ROOST_NEVER;
    release(power, CHARGER_RELEASE_HAND);
    charger_judge(power);
    return power->faults;
}

void charger_power_latched(const struct charger_power *power, uint16_t out[CHARGER_LATCHED_MAX])
{
    uint32_t latched = power->faults & of_release(CHARGER_RELEASE_HAND);
    unsigned count = 0;

    memset(out, 0, CHARGER_LATCHED_MAX * sizeof *out);
    for (unsigned i = 0; i < CHARGER_FAULT_COUNT; i++)
        if (latched >> i & 1)
            out[count++] = charger_fault_kinds[i].number;
}

/* The other way. What a hand need not clear is found again, where it still is so. */
static uint32_t faults_kept(const struct charger_kept *kept)
{
    uint32_t faults = 0;

    for (unsigned i = 0; i < CHARGER_FAULT_COUNT; i++)
        for (unsigned n = 0; n < CHARGER_LATCHED_MAX; n++)
            if (kept->faults[n] == charger_fault_kinds[i].number)
                faults |= 1u << i;
    return faults & of_release(CHARGER_RELEASE_HAND);
}

void charger_power_sample(const struct charger_power *power, struct charger_sample *out)
{
    *out = (struct charger_sample){.energy_mwh = power->meter.mwh,
                                   .offered_ma = power->offered_ma,
                                   .soc_permille = charger_power_soc_permille(power)};
    out->measured = charger_measured(power, &out->voltage_mv, &out->current_ma) &&
                    out->voltage_mv >= 0 && out->voltage_mv <= CHARGER_METER_VOLTAGE_MAX_MV &&
                    out->current_ma >= 0 && out->current_ma <= CHARGER_METER_CURRENT_MAX_MA;
    if (out->measured)
        out->power_w = (int32_t)((int64_t)out->voltage_mv * out->current_ma / 1000000);
    out->warm = charger_power_value(power, CAN_MODULE_TEMPERATURE_MDEGC, CHARGER_TELEMETRY_MS,
                                    &out->temperature_mdegc);
}

bool charger_power_flows(const struct charger_power *power)
{
    return power->lines & CHARGER_LINES_OF_ENERGY;
}

/* ---- life ---- */

int charger_power_init(struct charger_power *power, const struct charger_power_config *config,
                       const struct charger_kept *kept, uint64_t now_ms)
{
    const struct roost_can *can = &config->port->can;

    *power = (struct charger_power){.config = *config,
                                    .started_ms = now_ms,
                                    .state_ms = now_ms,
                                    .now_ms = now_ms,
                                    .cycle_ms = now_ms,
                                    .plugged_ms = ROOST_NEVER,
                                    .contactor_ms = now_ms,
                                    .module_ms = now_ms,
                                    .deviates_ms = ROOST_NEVER,
                                    .over_limit_ms = ROOST_NEVER,
                                    .too_high_ms = ROOST_NEVER,
                                    .back_ms = ROOST_NEVER,
                                    .speaks_ms = ROOST_NEVER,
                                    .gun_ms = ROOST_NEVER};
    ROOST_ASSERT(can->ops && config->port->gpio.ops && config->gun_mdegc);
    if (!config->table)
        power->config.table = &can_table_default;
    for (unsigned i = 0; i < CAN_QUANTITY_COUNT; i++)
        power->heard.value_ms[i] = ROOST_NEVER;
    for (unsigned i = 0; i < CAN_KIND_COUNT; i++)
        power->heard.kind_ms[i] = ROOST_NEVER;
    charger_meter_init(&power->meter, kept ? kept->mwh : 0);
    power->faults = kept ? faults_kept(kept) : 0;
    int err = all_off(power);
    err = err ? err : write_line(power, CHARGER_OUT_TEST, false);
    charger_say_now(power);
    for (unsigned i = 0; i < CAN_BUS_COUNT && err == 0; i++) {
        err = can->ops->start(can->ctx, config->can_bus[i], CAN_BIT_RATE);
        power->bus[i].state = ROOST_CAN_ACTIVE;
        power->bus[i].recover_ms = power->bus[i].up_ms = ROOST_NEVER;
        if (err == ROOST_ERR_STATE)
            err = 0; /* it is started */
    }
    return err;
}
