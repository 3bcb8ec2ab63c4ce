/* SPDX-License-Identifier: Apache-2.0 */
/* Updates over the air: runtime/ota does them, here is what the window has to say to it. */
#include <string.h>

#include "core/err.h"
#include "devices/window/parts.h"

_Static_assert(sizeof(((struct roost_status_update *)0)->version) == ROOST_MANIFEST_VERSION_MAX + 1,
               "every version fits the status");
_Static_assert(sizeof(((struct roost_status_update *)0)->report) == ROOST_OTA_REPORT_MAX + 1,
               "every report fits the status");

void window_init_update(struct roost_window *window, const struct roost_ota_config *config)
{
    if (!config)
        return;
    int err = roost_ota_init(&window->ota, window->port, config, &window->log, window->now.now_ms);
    window->updates = err == 0;
    if (err < 0)
        ROOST_LOG(&window->log, ROOST_LOG_ERROR, "update", "not possible", RF_ERR("error", err));
}

static bool network_up(const struct roost_window *window)
{
    return !window->port->wifi.ops || window->wifi_up;
}

/* What a new image has not shown yet, of what it takes to stay; NULL: all of it. */
static const char *not_proven(const struct roost_window *window)
{
    if (!network_up(window))
        return "network";
    if (!window_connected(window) || !window->status_acked)
        return "broker";
    return window->sampler.count[WINDOW_SAMPLE_GOOD] > 0 ? NULL : "sensor";
}

static void try_out(struct roost_window *window)
{
    const char *missing = not_proven(window);

    /* A trial that fails ends in a restart, and none happens while the window moves. */
    if (!missing || !window_motor_moving(&window->motor))
        roost_ota_self_test(&window->ota, window->now.now_ms, missing);
}

/* Everything comes to rest, and the broker hears the last word. */
static void leave(struct roost_window *window)
{
    window->updating = true;
    window->update_token = 0;
    window_rest(window);
    window_publisher_closed(&window->publisher);
    roost_timers_start(&window->timers, WINDOW_TIMER_REBOOT,
                       window->now.now_ms +
                           (window_connected(window) ? ROOST_WINDOW_REBOOT_MS : 0));
}

static void say_offline(struct roost_window *window)
{
    int token = window_connected(window) && window->update_token == 0
                    ? window_publish_status(window, false)
                    : 0;

    if (token > 0)
        window->update_token = (uint32_t)token;
}

void window_run_update(struct roost_window *window)
{
    struct roost_ota *ota = &window->ota;

    if (!window->updates)
        return;
    if (!window->updating)
        roost_ota_step(ota, window->now.now_ms, network_up(window));
    if (ota->state == ROOST_OTA_TRIAL)
        try_out(window);
    if (ota->state == ROOST_OTA_READY && !window->updating && !window->rebooting &&
        !window_motor_moving(&window->motor))
        leave(window);
    if (window->updating)
        say_offline(window);
    if (ota->report_changed || ota->state != window->ota_reported)
        window->status_dirty = true;
    ota->report_changed = false;
    window->ota_reported = (uint8_t)ota->state;
}

uint64_t window_update_due(const struct roost_window *window)
{
    /* A trial past its limit waits for the window to stop: the motor's cycles come round anyway. */
    if (!window->updates || window->updating ||
        (window->ota.state == ROOST_OTA_TRIAL && window_motor_moving(&window->motor)))
        return ROOST_NEVER;
    return roost_ota_due(&window->ota);
}

void window_update_restart(struct roost_window *window)
{
    ROOST_LOG(&window->log, ROOST_LOG_INFO, "update", "restarts",
              RF_STR("version", window->ota.manifest.version));
    roost_ota_restart(&window->ota);
    if (window->ota.state == ROOST_OTA_READY) {
        window->stopped = true; /* it returned in a simulation only */
        return;
    }
    window->updating = false; /* the slot was refused, life goes on */
    window->state_dirty = window->status_dirty = true;
    if (window_connected(window))
        window_publisher_opened(&window->publisher, window->now);
}

/* ---- what is told ---- */

void window_fill_update(const struct roost_window *window, struct roost_status *status)
{
    const struct roost_ota *ota = &window->ota;
    const char *state = roost_ota_state_name(ota->state);

    status->has_update = window->updates;
    memcpy(status->update.state, state, strlen(state) + 1);
    memcpy(status->update.version, ota->manifest.version, sizeof status->update.version);
    memcpy(status->update.report, ota->report, sizeof status->update.report);
    status->update.error = ota->report_is_error;
}

static int refused(struct window_message *message, int err)
{
    window_say(message, "update: ");
    window_say(message, roost_err_text(err));
    return err;
}

WINDOW_COMMAND(update_status)
{
    struct roost_status status;

    if (!window->updates)
        return refused(message, ROOST_ERR_UNSUPPORTED);
    window_fill_update(window, &status);
    roost_status_write_update(out, &status);
    return 0;
}

WINDOW_COMMAND(update)
{
    int err =
        window->updates ? roost_ota_check(&window->ota, window->now.now_ms) : ROOST_ERR_UNSUPPORTED;

    return err < 0 ? refused(message, err) : window_command_update_status(window, out, message);
}
