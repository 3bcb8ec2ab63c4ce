/* SPDX-License-Identifier: Apache-2.0 */
/* What comes in: the port's sink, the queue behind it, and what each event sets going. */
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "devices/window/parts.h"

/* ---- the sink ---- */

static int post_message(struct roost_window *window, const struct roost_event *event)
{
    static const int8_t is_command = WINDOW_RECORD_COMMAND;
    struct window_event head = {.type = ROOST_EV_MQTT_MESSAGE};
    struct roost_any_topic topic;

    if (roost_any_topic_parse(&topic, event->topic, strlen(event->topic)) < 0 ||
        (topic.kind != ANY_TOPIC_CONTROL && topic.kind != ANY_TOPIC_COMMAND) ||
        strcmp(topic.device_id, window->device_id) != 0) {
        window->unexpected++;
        return 0;
    }
    if (event->len > ROOST_COMMAND_MAX) {
        window->too_long++;
        return ROOST_ERR_TOO_LONG;
    }
    if (topic.kind == ANY_TOPIC_COMMAND)
        return roost_queue_push(&window->commands, event->data, event->len, &is_command,
                                sizeof is_command);
    /* Messages leave room for what must not be lost: closed, acknowledged. */
    if (window->events.used + sizeof head + event->len + ROOST_WINDOW_EVENT_RESERVE >
        window->events.size) {
        window->events.dropped++;
        return ROOST_ERR_FULL;
    }
    return roost_queue_push(&window->events, &head, sizeof head, event->data, event->len);
}

/* The strongest networks that half of the reserve has room for. */
static size_t scan_len(const struct roost_window *window, const struct roost_event *event)
{
    size_t room = window->events.size - window->events.used,
           len = event->status < 0 ? 0 : event->len;

    room = room > ROOST_WINDOW_EVENT_RESERVE / 2 ? room - ROOST_WINDOW_EVENT_RESERVE / 2 : 0;
    if (len > ROOST_WIFI_SCAN_MAX * sizeof(struct roost_wifi_network))
        len = ROOST_WIFI_SCAN_MAX * sizeof(struct roost_wifi_network);
    len = len < room ? len : room;
    return len - len % sizeof(struct roost_wifi_network);
}

int roost_window_post(struct roost_window *window, const struct roost_event *event)
{
    struct window_event head = {.type = (uint8_t)event->type,
                                .status = event->status,
                                .token = event->token,
                                .climate = event->climate};
    size_t len = 0;

    switch (event->type) {
    case ROOST_EV_MQTT_MESSAGE:
        return post_message(window, event);
    case ROOST_EV_HTTP_DATA:
    case ROOST_EV_HTTP_DONE:
        return window->updates ? roost_ota_post(&window->ota, event) : 0;
    case ROOST_EV_WIFI_SCANNED:
        len = scan_len(window, event);
        break;
    case ROOST_EV_WIFI_UP:
    case ROOST_EV_WIFI_DOWN:
    case ROOST_EV_MQTT_OPENED:
    case ROOST_EV_MQTT_CLOSED:
    case ROOST_EV_MQTT_ACKED:
    case ROOST_EV_CLIMATE:
        break;
    default:
        return 0; /* AUDIO_READY too: every step looks for samples while it records */
    }
    return roost_queue_push(&window->events, &head, sizeof head, event->data, len);
}

/* ---- from the queue ---- */

void window_climate_sample(struct roost_window *window, int status,
                           const struct roost_climate_sample *sample)
{
    enum window_verdict verdict =
        window_sampler_judge(&window->sampler, &window->faults, status, sample,
                             window_setting_u32(window, WINDOW_SET_STUCK_SAMPLES));

    if (verdict == WINDOW_SAMPLE_GOOD)
        window_publisher_add(&window->publisher, sample, window->now);
    else
        ROOST_LOG(&window->log, ROOST_LOG_DEBUG, "sampler", window_verdict_name(verdict),
                  RF_ERR("status", status), RF_MILLI("temperature_degc", sample->temperature_mdegc),
                  RF_MILLI("humidity_pct", sample->humidity_mpct));
}

static void control_message(struct roost_window *window, const char *payload, size_t len)
{
    struct window_situation situation = window_situation_now(window);
    enum window_refusal refusal;
    int err = window_control_message(&window->control, &situation, payload, len, &refusal);

    if (err < 0)
        ROOST_LOG(&window->log, ROOST_LOG_DEBUG, "control", "refused",
                  RF_STR("reason", window_refusal_name(refusal)), RF_ERR("error", err));
}

static void acknowledged(struct roost_window *window, uint64_t token)
{
    bool last_word = (window->rebooting && window->reboot_token == token) ||
                     (window->updating && window->update_token == token);

    if (last_word)
        roost_timers_start(&window->timers, WINDOW_TIMER_REBOOT, window->now.now_ms);
    else if (window->status_token != 0 && window->status_token == token)
        window->status_acked = true;
    else
        (void)window_publisher_acked(&window->publisher, token, window->now);
}

static void handle_event(struct roost_window *window, size_t len)
{
    const struct window_event *event = &window->event.head;

    switch ((enum roost_event_type)event->type) {
    case ROOST_EV_WIFI_UP:
    case ROOST_EV_WIFI_DOWN:
        window_wifi_changed(window, event->type == ROOST_EV_WIFI_UP);
        break;
    case ROOST_EV_MQTT_OPENED:
        window_mqtt_opened(window);
        break;
    case ROOST_EV_MQTT_CLOSED:
        window_mqtt_closed(window, event->status);
        break;
    case ROOST_EV_MQTT_ACKED:
        acknowledged(window, event->token);
        break;
    case ROOST_EV_MQTT_MESSAGE:
        control_message(window, window->event.data, len);
        break;
    case ROOST_EV_WIFI_SCANNED:
        window_wifi_scanned(window, event->status, len);
        break;
    case ROOST_EV_CLIMATE:
        window_climate_sample(window, event->status, &event->climate);
        break;
    default:
        ROOST_ASSERT(!"an event that is not enqueued");
    }
}

void window_drain_events(struct roost_window *window)
{
    int len;

    while ((len = roost_queue_pop(&window->events, &window->event, sizeof window->event)) >= 0) {
        ROOST_ASSERT((size_t)len >= sizeof window->event.head);
        handle_event(window, (size_t)len - sizeof window->event.head);
    }
    ROOST_ASSERT(len == ROOST_ERR_EMPTY);
}
