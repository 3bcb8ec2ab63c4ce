/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The safety gate as the voice service sees it: hub/safety in roostd and in the simulator, a few
 * words in its tests. There is none that lets all through: a service without a guard lets nobody
 * in. Depends on hub/safety/gate.h (its types; the functions are reached through the table).
 */
#ifndef ROOST_HUB_VOICE_GUARD_H
#define ROOST_HUB_VOICE_GUARD_H

#include "hub/safety/gate.h"

struct voice_guard_ops {
    void (*begin)(void *ctx, struct gate_stream *stream, enum gate_direction direction,
                  enum child_language language, enum child_age_group group);
    struct gate_result (*judge)(struct gate_stream *stream, const char *text, size_t len);
    /* What is said instead; lives as long as the guard. */
    const char *(*answer)(void *ctx, enum gate_direction direction, struct gate_result result,
                          enum child_language language, enum child_age_group group, unsigned turn);
};
struct voice_guard {
    const struct voice_guard_ops *ops;
    void *ctx;
};

extern const struct voice_guard_ops voice_guard_safety; /* ctx: struct gate */

#endif
