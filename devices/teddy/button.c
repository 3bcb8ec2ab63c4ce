/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/teddy/button.h"

#include "core/timer.h"

void teddy_button_init(struct teddy_button *button, bool active, uint64_t now_ms)
{
    *button = (struct teddy_button){.down = active, .spoilt = true, .pressed_ms = now_ms};
}

static enum teddy_happened press(struct teddy_button *button, uint64_t now_ms)
{
    button->second = button->tapped && !button->spoilt;
    button->tapped = button->spoilt = false;
    button->pressed_ms = now_ms;
    return TEDDY_BUTTON_PRESS;
}

static enum teddy_happened release(struct teddy_button *button, uint64_t now_ms)
{
    if (now_ms - button->pressed_ms >= TEDDY_TAP_MS)
        return TEDDY_BUTTON_RELEASE;
    if (button->second && !button->spoilt)
        return TEDDY_BUTTON_DOUBLE;
    button->tapped = true;
    button->tapped_ms = now_ms;
    return TEDDY_BUTTON_TAP;
}

enum teddy_happened teddy_button_edge(struct teddy_button *button, bool active, uint64_t now_ms)
{
    if (active == button->down || (button->settling && now_ms < button->settled_ms))
        return TEDDY_BUTTON_NOTHING; /* due reads what became of it */
    button->down = active;
    button->settling = true;
    button->settled_ms = now_ms + TEDDY_DEBOUNCE_MS;
    return active ? press(button, now_ms) : release(button, now_ms);
}

enum teddy_happened teddy_button_due(struct teddy_button *button, bool active, uint64_t now_ms)
{
    if (button->settling) {
        if (now_ms < button->settled_ms)
            return TEDDY_BUTTON_NOTHING;
        button->settling = false;
        if (active != button->down)
            return teddy_button_edge(button, active, now_ms);
    }
    if (!button->tapped || button->down || now_ms - button->tapped_ms < TEDDY_DOUBLE_MS)
        return TEDDY_BUTTON_NOTHING;
    button->tapped = false;
    return button->spoilt ? TEDDY_BUTTON_NOTHING : TEDDY_BUTTON_SINGLE;
}

uint64_t teddy_button_next(const struct teddy_button *button)
{
    if (button->settling)
        return button->settled_ms;
    return button->tapped && !button->down ? button->tapped_ms + TEDDY_DOUBLE_MS : ROOST_NEVER;
}

void teddy_button_spoil(struct teddy_button *button)
{
    button->spoilt = true;
}
