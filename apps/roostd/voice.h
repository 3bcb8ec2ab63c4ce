/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the voice service is given by this program: the gate, the providers and the book, as the
 * settings name them. What is named and missing stops the start with a sentence that names the
 * setting and the file; there is no stand-in. Depends on hub/voice, hub/safety, hub/companion,
 * hub/speech.
 *
 *     err = voice_new(&voice, &loop, settings, &registry, clock, &why);
 *     parts.extras = voice_extras(voice);
 *     ...                                                   the services are closed
 *     voice_free(voice);                                    the loop needs to turn once more
 */
#ifndef ROOSTD_VOICE_H
#define ROOSTD_VOICE_H

#include "host/clock.h"
#include "host/why.h"
#include "hub/service.h"
#include "hub/settings.h"
#include "hub/store/registry.h"

struct uv_loop_s;
struct voice_made;

/* Everything is borrowed until it is freed. */
int voice_new(struct voice_made **out, struct uv_loop_s *loop, const struct settings *settings,
              const struct registry *registry, const struct host_clock *clock, struct why *why);
void voice_free(struct voice_made *made); /* NULL is fine */
/* For --check: whether what the settings name could be loaded. */
int voice_try(const struct settings *settings, struct why *why);

const struct hub_extra *voice_extras(const struct voice_made *made);
/* Something about a child is different: whoever speaks with it asks again. ctx: what was made, or
 * NULL. */
void voice_child_changed(void *ctx, const char *child_id);
bool voice_is_served(const struct voice_made *made);

#endif
