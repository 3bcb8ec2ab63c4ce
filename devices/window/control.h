/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides whether the window may move and where to. What was said to it (control messages, a hand
 * through the command move, the command calibrate) is kept here; window_control_decide() weighs all
 * of it on every cycle and answers with the one order that the motor obeys. First match counts:
 *
 *   safe mode or stopping            release
 *   motor stalled                    release, or calibrate when that was asked for
 *   calibrating, or asked to         go on with it
 *   travel unknown                   release
 *   no contact for control_lost_ms   go to the safe position
 *   a hand's hold runs               go where the hand said
 *   a control message was taken      go where it said
 *   otherwise                        stay where the window stands
 *
 * Contact is a control message that would have been obeyed, or a hand's move. A lost connection
 * needs no rule of its own: nothing makes contact through it. A calibration, the only way out of a
 * stall, ends at the safe position, unless a hand's hold runs or the last target is not older than
 * control_max_age.
 *
 * A message is stale or from the future by two clocks, one of which may be wrong. Where nothing but
 * such messages came for WINDOW_CONTROL_STEADY_MS, all as far off, the clocks differ by that much,
 * and from then on it is taken off; the first that is in time, or off by something else, ends that.
 * Pure. Depends on core/, proto/climate.
 */
#ifndef ROOST_DEVICES_WINDOW_CONTROL_H
#define ROOST_DEVICES_WINDOW_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/window/motor.h"

#define WINDOW_REFUSALS(X)                                                                         \
    X(MALFORMED, "malformed")   /* not a control message, or a value outside its range */          \
    X(DEVICE, "device")         /* for another device */                                           \
    X(RETAINED, "retained")     /* the broker had kept it: nobody decided that now */              \
    X(STALE, "stale")           /* older than control_max_age_ms */                                \
    X(FUTURE, "future")         /* more than a minute ahead of the clock */                        \
    X(CONFIDENCE, "confidence") /* below control_min_confidence */                                 \
    X(HAND, "hand")             /* a hand's hold runs */                                           \
    X(MOTOR, "motor")           /* stalled, uncalibrated, calibrating, or safe mode */

enum window_refusal {
#define X(name, text) WINDOW_REFUSED_##name,
    WINDOW_REFUSALS(X)
#undef X
        WINDOW_REFUSAL_COUNT
};

#define WINDOW_REASONS(X)                                                                          \
    X(SAFE_MODE, "safe-mode")                                                                      \
    X(STOPPING, "stopping")                                                                        \
    X(STALLED, "stalled")                                                                          \
    X(CALIBRATION, "calibration")                                                                  \
    X(UNCALIBRATED, "uncalibrated")                                                                \
    X(CONTROL_LOST, "control-lost")                                                                \
    X(HAND, "hand")                                                                                \
    X(CONTROL, "control")                                                                          \
    X(STAY, "stay")

enum window_reason {
#define X(name, text) WINDOW_REASON_##name,
    WINDOW_REASONS(X)
#undef X
        WINDOW_REASON_COUNT
};

enum { WINDOW_CONTROL_AHEAD_MS = 60000, WINDOW_CONTROL_STEADY_MS = 120000 };

struct window_control {
    const char *device_id;
    uint64_t contact_ms;    /* of the last contact; 0: since boot */
    uint64_t hold_until_ms; /* of the hand */
    int32_t hand_mpct;
    int32_t target_mpct;                           /* of the control message taken last, -1: none */
    uint64_t target_ms;                            /* when it was taken */
    int32_t stay_mpct;                             /* -1: where the window stands */
    int64_t off_ms;                                /* how far ahead of our clock messages are */
    uint64_t off_since_ms;                         /* UINT64_MAX: they are not */
    bool calibrate;                                /* asked for and not begun */
    enum window_reason reason;                     /* of the last decision */
    uint32_t taken, refused[WINDOW_REFUSAL_COUNT]; /* messages since init */
};

/* What the decision depends on beside what was said. */
struct window_situation {
    uint64_t now_ms;
    int64_t unix_ms; /* 0: unknown, ages are then not judged */
    bool safe_mode, stopping;
    enum window_motor_state motor;
    int32_t position_mpct;
    uint32_t lost_ms, max_age_ms;
    int32_t min_confidence_milli, safe_mpct;
};

/* device_id is borrowed. */
void window_control_init(struct window_control *control, const char *device_id);

/* A payload of window/{id}/control, `retained` when the broker had kept it. Returns 0 when it is
 * obeyed from the next decision on, or the error that fits its refusal, which is counted; *refusal
 * says which. */
int window_control_message(struct window_control *control, const struct window_situation *now,
                           const char *payload, size_t len, bool retained,
                           enum window_refusal *refusal);

/* A hand's position, held for hold_ms. ROOST_ERR_STATE when the motor cannot move. */
int window_control_hand(struct window_control *control, const struct window_situation *now,
                        int32_t position_mpct, uint32_t hold_ms);

/* ROOST_ERR_STATE in safe mode. */
int window_control_calibrate(struct window_control *control, const struct window_situation *now);

/* The one place that decides; see above. */
struct window_order window_control_decide(struct window_control *control,
                                          const struct window_situation *now);

/* No contact for lost_ms. */
bool window_control_lost(const struct window_control *control, const struct window_situation *now);

/* When the decision may change by time alone, or UINT64_MAX. */
uint64_t window_control_due(const struct window_control *control,
                            const struct window_situation *now);

const char *window_refusal_name(enum window_refusal refusal);
const char *window_reason_name(enum window_reason reason);

#endif
