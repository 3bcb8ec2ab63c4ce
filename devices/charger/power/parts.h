/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of this folder. */
#ifndef ROOST_DEVICES_CHARGER_POWER_PARTS_H
#define ROOST_DEVICES_CHARGER_POWER_PARTS_H

#include "core/timer.h"
#include "devices/charger/power/power.h"

static inline bool charger_input(const struct charger_power *power, enum charger_input input)
{
    return power->inputs >> input & 1;
}

static inline bool charger_younger(uint64_t at_ms, uint32_t age_ms, uint64_t now_ms)
{
    return at_ms != ROOST_NEVER && now_ms - at_ms <= age_ms;
}

static inline bool charger_for(uint64_t since_ms, uint32_t span_ms, uint64_t now_ms)
{
    return since_ms != ROOST_NEVER && now_ms - since_ms > span_ms;
}

/* What the module measures that was beyond its range when it came last, bits by enum can_quantity.
 */
static inline uint32_t charger_outside(const struct charger_power *power)
{
    enum {
        MEASURED = CAN_BIT(TERMINAL_VOLTAGE_MV) | CAN_BIT(TERMINAL_CURRENT_MA) |
                   CAN_BIT(TELEMETRY_VOLTAGE_MV) | CAN_BIT(TELEMETRY_CURRENT_MA) |
                   CAN_BIT(MODULE_TEMPERATURE_MDEGC)
    };

    return power->heard.outside & MEASURED;
}

/* What the output is now by the better meter that speaks: false: none does. */
bool charger_measured(const struct charger_power *power, int32_t *voltage_mv, int32_t *current_ma);

/* ---- hear.c ---- */
void charger_forget_battery(struct charger_power *power);
void charger_watch_buses(struct charger_power *power);

/* ---- say.c ---- */
void charger_say(struct charger_power *power);
/* The module's orders go out in this cycle, not in their turn. */
void charger_say_now(struct charger_power *power);

/* ---- weigh.c ---- */
/* A measurement came, of the better meter that speaks. */
void charger_weigh(struct charger_power *power, int32_t voltage_mv, int32_t current_ma);
/* The rest, once a cycle, before the verdict. */
void charger_weigh_cycle(struct charger_power *power);

/* ---- interlock.c ---- */
/* Sets broken, missing and faults. */
void charger_judge(struct charger_power *power);
/* What the battery is told, enum can_output_status. */
int32_t charger_output_status(const struct charger_power *power);

/* ---- sequence.c ---- */
enum charger_step charger_progress(struct charger_power *power);
void charger_entered(struct charger_power *power);
void charger_follow_limits(struct charger_power *power, uint32_t span_ms);
/* Of the lines of the state, those that it wants at this moment. */
uint8_t charger_wanted_lines(const struct charger_power *power);

#endif
