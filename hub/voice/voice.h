/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The voice service: the hub's side of a voice companion (docs/voice-protocol.md). Lets a companion
 * in, takes what a child says, has it recognised, judged, answered, judged again and spoken, and
 * sends the sound at the pace at which it is played. No sound and no word is kept: both are in
 * memory for a turn and wiped after it. Pure: a row like any other, see hub/service.h and
 * hub/peer.h. What recognises, answers and speaks is given through hub_parts.extras under
 * VOICE_EXTRA; without it nobody is let in.
 *
 *     const struct voice_parts voice = {.providers = &providers, .guard = &guard, .book = &book};
 *     const struct hub_extra extras[] = {{VOICE_EXTRA, &voice}, {NULL, NULL}};
 *     parts.extras = extras;
 */
#ifndef ROOST_HUB_VOICE_VOICE_H
#define ROOST_HUB_VOICE_VOICE_H

#include "hub/service.h"
#include "hub/voice/book.h"
#include "hub/voice/guard.h"
#include "hub/voice/lines.h"
#include "hub/voice/provider.h"

#define VOICE_EXTRA "voice"
#define VOICE_TYPE  "teddy" /* of the devices */

/* All borrowed for the service's life. Members after `book` may be NULL. */
struct voice_parts {
    const struct voice_providers *providers;
    const struct voice_guard *guard;
    const struct voice_book *book;

    /* Work of a provider that is done on the hub's thread: called once a turn of the loop, returns
     * when it wants to be called again. */
    uint64_t (*run)(void *ctx, uint64_t now_ms);
    void *run_ctx;
    /* A kind line in other words than lines.h has; NULL: in those. Borrowed until the next call. */
    const char *(*line)(void *ctx, enum voice_line line, const struct voice_for *child);
    void *line_ctx;
    /* Has `changed` called for a child of whom the book has something else to say now. */
    void (*watch)(void *ctx, void (*changed)(void *arg, const char *child_id), void *arg);
    void *watch_ctx;
    /* The hour of the children's day, 0..23; without it that of UTC. */
    unsigned (*hour)(void *ctx, int64_t unix_ms);
    void *hour_ctx;
};

extern const struct hub_service voice_service;

#endif
