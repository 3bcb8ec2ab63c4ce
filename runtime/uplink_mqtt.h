/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The uplink over MQTT: status, last will, commands and answers on device/{id}/..., and whatever
 * topics the product has. Depends on port/port.h, proto/fleet/topic.h, runtime/uplink.h.
 *
 *     roost_uplink_mqtt_init(&lamp->mqtt, port, &broker, device_id, control_topics, 1);
 *     config.uplink = roost_uplink_mqtt(&lamp->mqtt);
 *     roost_uplink_mqtt_publish(&lamp->mqtt, &lamp_topics[LAMP_TOPIC_STATE], text, len, true);
 */
#ifndef ROOST_RUNTIME_UPLINK_MQTT_H
#define ROOST_RUNTIME_UPLINK_MQTT_H

#include "port/port.h"
#include "proto/fleet/topic.h"
#include "runtime/uplink.h"

struct roost_uplink_mqtt {
    const struct roost_mqtt *mqtt;
    struct roost_mqtt_options broker;
    const char *device_id;
    const struct roost_topic *topics; /* the product's, to subscribe to */
    size_t topic_count;
    char will_topic[ROOST_TOPIC_MAX + 1];
};

/* Client id and last will are filled in. All is borrowed for good. Returns 0,
 * ROOST_ERR_UNSUPPORTED without MQTT in the port, or what is wrong with the id. */
int roost_uplink_mqtt_init(struct roost_uplink_mqtt *uplink, const struct roost_port *port,
                           const struct roost_mqtt_options *broker, const char *device_id,
                           const struct roost_topic *topics, size_t topic_count);

struct roost_uplink roost_uplink_mqtt(struct roost_uplink_mqtt *uplink);

/* QoS 1 on a topic of this device; returns what the port's publish returns. */
int roost_uplink_mqtt_publish(struct roost_uplink_mqtt *uplink, const struct roost_topic *topic,
                              const void *payload, size_t len, bool retain);

#endif
