/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A contact becomes presses. An edge counts at once, so that no word is lost; for a while after it
 * the contact may bounce and is not believed, then it is read again: a press shorter than that is
 * still a press. Held for less than TEDDY_TAP_MS it was a tap; two taps close together are a double
 * one. Pure. Depends on core/timer.h.
 *
 *     happened = teddy_button_edge(&button, active, now_ms);       // ROOST_EV_GPIO
 *     happened = teddy_button_due(&button, read(line), now_ms);    // at teddy_button_next()
 */
#ifndef ROOST_DEVICES_TEDDY_BUTTON_H
#define ROOST_DEVICES_TEDDY_BUTTON_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TEDDY_DEBOUNCE_MS = 25,
    TEDDY_TAP_MS = 250,    /* nobody says anything in so little time */
    TEDDY_DOUBLE_MS = 400, /* from the first release to the second press */
    TEDDY_STUCK_MS = 60000 /* held for so long it hangs */
};

enum teddy_happened {
    TEDDY_BUTTON_NOTHING,
    TEDDY_BUTTON_PRESS,
    TEDDY_BUTTON_RELEASE, /* of a press that was longer than a tap */
    TEDDY_BUTTON_TAP,     /* released; a second one may follow */
    TEDDY_BUTTON_DOUBLE,  /* the second tap was released */
    TEDDY_BUTTON_SINGLE   /* no second tap followed */
};

struct teddy_button {
    bool down;
    bool settling; /* an edge was taken: not believed until settled_ms */
    bool tapped;   /* the last press was a tap, at tapped_ms */
    bool second;   /* this press began close behind a tap */
    bool spoilt;   /* this press did something else already: no part of a double one */
    uint64_t pressed_ms, settled_ms, tapped_ms;
};

/* A button that is down already has to be let go first. */
void teddy_button_init(struct teddy_button *button, bool active, uint64_t now_ms);

/* Of two things that happen at one time, the second follows with the next call of due. */
enum teddy_happened teddy_button_edge(struct teddy_button *button, bool active, uint64_t now_ms);
enum teddy_happened teddy_button_due(struct teddy_button *button, bool active, uint64_t now_ms);

/* When to call due, or ROOST_NEVER. */
uint64_t teddy_button_next(const struct teddy_button *button);

/* The press that is down, or was tapped last, has had an effect of its own. */
void teddy_button_spoil(struct teddy_button *button);

static inline bool teddy_button_stuck(const struct teddy_button *button, uint64_t now_ms)
{
    return button->down && now_ms - button->pressed_ms >= TEDDY_STUCK_MS;
}

#endif
