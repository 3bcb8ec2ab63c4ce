/* SPDX-License-Identifier: Apache-2.0 */
/* Updates over the air: runtime/ota does them, here is what the device has to say to it. */
#include <string.h>

#include "core/err.h"
#include "runtime/device_parts.h"

_Static_assert(sizeof(((struct roost_status_update *)0)->version) == ROOST_MANIFEST_VERSION_MAX + 1,
               "every version fits the status");
_Static_assert(sizeof(((struct roost_status_update *)0)->report) == ROOST_OTA_REPORT_MAX + 1,
               "every report fits the status");

void roost_device_update_init(struct roost_device *device, const struct roost_ota_config *config)
{
    if (!config)
        return;
    int err =
        roost_ota_init(&device->update.ota, device->port, config, &device->log, device->now.now_ms);
    device->update.possible = err == 0;
    if (err < 0)
        ROOST_LOG(&device->log, ROOST_LOG_ERROR, "update", "not possible", RF_ERR("error", err));
}

static bool network_up(const struct roost_device *device)
{
    return !device->port->wifi.ops || device->wifi.up;
}

/* What a new image has not shown yet, of what it takes to stay; NULL: all of it. */
static const char *not_proven(const struct roost_device *device, const char *missing)
{
    if (!network_up(device))
        return "network";
    if (!roost_device_online(device) || !device->update.status_acked)
        return "broker";
    return missing;
}

static void try_out(struct roost_device *device, bool may_restart, const char *missing)
{
    missing = not_proven(device, missing);
    /* A trial that fails ends in a restart, and none happens before the product is at rest. */
    if (!missing || may_restart)
        roost_ota_self_test(&device->update.ota, device->now.now_ms, missing);
}

/* Everything comes to rest, and the other end hears the last word. */
static void leave(struct roost_device *device)
{
    roost_device_live(device, ROOST_LIFE_EV_UPDATE);
    device->update.offline_said = false;
    device->update.last_word = 0;
    if (device->outbox)
        roost_outbox_closed(device->outbox);
    roost_device_restart_at(device, device->now.now_ms +
                                        (roost_device_online(device) ? ROOST_DEVICE_REBOOT_MS : 0));
}

/* Once, though there may be no token to tell; without room in the port again on the next step. */
static void say_offline(struct roost_device *device)
{
    int token = roost_device_online(device) && !device->update.offline_said
                    ? roost_device_say_status(device, false)
                    : ROOST_ERR_CLOSED;

    if (token < 0)
        return;
    device->update.offline_said = true;
    device->update.last_word = (uint32_t)token;
}

void roost_device_update_run(struct roost_device *device, bool may_restart, const char *missing)
{
    struct roost_ota *ota = &device->update.ota;

    if (!device->update.possible)
        return;
    if (device->life != ROOST_LIFE_UPDATING)
        roost_ota_step(ota, device->now.now_ms, network_up(device));
    if (ota->state == ROOST_OTA_TRIAL)
        try_out(device, may_restart, missing);
    if (ota->state == ROOST_OTA_READY && device->life == ROOST_LIFE_RUNNING && may_restart)
        leave(device);
    if (device->life == ROOST_LIFE_UPDATING)
        say_offline(device);
    if (ota->report_changed || ota->state != device->update.reported)
        device->status_dirty = true;
    ota->report_changed = false;
    device->update.reported = (uint8_t)ota->state;
}

uint64_t roost_device_update_due(const struct roost_device *device, bool may_restart)
{
    /* A trial past its limit waits for the product to rest, which has its own cycles. */
    if (!device->update.possible || device->life == ROOST_LIFE_UPDATING ||
        (device->update.ota.state == ROOST_OTA_TRIAL && !may_restart))
        return ROOST_NEVER;
    return roost_ota_due(&device->update.ota);
}

void roost_device_update_restart(struct roost_device *device)
{
    ROOST_LOG(&device->log, ROOST_LOG_INFO, "update", "restarts",
              RF_STR("version", device->update.ota.manifest.version));
    roost_ota_restart(&device->update.ota);
    if (device->update.ota.state == ROOST_OTA_READY) {
        roost_device_live(device, ROOST_LIFE_EV_END); /* it returned in a simulation only */
        return;
    }
    roost_device_live(device, ROOST_LIFE_EV_REFUSED); /* the slot was refused, life goes on */
    device->status_dirty = true;
    if (!roost_device_online(device))
        return;
    device->online_again = true;
    if (device->outbox)
        roost_outbox_opened(device->outbox, device->now);
}

/* ---- what is told ---- */

static void fill_update(const struct roost_device *device, struct roost_status_update *out)
{
    const struct roost_ota *ota = &device->update.ota;
    const char *state = roost_ota_state_name(ota->state);

    memcpy(out->state, state, strlen(state) + 1);
    memcpy(out->version, ota->manifest.version, sizeof out->version);
    memcpy(out->report, ota->report, sizeof out->report);
    out->error = ota->report_is_error;
}

void roost_device_update_status(const struct roost_device *device, struct roost_status *status)
{
    status->has_update = device->update.possible;
    fill_update(device, &status->update);
}

static int refused(struct roost_message *message, int err)
{
    roost_say(message, "update: ");
    roost_say(message, roost_err_text(err));
    return err;
}

ROOST_COMMAND(roost, update_status)
{
    struct roost_status_update update;

    if (!device->update.possible)
        return refused(message, ROOST_ERR_UNSUPPORTED);
    fill_update(device, &update);
    roost_status_write_update(out, &update);
    return 0;
}

ROOST_COMMAND(roost, update)
{
    int err = device->update.possible ? roost_ota_check(&device->update.ota, device->now.now_ms)
                                      : ROOST_ERR_UNSUPPORTED;

    return err < 0 ? refused(message, err) : roost_command_update_status(device, out, message);
}
