/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the load generator has to know of a product: how a device is made, what it measures, and
 * which of its messages are what. A row of load_products; a product is one file that exports its
 * row. Depends on load.h.
 */
#ifndef ROOST_APPS_ROOST_LOAD_PRODUCT_H
#define ROOST_APPS_ROOST_LOAD_PRODUCT_H

#include "apps/roost-load/load.h"
#include "host/options.h"
#include "world/time.h"

enum { LOAD_CHANGES_MAX = 8, LOAD_SETTINGS_MAX = 64 /* of a product */ };

struct load_change {
    unsigned setting;
    int64_t value;
    const char *text; /* of one that is a text; NULL: the value */
};

struct load_product {
    const char *name, *plural; /* "window", "windows" */
    const struct roost_device_spec *spec;
    bool no_broker; /* it speaks no MQTT: there are no options of a login */
    /* Flash of its board; 0: a little for settings, no ledger. */
    uint32_t kv_bytes, ledger_sectors;

    /* Settings of its own, behind a struct load_settings; offsets in the whole. */
    const struct option_spec *options;
    size_t option_count, settings_bytes;

    /* Kinds of messages as the report names them; the last one is all others. */
    const char *kinds[LOAD_KINDS_MAX];
    unsigned kind_count;
    unsigned measurements;               /* bit set of the kinds that carry one */
    unsigned (*kind)(const char *topic); /* NULL: the last */
    /* Whether a message to the device answers a measurement; and what the report calls those, and
     * the time to them. NULL: nothing does. */
    bool (*is_answer)(const char *topic);
    const char *answers, *answer_ms;

    /* Its object: begins with a struct load_device, has the product's device at an offset, and as
     * much memory behind it as it says. */
    size_t (*size)(const struct load_settings *settings);
    size_t device;

    /* Makes its world on the board's port. */
    int (*attach)(struct load_device *device, const struct world_time *time);
    /* What its settings are to be, at most LOAD_CHANGES_MAX; NULL: as they are. Returns how many.
     */
    size_t (*changes)(const struct load_settings *settings, struct load_change *changes);
    /* Its init on device->port, in which it may put a layer that asks load_device_may_measure. */
    int (*init)(struct load_device *device, const struct roost_mqtt_options *broker);
    uint64_t (*step)(struct load_device *device);
    /* The port's sink, where its messages are measured that are none of MQTT's; NULL: the
     * runtime's. */
    int (*post)(struct load_device *device, const struct roost_event *event);
    /* An event is a measurement that was taken; NULL: it takes none. */
    bool (*is_measurement)(const struct roost_event *event);
    /* Nothing that was measured waits for its acknowledgement. */
    bool (*is_delivered)(const struct load_device *device);
};

extern const struct load_product load_window, load_teddy, load_charger;

extern const struct load_product *const load_products[];
extern const size_t load_product_count;

/* False once it has measured as often as it was asked to. */
bool load_device_may_measure(const struct load_device *device);

#endif
