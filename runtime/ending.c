/* SPDX-License-Identifier: Apache-2.0 */
/* From one state of life to the next, and how it ends: a stop, a reboot, a restart into an update.
 */
#include "core/err.h"
#include "runtime/device_parts.h"

void roost_device_live(struct roost_device *device, enum roost_life_event event)
{
    enum roost_life from = device->life;

    device->life = roost_life_next(from, event);
    if (device->life != from)
        ROOST_LOG(&device->log, ROOST_LOG_DEBUG, "life", roost_life_name(device->life),
                  RF_STR("from", roost_life_name(from)));
}

void roost_device_restart_at(struct roost_device *device, uint64_t due_ms)
{
    roost_timers_start(&device->timers, ROOST_TIMER_END, due_ms);
}

void roost_device_stop(struct roost_device *device)
{
    device->leaving |= device->life < ROOST_LIFE_STOPPING;
    roost_device_live(device, ROOST_LIFE_EV_STOP);
}

void roost_device_leave(struct roost_device *device)
{
    bool open = device->link.state == ROOST_LINK_UP || device->link.state == ROOST_LINK_CONNECTING;

    device->leaving = false;
    if (roost_device_online(device) && roost_device_say_status(device, false) < 0)
        ROOST_LOG(&device->log, ROOST_LOG_WARN, device->spec->type, "offline not published", {0});
    if (device->outbox)
        roost_outbox_closed(device->outbox); /* offline is the last word */
    if (device->update.ota.transfer)
        (void)device->port->http.ops->cancel(device->port->http.ctx);
    roost_device_link(device, ROOST_LINK_STOP);
    roost_device_restart_at(device, device->now.now_ms + ROOST_DEVICE_STOP_MS);
    if (!open)
        roost_device_live(device, ROOST_LIFE_EV_END);
}

void roost_device_end(struct roost_device *device)
{
    const struct roost_system *system = &device->port->system;

    device->ending = false;
    if (device->life == ROOST_LIFE_UPDATING) {
        roost_device_update_restart(device);
        return;
    }
    bool reboots = device->life == ROOST_LIFE_REBOOTING;
    roost_device_live(device, ROOST_LIFE_EV_END);
    if (!reboots)
        return;
    ROOST_LOG(&device->log, ROOST_LOG_INFO, device->spec->type, "reboots by command",
              RF_INT("uptime_ms", device->now.now_ms));
    system->ops->reboot(system->ctx, ROOST_RESET_COMMAND);
}
