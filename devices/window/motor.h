/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves the window: finds the ends of its travel, maps percent to raw units inside them, follows a
 * trapezoid, and stops for good when the motor stalls. It obeys one order, given anew on every run;
 * who may move the window, and where to, is decided elsewhere (devices/window/control.h).
 *
 *   UNCALIBRATED --calibrate--> SEEK_CLOSED --end--> SEEK_OPEN --end--> RELEASED
 *                                                                        | go
 *                     STALLED <--stall-- MOVING <-----------go------- HOLDING
 *                                          |  -------arrived--------->  ^
 *
 * A stall is latched, through reboots too, until a calibration succeeds. Nothing but drive() in
 * motor.c sets the actuator. Depends on core/, port/port.h.
 *
 *     changed = window_motor_run(&motor, &order, now_ms);   // on every step
 *     due_ms = window_motor_due(&motor);                    // 20 ms apart while it moves
 */
#ifndef ROOST_DEVICES_WINDOW_MOTOR_H
#define ROOST_DEVICES_WINDOW_MOTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/log.h"
#include "devices/window/profile.h"
#include "devices/window/travel.h"
#include "port/port.h"

enum {
    WINDOW_MOTOR_CYCLE_MS = 20,
    WINDOW_MOTOR_HOLD_MS = 5000,   /* between two looks at a motor that holds */
    WINDOW_MOTOR_SETTLE_MS = 1500, /* from the profile's end to the feedback's arrival */
    WINDOW_MOTOR_END_MS = 200,     /* blocked for this long while seeking: an end */
    WINDOW_MOTOR_SENSE_ERRORS = 3, /* in a row: no feedback to move by */
    WINDOW_MOTOR_LEAST_MPCT = 500, /* a smaller change of target is not worth a motion */
    /* Of the driver's range, in thousandths: */
    WINDOW_MOTOR_PROGRESS = 5, /* so much nearer to the set point is no stall */
    WINDOW_MOTOR_PUSH = 20, /* the set point never runs farther ahead of the sash while seeking */
    WINDOW_MOTOR_BLOCKED = 10, /* this far behind, with the current up, is blocked */
    WINDOW_MOTOR_SEEK = 60,    /* seeking speed, each second */
    /* Of the travel, in thousandths: */
    WINDOW_MOTOR_ARRIVED = 10, /* so near to the target is there */
};

enum window_order_kind {
    WINDOW_ORDER_RELEASE,   /* no torque */
    WINDOW_ORDER_KEEP,      /* go on with what it does */
    WINDOW_ORDER_CALIBRATE, /* start, or go on with, finding the ends */
    WINDOW_ORDER_GO,        /* to target_mpct */
};

struct window_order {
    enum window_order_kind kind;
    int32_t target_mpct; /* 0..WINDOW_MPCT_MAX */
};

#define WINDOW_MOTOR_STATES(X)                                                                     \
    X(UNCALIBRATED, "uncalibrated")                                                                \
    X(SEEK_CLOSED, "seek-closed")                                                                  \
    X(SEEK_OPEN, "seek-open")                                                                      \
    X(RELEASED, "released")                                                                        \
    X(HOLDING, "holding")                                                                          \
    X(MOVING, "moving")                                                                            \
    X(STALLED, "stalled")

enum window_motor_state {
#define X(name, text) WINDOW_MOTOR_##name,
    WINDOW_MOTOR_STATES(X)
#undef X
        WINDOW_MOTOR_STATE_COUNT
};

#define WINDOW_MOTOR_EVENTS(X)                                                                     \
    X(EV_CALIBRATE, "calibrate")                                                                   \
    X(EV_GO, "go")                                                                                 \
    X(EV_RELEASE, "release")                                                                       \
    X(EV_END, "end")                                                                               \
    X(EV_ARRIVED, "arrived")                                                                       \
    X(EV_STALL, "stall")

enum window_motor_event {
#define X(name, text) WINDOW_MOTOR_##name,
    WINDOW_MOTOR_EVENTS(X)
#undef X
        WINDOW_MOTOR_EVENT_COUNT
};

struct window_motor_limits {
    int32_t speed_pct_s, acceleration_pct_s2;
    int32_t lag_pct, current_ma;
    uint32_t stall_ms;
};

struct window_motor {
    const struct roost_motor *port;
    const struct roost_kv *kv;
    struct roost_log *log;
    struct window_motor_limits limits; /* may be changed at any time */
    enum window_motor_state state;
    struct window_travel travel;
    int32_t position_raw, current_ma;
    int32_t target_mpct;
    struct window_profile profile;
    int32_t anchor_raw; /* where the sash was when it last came nearer to the set point */
    uint64_t cycled_ms, due_ms;
    uint32_t blocked_ms, settle_ms, seek_ms; /* how long already */
    uint32_t sense_errors;                   /* in a row */
    bool calibrated;                         /* the travel is known */
    bool changed, unsaved;                   /* since the last run; kv refused to keep something */
    uint32_t stalls, calibrations, moves;    /* since init */
};

/* Loads the stored travel and the stall latch. The three are borrowed. Returns 0, or the error of
 * the actuator's range; a stored travel that does not fit the range is ignored. */
int window_motor_init(struct window_motor *motor, const struct roost_motor *port,
                      const struct roost_kv *kv, struct roost_log *log);

/* Obeys the order and, when due, runs one cycle. Returns whether state, or target changed. */
bool window_motor_run(struct window_motor *motor, const struct window_order *order,
                      uint64_t now_ms);

/* When the next cycle is due, or UINT64_MAX. */
uint64_t window_motor_due(const struct window_motor *motor);

/* By the last feedback; 0 while the travel is unknown. */
int32_t window_motor_position_mpct(const struct window_motor *motor);

bool window_motor_moving(const struct window_motor *motor); /* seeking included */
bool window_motor_calibrating(const struct window_motor *motor);

const char *window_motor_state_name(enum window_motor_state state);
const char *window_motor_event_name(enum window_motor_event event);

/* For the table's own test: the state that `event` leads to from `state`, the same state for an
 * event that is ignored, or -1 for one that cannot happen there. */
int window_motor_next(enum window_motor_state state, enum window_motor_event event);

#endif
