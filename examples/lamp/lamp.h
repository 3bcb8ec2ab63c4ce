/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lamp: a relay, and a push button beside it. It is switched by hand, by the commands `on` and
 * `off`, and off by itself after a time that is its one setting. The least product there is: what
 * it does not say here, the runtime does. Its state is a counter of its health, "lit".
 * docs/your-product.md builds it step by step. Depends on runtime/, port/port.h.
 */
#ifndef ROOST_EXAMPLES_LAMP_LAMP_H
#define ROOST_EXAMPLES_LAMP_LAMP_H

#include "runtime/device.h"
#include "runtime/uplink_mqtt.h"

enum lamp_line { LAMP_LINE_RELAY, LAMP_LINE_BUTTON }; /* of the port's gpio */

enum lamp_setting {
    LAMP_SET_OFF_AFTER = ROOST_SETTING_COUNT, /* minutes until it goes off; 0: it stays on */
    LAMP_SET_COUNT
};

enum lamp_timer { LAMP_TIMER_OFF = ROOST_TIMER_COUNT, LAMP_TIMER_STUCK, LAMP_TIMER_COUNT };

struct lamp {
    struct roost_device device; /* first: runtime/device.h */
    struct roost_uplink_mqtt mqtt;
    union roost_setting_value values[LAMP_SET_COUNT];
    struct roost_timer timer[LAMP_TIMER_COUNT];
    uint32_t lit;        /* 1: wanted on */
    uint64_t lit_ms;     /* when it was switched on */
    uint64_t pressed_ms; /* the last press that counted */
    bool driven, stuck;  /* what the relay was told; the button does not come back */
};

/* The broker's strings are borrowed. Returns 0, or what it could not run with: see
 * roost_device_init; ROOST_ERR_RANGE without the two lines. */
int lamp_init(struct lamp *lamp, const struct roost_port *port, const char *device_id,
              const char *version, const struct roost_mqtt_options *broker,
              const struct roost_ota_config *update);

uint64_t lamp_step(struct lamp *lamp); /* the port's sink is roost_device_post */

#endif
