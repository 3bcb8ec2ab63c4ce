/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether energy may flow. A row for each interlock: how it is found broken, from when on that is
 * a fault (a battery that is not there need not speak), and what the battery is told. All of them
 * are evaluated in every cycle; what is latched counts as broken until it is released.
 */
#include "devices/charger/power/parts.h"

/* ---- one function an interlock ---- */

static bool closed_long(const struct charger_power *power)
{
    return power->lines & CHARGER_LINE_CONTACTOR &&
           charger_for(power->contactor_ms, CHARGER_CONTACTOR_MS, power->now_ms);
}

static bool emergency(const struct charger_power *power)
{
    return charger_power_stopped(power) || !charger_input(power, CHARGER_IN_STOP_CHAIN);
}

static bool battery_silent(const struct charger_power *power)
{
    return !charger_younger(power->heard.kind_ms[CAN_BATTERY], CHARGER_BATTERY_SILENT_MS,
                            power->now_ms);
}

static bool battery_range(const struct charger_power *power)
{
    int32_t unused;

    return charger_younger(power->heard.kind_ms[CAN_BATTERY], CHARGER_BATTERY_RANGE_MS,
                           power->now_ms) &&
           (!charger_power_value(power, CAN_BATTERY_VOLTAGE_MAX_MV, CHARGER_BATTERY_RANGE_MS,
                                 &unused) ||
            !charger_power_value(power, CAN_BATTERY_CURRENT_MAX_MA, CHARGER_BATTERY_RANGE_MS,
                                 &unused));
}

static bool bus_off(const struct charger_bus *bus)
{
    return bus->state != ROOST_CAN_ACTIVE && bus->state != ROOST_CAN_PASSIVE;
}

static bool battery_bus_off(const struct charger_power *power)
{
    return bus_off(&power->bus[CAN_BATTERY_BUS]);
}

static bool module_bus_off(const struct charger_power *power)
{
    return bus_off(&power->bus[CAN_MODULE_BUS]);
}

/* It says what cannot be. */
static bool measurement(const struct charger_power *power)
{
    return charger_outside(power) != 0;
}

static bool module_silent(const struct charger_power *power)
{
    return power->speaks_ms == ROOST_NEVER; /* weigh.c */
}

/* Without it nobody would see that the module is hot. A module that is silent is another matter. */
static bool module_temperature(const struct charger_power *power)
{
    return !module_silent(power) &&
           !charger_younger(power->heard.value_ms[CAN_MODULE_TEMPERATURE_MDEGC],
                            CHARGER_TEMPERATURE_MS, power->now_ms);
}

static bool module_stuck_on(const struct charger_power *power)
{
    enum { LEAK_MA = 2000 };
    int32_t value;

    if (power->lines & CHARGER_LINE_MODULE ||
        !charger_for(power->module_ms, CHARGER_MODULE_OFF_MS, power->now_ms))
        return false;
    return (charger_power_value(power, CAN_MODULE_CHARGING, CHARGER_TERMINAL_MS, &value) &&
            value) ||
           (charger_power_value(power, CAN_TERMINAL_CURRENT_MA, CHARGER_TERMINAL_MS, &value) &&
            value > LEAK_MA);
}

static bool module_hot(const struct charger_power *power)
{
    return power->module_hot;
}

static bool over_voltage(const struct charger_power *power)
{
    int32_t value;

    return (charger_power_value(power, CAN_TERMINAL_VOLTAGE_MV, CHARGER_TERMINAL_MS, &value) &&
            value > CHARGER_VOLTAGE_MAX_MV) ||
           (charger_power_value(power, CAN_TELEMETRY_VOLTAGE_MV, CHARGER_TERMINAL_MS, &value) &&
            value > CHARGER_VOLTAGE_MAX_MV) ||
           charger_for(power->too_high_ms, CHARGER_OVER_LIMIT_MS, power->now_ms);
}

static bool under_voltage(const struct charger_power *power)
{
    int32_t voltage_mv, current_ma;

    return closed_long(power) && charger_measured(power, &voltage_mv, &current_ma) &&
           voltage_mv < CHARGER_VOLTAGE_MIN_MV;
}

static bool over_current(const struct charger_power *power)
{
    int32_t voltage_mv, current_ma;

    return (charger_measured(power, &voltage_mv, &current_ma) &&
            (current_ma > CHARGER_CURRENT_MAX_MA || current_ma < -CHARGER_CURRENT_MAX_MA)) ||
           /* While two meters differ, it is not known which of them is right. */
           (power->deviates_ms == ROOST_NEVER &&
            charger_for(power->over_limit_ms, CHARGER_OVER_LIMIT_MS, power->now_ms));
}

static bool reverse_current(const struct charger_power *power)
{
    return charger_for(power->back_ms, CHARGER_BACK_MS - 1, power->now_ms);
}

static bool meter_deviation(const struct charger_power *power)
{
    return charger_for(power->deviates_ms, CHARGER_DEVIATION_MS - 1, power->now_ms);
}

static bool gun_hot(const struct charger_power *power)
{
    return power->gun_hot;
}

static bool gun_sensor(const struct charger_power *power)
{
    return !power->gun_read;
}

static bool unplugged(const struct charger_power *power)
{
    return power->lines & CHARGER_LINES_OF_ENERGY && !charger_input(power, CHARGER_IN_PLUG);
}

/* What the monitor says at first is of the gun as it hung there. While it is tested it says so
 * itself; see sequence.c. */
static bool insulation(const struct charger_power *power)
{
    return !charger_for(power->plugged_ms, CHARGER_INSULATION_SETTLE_MS - 1, power->now_ms) ||
           (power->state != CHARGER_INSULATION && !charger_input(power, CHARGER_IN_INSULATION));
}

static bool only_by_a_state(const struct charger_power *power)
{
    (void)power;
    return false;
}

static bool polarity(const struct charger_power *power)
{
    enum { REVERSED_MV = -2000 };
    int32_t voltage_mv;

    return !charger_input(power, CHARGER_IN_POLARITY) ||
           (charger_power_value(power, CAN_TERMINAL_VOLTAGE_MV, CHARGER_TERMINAL_MS, &voltage_mv) &&
            voltage_mv < REVERSED_MV);
}

static bool door(const struct charger_power *power)
{
    return !charger_input(power, CHARGER_IN_DOOR);
}

static bool earth(const struct charger_power *power)
{
    return !charger_input(power, CHARGER_IN_EARTH);
}

static bool fan(const struct charger_power *power)
{
    return !charger_input(power, CHARGER_IN_FAN);
}

static bool meter_silent(const struct charger_power *power)
{
    return power->register_lost;
}

static bool contactor_open(const struct charger_power *power)
{
    return closed_long(power) && !charger_input(power, CHARGER_IN_CONTACTOR);
}

static bool contactor_welded(const struct charger_power *power)
{
    return !(power->lines & CHARGER_LINE_CONTACTOR) &&
           charger_for(power->contactor_ms, CHARGER_CONTACTOR_MS, power->now_ms) &&
           charger_input(power, CHARGER_IN_CONTACTOR);
}

/* ---- the rows ---- */

enum when { ALWAYS, PLUGGED, BATTERY_UP, MODULE_UP, MODULE_SPEAKS }; /* UP: so is its bus */

struct interlock {
    bool (*broken)(const struct charger_power *power);
    uint8_t tells;     /* enum can_output_status */
    uint8_t when;      /* is it a fault, ... */
    uint16_t grace_ms; /* ... from so long after */
};

/* clang-format off */
#define ROW(fault) [CHARGER_FAULT_##fault - ROOST_FAULT_COUNT]

static const struct interlock interlocks[CHARGER_FAULT_COUNT] = {
    /*                        broken            tells the battery      is a fault */
    ROW(EMERGENCY_STOP)   = { emergency,        CAN_OUTPUT_HARDWARE,   ALWAYS,     0 },
    ROW(BATTERY_SILENT)   = { battery_silent,   CAN_OUTPUT_TIMEOUT,    BATTERY_UP, CHARGER_BATTERY_SILENT_MS },
    ROW(BATTERY_RANGE)    = { battery_range,    CAN_OUTPUT_HARDWARE,   BATTERY_UP, CHARGER_BATTERY_RANGE_MS },
    ROW(BATTERY_BUS_OFF)  = { battery_bus_off,  CAN_OUTPUT_TIMEOUT,    ALWAYS,     0 },
    ROW(MODULE_BUS_OFF)   = { module_bus_off,   CAN_OUTPUT_HARDWARE,   ALWAYS,     0 },
    ROW(MODULE_SILENT)    = { module_silent,    CAN_OUTPUT_HARDWARE,   MODULE_UP,  CHARGER_MODULE_SILENT_MS },
    ROW(MODULE_STUCK_ON)  = { module_stuck_on,  CAN_OUTPUT_HARDWARE,   ALWAYS,     0 },
    ROW(MODULE_HOT)       = { module_hot,       CAN_OUTPUT_HOT,        ALWAYS,     0 },
    ROW(OVER_VOLTAGE)     = { over_voltage,     CAN_OUTPUT_HARDWARE,   ALWAYS,     0 },
    ROW(UNDER_VOLTAGE)    = { under_voltage,    CAN_OUTPUT_HARDWARE,   ALWAYS,     0 },
    ROW(OVER_CURRENT)     = { over_current,     CAN_OUTPUT_HARDWARE,   ALWAYS,     0 },
    ROW(METER_DEVIATION)  = { meter_deviation,  CAN_OUTPUT_HARDWARE,   ALWAYS,     0 },
    ROW(MEASUREMENT)      = { measurement,      CAN_OUTPUT_HARDWARE,   MODULE_UP,  CHARGER_MODULE_SILENT_MS },
    ROW(GUN_HOT)          = { gun_hot,          CAN_OUTPUT_HOT,        ALWAYS,     0 },
    ROW(GUN_SENSOR)       = { gun_sensor,       CAN_OUTPUT_HARDWARE,   ALWAYS,     CHARGER_TERMINAL_MS },
    ROW(UNPLUGGED)        = { unplugged,        CAN_OUTPUT_NO_BATTERY, ALWAYS,     0 },
    ROW(INSULATION)       = { insulation,       CAN_OUTPUT_HARDWARE,   PLUGGED,    CHARGER_INSULATION_SETTLE_MS },
    ROW(INSULATION_TEST)  = { only_by_a_state,  CAN_OUTPUT_HARDWARE,   ALWAYS,     0 },
    ROW(POLARITY)         = { polarity,         CAN_OUTPUT_NO_BATTERY, PLUGGED,    0 },
    ROW(DOOR)             = { door,             CAN_OUTPUT_HARDWARE,   ALWAYS,     0 },
    ROW(EARTH)            = { earth,            CAN_OUTPUT_HARDWARE,   ALWAYS,     0 },
    ROW(FAN)              = { fan,              CAN_OUTPUT_HOT,        ALWAYS,     0 },
    ROW(CONTACTOR_OPEN)   = { contactor_open,   CAN_OUTPUT_HARDWARE,   ALWAYS,     0 },
    ROW(CONTACTOR_WELDED) = { contactor_welded, CAN_OUTPUT_HARDWARE,   ALWAYS,     0 },
    ROW(PRECHARGE)        = { only_by_a_state,  CAN_OUTPUT_NO_BATTERY, ALWAYS,     0 },
    ROW(MODULE_TEMPERATURE) = { module_temperature, CAN_OUTPUT_HARDWARE, MODULE_SPEAKS, CHARGER_TEMPERATURE_MS },
    ROW(REVERSE_CURRENT)  = { reverse_current,  CAN_OUTPUT_HARDWARE,   ALWAYS,     0 },
    ROW(METER_SILENT)     = { meter_silent,     CAN_OUTPUT_HARDWARE,   ALWAYS,     CHARGER_REGISTER_MS },
};
/* clang-format on */

/* ---- the verdict ---- */

static bool is_a_fault(const struct charger_power *power, const struct interlock *row)
{
    uint64_t since_ms = row->when == ALWAYS          ? power->started_ms
                        : row->when == MODULE_UP     ? power->bus[CAN_MODULE_BUS].up_ms
                        : row->when == MODULE_SPEAKS ? power->speaks_ms
                                                     : power->plugged_ms;

    if (row->when == BATTERY_UP && since_ms < power->bus[CAN_BATTERY_BUS].up_ms)
        since_ms = power->bus[CAN_BATTERY_BUS].up_ms;

    return since_ms != ROOST_NEVER && power->now_ms - since_ms >= row->grace_ms;
}

static uint8_t needs(const struct charger_power *power)
{
    int32_t stop;
    unsigned missing = 0;

    if (!power->order.transaction)
        missing |= CHARGER_NEEDS_TRANSACTION;
    if (!charger_input(power, CHARGER_IN_PLUG))
        missing |= CHARGER_NEEDS_PLUG;
    if (!charger_power_value(power, CAN_BATTERY_STOP, CHARGER_BATTERY_SILENT_MS, &stop) || stop)
        missing |= CHARGER_NEEDS_PERMISSION;
    return (uint8_t)missing;
}

void charger_judge(struct charger_power *power)
{
    uint32_t found = power->failed, latched = 0;

    power->broken = power->failed;
    power->failed = 0;
    for (unsigned i = 0; i < CHARGER_FAULT_COUNT; i++) {
        if (interlocks[i].broken(power)) {
            power->broken |= 1u << i;
            found |= is_a_fault(power, &interlocks[i]) ? 1u << i : 0;
        }
        if (charger_fault_kinds[i].release != CHARGER_RELEASE_SELF)
            latched |= 1u << i;
    }
    power->faults = found | (power->faults & latched);
    power->missing = needs(power);
}

/* The one place that says yes. */
bool charger_power_may_flow(const struct charger_power *power)
{
    return !charger_power_stopped(power) && power->missing == 0 && power->broken == 0 &&
           power->faults == 0;
}

int32_t charger_output_status(const struct charger_power *power)
{
    unsigned status = 0;

    for (unsigned i = 0; power->faults >> i != 0; i++)
        if (power->faults >> i & 1)
            status |= interlocks[i].tells;
    return (int32_t)status;
}

int charger_power_worst(const struct charger_power *power)
{
    int worst = -1;

    for (int i = 0; i < CHARGER_FAULT_COUNT; i++)
        if (power->faults >> i & 1 &&
            (worst < 0 || charger_faults[i].severity > charger_faults[worst].severity))
            worst = i;
    return worst < 0 ? -1 : worst + ROOST_FAULT_COUNT;
}
