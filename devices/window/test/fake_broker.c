/* SPDX-License-Identifier: Apache-2.0 */
/* A broker that takes, acknowledges and keeps what the window says. */
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "devices/window/test/fake_parts.h"
#include "proto/climate/payload.h"

static void acknowledge(struct fake_port *fake, int token)
{
    fake->unacked--;
    for (int i = fake->reading_count - 1; i >= 0; i--)
        fake->readings[i].acked |= fake->readings[i].token == token;
}

/* The connection is gone, and with it what the broker may or may not have received. */
void fake_forget_unacked(struct fake_port *fake)
{
    int kept = 0;

    for (int i = 0; i < fake->reading_count; i++)
        if (fake->readings[i].acked || !fake->lossy)
            fake->readings[kept++] = fake->readings[i];
    fake->reading_count = kept;
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
    if (event->type == ROOST_EV_MQTT_ACKED)
        acknowledge(fake, (int)event->token);
}

static int mqtt_open(void *ctx, const struct roost_mqtt_options *options)
{
    struct fake_port *fake = ctx;

    ROOST_ASSERT(options->client_id != NULL);
    ROOST_ASSERT(options->will_topic != NULL);
    ROOST_ASSERT(strcmp(options->will_payload, "{\"online\":false}") == 0);
    if (fake->open || fake->opening)
        return ROOST_ERR_BUSY;
    fake->opens++;
    fake->opening = true;
    struct roost_event event = {.type =
                                    fake->broker_up ? ROOST_EV_MQTT_OPENED : ROOST_EV_MQTT_CLOSED,
                                .status = fake->broker_up ? 0 : ROOST_ERR_REFUSED};
    fake_later(fake, 30, event);
    return 0;
}

static void keep_reading(struct fake_port *fake, unsigned kind, const char *payload, size_t len,
                         int token)
{
    struct roost_reading reading;

    ROOST_ASSERT(roost_reading_parse(&reading, (enum climate_topic)kind, payload, len) == 0);
    ROOST_ASSERT(fake->reading_count < FAKE_READINGS);
    fake->readings[fake->reading_count++] = (struct fake_reading){
        .kind = kind,
        .unix_ms = reading.unix_ms,
        .seq = reading.seq,
        .value_milli = (int32_t)(reading.value * 1000.0 + (reading.value < 0 ? -0.5 : 0.5)),
        .token = token,
    };
}

static unsigned kind_of(const struct fake_port *fake, const char *text)
{
    char device_id[ROOST_DEVICE_ID_MAX + 1];
    int kind = roost_topic_find(climate_topics, CLIMATE_TOPIC_COUNT, text, strlen(text), device_id);

    if (kind < 0) {
        kind = roost_topic_find(roost_fleet_topics, ROOST_FLEET_TOPIC_COUNT, text, strlen(text),
                                device_id);
        ROOST_ASSERT(kind >= 0);
        kind += CLIMATE_TOPIC_COUNT;
    }
    ROOST_ASSERT(!fake->window || strcmp(device_id, fake->window->device.id) == 0);
    return (unsigned)kind;
}

static int mqtt_publish(void *ctx, const char *text, const void *payload, size_t len, int qos,
                        bool retain)
{
    struct fake_port *fake = ctx;
    unsigned kind;

    if (!fake->open || !fake->power)
        return ROOST_ERR_CLOSED;
    if (fake->publish_error < 0)
        return fake->publish_error;
    if (fake->unacked >= fake->room)
        return ROOST_ERR_FULL;
    ROOST_ASSERT(qos == 1);
    kind = kind_of(fake, text);
    int token = ++fake->next_token;
    fake->publishes++;
    fake->count[kind]++;
    fake->retained[kind] = retain;
    if (kind == CLIMATE_TOPIC_AUDIO) {
        if (fake->on_audio)
            fake->on_audio(fake->audio_ctx, payload, len);
    } else {
        ROOST_ASSERT(len <= ROOST_ANSWER_MAX);
        memcpy(fake->last[kind], payload, len);
        fake->last[kind][len] = '\0';
    }
    if (kind == CLIMATE_TOPIC_TEMPERATURE || kind == CLIMATE_TOPIC_HUMIDITY)
        keep_reading(fake, kind, payload, len, token);
    fake->unacked++;
    if (fake->acks)
        fake_later(fake, fake->ack_delay_ms,
                   (struct roost_event){.type = ROOST_EV_MQTT_ACKED, .token = (uint64_t)token});
    return token;
}

static int mqtt_subscribe(void *ctx, const char *topic)
{
    struct fake_port *fake = ctx;

    (void)topic;
    if (!fake->open)
        return ROOST_ERR_CLOSED;
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
    fake_later(fake, 0, (struct roost_event){.type = ROOST_EV_MQTT_CLOSED, .status = status});
}

static int mqtt_close(void *ctx)
{
    close_with(ctx, 0);
    return 0;
}

void fake_disconnect(struct fake_port *fake)
{
    close_with(fake, ROOST_ERR_IO);
}

int fake_deliver(struct fake_port *fake, unsigned kind, const char *payload)
{
    char topic[ROOST_TOPIC_MAX + 1];
    struct roost_event event = {
        .type = ROOST_EV_MQTT_MESSAGE, .topic = topic, .data = payload, .len = strlen(payload)};

    const struct roost_topic *form = kind < CLIMATE_TOPIC_COUNT
                                         ? &climate_topics[kind]
                                         : &roost_fleet_topics[kind - CLIMATE_TOPIC_COUNT];
    ROOST_ASSERT(roost_topic_write(topic, sizeof topic, form, fake->window->device.id) > 0);
    return roost_window_post(fake->window, &event);
}

const struct roost_mqtt_ops fake_mqtt_ops = {
    .open = mqtt_open, .publish = mqtt_publish, .subscribe = mqtt_subscribe, .close = mqtt_close};
