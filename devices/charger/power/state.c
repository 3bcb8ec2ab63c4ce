/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/power/state.h"

#include "core/assert.h"

static const char *const state_names[CHARGER_STATE_COUNT] = {
#define X(name, text) [CHARGER_##name] = (text),
    CHARGER_STATE_LIST(X)
#undef X
};

static const char *const event_names[CHARGER_STEP_COUNT] = {
#define X(name, text) [CHARGER_EV_##name] = (text),
    CHARGER_STEP_LIST(X)
#undef X
};

/* clang-format off */
#define TEST      CHARGER_LINE_TEST
#define PRE       CHARGER_LINE_PRECHARGE
#define CONTACTOR CHARGER_LINE_CONTACTOR
#define MODULE    CHARGER_LINE_MODULE

static const struct {
    uint8_t lines;
    uint16_t late_ms;
} states[CHARGER_STATE_COUNT] = {
    [CHARGER_IDLE]       = {0, 0},
    [CHARGER_INSULATION] = {TEST, 3000}, /* on and off again within it */
    [CHARGER_PRECHARGE]  = {PRE, 7000}, /* one second, and twice the time in which it must stand */
    [CHARGER_CLOSING]    = {PRE | CONTACTOR, 300},
    [CHARGER_RAMP]       = {CONTACTOR | MODULE, 0},
    [CHARGER_CHARGING]   = {CONTACTOR | MODULE, 0},
    [CHARGER_RAMP_DOWN]  = {CONTACTOR | MODULE, 4000},
    [CHARGER_WELD_CHECK] = {0, 0},
    [CHARGER_OFF]        = {0, 0},
};

/* Columns: none, start, done, late, stop, trip, clear. What opens a contactor is checked. */
#define IDLE CHARGER_IDLE
#define INSU CHARGER_INSULATION
#define PREC CHARGER_PRECHARGE
#define CLOS CHARGER_CLOSING
#define RAMP CHARGER_RAMP
#define CHAR CHARGER_CHARGING
#define DOWN CHARGER_RAMP_DOWN
#define WELD CHARGER_WELD_CHECK
#define OFF_ CHARGER_OFF

static const uint8_t table[CHARGER_STATE_COUNT][CHARGER_STEP_COUNT] = {
    /*                        none  start done  late  stop  trip  clear */
    [CHARGER_IDLE]       = { IDLE, INSU, IDLE, IDLE, IDLE, IDLE, IDLE },
    [CHARGER_INSULATION] = { INSU, INSU, PREC, OFF_, OFF_, OFF_, INSU },
    [CHARGER_PRECHARGE]  = { PREC, PREC, CLOS, OFF_, OFF_, OFF_, PREC },
    [CHARGER_CLOSING]    = { CLOS, CLOS, RAMP, WELD, WELD, WELD, CLOS },
    [CHARGER_RAMP]       = { RAMP, RAMP, CHAR, RAMP, DOWN, WELD, RAMP },
    [CHARGER_CHARGING]   = { CHAR, CHAR, CHAR, CHAR, DOWN, WELD, CHAR },
    [CHARGER_RAMP_DOWN]  = { DOWN, DOWN, WELD, WELD, DOWN, WELD, DOWN },
    [CHARGER_WELD_CHECK] = { WELD, WELD, OFF_, WELD, WELD, WELD, WELD },
    [CHARGER_OFF]        = { OFF_, OFF_, OFF_, OFF_, OFF_, OFF_, IDLE },
};
/* clang-format on */

bool charger_state_next(enum charger_state *state, enum charger_step event)
{
    ROOST_ASSERT(*state < CHARGER_STATE_COUNT && event < CHARGER_STEP_COUNT);
    enum charger_state before = *state;
    *state = (enum charger_state)table[before][event];
    return *state != before;
}

uint8_t charger_state_lines(enum charger_state state)
{
    return state < CHARGER_STATE_COUNT ? states[state].lines : 0;
}

uint16_t charger_state_late_ms(enum charger_state state)
{
    return state < CHARGER_STATE_COUNT ? states[state].late_ms : 0;
}

const char *charger_state_name(enum charger_state state)
{
    return state < CHARGER_STATE_COUNT ? state_names[state] : "unknown";
}

const char *charger_step_name(enum charger_step event)
{
    return event < CHARGER_STEP_COUNT ? event_names[event] : "unknown";
}
