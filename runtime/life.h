/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a device from power-on to its end: what it is doing, and what may come next.
 *
 *     STARTING --start--> RUNNING --reboot--> REBOOTING --due--> OVER
 *                           |  \---update---> UPDATING  --due--> OVER (or refused: RUNNING)
 *                           \------stop-----> STOPPING  --closed, due--> OVER
 *
 * While it is rebooting a device goes on as ever, until the answer that says so is out. Updating
 * and stopping, everything rests. Pure. Depends on core/assert.h.
 */
#ifndef ROOST_RUNTIME_LIFE_H
#define ROOST_RUNTIME_LIFE_H

#include <stdbool.h>

#define ROOST_LIFE_LIST(X)                                                                         \
    X(STARTING, "starting")                                                                        \
    X(RUNNING, "running")                                                                          \
    X(REBOOTING, "rebooting")                                                                      \
    X(UPDATING, "updating")                                                                        \
    X(STOPPING, "stopping")                                                                        \
    X(OVER, "over")

enum roost_life {
#define X(name, text) ROOST_LIFE_##name,
    ROOST_LIFE_LIST(X)
#undef X
        ROOST_LIFE_COUNT
};

enum roost_life_event {
    ROOST_LIFE_EV_START,
    ROOST_LIFE_EV_REBOOT,  /* asked for by a command */
    ROOST_LIFE_EV_UPDATE,  /* an image is ready */
    ROOST_LIFE_EV_REFUSED, /* the image's slot was */
    ROOST_LIFE_EV_STOP,
    ROOST_LIFE_EV_END, /* the last word is out, or nobody waits for it any longer */
    ROOST_LIFE_EV_COUNT
};

/* The state that the event leads to; the same one where it changes nothing. */
enum roost_life roost_life_next(enum roost_life life, enum roost_life_event event);

const char *roost_life_name(enum roost_life life);

#endif
