/* SPDX-License-Identifier: Apache-2.0 */
/* How much at once, and how long a child talks: over all its sockets and companions, until it has
 * rested. */
#include <stdio.h>
#include <stdlib.h>

#include "core/err.h"
#include "hub/voice/voice_internal.h"

/* A leaky bucket: each use fills it by every_ms; whoever is a burst ahead of the clock waits. */
bool voice_bucket_take(struct voice_bucket *bucket, uint64_t now_ms, uint32_t every_ms,
                       uint32_t burst)
{
    if (bucket->full_ms < now_ms)
        bucket->full_ms = now_ms;
    if (bucket->full_ms - now_ms > (uint64_t)every_ms * burst)
        return false;
    bucket->full_ms += every_ms;
    return true;
}

/* ---- sittings, in the order of last_ms ---- */

static void leave_list(struct voice *voice, struct voice_sitting *sitting)
{
    if (sitting->next)
        sitting->next->previous = sitting->previous;
    else
        voice->newest = sitting->previous;
    if (sitting->previous)
        sitting->previous->next = sitting->next;
    else
        voice->oldest = sitting->next;
    sitting->next = sitting->previous = NULL;
}

static void join_list(struct voice *voice, struct voice_sitting *sitting)
{
    sitting->previous = voice->newest;
    if (sitting->previous)
        sitting->previous->next = sitting;
    else
        voice->oldest = sitting;
    voice->newest = sitting;
}

static void forget(struct voice *voice, struct voice_sitting *sitting)
{
    leave_list(voice, sitting);
    id_table_remove(&voice->sittings, sitting->child_id);
    free(sitting);
}

/* Those that have rested go, a few at a time; those with a session are looked at again later. */
static void clean(struct voice *voice, uint64_t now_ms)
{
    enum { LOOKED_AT = 4 };

    for (int i = 0; i < LOOKED_AT && voice->oldest; i++) {
        struct voice_sitting *sitting = voice->oldest;
        if (sitting->sessions > 0) {
            leave_list(voice, sitting);
            join_list(voice, sitting);
        } else if (now_ms - sitting->last_ms >= VOICE_REST_MS) {
            forget(voice, sitting);
        } else {
            return;
        }
    }
}

struct voice_sitting *voice_sitting_hold(struct voice *voice, const char *child_id)
{
    uint64_t now_ms = voice_now(voice);

    clean(voice, now_ms);
    struct voice_sitting *sitting = id_table_find(&voice->sittings, child_id);
    if (!sitting && voice->sittings.count < VOICE_SITTINGS_MAX &&
        (sitting = calloc(1, sizeof *sitting))) {
        snprintf(sitting->child_id, sizeof sitting->child_id, "%s", child_id);
        sitting->last_ms = now_ms;
        if (id_table_add(&voice->sittings, sitting) != 0) {
            free(sitting);
            return NULL;
        }
        join_list(voice, sitting);
    }
    if (sitting)
        sitting->sessions++;
    return sitting;
}

void voice_sitting_release(struct voice *voice, struct voice_sitting *sitting)
{
    if (!sitting)
        return;
    sitting->sessions--;
    /* Nothing is to be remembered of one that has not talked. */
    if (sitting->sessions == 0 && sitting->used_ms == 0)
        forget(voice, sitting);
}

bool voice_sitting_over(struct voice_session *session, uint64_t ahead_ms)
{
    const struct voice *voice = session->voice;
    struct voice_sitting *sitting = session->sitting;
    uint64_t now_ms = voice_now(voice);
    uint64_t running_ms = session->turn ? now_ms - session->turn->begun_ms : 0;

    if (now_ms - sitting->last_ms >= VOICE_REST_MS)
        sitting->used_ms = 0;
    return sitting->used_ms + running_ms + ahead_ms >= voice->config.talk_ms;
}

void voice_sitting_count(struct voice *voice, struct voice_sitting *sitting, uint64_t from_ms,
                         uint64_t to_ms)
{
    uint64_t pause_ms = from_ms > sitting->last_ms ? from_ms - sitting->last_ms : 0;

    if (pause_ms >= VOICE_REST_MS)
        sitting->used_ms = 0;
    else if (sitting->used_ms > 0)
        sitting->used_ms += pause_ms < VOICE_PAUSE_MS ? pause_ms : VOICE_PAUSE_MS;
    sitting->used_ms += to_ms - from_ms;
    leave_list(voice, sitting);
    sitting->last_ms = to_ms;
    join_list(voice, sitting);
}

void voice_sittings_free(struct voice *voice)
{
    while (voice->oldest)
        forget(voice, voice->oldest);
    id_table_deinit(&voice->sittings);
}
