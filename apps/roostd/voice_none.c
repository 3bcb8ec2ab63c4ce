/* SPDX-License-Identifier: Apache-2.0 */
/* A build without the voice's parts: no voice companion is let in. */
#include "voice.h"

#include <stddef.h>

int voice_new(struct voice_made **out, struct uv_loop_s *loop, const struct settings *settings,
              const struct registry *registry, const struct host_clock *clock, struct why *why)
{
    (void)loop, (void)settings, (void)registry, (void)clock, (void)why;
    *out = NULL;
    return 0;
}

int voice_try(const struct settings *settings, struct why *why)
{
    (void)settings, (void)why;
    return 0;
}

void voice_free(struct voice_made *made)
{
    (void)made;
}

void voice_child_changed(void *ctx, const char *child_id)
{
    (void)ctx, (void)child_id;
}

const struct hub_extra *voice_extras(const struct voice_made *made)
{
    (void)made;
    return NULL;
}

bool voice_is_served(const struct voice_made *made)
{
    (void)made;
    return false;
}
