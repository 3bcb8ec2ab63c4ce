/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/teddy/state.h"

#include <stdint.h>

#include "core/assert.h"

static const char *const state_names[TEDDY_STATE_COUNT] = {
#define X(name, text) [TEDDY_##name] = (text),
    TEDDY_STATE_LIST(X)
#undef X
};

static const char *const event_names[TEDDY_EVENT_COUNT] = {
#define X(name, text) [TEDDY_EV_##name] = (text),
    TEDDY_EVENT_LIST(X)
#undef X
};

struct cell {
    uint16_t next : 4;     /* enum teddy_state, or TEDDY_HOME */
    uint16_t actions : 12; /* enum teddy_action */
};

/* clang-format off */
#define STAY(state)        {TEDDY_##state, TEDDY_DO_NOTHING}
#define DO(state, actions) {TEDDY_##state, (actions)}
#define GO(state, actions) {TEDDY_##state, (actions)}

#define LISTEN     TEDDY_DO_LISTEN
#define END_TURN   TEDDY_DO_END_TURN
#define DROP_TURN  TEDDY_DO_DROP_TURN
#define TELL_ABORT TEDDY_DO_TELL_ABORT
#define HUSH       TEDDY_DO_HUSH
#define PLAY_OUT   TEDDY_DO_PLAY_OUT
#define REPEAT     TEDDY_DO_REPEAT
#define SAY_VAIN   TEDDY_DO_SAY_VAIN
#define SAY_SORRY  TEDDY_DO_SAY_SORRY

/* Where it waits, an event of a turn comes from one that is over: it changes nothing. */
#define NOTHING_OF_A_TURN(state)                                                                   \
    [TEDDY_EV_RELEASE] = STAY(state), [TEDDY_EV_TAP] = STAY(state), [TEDDY_EV_FULL] = STAY(state), \
    [TEDDY_EV_FINISHED] = STAY(state), [TEDDY_EV_LATE] = STAY(state),                              \
    [TEDDY_EV_FAILED] = STAY(state)

static const struct cell table[TEDDY_STATE_COUNT][TEDDY_EVENT_COUNT] = {
    [TEDDY_BOOTING] = {
        NOTHING_OF_A_TURN(BOOTING),
        [TEDDY_EV_SETTLE]     = GO(HOME, 0),
        [TEDDY_EV_PRESS]      = STAY(BOOTING), /* within the first step: it cannot be */
        [TEDDY_EV_PRESS_VAIN] = STAY(BOOTING),
        [TEDDY_EV_REPEAT]     = STAY(BOOTING),
        [TEDDY_EV_REPLY]      = DO(BOOTING, HUSH),
        [TEDDY_EV_ABORT]      = DO(BOOTING, HUSH),
        [TEDDY_EV_SILENCE]    = DO(BOOTING, HUSH),
    },
    [TEDDY_UNPROVISIONED] = {
        NOTHING_OF_A_TURN(UNPROVISIONED),
        [TEDDY_EV_SETTLE]     = GO(HOME, 0),
        [TEDDY_EV_PRESS]      = DO(UNPROVISIONED, SAY_VAIN),
        [TEDDY_EV_PRESS_VAIN] = DO(UNPROVISIONED, SAY_VAIN),
        [TEDDY_EV_REPEAT]     = STAY(UNPROVISIONED),
        [TEDDY_EV_REPLY]      = DO(UNPROVISIONED, HUSH), /* whose would it be */
        [TEDDY_EV_ABORT]      = DO(UNPROVISIONED, HUSH),
        [TEDDY_EV_SILENCE]    = DO(UNPROVISIONED, HUSH),
    },
    [TEDDY_CONNECTING] = {
        NOTHING_OF_A_TURN(CONNECTING),
        [TEDDY_EV_SETTLE]     = GO(HOME, 0),
        [TEDDY_EV_PRESS]      = GO(LISTENING, HUSH | LISTEN), /* greeted in this very step */
        [TEDDY_EV_PRESS_VAIN] = DO(CONNECTING, SAY_VAIN),
        [TEDDY_EV_REPEAT]     = GO(SPEAKING, REPEAT), /* that needs no hub */
        [TEDDY_EV_REPLY]      = GO(SPEAKING, 0),
        [TEDDY_EV_ABORT]      = DO(CONNECTING, HUSH),
        [TEDDY_EV_SILENCE]    = DO(CONNECTING, HUSH),
    },
    [TEDDY_READY] = {
        NOTHING_OF_A_TURN(READY),
        [TEDDY_EV_SETTLE]     = GO(HOME, 0),
        [TEDDY_EV_PRESS]      = GO(LISTENING, HUSH | LISTEN),
        [TEDDY_EV_PRESS_VAIN] = DO(READY, SAY_VAIN),
        [TEDDY_EV_REPEAT]     = GO(SPEAKING, REPEAT),
        [TEDDY_EV_REPLY]      = GO(SPEAKING, 0), /* the hub speaks by itself */
        [TEDDY_EV_ABORT]      = DO(READY, HUSH),
        [TEDDY_EV_SILENCE]    = DO(READY, HUSH),
    },
    [TEDDY_LISTENING] = {
        [TEDDY_EV_SETTLE]     = STAY(LISTENING),
        [TEDDY_EV_PRESS]      = STAY(LISTENING), /* it is down already */
        [TEDDY_EV_PRESS_VAIN] = STAY(LISTENING),
        [TEDDY_EV_RELEASE]    = GO(THINKING, END_TURN),
        [TEDDY_EV_TAP]        = GO(HOME, DROP_TURN), /* the hub never heard of it */
        [TEDDY_EV_REPEAT]     = GO(SPEAKING, DROP_TURN | REPEAT),
        [TEDDY_EV_FULL]       = GO(THINKING, END_TURN),
        [TEDDY_EV_REPLY]      = STAY(LISTENING), /* waits until the child is done */
        [TEDDY_EV_FINISHED]   = STAY(LISTENING),
        [TEDDY_EV_LATE]       = STAY(LISTENING),
        [TEDDY_EV_FAILED]     = GO(HOME, DROP_TURN),
        [TEDDY_EV_ABORT]      = GO(HOME, DROP_TURN | HUSH),
        [TEDDY_EV_SILENCE]    = GO(HOME, DROP_TURN | TELL_ABORT | HUSH),
    },
    [TEDDY_THINKING] = {
        [TEDDY_EV_SETTLE]     = STAY(THINKING),
        [TEDDY_EV_PRESS]      = GO(LISTENING, DROP_TURN | TELL_ABORT | HUSH | LISTEN),
        [TEDDY_EV_PRESS_VAIN] = GO(HOME, DROP_TURN | HUSH | SAY_VAIN),
        [TEDDY_EV_RELEASE]    = STAY(THINKING), /* of a turn that was cut for its length */
        [TEDDY_EV_TAP]        = STAY(THINKING),
        [TEDDY_EV_REPEAT]     = STAY(THINKING),
        [TEDDY_EV_FULL]       = STAY(THINKING),
        [TEDDY_EV_REPLY]      = GO(SPEAKING, 0),
        [TEDDY_EV_FINISHED]   = STAY(THINKING),
        [TEDDY_EV_LATE]       = GO(HOME, DROP_TURN | TELL_ABORT | HUSH | SAY_SORRY),
        [TEDDY_EV_FAILED]     = GO(HOME, DROP_TURN | HUSH),
        [TEDDY_EV_ABORT]      = GO(HOME, DROP_TURN | HUSH),
        [TEDDY_EV_SILENCE]    = GO(HOME, DROP_TURN | TELL_ABORT | HUSH),
    },
    [TEDDY_SPEAKING] = {
        [TEDDY_EV_SETTLE]     = STAY(SPEAKING),
        [TEDDY_EV_PRESS]      = GO(LISTENING, DROP_TURN | TELL_ABORT | HUSH | LISTEN),
        [TEDDY_EV_PRESS_VAIN] = GO(HOME, DROP_TURN | HUSH | SAY_VAIN),
        [TEDDY_EV_RELEASE]    = STAY(SPEAKING),
        [TEDDY_EV_TAP]        = STAY(SPEAKING),
        [TEDDY_EV_REPEAT]     = STAY(SPEAKING),
        [TEDDY_EV_FULL]       = STAY(SPEAKING),
        [TEDDY_EV_REPLY]      = STAY(SPEAKING),
        [TEDDY_EV_FINISHED]   = GO(HOME, DROP_TURN),
        [TEDDY_EV_LATE]       = STAY(SPEAKING),
        [TEDDY_EV_FAILED]     = DO(SPEAKING, PLAY_OUT), /* what is safe already is heard */
        [TEDDY_EV_ABORT]      = GO(HOME, DROP_TURN | HUSH),
        [TEDDY_EV_SILENCE]    = GO(HOME, DROP_TURN | TELL_ABORT | HUSH),
    },
    [TEDDY_MUTED] = {
        NOTHING_OF_A_TURN(MUTED),
        [TEDDY_EV_SETTLE]     = GO(HOME, 0),
        [TEDDY_EV_PRESS]      = GO(LISTENING, HUSH | LISTEN), /* let speak again in this very step */
        [TEDDY_EV_PRESS_VAIN] = DO(MUTED, SAY_VAIN),
        [TEDDY_EV_REPEAT]     = STAY(MUTED),
        [TEDDY_EV_REPLY]      = DO(MUTED, HUSH),
        [TEDDY_EV_ABORT]      = DO(MUTED, HUSH),
        [TEDDY_EV_SILENCE]    = DO(MUTED, HUSH),
    },
    [TEDDY_ERROR] = {
        NOTHING_OF_A_TURN(ERROR),
        [TEDDY_EV_SETTLE]     = GO(HOME, 0),
        [TEDDY_EV_PRESS]      = GO(LISTENING, HUSH | LISTEN), /* it may work again */
        [TEDDY_EV_PRESS_VAIN] = DO(ERROR, SAY_VAIN),
        [TEDDY_EV_REPEAT]     = GO(SPEAKING, REPEAT),
        [TEDDY_EV_REPLY]      = GO(SPEAKING, 0),
        [TEDDY_EV_ABORT]      = DO(ERROR, HUSH),
        [TEDDY_EV_SILENCE]    = DO(ERROR, HUSH),
    },
};
/* clang-format on */

unsigned teddy_state_next(enum teddy_state *state, enum teddy_event event, enum teddy_state home)
{
    ROOST_ASSERT(*state < TEDDY_STATE_COUNT && event < TEDDY_EVENT_COUNT);
    ROOST_ASSERT(teddy_state_waits(home) && home != TEDDY_BOOTING);
    const struct cell *cell = &table[*state][event];
    *state = cell->next == TEDDY_HOME ? home : (enum teddy_state)cell->next;
    return cell->actions;
}

bool teddy_state_waits(enum teddy_state state)
{
    return state != TEDDY_LISTENING && state != TEDDY_THINKING && state != TEDDY_SPEAKING;
}

const char *teddy_state_name(enum teddy_state state)
{
    return state < TEDDY_STATE_COUNT ? state_names[state] : "unknown";
}

const char *teddy_event_name(enum teddy_event event)
{
    return event < TEDDY_EVENT_COUNT ? event_names[event] : "unknown";
}
