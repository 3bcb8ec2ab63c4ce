/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The built-in provider of replies: hub/companion behind the interface of hub/voice/provider.h. A
 * reply takes a few milliseconds of the hub's thread; it is made when answer_companion_run is
 * called, by the voice service's tick, never inside of `ask`. Depends on hub/companion.
 *
 *     struct answer_companion *companion = answer_companion_new(content);
 *     providers.answer = answer_companion_provider(companion);
 *     parts.run = answer_companion_run, parts.run_ctx = companion;
 *     parts.line = answer_companion_line, parts.line_ctx = companion;
 *     ...
 *     answer_companion_free(companion);                         every talk is closed by then
 */
#ifndef ROOST_HUB_VOICE_ANSWER_COMPANION_H
#define ROOST_HUB_VOICE_ANSWER_COMPANION_H

#include <stddef.h>
#include <stdint.h>

#include "hub/companion/companion.h"
#include "hub/voice/lines.h"
#include "hub/voice/provider.h"

struct answer_companion;

/* content: borrowed for its life. NULL: no memory. */
struct answer_companion *answer_companion_new(const struct companion *content);
void answer_companion_free(struct answer_companion *companion);
struct answer answer_companion_provider(struct answer_companion *companion);

/* struct voice_parts: run, line. ctx: the companion. */
uint64_t answer_companion_run(void *ctx, uint64_t now_ms);
const char *answer_companion_line(void *ctx, enum voice_line line, const struct voice_for *child);

#endif
