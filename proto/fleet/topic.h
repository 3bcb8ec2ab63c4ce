/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MQTT topics that carry a device's id (PROTOCOLS 4), and those that every device has. A product
 * has a table of its own beside its payloads. Pure. Depends on core/err.h.
 *
 *     n = roost_topic_write(topic, sizeof topic, &roost_fleet_topics[ROOST_TOPIC_STATUS], id);
 *     kind = roost_topic_find(roost_fleet_topics, ROOST_FLEET_TOPIC_COUNT, text, len, id);
 */
#ifndef ROOST_PROTO_FLEET_TOPIC_H
#define ROOST_PROTO_FLEET_TOPIC_H

#include <stddef.h>

enum { ROOST_DEVICE_ID_MAX = 64, ROOST_TOPIC_MAX = 112 }; /* bytes without the NUL */

/* One kind of topic is prefix, device id, suffix; `name` is what logs and metrics call it. */
struct roost_topic {
    const char *prefix, *suffix, *name;
};

enum roost_fleet_topic {
    ROOST_TOPIC_STATUS,  /* device/{id}/status, retained   device -> all, last will */
    ROOST_TOPIC_COMMAND, /* device/{id}/command            hub -> device */
    ROOST_TOPIC_ANSWER,  /* device/{id}/answer             device -> hub */
    ROOST_FLEET_TOPIC_COUNT
};

extern const struct roost_topic roost_fleet_topics[ROOST_FLEET_TOPIC_COUNT];

/* A device id is 1 to 64 of [A-Za-z0-9_.:-], and neither "." nor "..". Returns 0, ROOST_ERR_INVALID
 * or ROOST_ERR_TOO_LONG. */
int roost_device_id_check(const char *id, size_t len);

/* Which of the topics `text` is, and of which device. Returns its index, ROOST_ERR_NOT_FOUND (none
 * of them), or what roost_device_id_check says. */
int roost_topic_find(const struct roost_topic *topics, size_t count, const char *text, size_t len,
                     char device_id[ROOST_DEVICE_ID_MAX + 1]);

/* device_id "+" makes the subscription filter. NUL-terminates. Returns the length,
 * ROOST_ERR_TOO_LONG, or what roost_device_id_check says. */
int roost_topic_write(char *out, size_t size, const struct roost_topic *topic,
                      const char *device_id);

#endif
