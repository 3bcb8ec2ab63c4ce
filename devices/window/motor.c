/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/window/motor.h"

#include <stddef.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/timer.h"

#define TRAVEL_KEY "m.travel" /* version, closed and open end as 32-bit little-endian */
#define STALL_KEY  "m.stall"  /* there while a stall is latched */

enum { TRAVEL_VERSION = 1, TRAVEL_BYTES = 9 };

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

/* ---- raw units and percent ---- */

static int32_t clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

static int32_t permille(int32_t of, int32_t share)
{
    return (int32_t)((int64_t)of * share / 1000);
}

static int32_t range(const struct window_motor *motor)
{
    return motor->max_raw - motor->min_raw;
}

static int32_t travel(const struct window_motor *motor)
{
    return motor->high_raw - motor->low_raw;
}

static int32_t raw_of(const struct window_motor *motor, int32_t mpct)
{
    return motor->low_raw + (int32_t)((int64_t)travel(motor) * mpct / WINDOW_MPCT_MAX);
}

int32_t window_motor_position_mpct(const struct window_motor *motor)
{
    if (!motor->calibrated)
        return 0;
    int64_t above = motor->position_raw - motor->low_raw;
    int64_t mpct = above * WINDOW_MPCT_MAX / travel(motor);
    return (int32_t)(mpct < 0 ? 0 : mpct > WINDOW_MPCT_MAX ? WINDOW_MPCT_MAX : mpct);
}

/* Takes the ends found, or refuses a travel too short to be one. */
static bool take_travel(struct window_motor *motor, int32_t closed_raw, int32_t open_raw)
{
    if (closed_raw < motor->min_raw || open_raw > motor->max_raw ||
        open_raw - closed_raw < permille(range(motor), WINDOW_MOTOR_TRAVEL))
        return false;
    int32_t margin = permille(open_raw - closed_raw, WINDOW_MOTOR_MARGIN);
    motor->closed_raw = closed_raw;
    motor->open_raw = open_raw;
    motor->low_raw = closed_raw + margin;
    motor->high_raw = open_raw - margin;
    motor->calibrated = true;
    return true;
}

/* ---- flash ---- */

static void put_i32(uint8_t *out, int32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        out[i] = (uint8_t)((uint32_t)value >> (8 * i));
}

static int32_t get_i32(const uint8_t *in)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; i++)
        value |= (uint32_t)in[i] << (8 * i);
    return (int32_t)value;
}

static void load(struct window_motor *motor)
{
    uint8_t bytes[TRAVEL_BYTES];
    uint8_t latch;
    int len = motor->kv->ops->get(motor->kv->ctx, TRAVEL_KEY, bytes, sizeof bytes);

    if (len == TRAVEL_BYTES && bytes[0] == TRAVEL_VERSION &&
        take_travel(motor, get_i32(bytes + 1), get_i32(bytes + 5)))
        motor->state = WINDOW_MOTOR_RELEASED;
    else if (len != ROOST_ERR_NOT_FOUND)
        ROOST_LOG(motor->log, ROOST_LOG_WARN, "motor", "stored travel ignored",
                  RF_INT("result", len));
    if (motor->kv->ops->get(motor->kv->ctx, STALL_KEY, &latch, sizeof latch) >= 0)
        motor->state = WINDOW_MOTOR_STALLED;
}

static void keep(struct window_motor *motor, int err)
{
    motor->unsaved = err < 0;
    if (err < 0)
        ROOST_LOG(motor->log, ROOST_LOG_ERROR, "motor", "not kept in flash", RF_ERR("error", err));
}

static void save_travel(struct window_motor *motor)
{
    uint8_t bytes[TRAVEL_BYTES] = {TRAVEL_VERSION};

    put_i32(bytes + 1, motor->closed_raw);
    put_i32(bytes + 5, motor->open_raw);
    int err = motor->kv->ops->set(motor->kv->ctx, TRAVEL_KEY, bytes, sizeof bytes);
    if (err == 0)
        err = motor->kv->ops->erase(motor->kv->ctx, STALL_KEY);
    keep(motor, err);
}

/* ---- the actuator ---- */

/* The only place that sets the actuator. */
static int drive(struct window_motor *motor, int32_t raw)
{
    return motor->port->ops->set(motor->port->ctx, clamp(raw, motor->min_raw, motor->max_raw));
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
    int32_t speed = permille(travel(motor), motor->limits.speed_pct_s * 10);
    int32_t acceleration = permille(travel(motor), motor->limits.acceleration_pct_s2 * 10);

    motor->settle_ms = 0;
    motor->moves++;
    window_profile_aim(&motor->profile, raw_of(motor, motor->target_mpct), speed < 1 ? 1 : speed,
                       acceleration < 1 ? 1 : acceleration);
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
        window_profile_init(&motor->profile,
                            clamp(motor->position_raw, motor->low_raw, motor->high_raw));
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

static int32_t distance(int32_t a, int32_t b)
{
    return a > b ? a - b : b - a;
}

/* Counts how long `blocked` has held without a break; true when for `limit_ms`. */
static bool held_for(struct window_motor *motor, bool blocked, uint32_t dt_ms, uint32_t limit_ms)
{
    motor->blocked_ms = blocked ? motor->blocked_ms + dt_ms : 0;
    return motor->blocked_ms >= limit_ms;
}

static void end_found(struct window_motor *motor)
{
    if (motor->state == WINDOW_MOTOR_SEEK_CLOSED) {
        motor->closed_raw = motor->position_raw;
        handle(motor, WINDOW_MOTOR_EV_END);
        return;
    }
    if (!take_travel(motor, motor->closed_raw, motor->position_raw)) {
        ROOST_LOG(motor->log, ROOST_LOG_ERROR, "motor", "travel too short",
                  RF_INT("closed_raw", motor->closed_raw), RF_INT("open_raw", motor->position_raw));
        handle(motor, WINDOW_MOTOR_EV_STALL);
        return;
    }
    motor->calibrations++;
    ROOST_LOG(motor->log, ROOST_LOG_INFO, "motor", "calibrated",
              RF_INT("closed_raw", motor->closed_raw), RF_INT("open_raw", motor->open_raw));
    save_travel(motor);
    handle(motor, WINDOW_MOTOR_EV_END);
}

/* Creeps towards an end. The set point stays within reach of the sash, so that the motor never
 * pushes harder against the stop than it takes to notice it. */
static void cycle_seek(struct window_motor *motor, uint32_t dt_ms)
{
    bool closing = motor->state == WINDOW_MOTOR_SEEK_CLOSED;
    int32_t push = permille(range(motor), WINDOW_MOTOR_PUSH);
    int32_t end = closing ? motor->min_raw : motor->max_raw;
    int32_t ahead = closing ? motor->position_raw - push : motor->position_raw + push;
    int32_t speed = permille(range(motor), WINDOW_MOTOR_SEEK);

    window_profile_aim(&motor->profile, clamp(ahead, motor->min_raw, motor->max_raw), speed,
                       speed * 10);
    int32_t set = window_profile_step(&motor->profile, dt_ms);
    int32_t lag = distance(set, motor->position_raw);
    int32_t blocked = permille(range(motor), WINDOW_MOTOR_BLOCKED);
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
    return distance(set, motor->position_raw) > permille(travel(motor), motor->limits.lag_pct * 10);
}

/* Too far behind the set point without coming nearer, or too much current, for too long. */
static bool stalled(struct window_motor *motor, int32_t set, uint32_t dt_ms)
{
    int32_t moved = motor->position_raw - motor->anchor_raw;
    int32_t nearer = set > motor->position_raw ? moved : -moved;
    bool stuck = behind(motor, set) && nearer < permille(range(motor), WINDOW_MOTOR_PROGRESS);

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
        drive(motor, clamp(set, motor->low_raw, motor->high_raw)) < 0) {
        handle(motor, WINDOW_MOTOR_EV_STALL);
        return;
    }
    if (!window_profile_done(&motor->profile))
        return;
    if (distance(set, motor->position_raw) <= permille(travel(motor), WINDOW_MOTOR_ARRIVED) + 2)
        handle(motor, WINDOW_MOTOR_EV_ARRIVED);
    else if ((motor->settle_ms += dt_ms) > WINDOW_MOTOR_SETTLE_MS)
        handle(motor, WINDOW_MOTOR_EV_STALL);
}

/* One look is not enough to call a holding motor stalled: look again at the motion's pace. */
static void cycle_holding(struct window_motor *motor, uint32_t dt_ms)
{
    if (stalled(motor, raw_of(motor, motor->target_mpct),
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
    int err = port->ops->range(port->ctx, &motor->min_raw, &motor->max_raw);
    if (err < 0)
        return err;
    if (motor->max_raw <= motor->min_raw)
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
