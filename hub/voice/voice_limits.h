/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The voice service's limits, in one place, the ways in which its turns, sockets and sessions end,
 * and what is counted. What every device may know of them stands in proto/voice/voice.h and
 * docs/voice-protocol.md. Depends on proto/voice/voice.h, proto/voice/sign.h.
 */
#ifndef ROOST_HUB_VOICE_VOICE_LIMITS_H
#define ROOST_HUB_VOICE_VOICE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/voice/sign.h"
#include "proto/voice/voice.h"

/* ---- limits; those that are settings stand in struct voice_config ---- */

enum {
    VOICE_LINKS_MAX = 1024,         /* sockets that are not signed in, of all */
    VOICE_LINKS_OF_ADDRESS = 128,   /* and of one address */
    VOICE_REFUSED_IN_A_ROW = 200,   /* messages; then the socket is closed */
    VOICE_SITTINGS_MAX = 65536,     /* children whose time is remembered */
    VOICE_REST_MS = 15 * 60 * 1000, /* without a turn: the time begins anew */
    VOICE_PAUSE_MS = 60 * 1000,     /* between two turns counts up to this */
    VOICE_BOOK_FRESH_MS = 5000,     /* what the book said is not asked again for so long */

    VOICE_SOUND_MAX = 2 * VOICE_CHUNK_BYTES,                     /* bytes of one chunk */
    VOICE_SOUND_MEMORY = VOICE_SIGN_HEAD + VOICE_SOUND_MAX + 16, /* to check one in */
    VOICE_TURN_BYTES = VOICE_TURN_MAX_MS / 1000 * VOICE_RATE_HZ * 2,
    VOICE_WORDS_MAX = 4000, /* bytes of what was heard */

    VOICE_REPLY_BYTES = 8192, /* of a reply's text: what is longer ends there */
    VOICE_REPLY_SENTENCES = 96,
    VOICE_QUEUE_BYTES = 64 * 1024,  /* of sound made and not sent, above which no sentence begins */
    VOICE_QUEUE_MAX = 1024 * 1024,  /* with the sentence that was begun: the rest is not said */
    VOICE_WHOLE_BYTES = 384 * 1024, /* of a reply that is sent as a whole */
    VOICE_UNSENT_MAX = 48 * 1024,   /* bytes at the socket above which nothing is added */
    VOICE_SEND_MAX = 1024 * 1024,
    VOICE_MESSAGE_MAX = 16384, /* longer ones close 1009; over VOICE_FRAME_MAX is answered */

    VOICE_LISTEN_MS = 10000, /* without a chunk: the turn is given up */
    VOICE_STAGE_MS = 10000,  /* of a provider without a sign of life */
    VOICE_RETRY_MS = 50,     /* a pool that was full is asked again, for */
    VOICE_FULL_MS = 2000,
    VOICE_STUCK_MS = 15000, /* a device that takes nothing off its socket */
    VOICE_DRAIN_MS = 3000,  /* what a device may play longer than its sound lasts */
    VOICE_HEARD_MS = 5000   /* the fleet is told at most so often that it spoke */
};

enum voice_signature { VOICE_SIGN_ANY, VOICE_SIGN_EITHER, VOICE_SIGN_OURS };

struct voice_config {
    const char *secret;
    size_t secret_len;
    uint32_t sessions_max;
    uint64_t idle_ms, talk_ms;
    uint32_t rate_per_s; /* messages of a session; 0: any */
    enum voice_signature signature;
};

/* ---- why things end: X(NAME, label) ---- */

#define VOICE_TURN_END_LIST(X)                                                                     \
    X(ANSWERED, "answered")                                                                        \
    X(NOT_HEARD, "not_heard")     /* silence, or not understood */                                 \
    X(GUARDED, "guarded")         /* the guard forbade words or reply */                           \
    X(CARED, "cared")             /* the child needs somebody */                                   \
    X(BROKEN_OFF, "broken_off")   /* the reply ended early */                                      \
    X(INTERRUPTED, "interrupted") /* by the child */                                               \
    X(ABANDONED, "abandoned")     /* no sound came */                                              \
    X(BUSY, "busy")                                                                                \
    X(LATE, "late") /* a provider did not answer in time */                                        \
    X(FAILED, "failed")                                                                            \
    X(TIME_LIMIT, "time_limit")                                                                    \
    X(CONSENT, "consent") /* was taken back meanwhile */                                           \
    X(LOST, "lost")       /* the session ended */

enum voice_turn_end {
#define X(name, label) VOICE_TURN_##name,
    VOICE_TURN_END_LIST(X)
#undef X
        VOICE_TURN_ENDS
};

/* Of sockets, and of sessions. */
#define VOICE_END_LIST(X)                                                                          \
    X(CLOSED, "closed")     /* by the device */                                                    \
    X(LOST, "lost")         /* without a word */                                                   \
    X(REFUSED, "refused")   /* at the door */                                                      \
    X(REPLACED, "replaced") /* by a newer one */                                                   \
    X(IDLE, "idle")                                                                                \
    X(STUCK, "stuck") /* took nothing off its socket */                                            \
    X(MISBEHAVED, "misbehaved")                                                                    \
    X(REMOVED, "removed") /* the device, from the fleet */                                         \
    X(STOPPED, "stopped")                                                                          \
    X(FAULT, "fault")

enum voice_end {
#define X(name, label) VOICE_END_##name,
    VOICE_END_LIST(X)
#undef X
        VOICE_ENDS
};

enum voice_stage {
    VOICE_STAGE_RECEIVE, /* the child speaks */
    VOICE_STAGE_HEAR,    /* end of speech to words */
    VOICE_STAGE_GATE,    /* all that the guard looked at in a turn */
    VOICE_STAGE_ANSWER,  /* words to the first sentence of the reply */
    VOICE_STAGE_FIRST,   /* end of speech to the first sound on its way */
    VOICE_STAGE_WHOLE,   /* of the turn */
    VOICE_STAGES
};

/* ---- and how they are counted ---- */

struct metric;

struct voice_metrics {
    struct metric *turns[VOICE_TURN_ENDS], *sockets[VOICE_ENDS], *sessions_ended[VOICE_ENDS];
    struct metric *errors[VOICE_ERROR_COUNT], *stages[VOICE_STAGES];
    struct metric *sessions, *waiting, *talking, *bytes;
    struct metric *resumed, *age_mismatch, *cut, *chunks, *repeated, *text_only, *dropped;
};

#endif
