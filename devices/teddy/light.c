/* SPDX-License-Identifier: Apache-2.0 */
/* A pattern for each state, and for a while for what went wrong. It is shown when it changes, so
 * that it breathes evenly through everything that changes nothing. */
#include <string.h>

#include "core/err.h"
#include "devices/teddy/parts.h"

#define PATTERN(kind, r, g, b, ms)                                                                 \
    {                                                                                              \
        .shape = ROOST_LIGHT_##kind, .red = (r), .green = (g), .blue = (b), .period_ms = (ms)      \
    }

static const struct roost_light_pattern of_state[TEDDY_STATE_COUNT] = {
    [TEDDY_BOOTING] = PATTERN(BLINK, 255, 255, 255, 500),
    [TEDDY_UNPROVISIONED] = PATTERN(BLINK, 255, 160, 0, 2000),
    [TEDDY_CONNECTING] = PATTERN(BREATHE, 0, 80, 255, 2000),
    [TEDDY_READY] = PATTERN(STEADY, 0, 60, 10, 0),
    [TEDDY_LISTENING] = PATTERN(STEADY, 0, 255, 40, 0),
    [TEDDY_THINKING] = PATTERN(BREATHE, 160, 120, 255, 1200),
    [TEDDY_SPEAKING] = PATTERN(BREATHE, 0, 200, 255, 2400),
    [TEDDY_MUTED] = PATTERN(STEADY, 120, 0, 0, 0),
    [TEDDY_ERROR] = PATTERN(BLINK, 255, 0, 0, 1500),
};

static const struct roost_light_pattern of_notice[TEDDY_NOTICE_COUNT] = {
    [TEDDY_NOTICE_TROUBLE] = PATTERN(BLINK, 255, 60, 0, 400),
    [TEDDY_NOTICE_PARENT] = PATTERN(BLINK, 255, 160, 0, 1000),
    [TEDDY_NOTICE_REST] = PATTERN(BREATHE, 60, 0, 120, 5000),
    [TEDDY_NOTICE_BUSY] = PATTERN(BLINK, 120, 80, 255, 800),
};

static uint8_t dimmed(uint8_t value, uint32_t percent)
{
    return (uint8_t)((value * percent + 99) / 100);
}

void teddy_show(struct roost_teddy *teddy)
{
    const struct roost_light *light = &teddy->device.port->light;
    uint32_t percent = roost_device_u32(&teddy->device, TEDDY_SET_BRIGHTNESS);
    bool notice = teddy->notice != TEDDY_NOTICE_NONE && teddy_state_waits(teddy->state);
    struct roost_light_pattern pattern = notice ? of_notice[teddy->notice] : of_state[teddy->state];

    if (!light->ops)
        return;
    if (teddy->device.life == ROOST_LIFE_OVER)
        pattern = (struct roost_light_pattern){.shape = ROOST_LIGHT_OFF};
    pattern.red = dimmed(pattern.red, percent);
    pattern.green = dimmed(pattern.green, percent);
    pattern.blue = dimmed(pattern.blue, percent);
    if (teddy->has_shown && memcmp(&pattern, &teddy->shown, sizeof pattern) == 0)
        return;
    teddy->light_fault = light->ops->show(light->ctx, &pattern) < 0;
    teddy->shown = pattern;
    teddy->has_shown = !teddy->light_fault; /* again in the next step */
}
