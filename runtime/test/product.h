/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least product, for the tests of the runtime: a bell. It rings when its button is pressed
 * (ROOST_EV_GPIO), by command and by its timer; each ring is a record of its outbox. A setting of
 * each type, one fault, one command, one topic it takes and two it speaks on. With `over_ws` it
 * speaks a protocol of its own instead, without acknowledgements and without an outbox: one word,
 * then the JSON ("online {...}"); what it is sent is a command. What happened to it is kept, and
 * what a test may want to bend is a plain member.
 *
 *     product_init(&product, &fake.port, &(struct product_config){.id = "bell-1", ...});
 *     fake_attach(&fake, &(struct fake_device){&product, product_step, product_post, "bell-1"});
 */
#ifndef ROOST_RUNTIME_TEST_PRODUCT_H
#define ROOST_RUNTIME_TEST_PRODUCT_H

#include "runtime/device.h"
#include "runtime/uplink_mqtt.h"

enum product_setting {
    PRODUCT_SET_INTERVAL = ROOST_SETTING_COUNT, /* ms from one ring by itself to the next */
    PRODUCT_SET_VOLUME,                         /* thousandths */
    PRODUCT_SET_NIGHT,                          /* it does not ring by itself */
    PRODUCT_SET_COUNT
};

enum product_timer { PRODUCT_TIMER_RING = ROOST_TIMER_COUNT, PRODUCT_TIMER_COUNT };

enum { PRODUCT_FAULT_STUCK = ROOST_FAULT_COUNT };

enum product_topic {
    PRODUCT_TOPIC_TUNE,  /* bell/{id}/tune            to it */
    PRODUCT_TOPIC_RING,  /* bell/{id}/ring            a record */
    PRODUCT_TOPIC_STATE, /* bell/{id}/state, retained */
    PRODUCT_TOPIC_COUNT
};

extern const struct roost_topic product_topics[PRODUCT_TOPIC_COUNT];

enum { PRODUCT_HAPPENED = 64, PRODUCT_RING_BYTES = 4 };

struct product_config {
    const char *id, *version;
    const struct roost_ota_config *update;
    bool over_ws;
};

struct product {
    struct roost_device device; /* first: runtime/device.h */
    struct roost_uplink_mqtt mqtt;
    struct roost_outbox outbox;
    union roost_setting_value values[PRODUCT_SET_COUNT];
    struct roost_timer timer[PRODUCT_TIMER_COUNT];
    bool over_ws;
    char said[ROOST_ANSWER_MAX + 16]; /* over WebSocket: word and JSON */

    /* what it says when it is asked */
    uint64_t due_ms; /* ROOST_NEVER at first */
    bool busy, stuck;
    const char *missing;
    int greeting_error; /* answered by its own uplink when it was opened */

    /* what became of it */
    struct roost_what happened[PRODUCT_HAPPENED]; /* the last so many; without their data */
    int happenings;
    char tune[32]; /* taken last */
    uint32_t rings, tunes;
    bool state_dirty;
    int reports, reports_of_faults;
};

/* What roost_device_init returns, or the uplink's init. */
int product_init(struct product *product, const struct roost_port *port,
                 const struct product_config *config);

/* As struct fake_device wants them. */
uint64_t product_step(void *product);
int product_post(void *product, const struct roost_event *event);

#endif
