/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lasts too long, or has a way back of its own. A measurement that shows it starts the clock,
 * one that does not ends it; silence and nonsense end nothing.
 */
#include "devices/charger/power/parts.h"

static void since(uint64_t *since_ms, bool holds, uint64_t now_ms)
{
    if (!holds)
        *since_ms = ROOST_NEVER;
    else if (*since_ms == ROOST_NEVER)
        *since_ms = now_ms;
}

void charger_weigh(struct charger_power *power, int32_t voltage_mv, int32_t current_ma)
{
    enum { OVER_MV = 500, OVER_MA = 2000, PART = 10 };
    int32_t most_ma = power->setpoint_ma + power->setpoint_ma / PART + OVER_MA, most_mv;

    since(&power->back_ms, current_ma < CHARGER_BACK_MA, power->now_ms);
    if (!(power->lines & CHARGER_LINE_MODULE))
        return;
    since(&power->over_limit_ms, current_ma > most_ma, power->now_ms);
    if (charger_power_value(power, CAN_BATTERY_VOLTAGE_MAX_MV, CHARGER_BATTERY_SILENT_MS, &most_mv))
        since(&power->too_high_ms, voltage_mv > most_mv + OVER_MV, power->now_ms);
}

/* Two of its three kinds of frame, and current and voltage in one of them, whatever they are. */
static bool module_speaks(const struct charger_power *power)
{
    static const uint8_t kinds[] = {CAN_TERMINAL, CAN_STATUS, CAN_TELEMETRY};
    int32_t voltage_mv, current_ma;
    unsigned heard = 0;

    for (unsigned i = 0; i < sizeof kinds; i++)
        heard += charger_younger(power->heard.kind_ms[kinds[i]], CHARGER_MODULE_SILENT_MS,
                                 power->now_ms);
    return heard >= 2 &&
           (charger_outside(power) || charger_measured(power, &voltage_mv, &current_ma));
}

void charger_weigh_cycle(struct charger_power *power)
{
    int32_t mdegc;

    if (!(power->lines & CHARGER_LINE_MODULE)) /* it is asked for nothing: MODULE_STUCK_ON's */
        power->over_limit_ms = power->too_high_ms = ROOST_NEVER;
    since(&power->speaks_ms, module_speaks(power), power->now_ms);
    if (charger_power_value(power, CAN_MODULE_TEMPERATURE_MDEGC, CHARGER_TEMPERATURE_MS, &mdegc))
        power->module_hot =
            mdegc > (power->module_hot ? CHARGER_MODULE_COOL_MDEGC : CHARGER_HOT_MDEGC);
}
