/* SPDX-License-Identifier: Apache-2.0 */
/* A broker that takes, acknowledges and keeps what the device says. */
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "runtime/test/fake_parts.h"
#include "proto/fleet/status.h"
#include "runtime/device.h"

/* The connection is gone, and with it what the broker may or may not have received. */
void fake_forget_unacked(struct fake_port *fake)
{
    if (fake->hooks)
        fake->hooks->cut_off(fake->hooks_ctx);
    fake->unacked = 0;
}

void fake_settle_broker(struct fake_port *fake, struct roost_event *event)
{
    if (event->type == ROOST_EV_MQTT_OPENED) {
        fake->open = true;
        fake->opening = false;
    }
    if (event->type == ROOST_EV_MQTT_CLOSED)
        fake->opening = false;
    if (event->type != ROOST_EV_MQTT_ACKED)
        return;
    fake->unacked--;
    if (fake->hooks)
        fake->hooks->acked(fake->hooks_ctx, (int)event->token);
}

static int mqtt_open(void *ctx, const struct roost_mqtt_options *options)
{
    struct fake_port *fake = ctx;

    ROOST_ASSERT(options->client_id);
    ROOST_ASSERT(options->will_topic);
    ROOST_ASSERT(strcmp(options->will_payload, ROOST_STATUS_OFFLINE) == 0);
    if (fake->open_error < 0)
        return fake->open_error;
    if (fake->open || fake->opening)
        return ROOST_ERR_BUSY;
    fake->opens++;
    fake->opening = true;
    fake->options = options;
    fake->subscribed_count = 0;
    if (fake->broker_silent)
        return 0;
    struct roost_event event = {.type =
                                    fake->broker_up ? ROOST_EV_MQTT_OPENED : ROOST_EV_MQTT_CLOSED,
                                .status = fake->broker_up ? 0 : ROOST_ERR_REFUSED};
    fake_later(fake, 30, event);
    return 0;
}

/* One of every device's topics or of the product's, and of this device. */
static unsigned topic_of(const struct fake_port *fake, const char *text)
{
    char device_id[ROOST_DEVICE_ID_MAX + 1];
    int topic = roost_topic_find(roost_fleet_topics, FAKE_OWN, text, strlen(text), device_id);

    if (topic < 0) {
        topic = roost_topic_find(fake->topics, fake->topic_count, text, strlen(text), device_id);
        ROOST_ASSERT(topic >= 0 && topic < FAKE_TOPICS - FAKE_OWN);
        topic += FAKE_OWN;
    }
    ROOST_ASSERT(!fake->device.id || strcmp(device_id, fake->device.id) == 0);
    return (unsigned)topic;
}

static int mqtt_publish(void *ctx, const char *text, const void *payload, size_t len, int qos,
                        bool retain)
{
    struct fake_port *fake = ctx;
    unsigned topic;

    if (!fake->open || !fake->power)
        return ROOST_ERR_CLOSED;
    if (fake->publish_error < 0)
        return fake->publish_error;
    if (fake->unacked >= fake->room)
        return ROOST_ERR_FULL;
    ROOST_ASSERT(qos == 1);
    topic = topic_of(fake, text);
    int token = ++fake->next_token;
    fake->publishes++;
    fake->count[topic]++;
    fake->retained[topic] = retain;
    if (!fake->hooks || !fake->hooks->said(fake->hooks_ctx, topic, payload, len, token)) {
        ROOST_ASSERT(len <= ROOST_ANSWER_MAX);
        memcpy(fake->last[topic], payload, len);
        fake->last[topic][len] = '\0';
    }
    fake->unacked++;
    if (fake->acks)
        fake_later(fake, fake->ack_delay_ms,
                   (struct roost_event){.type = ROOST_EV_MQTT_ACKED, .token = (uint64_t)token});
    return token;
}

static int mqtt_subscribe(void *ctx, const char *topic)
{
    struct fake_port *fake = ctx;

    if (!fake->open)
        return ROOST_ERR_CLOSED;
    if (fake->subscribe_error < 0)
        return fake->subscribe_error;
    ROOST_ASSERT(fake->subscribed_count < FAKE_SUBSCRIPTIONS && strlen(topic) <= ROOST_TOPIC_MAX);
    memcpy(fake->subscribed[fake->subscribed_count++], topic, strlen(topic) + 1);
    fake->subscribes++;
    return 0;
}

static void close_with(struct fake_port *fake, int status)
{
    if (!fake->open && !fake->opening)
        return;
    fake->open = false;
    fake->opening = false;
    fake_forget_unacked(fake);
    fake_forget_pending(fake, ROOST_EV_MQTT_ACKED);
    fake_forget_pending(fake, ROOST_EV_MQTT_OPENED);
    fake_forget_pending(fake, ROOST_EV_MQTT_CLOSED);
    if (!fake->broker_silent)
        fake_later(fake, 0, (struct roost_event){.type = ROOST_EV_MQTT_CLOSED, .status = status});
}

static int mqtt_close(void *ctx)
{
    ((struct fake_port *)ctx)->closes++;
    close_with(ctx, 0);
    return 0;
}

void fake_disconnect(struct fake_port *fake)
{
    close_with(fake, ROOST_ERR_IO);
}

int fake_repeat(struct fake_port *fake, unsigned topic, const char *payload, bool retained)
{
    char text[ROOST_TOPIC_MAX + 1];
    struct roost_event event = {.type = ROOST_EV_MQTT_MESSAGE,
                                .topic = text,
                                .data = payload,
                                .len = strlen(payload),
                                .retained = retained};
    const struct roost_topic *form =
        topic < FAKE_OWN ? &roost_fleet_topics[topic] : &fake->topics[topic - FAKE_OWN];

    ROOST_ASSERT(topic < FAKE_OWN + fake->topic_count);
    ROOST_ASSERT(roost_topic_write(text, sizeof text, form, fake->device.id) > 0);
    return fake->device.post(fake->device.device, &event);
}

int fake_deliver(struct fake_port *fake, unsigned topic, const char *payload)
{
    struct roost_device *device = fake->device.device;

    if (topic == ROOST_TOPIC_COMMAND)
        device->known.taken = 0;
    return fake_repeat(fake, topic, payload, false);
}

const struct roost_mqtt_ops fake_mqtt_ops = {
    .open = mqtt_open, .publish = mqtt_publish, .subscribe = mqtt_subscribe, .close = mqtt_close};
