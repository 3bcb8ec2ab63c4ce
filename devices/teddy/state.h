/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a teddy is doing, and what it does next: one table of states and events. Home is the state
 * in which it waits: which one that is follows from its situation and is asked of the caller.
 *
 *     BOOTING --> home = UNPROVISIONED | MUTED | ERROR | CONNECTING | READY
 *     READY --press--> LISTENING --release--> THINKING --reply--> SPEAKING --finished--> home
 *                          ^--------------------press-------------------+
 *
 * Pure. Depends on nothing.
 *
 *     action = teddy_state_next(&state, TEDDY_EV_PRESS, home);
 */
#ifndef ROOST_DEVICES_TEDDY_STATE_H
#define ROOST_DEVICES_TEDDY_STATE_H

#include <stdbool.h>

#define TEDDY_STATE_LIST(X)                                                                        \
    X(BOOTING, "booting")                                                                          \
    X(UNPROVISIONED, "unprovisioned")                                                              \
    X(CONNECTING, "connecting")                                                                    \
    X(READY, "ready")                                                                              \
    X(LISTENING, "listening")                                                                      \
    X(THINKING, "thinking")                                                                        \
    X(SPEAKING, "speaking")                                                                        \
    X(MUTED, "muted")                                                                              \
    X(ERROR, "error")

enum teddy_state {
#define X(name, text) TEDDY_##name,
    TEDDY_STATE_LIST(X)
#undef X
        TEDDY_STATE_COUNT,
    TEDDY_HOME = TEDDY_STATE_COUNT /* in the table only */
};

#define TEDDY_EVENT_LIST(X)                                                                        \
    X(SETTLE, "settle")         /* the situation may have changed: in every step */                \
    X(PRESS, "press")           /* and it could listen */                                          \
    X(PRESS_VAIN, "press-vain") /* and it cannot: no hub, no child, muted, safe mode */            \
    X(RELEASE, "release")       /* after a press long enough to have said something */             \
    X(TAP, "tap")               /* after one that was not */                                       \
    X(REPEAT, "repeat")         /* the second of two taps, and there is something to repeat */     \
    X(FULL, "full")             /* as much was said as a turn takes */                             \
    X(REPLY, "reply")           /* there is sound to play */                                       \
    X(FINISHED, "finished")     /* all of it was heard */                                          \
    X(LATE, "late")             /* no reply for too long */                                        \
    X(FAILED, "failed")         /* the turn comes to nothing: the hub said so, or it is gone */    \
    X(ABORT, "abort")           /* the hub ends what it says or hears */                           \
    X(SILENCE, "silence")       /* muted, or at rest: at once */

enum teddy_event {
#define X(name, text) TEDDY_EV_##name,
    TEDDY_EVENT_LIST(X)
#undef X
        TEDDY_EVENT_COUNT
};

/* What a transition asks for, beside the light, which follows from the state. Bits. */
enum teddy_action {
    TEDDY_DO_NOTHING,
    TEDDY_DO_LISTEN = 1,     /* a new turn begins */
    TEDDY_DO_END_TURN = 2,   /* what was said goes out, then its end */
    TEDDY_DO_DROP_TURN = 4,  /* what was said is forgotten */
    TEDDY_DO_TELL_ABORT = 8, /* the hub is told */
    TEDDY_DO_HUSH = 16,      /* nothing more of the reply is heard */
    TEDDY_DO_PLAY_OUT = 32,  /* what is there is heard, and no more waited for */
    TEDDY_DO_REPEAT = 64,    /* the last reply once more */
    TEDDY_DO_SAY_VAIN = 128, /* by a sound of its own: why it cannot listen */
    TEDDY_DO_SAY_SORRY = 256 /* likewise: no reply came */
};

/* Writes *state, the one place that does; `home` is where it waits now. Returns actions. */
unsigned teddy_state_next(enum teddy_state *state, enum teddy_event event, enum teddy_state home);

/* Whether it waits: nothing is said or heard in this state. */
bool teddy_state_waits(enum teddy_state state);

const char *teddy_state_name(enum teddy_state state);
const char *teddy_event_name(enum teddy_event event);

#endif
