/* SPDX-License-Identifier: Apache-2.0 */
/* The uplink: carries out what core/link decides. */
#include "core/err.h"
#include "runtime/device_parts.h"

void roost_device_link_init(struct roost_device *device)
{
    static const struct roost_link_limits limits = {
        .backoff_base_ms = 1000,
        .backoff_cap_ms = 60000,
        .connect_timeout_ms = 15000,
        .stable_ms = 30000,
        .breaker_threshold = 8,
        .breaker_open_ms = 120000,
    };

    roost_link_init(&device->link, device->spec->link ? device->spec->link : &limits);
}

void roost_device_hold_off(struct roost_device *device, uint64_t until_ms)
{
    struct roost_link *link = &device->link;

    if (link->state == ROOST_LINK_WAITING && link->due_ms < until_ms)
        link->due_ms = until_ms; /* while the network is away it is never, and stays it */
}

static void close_uplink(const struct roost_device *device)
{
    device->uplink.ops->close(device->uplink.ctx);
}

static void open_uplink(struct roost_device *device)
{
    int err = device->uplink.ops->open(device->uplink.ctx);

    if (err == 0)
        return;
    ROOST_LOG(&device->log, ROOST_LOG_WARN, "link", "open refused", RF_ERR("error", err));
    roost_device_link(device, ROOST_LINK_LOST);
}

void roost_device_link(struct roost_device *device, enum roost_link_event event)
{
    enum roost_link_state from = device->link.state;
    enum roost_link_action action =
        roost_link_handle(&device->link, event, device->now.now_ms, roost_device_random(device));

    if (from != device->link.state)
        ROOST_LOG(&device->log, ROOST_LOG_INFO, "link", roost_link_state_name(device->link.state),
                  RF_STR("from", roost_link_state_name(from)));
    if (action == ROOST_LINK_OPEN)
        open_uplink(device);
    else if (action == ROOST_LINK_CLOSE)
        close_uplink(device);
}

bool roost_device_opened(struct roost_device *device)
{
    roost_device_link(device, ROOST_LINK_OPENED);
    if (!roost_device_online(device))
        return false; /* it came too late, the link has closed it */
    int err = device->uplink.ops->opened(device->uplink.ctx);
    if (err < 0) {
        ROOST_LOG(&device->log, ROOST_LOG_ERROR, "link", "not subscribed", RF_ERR("error", err));
        close_uplink(device);
        return false;
    }
    if (device->outbox)
        roost_outbox_opened(device->outbox, device->now);
    device->status_dirty = true;
    device->status_ms = device->now.now_ms;
    return true;
}

void roost_device_closed(struct roost_device *device, int status)
{
    ROOST_LOG(&device->log, ROOST_LOG_INFO, "link", "closed", RF_ERR("why", status));
    if (device->outbox)
        roost_outbox_closed(device->outbox);
    device->status_token = 0;
    if (device->answer_len > 0) {
        device->answer_len = 0;
        device->answers_lost++;
    }
    roost_device_link(device, ROOST_LINK_LOST);
    if (device->life == ROOST_LIFE_STOPPING)
        roost_device_live(device, ROOST_LIFE_EV_END);
}

void roost_device_run_link(struct roost_device *device)
{
    if (device->life == ROOST_LIFE_STARTING) {
        roost_device_live(device, ROOST_LIFE_EV_START);
        if (device->port->wifi.ops) {
            roost_device_link(device, ROOST_LINK_NET_DOWN); /* until WIFI_UP */
            roost_device_wifi_connect(device);
        }
        roost_device_link(device, ROOST_LINK_START);
    }
    if (device->now.now_ms >= roost_link_due(&device->link))
        roost_device_link(device, ROOST_LINK_DUE);
    if (device->outbox && roost_outbox_unanswered(device->outbox, device->now)) {
        ROOST_LOG(&device->log, ROOST_LOG_WARN, "link", "nothing is acknowledged",
                  RF_INT("in_flight", device->outbox->flying));
        roost_outbox_closed(device->outbox);
        close_uplink(device);
    }
}
