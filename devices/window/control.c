/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/window/control.h"

#include <string.h>

#include "core/err.h"
#include "core/timer.h"
#include "proto/climate/payload.h"

const char *window_refusal_name(enum window_refusal refusal)
{
    static const char *const names[] = {
#define X(name, text) [WINDOW_REFUSED_##name] = (text),
        WINDOW_REFUSALS(X)
#undef X
    };
    return (unsigned)refusal < WINDOW_REFUSAL_COUNT ? names[refusal] : "unknown";
}

const char *window_reason_name(enum window_reason reason)
{
    static const char *const names[] = {
#define X(name, text) [WINDOW_REASON_##name] = (text),
        WINDOW_REASONS(X)
#undef X
    };
    return (unsigned)reason < WINDOW_REASON_COUNT ? names[reason] : "unknown";
}

void window_control_init(struct window_control *control, const char *device_id)
{
    *control = (struct window_control){.device_id = device_id,
                                       .target_mpct = -1,
                                       .stay_mpct = -1,
                                       .off_since_ms = UINT64_MAX,
                                       .reason = WINDOW_REASON_STAY};
}

static bool can_move(const struct window_situation *now)
{
    return !now->safe_mode && !now->stopping &&
           (now->motor == WINDOW_MOTOR_RELEASED || now->motor == WINDOW_MOTOR_HOLDING ||
            now->motor == WINDOW_MOTOR_MOVING);
}

static bool hand_holds(const struct window_control *control, uint64_t now_ms)
{
    return now_ms < control->hold_until_ms;
}

static int refuse(struct window_control *control, enum window_refusal refusal, int err,
                  enum window_refusal *out)
{
    control->refused[refusal]++;
    *out = refusal;
    return err;
}

/* ahead_ms: of our clock. */
static bool in_time(struct window_control *control, const struct window_situation *now,
                    int64_t ahead_ms)
{
    int64_t more_ms = ahead_ms - control->off_ms;

    if (ahead_ms >= -(int64_t)now->max_age_ms && ahead_ms <= WINDOW_CONTROL_AHEAD_MS) {
        control->off_since_ms = UINT64_MAX;
        return true;
    }
    if (control->off_since_ms == UINT64_MAX || more_ms > now->max_age_ms ||
        more_ms < -(int64_t)now->max_age_ms) {
        control->off_ms = ahead_ms;
        control->off_since_ms = now->now_ms;
    }
    return now->now_ms - control->off_since_ms >= WINDOW_CONTROL_STEADY_MS;
}

int window_control_message(struct window_control *control, const struct window_situation *now,
                           const char *payload, size_t len, bool retained,
                           enum window_refusal *refusal)
{
    struct roost_control message;
    int err = roost_control_parse(&message, payload, len);

    if (err < 0)
        return refuse(control, WINDOW_REFUSED_MALFORMED, err, refusal);
    if (strcmp(message.device_id, control->device_id) != 0)
        return refuse(control, WINDOW_REFUSED_DEVICE, ROOST_ERR_INVALID, refusal);
    if (retained)
        return refuse(control, WINDOW_REFUSED_RETAINED, ROOST_ERR_STALE, refusal);
    if (now->unix_ms > 0 && !in_time(control, now, message.unix_ms - now->unix_ms))
        return message.unix_ms < now->unix_ms
                   ? refuse(control, WINDOW_REFUSED_STALE, ROOST_ERR_STALE, refusal)
                   : refuse(control, WINDOW_REFUSED_FUTURE, ROOST_ERR_RANGE, refusal);
    if (message.confidence * 1000.0 + 0.001 < now->min_confidence_milli)
        return refuse(control, WINDOW_REFUSED_CONFIDENCE, ROOST_ERR_UNTRUSTED, refusal);

    /* The hub and its model are there, whatever keeps the window from following them. */
    control->contact_ms = now->now_ms;
    if (hand_holds(control, now->now_ms))
        return refuse(control, WINDOW_REFUSED_HAND, ROOST_ERR_BUSY, refusal);
    if (!can_move(now))
        return refuse(control, WINDOW_REFUSED_MOTOR, ROOST_ERR_STATE, refusal);
    control->target_mpct = (int32_t)(message.position_pct * 1000.0 + 0.5);
    control->target_ms = now->now_ms;
    control->taken++;
    return 0;
}

int window_control_hand(struct window_control *control, const struct window_situation *now,
                        int32_t position_mpct, uint32_t hold_ms)
{
    if (!can_move(now))
        return ROOST_ERR_STATE;
    control->contact_ms = now->now_ms;
    control->hand_mpct = position_mpct;
    control->hold_until_ms = now->now_ms + hold_ms;
    /* After the hold the window stays there until the next control message. */
    control->target_mpct = position_mpct;
    control->target_ms = now->now_ms;
    return 0;
}

int window_control_calibrate(struct window_control *control, const struct window_situation *now)
{
    if (now->safe_mode || now->stopping)
        return ROOST_ERR_STATE;
    control->calibrate = true;
    return 0;
}

static struct window_order order(struct window_control *control, enum window_reason reason,
                                 enum window_order_kind kind, int32_t target_mpct)
{
    control->reason = reason;
    return (struct window_order){.kind = kind, .target_mpct = target_mpct};
}

bool window_control_lost(const struct window_control *control, const struct window_situation *now)
{
    return now->now_ms - control->contact_ms >= now->lost_ms;
}

struct window_order window_control_decide(struct window_control *control,
                                          const struct window_situation *now)
{
    bool calibrating =
        now->motor == WINDOW_MOTOR_SEEK_CLOSED || now->motor == WINDOW_MOTOR_SEEK_OPEN;

    if (now->safe_mode)
        return order(control, WINDOW_REASON_SAFE_MODE, WINDOW_ORDER_RELEASE, 0);
    if (now->stopping)
        return order(control, WINDOW_REASON_STOPPING, WINDOW_ORDER_RELEASE, 0);
    if (calibrating) {
        /* It ends fully open, which is no place to stay without a reason; what was asked for
         * before is one while it is as young as a control message has to be, or a hand holds. */
        control->calibrate = false;
        if (!hand_holds(control, now->now_ms) && now->now_ms - control->target_ms > now->max_age_ms)
            control->target_mpct = -1;
        control->stay_mpct = now->safe_mpct;
        return order(control, WINDOW_REASON_CALIBRATION, WINDOW_ORDER_KEEP, 0);
    }
    if (control->calibrate)
        return order(control, WINDOW_REASON_CALIBRATION, WINDOW_ORDER_CALIBRATE, 0);
    if (now->motor == WINDOW_MOTOR_STALLED)
        return order(control, WINDOW_REASON_STALLED, WINDOW_ORDER_RELEASE, 0);
    if (now->motor == WINDOW_MOTOR_UNCALIBRATED)
        return order(control, WINDOW_REASON_UNCALIBRATED, WINDOW_ORDER_RELEASE, 0);
    if (window_control_lost(control, now)) {
        /* What was asked for before is too old to go back to. */
        control->target_mpct = -1;
        control->stay_mpct = now->safe_mpct;
        control->hold_until_ms = 0;
        return order(control, WINDOW_REASON_CONTROL_LOST, WINDOW_ORDER_GO, now->safe_mpct);
    }
    if (hand_holds(control, now->now_ms))
        return order(control, WINDOW_REASON_HAND, WINDOW_ORDER_GO, control->hand_mpct);
    if (control->target_mpct >= 0)
        return order(control, WINDOW_REASON_CONTROL, WINDOW_ORDER_GO, control->target_mpct);
    if (control->stay_mpct < 0)
        control->stay_mpct = now->position_mpct;
    return order(control, WINDOW_REASON_STAY, WINDOW_ORDER_GO, control->stay_mpct);
}

uint64_t window_control_due(const struct window_control *control,
                            const struct window_situation *now)
{
    uint64_t due_ms = ROOST_NEVER;

    if (!window_control_lost(control, now))
        due_ms = control->contact_ms + now->lost_ms;
    if (hand_holds(control, now->now_ms))
        due_ms = roost_earlier(due_ms, control->hold_until_ms);
    return due_ms;
}
