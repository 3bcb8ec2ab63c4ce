/* SPDX-License-Identifier: Apache-2.0 */
/* What each state waits for, and the current on its way to the limits. */
#include "devices/charger/power/parts.h"

enum {
    FALLS_LEAST = 200, /* the output stands still: within this part of it, 0.5 %, ... */
    STEADY_MS = 2000,  /* ... for so long, in which alone it would lose 1.3 % */
    NO_CURRENT_MA = 1000,
    EMPTY_MV = 20000, /* below it the output's capacitors prove nothing */
    SETTLE_MS = 300,  /* after opening, before that is looked at */
    DERATED_PERMILLE = 200
};

static uint64_t age_ms(const struct charger_power *power)
{
    return power->now_ms - power->state_ms;
}

/* ---- insulation: the test makes the monitor trip, without it the monitor is content again ---- */

static bool insulation_done(struct charger_power *power)
{
    bool good = charger_input(power, CHARGER_IN_INSULATION);

    if (!power->monitor_tripped) {
        power->monitor_tripped = !good;
        return false;
    }
    return good && !(power->lines & CHARGER_LINE_TEST);
}

/* ---- precharge: the output has come to stand, at a voltage a battery can have. Capacitors that
 * are still charged have that too, but run down; on a battery, behind a relay that conducts, they
 * do not. ---- */

static bool precharge_done(struct charger_power *power)
{
    int32_t voltage_mv;

    if (!charger_power_value(power, CAN_TERMINAL_VOLTAGE_MV, CHARGER_TERMINAL_MS, &voltage_mv))
        return false;
    uint64_t measured_ms = power->heard.value_ms[CAN_TERMINAL_VOLTAGE_MV];
    if (measured_ms < power->state_ms)
        return false;
    int32_t moved_mv = voltage_mv - power->steady_mv, room_mv = voltage_mv / FALLS_LEAST;
    if (moved_mv > room_mv || moved_mv < -room_mv) {
        power->steady_mv = voltage_mv;
        power->steady_ms = measured_ms;
    }
    return measured_ms - power->steady_ms >= STEADY_MS && voltage_mv >= CHARGER_VOLTAGE_MIN_MV &&
           voltage_mv <= CHARGER_VOLTAGE_MAX_MV;
}

/* ---- weld check: the auxiliary contact is open (interlock.c), and the capacitors run down, which
 * they do not while they hang on a battery ---- */

static bool weld_check_done(struct charger_power *power)
{
    int32_t voltage_mv;

    if (age_ms(power) < SETTLE_MS)
        return false;
    bool known =
        charger_power_value(power, CAN_TERMINAL_VOLTAGE_MV, CHARGER_CONTACTOR_MS, &voltage_mv);
    if (!power->weld_seen && known) {
        power->weld_seen = true;
        power->weld_mv = voltage_mv;
    }
    if (age_ms(power) < CHARGER_WELD_CHECK_MS)
        return false;
    if (power->weld_seen && known && !(power->faults & CHARGER_BIT(MODULE_STUCK_ON)) &&
        power->weld_mv >= EMPTY_MV && voltage_mv > power->weld_mv - power->weld_mv / FALLS_LEAST)
        power->failed |= CHARGER_BIT(CONTACTOR_WELDED);
    return true;
}

static bool current_gone(const struct charger_power *power)
{
    int32_t voltage_mv, current_ma;

    return power->setpoint_ma == 0 && charger_measured(power, &voltage_mv, &current_ma) &&
           current_ma < NO_CURRENT_MA;
}

/* ---- events ---- */

static bool is_done(struct charger_power *power)
{
    switch (power->state) {
    case CHARGER_INSULATION:
        return insulation_done(power);
    case CHARGER_PRECHARGE:
        return precharge_done(power);
    case CHARGER_CLOSING:
        return charger_input(power, CHARGER_IN_CONTACTOR);
    case CHARGER_RAMP:
        return power->setpoint_ma == power->offered_ma;
    case CHARGER_RAMP_DOWN:
        return current_gone(power);
    case CHARGER_WELD_CHECK:
        return weld_check_done(power);
    default:
        return false;
    }
}

/* What it means that a state was late. */
static uint32_t late_fault(const struct charger_power *power)
{
    switch (power->state) {
    case CHARGER_INSULATION:
        return power->monitor_tripped ? CHARGER_BIT(INSULATION) : CHARGER_BIT(INSULATION_TEST);
    case CHARGER_PRECHARGE:
        return CHARGER_BIT(PRECHARGE);
    case CHARGER_CLOSING:
        return CHARGER_BIT(CONTACTOR_OPEN);
    default:
        return 0; /* a current that does not end: the contactor opens all the same */
    }
}

enum charger_step charger_progress(struct charger_power *power)
{
    bool wanted = power->order.run && power->order.limit_ma > 0;
    uint16_t late_ms = charger_state_late_ms(power->state);

    if (power->state == CHARGER_OFF)
        return power->faults == 0 && age_ms(power) >= CHARGER_REST_MS ? CHARGER_EV_CLEAR
                                                                      : CHARGER_EV_NONE;
    if (power->state == CHARGER_IDLE)
        return wanted && charger_power_may_flow(power) ? CHARGER_EV_START : CHARGER_EV_NONE;
    if (power->state != CHARGER_WELD_CHECK && !charger_power_may_flow(power))
        return CHARGER_EV_TRIP;
    if (is_done(power))
        return CHARGER_EV_DONE;
    if (late_ms > 0 && age_ms(power) > late_ms) {
        power->failed |= late_fault(power);
        return CHARGER_EV_LATE;
    }
    return wanted ? CHARGER_EV_NONE : CHARGER_EV_STOP;
}

void charger_entered(struct charger_power *power)
{
    power->state_ms = power->steady_ms = power->now_ms;
    power->steady_mv = INT32_MIN / 2;
    power->monitor_tripped = power->weld_seen = false;
}

uint8_t charger_wanted_lines(const struct charger_power *power)
{
    uint8_t lines = charger_state_lines(power->state);

    if (power->monitor_tripped)
        lines &= (uint8_t)~CHARGER_LINE_TEST;
    if (!charger_power_may_flow(power))
        lines &= (uint8_t)~CHARGER_LINES_OF_ENERGY;
    return lines;
}

/* ---- the current ---- */

/* From WARM to HOT the gun's part falls from all to a fifth. */
static int32_t derated(const struct charger_power *power, int32_t current_ma)
{
    enum { SPAN = CHARGER_HOT_MDEGC - CHARGER_GUN_WARM_MDEGC };
    int32_t above = power->gun_mdegc - CHARGER_GUN_WARM_MDEGC;

    if (above <= 0)
        return current_ma;
    if (above > SPAN)
        above = SPAN;
    int32_t permille = 1000 - (1000 - DERATED_PERMILLE) * (above / 10) / (SPAN / 10);
    return current_ma / 1000 * permille;
}

static int32_t offer(const struct charger_power *power)
{
    int32_t most_ma;

    if (!charger_power_value(power, CAN_BATTERY_CURRENT_MAX_MA, CHARGER_BATTERY_SILENT_MS,
                             &most_ma))
        return 0;
    most_ma = derated(power, most_ma);
    return power->order.limit_ma < most_ma ? power->order.limit_ma : most_ma;
}

void charger_follow_limits(struct charger_power *power, uint32_t span_ms)
{
    int32_t up_ma = CHARGER_RAMP_MA_PER_MS * (int32_t)span_ms;
    int32_t down_ma = CHARGER_DOWN_MA_PER_MS * (int32_t)span_ms;
    bool runs = power->state == CHARGER_RAMP || power->state == CHARGER_CHARGING;

    power->offered_ma = offer(power);
    if (power->state == CHARGER_RAMP_DOWN) {
        power->setpoint_ma = power->setpoint_ma > down_ma ? power->setpoint_ma - down_ma : 0;
    } else if (!runs) {
        power->setpoint_ma = 0;
    } else if (power->setpoint_ma > power->offered_ma) {
        power->setpoint_ma = power->offered_ma; /* a lower limit holds at once */
        charger_say_now(power);
    } else {
        int32_t left_ma = power->offered_ma - power->setpoint_ma;
        power->setpoint_ma += up_ma < left_ma ? up_ma : left_ma;
    }
}
