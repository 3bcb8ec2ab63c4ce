/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/lights.h"

#include "core/assert.h"

enum led { OFF, ON, SLOW, FAST };

/* clang-format off */
#define STEADY(r, g, b)      {ROOST_LIGHT_STEADY, (r), (g), (b), 0}
#define BLINK(r, g, b, ms)   {ROOST_LIGHT_BLINK, (r), (g), (b), (ms)}
#define BREATHE(r, g, b, ms) {ROOST_LIGHT_BREATHE, (r), (g), (b), (ms)}

/* Green: come; blue or yellow: busy; red: not here. What moves waits, or works. */
static const struct {
    struct roost_light_pattern pattern;
    uint8_t led[CHARGER_LED_COUNT];
} table[CHARGER_LIGHT_COUNT] = {
    /*                            light                       red   yellow green */
    [CHARGER_LIGHT_AVAILABLE]   = {STEADY(0, 255, 0),         {OFF,  OFF,  ON}},
    [CHARGER_LIGHT_PREPARING]   = {BLINK(0, 255, 0, 1000),    {OFF,  OFF,  SLOW}},
    [CHARGER_LIGHT_CHARGING]    = {BREATHE(0, 0, 255, 3000),  {OFF,  ON,   OFF}},
    [CHARGER_LIGHT_FINISHING]   = {STEADY(0, 0, 255),         {OFF,  SLOW, OFF}},
    [CHARGER_LIGHT_RESERVED]    = {STEADY(255, 160, 0),       {OFF,  ON,   ON}},
    [CHARGER_LIGHT_UNAVAILABLE] = {STEADY(255, 0, 0),         {ON,   OFF,  OFF}},
    [CHARGER_LIGHT_FAULTED]     = {BLINK(255, 0, 0, 500),     {FAST, OFF,  OFF}},
    [CHARGER_LIGHT_OFFLINE]     = {BREATHE(0, 255, 0, 4000),  {OFF,  SLOW, ON}},
};
/* clang-format on */

static const char *const names[CHARGER_LIGHT_COUNT] = {
#define X(name, text) [CHARGER_LIGHT_##name] = (text),
    CHARGER_LIGHT_LIST(X)
#undef X
};

const struct roost_light_pattern *charger_light_pattern(enum charger_light what)
{
    ROOST_ASSERT(what < CHARGER_LIGHT_COUNT);
    return &table[what].pattern;
}

const char *charger_light_name(enum charger_light what)
{
    return what < CHARGER_LIGHT_COUNT ? names[what] : "unknown";
}

/* 0: it does not blink. */
static uint32_t half_ms(enum led led)
{
    return led == SLOW ? CHARGER_LED_BLINK_MS : led == FAST ? CHARGER_LED_BLINK_MS / 2 : 0;
}

bool charger_light_led(enum charger_light what, enum charger_led led, uint64_t after_ms)
{
    ROOST_ASSERT(what < CHARGER_LIGHT_COUNT && led < CHARGER_LED_COUNT);
    enum led is = (enum led)table[what].led[led];

    return is == ON || (half_ms(is) > 0 && after_ms / half_ms(is) % 2 == 0);
}

void charger_lights_init(struct charger_lights *lights, const struct charger_lights_config *config)
{
    *lights = (struct charger_lights){.config = *config, .shown = CHARGER_LIGHT_COUNT};
}

/* Writes all three. Returns after how long one is another. */
static uint32_t show_leds(struct charger_lights *lights, uint64_t after_ms)
{
    const struct roost_gpio *gpio = lights->config.gpio;
    uint32_t wait_ms = 0;

    for (unsigned i = 0; i < CHARGER_LED_COUNT; i++) {
        uint32_t half = half_ms((enum led)table[lights->shown].led[i]);
        bool lit = charger_light_led(lights->shown, (enum charger_led)i, after_ms);

        lights->failed += gpio->ops->write(gpio->ctx, lights->config.line[i], lit) != 0;
        if (half > 0) /* no two of a row blink at different speeds */
            wait_ms = half - (uint32_t)(after_ms % half);
    }
    return wait_ms;
}

uint32_t charger_lights_show(struct charger_lights *lights, enum charger_light what,
                             uint64_t now_ms)
{
    const struct roost_light *light = lights->config.light;

    ROOST_ASSERT(what < CHARGER_LIGHT_COUNT);
    if (lights->shown != what) {
        lights->shown = what;
        lights->since_ms = now_ms;
        lights->light_shows = false;
    }
    if (light && !lights->light_shows) { /* again would begin its pattern anew */
        lights->light_shows = light->ops->show(light->ctx, &table[what].pattern) == 0;
        lights->failed += !lights->light_shows;
    }
    return lights->config.gpio ? show_leds(lights, now_ms - lights->since_ms) : 0;
}
