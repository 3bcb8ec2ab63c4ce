/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/device.h"

#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/timer.h"
#include "runtime/device_parts.h"

/* ---- making one ---- */

static uint64_t log_now_ms(void *ctx)
{
    const struct roost_port *port = ((struct roost_device *)ctx)->port;

    return port->clock.ops->now_ms(port->clock.ctx);
}

static void log_sink(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    const struct roost_system *system = &((struct roost_device *)ctx)->port->system;

    (void)level; /* it stands in the line */
    system->ops->console(system->ctx, line, len);
}

static int take_names(struct roost_device *device, const struct roost_device_config *config)
{
    size_t id_len = strlen(config->device_id);
    size_t version_len = strlen(config->firmware_version);
    int err = roost_device_id_check(config->device_id, id_len);

    if (err < 0)
        return err;
    if (version_len >= sizeof device->firmware)
        return ROOST_ERR_TOO_LONG;
    memcpy(device->id, config->device_id, id_len + 1);
    memcpy(device->firmware, config->firmware_version, version_len + 1);
    return 0;
}

/* What was stored and could not be read or kept is a fault, and the device runs on what it has. No
 * later success takes it back: what was lost at boot stays lost, and the hub may see it for the
 * first time hours later. */
static void note_boot(struct roost_device *device, int err)
{
    if (err < 0)
        device->boot_err = err;
}

static void load(struct roost_device *device, const struct roost_device_config *config)
{
    const struct roost_kv *kv = &device->port->kv;
    const struct roost_device_spec *spec = device->spec;
    uint8_t mark;

    note_boot(device, roost_health_boot(&device->health, device->port, &device->safe_mode));
    note_boot(device, roost_settings_init(&device->settings, spec->settings, spec->setting_count,
                                          config->values, kv));
    note_boot(device, roost_device_wifi_init(device));
    note_boot(device, roost_device_commands_init(device));
    int len = kv->ops->get(kv->ctx, ROOST_RESET_KEY, &mark, sizeof mark);
    if (len < 0)
        return;
    device->resetting = true;
    note_boot(device, roost_settings_reset(&device->settings));
    note_boot(device, roost_networks_forget(&device->wifi.networks));
}

int roost_device_init(struct roost_device *device, const struct roost_device_config *config)
{
    const struct roost_device_spec *spec = config->spec;
    const struct roost_port *port = config->port;

    memset(device, 0, sizeof *device);
    device->spec = spec;
    device->port = port;
    device->uplink = config->uplink;
    if (!port->clock.ops || !port->random.ops || !port->kv.ops || !port->system.ops)
        return ROOST_ERR_UNSUPPORTED;
    int err = take_names(device, config);
    if (err < 0)
        return err;
    roost_log_init(&device->log, device->log_memory, sizeof device->log_memory, log_now_ms,
                   log_sink, device);
    roost_faults_init(&device->faults, spec->faults, spec->fault_count);
    roost_queue_init(&device->events, device->event_memory, sizeof device->event_memory);
    roost_queue_init(&device->commands, device->command_memory, sizeof device->command_memory);
    roost_timers_init(&device->timers, config->timers, spec->timer_count);
    roost_device_link_init(device);
    roost_device_read_clock(device);
    load(device, config);
    roost_device_update_init(device, config->update);
    roost_timers_start(&device->timers, ROOST_TIMER_HEALTH,
                       device->now.now_ms +
                           roost_device_u32(device, ROOST_SETTING_HEALTH_INTERVAL));
    roost_timers_start(&device->timers, ROOST_TIMER_STABLE,
                       device->now.now_ms + ROOST_DEVICE_STABLE_MS);
    roost_device_apply_settings(device);
    device->changed = true; /* the product takes them with its first step */
    return 0;
}

void roost_device_ready(struct roost_device *device)
{
    const struct roost_kv *kv = &device->port->kv;

    if (device->resetting)
        note_boot(device, kv->ops->erase(kv->ctx, ROOST_RESET_KEY));
    ROOST_LOG(&device->log, ROOST_LOG_INFO, device->spec->type, "starts",
              RF_STR("version", device->firmware), RF_INT("boot", device->health.boots),
              RF_INT("safe_mode", device->safe_mode),
              RF_INT("waiting", device->outbox ? roost_outbox_waiting(device->outbox) : 0));
}

/* ---- settings ---- */

void roost_device_start_by(struct roost_device *device, unsigned timer, uint64_t latest_ms)
{
    if (device->timers.slots[timer].due_ms > latest_ms)
        roost_timers_start(&device->timers, timer, latest_ms);
}

void roost_device_apply_settings(struct roost_device *device)
{
    const char *level = roost_settings_text(&device->settings, ROOST_SETTING_LOG_LEVEL);

    if (roost_log_level_parse(level, strlen(level), &device->log.level) < 0)
        device->log.level = ROOST_LOG_INFO;
    roost_device_start_by(device, ROOST_TIMER_HEALTH,
                          device->now.now_ms +
                              roost_device_u32(device, ROOST_SETTING_HEALTH_INTERVAL));
    device->changed = true;
}

uint32_t roost_device_random(const struct roost_device *device)
{
    uint32_t random;

    device->port->random.ops->fill(device->port->random.ctx, &random, sizeof random);
    return random;
}

/* ---- a step ---- */

/* Events before timers, for what came may stop a timer that is due as well (an answer its
 * time-out); commands meet the state that both have left; the link sees last what all of them asked
 * of it. */
enum phase { PHASE_EVENTS, PHASE_TIMERS, PHASE_COMMANDS, PHASE_LINK, PHASE_DONE };

void roost_device_read_clock(struct roost_device *device)
{
    const struct roost_clock *clock = &device->port->clock;

    device->now = (struct roost_time){.now_ms = clock->ops->now_ms(clock->ctx),
                                      .unix_ms = clock->ops->unix_ms(clock->ctx)};
}

void roost_device_begin(struct roost_device *device)
{
    roost_device_read_clock(device);
    device->phase = PHASE_EVENTS;
}

static void health_due(struct roost_device *device)
{
    roost_device_sample_health(device);
    roost_health_log(&device->health, &device->log);
    device->status_dirty = true;
    roost_timers_start(&device->timers, ROOST_TIMER_HEALTH,
                       device->now.now_ms +
                           roost_device_u32(device, ROOST_SETTING_HEALTH_INTERVAL));
}

/* As roost_device_take_event. */
static int take_timer(struct roost_device *device, struct roost_what *what)
{
    int id = roost_timers_pop(&device->timers, device->now.now_ms);

    switch (id) {
    case ROOST_TIMER_HEALTH:
        health_due(device);
        *what = (struct roost_what){.kind = ROOST_WHAT_HEALTH};
        return 1;
    case ROOST_TIMER_STABLE:
        if (!device->safe_mode)
            note_boot(device, roost_health_stable(&device->health, device->port));
        return 0;
    case ROOST_TIMER_WIFI:
        roost_device_wifi_late(device);
        return 0;
    case ROOST_TIMER_SCAN:
        roost_device_scan_late(device);
        return 0;
    case ROOST_TIMER_END:
        device->ending = true;
        return ROOST_ERR_EMPTY;
    default:
        break;
    }
    if (id < 0)
        return ROOST_ERR_EMPTY;
    *what = (struct roost_what){.kind = ROOST_WHAT_TIMER, .id = (unsigned)id};
    return 1;
}

/* What happened to the device as a whole, one after the other. */
static bool take_change(struct roost_device *device, struct roost_what *what)
{
    bool *change = device->changed ? &device->changed : &device->online_again;

    if (!*change)
        return false;
    *what = (struct roost_what){.kind = device->changed ? ROOST_WHAT_SETTINGS : ROOST_WHAT_ONLINE};
    *change = false;
    return true;
}

bool roost_device_next(struct roost_device *device, struct roost_what *what)
{
    int taken = 0;

    for (;;) {
        if (take_change(device, what))
            return true;
        switch ((enum phase)device->phase) {
        case PHASE_EVENTS:
            taken = roost_device_take_event(device, what);
            break;
        case PHASE_TIMERS:
            taken = device->life == ROOST_LIFE_OVER ? ROOST_ERR_EMPTY : take_timer(device, what);
            break;
        case PHASE_COMMANDS:
            taken = !device->ending && device->life < ROOST_LIFE_STOPPING &&
                            roost_device_run_command(device)
                        ? 0
                        : ROOST_ERR_EMPTY;
            break;
        case PHASE_LINK:
            if (!device->ending && device->life < ROOST_LIFE_STOPPING)
                roost_device_run_link(device);
            taken = ROOST_ERR_EMPTY;
            break;
        case PHASE_DONE:
            return false;
        }
        if (taken == ROOST_ERR_EMPTY)
            device->phase++;
        else if (taken > 0)
            return true;
    }
}

static uint64_t next_due(const struct roost_device *device, uint64_t due_ms, bool may_restart)
{
    if (device->online_again || device->ending)
        return device->now.now_ms;
    due_ms = roost_earlier(due_ms, device->now.now_ms + ROOST_DEVICE_WATCHDOG_MS);
    due_ms = roost_earlier(due_ms, roost_timers_next(&device->timers));
    due_ms = roost_earlier(due_ms, roost_link_due(&device->link));
    if (device->outbox)
        due_ms = roost_earlier(due_ms, roost_outbox_due(device->outbox));
    due_ms = roost_earlier(due_ms, roost_device_update_due(device, may_restart));
    return roost_earlier(due_ms, roost_device_reports_due(device));
}

uint64_t roost_device_finish(struct roost_device *device, uint64_t due_ms, bool may_restart,
                             const char *missing)
{
    const struct roost_system *system = &device->port->system;

    if (device->ending)
        roost_device_end(device);
    if (device->leaving)
        roost_device_leave(device);
    if (device->life == ROOST_LIFE_OVER) {
        system->ops->feed_watchdog(system->ctx);
        return device->now.now_ms + ROOST_DEVICE_WATCHDOG_MS;
    }
    if (device->life < ROOST_LIFE_STOPPING)
        roost_device_update_run(device, may_restart, missing);
    bool faults_changed = roost_device_settle_faults(device);
    /* Reports first: on a new connection the status names the journal that the readings are of. */
    roost_device_say_reports(device, faults_changed);
    if (device->outbox)
        roost_outbox_pump(device->outbox, device->now);
    system->ops->feed_watchdog(system->ctx);
    return next_due(device, due_ms, may_restart);
}
