/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/window/motor.h"

#include <stddef.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/timer.h"

#define STALL_KEY "m.stall" /* there while a stall is latched */

/* ---- states ---- */

/* Short names make the table a grid. IGN: ignored here. NVR: never raised here. */
enum {
    UNC = WINDOW_MOTOR_UNCALIBRATED,
    CLO = WINDOW_MOTOR_SEEK_CLOSED,
    OPE = WINDOW_MOTOR_SEEK_OPEN,
    REL = WINDOW_MOTOR_RELEASED,
    HOL = WINDOW_MOTOR_HOLDING,
    MOV = WINDOW_MOTOR_MOVING,
    STA = WINDOW_MOTOR_STALLED,
    IGN,
    NVR
};

static const uint8_t transitions[WINDOW_MOTOR_STATE_COUNT][WINDOW_MOTOR_EVENT_COUNT] = {
    /*      calibrate go release end arrived stall */
    [UNC] = {CLO, IGN, IGN, NVR, NVR, NVR}, /* it cannot move before it knows its travel */
    [CLO] = {IGN, IGN, UNC, OPE, NVR, STA}, /* the old travel is forgotten */
    [OPE] = {IGN, IGN, UNC, REL, NVR, STA},
    [REL] = {CLO, MOV, IGN, NVR, NVR, NVR},
    [HOL] = {CLO, MOV, REL, NVR, NVR, STA},
    [MOV] = {CLO, MOV, REL, NVR, HOL, STA}, /* go: a new target on the way */
    [STA] = {CLO, IGN, IGN, NVR, NVR, NVR}, /* latched: only a calibration leads out */
};

const char *window_motor_state_name(enum window_motor_state state)
{
    static const char *const names[] = {
#define X(name, text) [WINDOW_MOTOR_##name] = (text),
        WINDOW_MOTOR_STATES(X)
#undef X
    };
    return (unsigned)state < WINDOW_MOTOR_STATE_COUNT ? names[state] : "unknown";
}

const char *window_motor_event_name(enum window_motor_event event)
{
    static const char *const names[] = {
#define X(name, text) [WINDOW_MOTOR_##name] = (text),
        WINDOW_MOTOR_EVENTS(X)
#undef X
    };
    return (unsigned)event < WINDOW_MOTOR_EVENT_COUNT ? names[event] : "unknown";
}

int window_motor_next(enum window_motor_state state, enum window_motor_event event)
{
    uint8_t next = transitions[state][event];

    return next == IGN ? (int)state : next == NVR ? -1 : next;
}

static int32_t clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

static int32_t distance(int32_t a, int32_t b)
{
    return a > b ? a - b : b - a;
}

int32_t window_motor_position_mpct(const struct window_motor *motor)
{
    return motor->calibrated ? window_travel_mpct(&motor->travel, motor->position_raw) : 0;
}

/* ---- flash ---- */

/* A latch that cannot be read counts as set. */
static void load(struct window_motor *motor)
{
    uint8_t latch;
    int err = window_travel_load(&motor->travel, motor->kv);

    motor->calibrated = err == 0;
    if (motor->calibrated)
        motor->state = WINDOW_MOTOR_RELEASED;
    else if (err != ROOST_ERR_NOT_FOUND)
        ROOST_LOG(motor->log, ROOST_LOG_WARN, "motor", "stored travel ignored",
                  RF_ERR("error", err));
    if (motor->kv->ops->get(motor->kv->ctx, STALL_KEY, &latch, sizeof latch) != ROOST_ERR_NOT_FOUND)
        motor->state = WINDOW_MOTOR_STALLED;
}

static void keep(struct window_motor *motor, int err)
{
    motor->unsaved = err < 0;
    if (err < 0)
        ROOST_LOG(motor->log, ROOST_LOG_ERROR, "motor", "not kept in flash", RF_ERR("error", err));
}

static void save(struct window_motor *motor)
{
    int err = window_travel_save(&motor->travel, motor->kv);

    if (err == 0)
        err = motor->kv->ops->erase(motor->kv->ctx, STALL_KEY);
    keep(motor, err);
}

/* ---- the actuator ---- */

/* The only place that sets the actuator. */
static int drive(struct window_motor *motor, int32_t raw)
{
    return motor->port->ops->set(motor->port->ctx,
                                 clamp(raw, motor->travel.min_raw, motor->travel.max_raw));
}

static int sense(struct window_motor *motor)
{
    struct roost_motor_sense sensed;
    int err = motor->port->ops->sense(motor->port->ctx, &sensed);

    if (err < 0) {
        if (motor->sense_errors++ == 0)
            ROOST_LOG(motor->log, ROOST_LOG_WARN, "motor", "no feedback", RF_ERR("error", err));
        return err;
    }
    motor->sense_errors = 0;
    motor->position_raw = sensed.position_raw;
    motor->current_ma = sensed.current_ma;
    return 0;
}

/* ---- entering a state ---- */

static void enter_free(struct window_motor *motor)
{
    int err = motor->port->ops->release(motor->port->ctx);

    if (err < 0)
        ROOST_LOG(motor->log, ROOST_LOG_ERROR, "motor", "release failed", RF_ERR("error", err));
}

static void enter_stalled(struct window_motor *motor)
{
    static const uint8_t latched = 1;

    enter_free(motor);
    motor->stalls++;
    ROOST_LOG(motor->log, ROOST_LOG_ERROR, "motor", "stalled",
              RF_INT("position_raw", motor->position_raw),
              RF_INT("set_raw", window_profile_raw(&motor->profile)),
              RF_INT("current_ma", motor->current_ma));
    keep(motor, motor->kv->ops->set(motor->kv->ctx, STALL_KEY, &latched, sizeof latched));
}

static void enter_seek(struct window_motor *motor)
{
    motor->calibrated = false;
    motor->seek_ms = 0;
    window_profile_init(&motor->profile, motor->position_raw);
}

static void enter_moving(struct window_motor *motor)
{
    int32_t speed = window_travel_share(&motor->travel, motor->limits.speed_pct_s * 10);
    int32_t acceleration =
        window_travel_share(&motor->travel, motor->limits.acceleration_pct_s2 * 10);

    motor->settle_ms = 0;
    motor->moves++;
    window_profile_aim(&motor->profile, window_travel_raw(&motor->travel, motor->target_mpct),
                       speed < 1 ? 1 : speed, acceleration < 1 ? 1 : acceleration);
}

static void (*const entries[WINDOW_MOTOR_STATE_COUNT])(struct window_motor *motor) = {
    [WINDOW_MOTOR_UNCALIBRATED] = enter_free,
    [WINDOW_MOTOR_SEEK_CLOSED] = enter_seek,
    [WINDOW_MOTOR_SEEK_OPEN] = enter_seek,
    [WINDOW_MOTOR_RELEASED] = enter_free,
    [WINDOW_MOTOR_HOLDING] = NULL,
    [WINDOW_MOTOR_MOVING] = enter_moving,
    [WINDOW_MOTOR_STALLED] = enter_stalled,
};

static void handle(struct window_motor *motor, enum window_motor_event event)
{
    enum window_motor_state from = motor->state;
    uint8_t next = transitions[from][event];

    ROOST_ASSERT(next != NVR);
    if (next == IGN)
        return;
    /* From rest without torque the sash may have slipped: start where it is. */
    if (next == WINDOW_MOTOR_MOVING && from == WINDOW_MOTOR_RELEASED)
        window_profile_init(&motor->profile, clamp(motor->position_raw, motor->travel.low_raw,
                                                   motor->travel.high_raw));
    motor->state = (enum window_motor_state)next;
    motor->blocked_ms = 0;
    motor->anchor_raw = motor->position_raw;
    motor->changed = true;
    ROOST_LOG(motor->log, from == motor->state ? ROOST_LOG_DEBUG : ROOST_LOG_INFO, "motor",
              window_motor_event_name(event), RF_STR("from", window_motor_state_name(from)),
              RF_STR("to", window_motor_state_name(motor->state)),
              RF_MILLI("target_pct", motor->target_mpct));
    if (entries[motor->state])
        entries[motor->state](motor);
}

/* ---- cycles ---- */

/* Counts how long `blocked` has held without a break; true when for `limit_ms`. */
static bool held_for(struct window_motor *motor, bool blocked, uint32_t dt_ms, uint32_t limit_ms)
{
    motor->blocked_ms = blocked ? motor->blocked_ms + dt_ms : 0;
    return motor->blocked_ms >= limit_ms;
}

static void end_found(struct window_motor *motor)
{
    if (motor->state == WINDOW_MOTOR_SEEK_CLOSED) {
        motor->travel.closed_raw = motor->position_raw;
        handle(motor, WINDOW_MOTOR_EV_END);
        return;
    }
    motor->calibrated =
        window_travel_take(&motor->travel, motor->travel.closed_raw, motor->position_raw);
    if (!motor->calibrated) {
        ROOST_LOG(motor->log, ROOST_LOG_ERROR, "motor", "travel too short",
                  RF_INT("closed_raw", motor->travel.closed_raw),
                  RF_INT("open_raw", motor->position_raw));
        handle(motor, WINDOW_MOTOR_EV_STALL);
        return;
    }
    motor->calibrations++;
    ROOST_LOG(motor->log, ROOST_LOG_INFO, "motor", "calibrated",
              RF_INT("closed_raw", motor->travel.closed_raw),
              RF_INT("open_raw", motor->travel.open_raw));
    save(motor);
    handle(motor, WINDOW_MOTOR_EV_END);
}

/* Creeps towards an end. The set point stays within reach of the sash, so that the motor never
 * pushes harder against the stop than it takes to notice it. */
static void cycle_seek(struct window_motor *motor, uint32_t dt_ms)
{
    bool closing = motor->state == WINDOW_MOTOR_SEEK_CLOSED;
    int32_t push = window_travel_range_share(&motor->travel, WINDOW_MOTOR_PUSH);
    int32_t end = closing ? motor->travel.min_raw : motor->travel.max_raw;
    int32_t ahead = closing ? motor->position_raw - push : motor->position_raw + push;
    int32_t speed = window_travel_range_share(&motor->travel, WINDOW_MOTOR_SEEK);

    window_profile_aim(&motor->profile, clamp(ahead, motor->travel.min_raw, motor->travel.max_raw),
                       speed, speed * 10);
    int32_t set = window_profile_step(&motor->profile, dt_ms);
    int32_t lag = distance(set, motor->position_raw);
    int32_t blocked = window_travel_range_share(&motor->travel, WINDOW_MOTOR_BLOCKED);
    bool at_stop = lag >= blocked && motor->current_ma > motor->limits.current_ma;
    bool at_driver_end = set == end && lag < blocked;

    if (held_for(motor, at_stop || at_driver_end, dt_ms, WINDOW_MOTOR_END_MS)) {
        end_found(motor);
        return;
    }
    motor->seek_ms += dt_ms;
    if (motor->seek_ms > 2 * (1000000 / WINDOW_MOTOR_SEEK) || drive(motor, set) < 0)
        handle(motor, WINDOW_MOTOR_EV_STALL);
}

static bool behind(const struct window_motor *motor, int32_t set)
{
    return distance(set, motor->position_raw) >
           window_travel_share(&motor->travel, motor->limits.lag_pct * 10);
}

/* Too far behind the set point without coming nearer, or too much current, for too long. */
static bool stalled(struct window_motor *motor, int32_t set, uint32_t dt_ms)
{
    int32_t moved = motor->position_raw - motor->anchor_raw;
    int32_t nearer = set > motor->position_raw ? moved : -moved;
    bool stuck = behind(motor, set) &&
                 nearer < window_travel_range_share(&motor->travel, WINDOW_MOTOR_PROGRESS);

    if (!stuck)
        motor->anchor_raw = motor->position_raw;
    return held_for(motor, stuck || motor->current_ma > motor->limits.current_ma, dt_ms,
                    motor->limits.stall_ms);
}

/* The profile waits for a sash that is slower than its speed, rather than call that a stall. */
static void cycle_moving(struct window_motor *motor, uint32_t dt_ms)
{
    int32_t set = window_profile_raw(&motor->profile);

    if (!behind(motor, set))
        set = window_profile_step(&motor->profile, dt_ms);
    if (stalled(motor, set, dt_ms) ||
        drive(motor, clamp(set, motor->travel.low_raw, motor->travel.high_raw)) < 0) {
        handle(motor, WINDOW_MOTOR_EV_STALL);
        return;
    }
    if (!window_profile_done(&motor->profile))
        return;
    if (distance(set, motor->position_raw) <=
        window_travel_share(&motor->travel, WINDOW_MOTOR_ARRIVED) + 2)
        handle(motor, WINDOW_MOTOR_EV_ARRIVED);
    else if ((motor->settle_ms += dt_ms) > WINDOW_MOTOR_SETTLE_MS)
        handle(motor, WINDOW_MOTOR_EV_STALL);
}

/* One look is not enough to call a holding motor stalled: look again at the motion's pace. */
static void cycle_holding(struct window_motor *motor, uint32_t dt_ms)
{
    if (stalled(motor, window_travel_raw(&motor->travel, motor->target_mpct),
                motor->blocked_ms > 0 ? dt_ms : WINDOW_MOTOR_CYCLE_MS))
        handle(motor, WINDOW_MOTOR_EV_STALL);
}

static void cycle(struct window_motor *motor, uint32_t dt_ms)
{
    if (sense(motor) < 0) {
        /* A feedback that fails now and then is ridden out at the set point it has. */
        if (motor->sense_errors >= WINDOW_MOTOR_SENSE_ERRORS)
            handle(motor, WINDOW_MOTOR_EV_STALL);
        return;
    }
    if (window_motor_calibrating(motor))
        cycle_seek(motor, dt_ms);
    else if (motor->state == WINDOW_MOTOR_MOVING)
        cycle_moving(motor, dt_ms);
    else if (motor->state == WINDOW_MOTOR_HOLDING)
        cycle_holding(motor, dt_ms);
}

/* Small corrections wear the gear for nothing that can be felt; the ends are always gone to. */
static bool worth_moving(const struct window_motor *motor, int32_t target)
{
    if (target == 0 || target == WINDOW_MPCT_MAX || motor->state == WINDOW_MOTOR_MOVING)
        return target != motor->target_mpct;
    return distance(target, motor->target_mpct) >= WINDOW_MOTOR_LEAST_MPCT;
}

static void obey(struct window_motor *motor, const struct window_order *order)
{
    switch (order->kind) {
    case WINDOW_ORDER_RELEASE:
        handle(motor, WINDOW_MOTOR_EV_RELEASE);
        break;
    case WINDOW_ORDER_CALIBRATE:
        if (!window_motor_calibrating(motor) && sense(motor) == 0)
            handle(motor, WINDOW_MOTOR_EV_CALIBRATE);
        break;
    case WINDOW_ORDER_GO: {
        int32_t target = clamp(order->target_mpct, 0, WINDOW_MPCT_MAX);
        bool torque = motor->state == WINDOW_MOTOR_HOLDING || motor->state == WINDOW_MOTOR_MOVING;
        if (torque && !worth_moving(motor, target))
            break;
        if (motor->state == WINDOW_MOTOR_RELEASED && sense(motor) < 0)
            break;
        if (torque || motor->state == WINDOW_MOTOR_RELEASED) {
            motor->target_mpct = target;
            handle(motor, WINDOW_MOTOR_EV_GO);
        }
        break;
    }
    case WINDOW_ORDER_KEEP:
        break;
    }
}

/* ---- interface ---- */

int window_motor_init(struct window_motor *motor, const struct roost_motor *port,
                      const struct roost_kv *kv, struct roost_log *log)
{
    *motor = (struct window_motor){.port = port,
                                   .kv = kv,
                                   .log = log,
                                   .state = WINDOW_MOTOR_UNCALIBRATED,
                                   .due_ms = ROOST_NEVER};
    int err = port->ops->range(port->ctx, &motor->travel.min_raw, &motor->travel.max_raw);
    if (err < 0)
        return err;
    if (motor->travel.max_raw <= motor->travel.min_raw)
        return ROOST_ERR_RANGE;
    load(motor);
    (void)sense(motor); /* for the first state message; counted when it fails */
    return 0;
}

static uint64_t next_cycle(const struct window_motor *motor, uint64_t now_ms)
{
    if (window_motor_moving(motor))
        return now_ms + WINDOW_MOTOR_CYCLE_MS;
    if (motor->state != WINDOW_MOTOR_HOLDING)
        return ROOST_NEVER;
    return now_ms + (motor->blocked_ms > 0 ? WINDOW_MOTOR_CYCLE_MS : WINDOW_MOTOR_HOLD_MS);
}

bool window_motor_run(struct window_motor *motor, const struct window_order *order, uint64_t now_ms)
{
    bool due = now_ms >= motor->due_ms;

    motor->changed = false;
    obey(motor, order);
    if (due) {
        /* A late cycle slows the motion down rather than making it jump. */
        uint64_t dt_ms = now_ms - motor->cycled_ms;
        uint64_t most_ms = 5 * WINDOW_MOTOR_CYCLE_MS;
        cycle(motor, (uint32_t)(dt_ms < most_ms ? dt_ms : most_ms));
    }
    if (due || motor->changed) {
        motor->cycled_ms = now_ms;
        motor->due_ms = next_cycle(motor, now_ms);
    }
    return motor->changed;
}

uint64_t window_motor_due(const struct window_motor *motor)
{
    return motor->due_ms;
}

bool window_motor_calibrating(const struct window_motor *motor)
{
    return motor->state == WINDOW_MOTOR_SEEK_CLOSED || motor->state == WINDOW_MOTOR_SEEK_OPEN;
}

bool window_motor_moving(const struct window_motor *motor)
{
    return motor->state == WINDOW_MOTOR_MOVING || window_motor_calibrating(motor);
}
