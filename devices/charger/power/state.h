/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of the energy as a table of states and events, and what each state switches on.
 *
 *     IDLE --start--> INSULATION --> PRECHARGE --> CLOSING --> RAMP --> CHARGING
 *      ^                  |              |           |          |         | stop
 *      |                  +--- trip -----+           +--- trip -+-- trip -+----> RAMP_DOWN
 *      |                         |                          |                       |
 *      +---------clear--------- OFF <-------done------- WELD_CHECK <------done------+
 *
 * There is no other way into a state that switches something on than from the beginning. Pure.
 * Depends on nothing.
 *
 *     charger_state_next(&state, CHARGER_EV_TRIP);
 */
#ifndef ROOST_DEVICES_CHARGER_POWER_STATE_H
#define ROOST_DEVICES_CHARGER_POWER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#define CHARGER_STATE_LIST(X)                                                                      \
    X(IDLE, "idle")                                                                                \
    X(INSULATION, "insulation") /* the monitor is tested */                                        \
    X(PRECHARGE, "precharge")   /* the output follows the battery through a resistor */            \
    X(CLOSING, "closing")       /* the contactor was told to close */                              \
    X(RAMP, "ramp")                                                                                \
    X(CHARGING, "charging")                                                                        \
    X(RAMP_DOWN, "ramp-down")                                                                      \
    X(WELD_CHECK, "weld-check") /* has it opened */                                                \
    X(OFF, "off")               /* rests, and waits for faults to clear */

enum charger_state {
#define X(name, text) CHARGER_##name,
    CHARGER_STATE_LIST(X)
#undef X
        CHARGER_STATE_COUNT
};

#define CHARGER_STEP_LIST(X)                                                                       \
    X(NONE, "none")                                                                                \
    X(START, "start") /* energy may flow, and is wanted */                                         \
    X(DONE, "done")   /* what the state is for is achieved */                                      \
    X(LATE, "late")   /* it was not, in its time */                                                \
    X(STOP, "stop")   /* wanted no longer: in order */                                             \
    X(TRIP, "trip")   /* energy may not flow: at once */                                           \
    X(CLEAR, "clear") /* no fault holds */

enum charger_step {
#define X(name, text) CHARGER_EV_##name,
    CHARGER_STEP_LIST(X)
#undef X
        CHARGER_STEP_COUNT
};

/* Outputs, bits. */
enum charger_line {
    CHARGER_LINE_TEST = 1,      /* of the insulation monitor: moves no energy */
    CHARGER_LINE_PRECHARGE = 2, /* relay with its resistor, around the contactor */
    CHARGER_LINE_CONTACTOR = 4,
    CHARGER_LINE_MODULE = 8, /* lets the power module run; beside what it is told on CAN */
    CHARGER_LINES_OF_ENERGY = CHARGER_LINE_PRECHARGE | CHARGER_LINE_CONTACTOR | CHARGER_LINE_MODULE
};

/* Writes *state, the one place that does. Returns whether it is another one. */
bool charger_state_next(enum charger_state *state, enum charger_step event);

uint8_t charger_state_lines(enum charger_state state);
/* After which it is late; 0: never. */
uint16_t charger_state_late_ms(enum charger_state state);

const char *charger_state_name(enum charger_state state);
const char *charger_step_name(enum charger_step event);

#endif
