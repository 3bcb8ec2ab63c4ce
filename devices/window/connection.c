/* SPDX-License-Identifier: Apache-2.0 */
/* The MQTT connection: carries out what core/link decides. */
#include "core/err.h"
#include "devices/window/parts.h"

static const struct roost_link_limits link_limits = {
    .backoff_base_ms = 1000,
    .backoff_cap_ms = 60000,
    .connect_timeout_ms = 15000,
    .stable_ms = 30000,
    .breaker_threshold = 8,
    .breaker_open_ms = 120000,
};

uint32_t window_draw(const struct roost_window *window)
{
    uint32_t random;

    window->port->random.ops->fill(window->port->random.ctx, &random, sizeof random);
    return random;
}

static void open_mqtt(struct roost_window *window);

void window_link_event(struct roost_window *window, enum roost_link_event event)
{
    const struct roost_mqtt *mqtt = &window->port->mqtt;
    enum roost_link_state from = window->link.state;
    enum roost_link_action action =
        roost_link_handle(&window->link, event, window->now.now_ms, window_draw(window));

    if (from != window->link.state)
        ROOST_LOG(&window->log, ROOST_LOG_INFO, "link", roost_link_state_name(window->link.state),
                  RF_STR("from", roost_link_state_name(from)));
    if (action == ROOST_LINK_OPEN)
        open_mqtt(window);
    else if (action == ROOST_LINK_CLOSE)
        (void)mqtt->ops->close(mqtt->ctx); /* MQTT_CLOSED follows where there is one to come */
}

static void open_mqtt(struct roost_window *window)
{
    const struct roost_mqtt *mqtt = &window->port->mqtt;
    int err = mqtt->ops->open(mqtt->ctx, &window->broker);

    if (err == 0)
        return;
    ROOST_LOG(&window->log, ROOST_LOG_WARN, "link", "open refused", RF_ERR("error", err));
    window_link_event(window, ROOST_LINK_LOST);
}

void window_mqtt_opened(struct roost_window *window)
{
    static const enum roost_any_topic_kind kinds[] = {ANY_TOPIC_CONTROL, ANY_TOPIC_COMMAND};
    const struct roost_mqtt *mqtt = &window->port->mqtt;
    char topic[ROOST_TOPIC_MAX + 1];

    window_link_event(window, ROOST_LINK_OPENED);
    if (!window_connected(window))
        return; /* it came too late, the link has closed it */
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        int err = roost_any_topic_write(topic, sizeof topic, kinds[i], window->device_id);
        if (err > 0)
            err = mqtt->ops->subscribe(mqtt->ctx, topic);
        if (err < 0) {
            ROOST_LOG(&window->log, ROOST_LOG_ERROR, "link", "not subscribed",
                      RF_STR("topic", topic), RF_ERR("error", err));
            (void)mqtt->ops->close(mqtt->ctx);
            return;
        }
    }
    window_publisher_opened(&window->publisher, window->now);
    window->status_dirty = true;
    window->status_ms = window->now.now_ms;
    window->state_dirty = true;
}

void window_mqtt_closed(struct roost_window *window, int status)
{
    ROOST_LOG(&window->log, ROOST_LOG_INFO, "link", "closed", RF_ERR("why", status));
    window_publisher_closed(&window->publisher);
    window->status_token = 0;
    if (window->answer_len > 0) {
        window->answer_len = 0;
        window->answers_lost++;
    }
    window_link_event(window, ROOST_LINK_LOST);
    if (window->stopping)
        window->stopped = true;
}

void window_run_link(struct roost_window *window)
{
    const struct roost_mqtt *mqtt = &window->port->mqtt;

    if (!window->started) {
        window->started = true;
        if (window->port->wifi.ops) {
            window_link_event(window, ROOST_LINK_NET_DOWN); /* until WIFI_UP */
            window_connect_wifi(window);
        }
        window_link_event(window, ROOST_LINK_START);
    }
    if (window->now.now_ms >= roost_link_due(&window->link))
        window_link_event(window, ROOST_LINK_DUE);
    if (window_publisher_unanswered(&window->publisher, window->now)) {
        ROOST_LOG(&window->log, ROOST_LOG_WARN, "link", "broker acknowledges nothing",
                  RF_INT("in_flight", window->publisher.flying));
        window_publisher_closed(&window->publisher);
        (void)mqtt->ops->close(mqtt->ctx);
    }
}

void window_init_link(struct roost_window *window)
{
    roost_link_init(&window->link, &link_limits);
}
