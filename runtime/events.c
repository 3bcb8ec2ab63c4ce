/* SPDX-License-Identifier: Apache-2.0 */
/* What comes in: the port's sink, the queue behind it, and what each event sets going. */
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "runtime/device_parts.h"

/* ---- the sink ---- */

/* Whether the message is on one of these topics, of this device. Returns the topic's index. */
static int topic_of(const struct roost_device *device, const struct roost_topic *topics,
                    size_t count, const char *text)
{
    char device_id[ROOST_DEVICE_ID_MAX + 1];
    int topic = roost_topic_find(topics, count, text, strlen(text), device_id);

    return topic >= 0 && strcmp(device_id, device->id) != 0 ? ROOST_ERR_NOT_FOUND : topic;
}

/* What carries bytes leaves room for what must not be lost: closed, acknowledged. */
static int push_bytes(struct roost_device *device, const struct roost_device_event *head,
                      const struct roost_event *event)
{
    if (event->len > ROOST_COMMAND_MAX) {
        device->too_long++;
        return ROOST_ERR_TOO_LONG;
    }
    if (event->len > 0 &&
        device->events.used + sizeof *head + event->len + ROOST_DEVICE_EVENT_RESERVE >
            device->events.size) {
        device->events.dropped++;
        return ROOST_ERR_FULL;
    }
    return roost_queue_push(&device->events, head, sizeof *head, event->data, event->len);
}

static int push_command(struct roost_device *device, const char *payload, size_t len, int8_t kind)
{
    if (len > ROOST_COMMAND_MAX) {
        device->too_long++;
        return ROOST_ERR_TOO_LONG;
    }
    return roost_queue_push(&device->commands, payload, len, &kind, sizeof kind);
}

static int post_message(struct roost_device *device, const struct roost_event *event)
{
    const struct roost_device_spec *spec = device->spec;
    struct roost_device_event head = {.type = ROOST_EV_MQTT_MESSAGE, .retained = event->retained};
    int topic = topic_of(device, spec->topics, spec->topic_count, event->topic);
    bool command = topic < 0 &&
                   topic_of(device, &roost_fleet_topics[ROOST_TOPIC_COMMAND], 1, event->topic) >= 0;

    if (topic < 0 && !command) {
        device->unexpected++;
        return 0;
    }
    if (command)
        return push_command(device, event->data, event->len,
                            event->retained ? ROOST_RECORD_RETAINED : ROOST_RECORD_COMMAND);
    head.topic = (uint8_t)topic;
    return push_bytes(device, &head, event);
}

int roost_device_post_command(struct roost_device *device, const char *payload, size_t len)
{
    return push_command(device, payload, len, ROOST_RECORD_COMMAND);
}

/* The strongest networks that half of the reserve has room for. */
static size_t scan_len(const struct roost_device *device, const struct roost_event *event)
{
    size_t room = device->events.size - device->events.used,
           len = event->status < 0 ? 0 : event->len;

    room = room > ROOST_DEVICE_EVENT_RESERVE / 2 ? room - ROOST_DEVICE_EVENT_RESERVE / 2 : 0;
    if (len > ROOST_WIFI_SCAN_MAX * sizeof(struct roost_wifi_network))
        len = ROOST_WIFI_SCAN_MAX * sizeof(struct roost_wifi_network);
    len = len < room ? len : room;
    return len - len % sizeof(struct roost_wifi_network);
}

int roost_device_post(struct roost_device *device, const struct roost_event *event)
{
    struct roost_device_event head = {.type = (uint8_t)event->type,
                                      .status = event->status,
                                      .token = event->token,
                                      .climate = event->climate};
    size_t len = 0;

    switch (event->type) {
    case ROOST_EV_MQTT_MESSAGE:
        return post_message(device, event);
    case ROOST_EV_HTTP_DATA:
    case ROOST_EV_HTTP_DONE:
        return device->update.possible ? roost_ota_post(&device->update.ota, event) : 0;
    case ROOST_EV_WIFI_SCANNED:
        len = scan_len(device, event);
        break;
    case ROOST_EV_WIFI_UP:
    case ROOST_EV_WIFI_DOWN:
    case ROOST_EV_MQTT_OPENED:
    case ROOST_EV_MQTT_CLOSED:
    case ROOST_EV_MQTT_ACKED:
    case ROOST_EV_WS_OPENED:
    case ROOST_EV_WS_CLOSED:
        break;
    default:
        return device->spec->events >> event->type & 1 ? push_bytes(device, &head, event) : 0;
    }
    return roost_queue_push(&device->events, &head, sizeof head, event->data, len);
}

/* ---- from the queue ---- */

static void acknowledged(struct roost_device *device, uint64_t token)
{
    bool last_word = (device->life == ROOST_LIFE_REBOOTING && device->last_answer == token) ||
                     (device->life == ROOST_LIFE_UPDATING && device->update.last_word == token);

    if (last_word)
        roost_device_restart_at(device, device->now.now_ms);
    else if (device->status_token != 0 && device->status_token == token)
        device->update.status_acked = true;
    else if (device->outbox)
        (void)roost_outbox_acked(device->outbox, token, device->now);
}

/* 1: *what is the product's. */
static int handle(struct roost_device *device, size_t len, struct roost_what *what)
{
    const struct roost_device_event *event = &device->event.head;

    *what = (struct roost_what){.kind = ROOST_WHAT_EVENT,
                                .id = event->type,
                                .status = event->status,
                                .retained = event->retained,
                                .token = event->token,
                                .climate = event->climate,
                                .data = device->event.data,
                                .len = len};
    switch ((enum roost_event_type)event->type) {
    case ROOST_EV_WIFI_UP:
    case ROOST_EV_WIFI_DOWN:
        roost_device_wifi_changed(device, event->type == ROOST_EV_WIFI_UP);
        return 0;
    case ROOST_EV_WIFI_SCANNED:
        roost_device_wifi_scanned(device, event->status, len);
        return 0;
    case ROOST_EV_MQTT_ACKED:
        acknowledged(device, event->token);
        return 0;
    case ROOST_EV_MQTT_OPENED:
    case ROOST_EV_WS_OPENED:
        what->kind = ROOST_WHAT_ONLINE;
        return roost_device_opened(device);
    case ROOST_EV_MQTT_CLOSED:
    case ROOST_EV_WS_CLOSED:
        what->kind = ROOST_WHAT_OFFLINE;
        roost_device_closed(device, event->status);
        return 1;
    case ROOST_EV_MQTT_MESSAGE:
        what->kind = ROOST_WHAT_MESSAGE;
        what->id = event->topic;
        return 1;
    default:
        return 1;
    }
}

int roost_device_take_event(struct roost_device *device, struct roost_what *what)
{
    int len = roost_queue_pop(&device->events, &device->event, sizeof device->event);

    if (len < 0) {
        ROOST_ASSERT(len == ROOST_ERR_EMPTY);
        return len;
    }
    ROOST_ASSERT((size_t)len >= sizeof device->event.head);
    return handle(device, (size_t)len - sizeof device->event.head, what);
}
