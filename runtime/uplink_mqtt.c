/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/uplink_mqtt.h"

#include "core/assert.h"
#include "core/err.h"
#include "proto/fleet/status.h"

int roost_uplink_mqtt_init(struct roost_uplink_mqtt *uplink, const struct roost_port *port,
                           const struct roost_mqtt_options *broker, const char *device_id,
                           const struct roost_topic *topics, size_t topic_count)
{
    if (!port->mqtt.ops)
        return ROOST_ERR_UNSUPPORTED;
    *uplink = (struct roost_uplink_mqtt){.mqtt = &port->mqtt,
                                         .broker = *broker,
                                         .device_id = device_id,
                                         .topics = topics,
                                         .topic_count = topic_count};
    int err = roost_topic_write(uplink->will_topic, sizeof uplink->will_topic,
                                &roost_fleet_topics[ROOST_TOPIC_STATUS], device_id);
    if (err < 0)
        return err;
    uplink->broker.client_id = device_id;
    uplink->broker.will_topic = uplink->will_topic;
    uplink->broker.will_payload = ROOST_STATUS_OFFLINE;
    return 0;
}

static int mqtt_open(void *ctx)
{
    struct roost_uplink_mqtt *uplink = ctx;

    return uplink->mqtt->ops->open(uplink->mqtt->ctx, &uplink->broker);
}

static int subscribe(struct roost_uplink_mqtt *uplink, const struct roost_topic *topic)
{
    char text[ROOST_TOPIC_MAX + 1];
    int err = roost_topic_write(text, sizeof text, topic, uplink->device_id);

    ROOST_ASSERT(err > 0); /* the device id was checked at init */
    return uplink->mqtt->ops->subscribe(uplink->mqtt->ctx, text);
}

static int mqtt_opened(void *ctx)
{
    struct roost_uplink_mqtt *uplink = ctx;
    int err = 0;

    for (size_t i = 0; err >= 0 && i < uplink->topic_count; i++)
        err = subscribe(uplink, &uplink->topics[i]);
    return err < 0 ? err : subscribe(uplink, &roost_fleet_topics[ROOST_TOPIC_COMMAND]);
}

static void mqtt_close(void *ctx)
{
    struct roost_uplink_mqtt *uplink = ctx;

    (void)uplink->mqtt->ops->close(uplink->mqtt->ctx);
}

static int mqtt_report(void *ctx, enum roost_report what, const char *text, size_t len)
{
    bool answer = what == ROOST_REPORT_ANSWER;

    return roost_uplink_mqtt_publish(
        ctx, &roost_fleet_topics[answer ? ROOST_TOPIC_ANSWER : ROOST_TOPIC_STATUS], text, len,
        !answer);
}

struct roost_uplink roost_uplink_mqtt(struct roost_uplink_mqtt *uplink)
{
    static const struct roost_uplink_ops ops = {
        .open = mqtt_open, .opened = mqtt_opened, .close = mqtt_close, .report = mqtt_report};

    return (struct roost_uplink){.ops = &ops, .ctx = uplink};
}

int roost_uplink_mqtt_publish(struct roost_uplink_mqtt *uplink, const struct roost_topic *topic,
                              const void *payload, size_t len, bool retain)
{
    char text[ROOST_TOPIC_MAX + 1];
    int err = roost_topic_write(text, sizeof text, topic, uplink->device_id);

    ROOST_ASSERT(err > 0); /* the device id was checked at init */
    return uplink->mqtt->ops->publish(uplink->mqtt->ctx, text, payload, len, 1, retain);
}
