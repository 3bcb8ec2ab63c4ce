/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/voice/guard.h"

static void begin(void *ctx, struct gate_stream *stream, enum gate_direction direction,
                  enum child_language language, enum child_age_group group)
{
    gate_stream_init(stream, ctx, direction, language, group);
}

static const char *answer(void *ctx, enum gate_direction direction, struct gate_result result,
                          enum child_language language, enum child_age_group group, unsigned turn)
{
    return gate_answer(ctx, direction, result, language, group, turn);
}

const struct voice_guard_ops voice_guard_safety = {
    .begin = begin, .judge = gate_judge, .answer = answer};
