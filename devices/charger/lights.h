/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a connector shows: one of a few things that somebody in front of it wants to know, on a
 * light of the port that shows patterns by itself, or on three plain LEDs (red, yellow, green) on
 * gpio lines, or on both. Which of them blinks how is one table. Depends on core/, port/port.h.
 *
 *     charger_lights_init(&lights, &config);
 *     wait_ms = charger_lights_show(&lights, CHARGER_LIGHT_CHARGING, now_ms);
 *
 * It is called whenever what is shown changes, and with plain LEDs again after wait_ms, when one
 * blinks.
 */
#ifndef ROOST_DEVICES_CHARGER_LIGHTS_H
#define ROOST_DEVICES_CHARGER_LIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#include "port/port.h"

#define CHARGER_LIGHT_LIST(X)                                                                      \
    X(AVAILABLE, "available")                                                                      \
    X(PREPARING, "preparing") /* authorised or plugged in, the other is waited for */              \
    X(CHARGING, "charging")                                                                        \
    X(FINISHING, "finishing") /* over: unplug */                                                   \
    X(RESERVED, "reserved")                                                                        \
    X(UNAVAILABLE, "unavailable") /* taken out of service */                                       \
    X(FAULTED, "faulted")                                                                          \
    X(OFFLINE, "offline") /* available, and no central system is reached */

enum charger_light {
#define X(name, text) CHARGER_LIGHT_##name,
    CHARGER_LIGHT_LIST(X)
#undef X
        CHARGER_LIGHT_COUNT
};

enum charger_led { CHARGER_LED_RED, CHARGER_LED_YELLOW, CHARGER_LED_GREEN, CHARGER_LED_COUNT };

enum { CHARGER_LED_BLINK_MS = 500 }; /* on, and as long off; what is urgent twice as fast */

struct charger_lights_config {
    const struct roost_light *light; /* NULL: none */
    const struct roost_gpio *gpio;   /* of the LEDs; NULL: none */
    uint8_t line[CHARGER_LED_COUNT]; /* the port's */
};

struct charger_lights {
    struct charger_lights_config config;
    enum charger_light shown; /* COUNT: nothing yet */
    uint64_t since_ms;
    bool light_shows; /* it took the pattern */
    uint32_t failed;  /* calls of the port that did */
};

/* The configuration is copied, what it points to is borrowed for good. */
void charger_lights_init(struct charger_lights *lights, const struct charger_lights_config *config);

/* Returns after how many ms it wants to be called again, 0: not before something changes. A port
 * that fails is asked again at the next call. */
uint32_t charger_lights_show(struct charger_lights *lights, enum charger_light what,
                             uint64_t now_ms);

/* The table, for tests and for displays. */
const struct roost_light_pattern *charger_light_pattern(enum charger_light what);
/* Whether the LED is lit so long after the beginning. */
bool charger_light_led(enum charger_light what, enum charger_led led, uint64_t after_ms);
const char *charger_light_name(enum charger_light what); /* "available"; "unknown" */

#endif
