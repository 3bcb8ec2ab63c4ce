/* SPDX-License-Identifier: Apache-2.0 */
/* What a device says of itself: health, faults, status. */
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/reset.h"
#include "runtime/device_parts.h"

enum {
    STATUS_LEAST_MS = 1000,  /* a fault that comes and goes is reported no more often */
    CLOCK_GRACE_MS = 120000, /* without a wall clock for so long since boot: a fault */
};

/* ---- health ---- */

void roost_device_sample_health(struct roost_device *device)
{
    struct roost_health *health = &device->health;
    const struct roost_outbox *outbox = device->outbox;

    roost_health_sample(health, device->port, &device->faults,
                        roost_device_u32(device, ROOST_SETTING_MEMORY_LOW));
    health->reconnects = device->link.connects > 0 ? device->link.connects - 1 : 0;
    health->journal_waiting = outbox ? (uint32_t)roost_outbox_waiting(outbox) : 0;
    health->journal_dropped = outbox ? outbox->journal.dropped : 0;
    health->event_high_water = device->events.high_water;
    health->event_dropped = device->events.dropped + device->commands.dropped + device->too_long;
    health->log_errors = device->log.errors;
}

static uint32_t counter(const struct roost_device *device, const struct roost_counter_row *row)
{
    uint32_t value;

    memcpy(&value, (const char *)device + row->offset, sizeof value);
    return value;
}

static void write_counters(const struct roost_device *device, struct roost_json_writer *out)
{
    const struct roost_device_spec *spec = device->spec;
    const struct roost_health *health = &device->health;
    const struct roost_outbox *outbox = device->outbox;

    roost_json_put_uint(out, "uptime_ms", health->uptime_ms);
    roost_json_put_uint(out, "heap_free_bytes", health->heap_free_bytes);
    roost_json_put_uint(out, "heap_low_bytes", health->heap_low_bytes);
    roost_json_put_int(out, "rssi_dbm", health->rssi_dbm);
    roost_json_put_uint(out, "boots", health->boots);
    roost_json_put_uint(out, "crashes", health->crashes);
    roost_json_put_uint(out, "reconnects", health->reconnects);
    if (outbox) {
        roost_json_put_uint(out, "journal_waiting", health->journal_waiting);
        roost_json_put_uint(out, "journal_dropped", health->journal_dropped);
        roost_json_put_uint(out, "journal_erases", outbox->journal.erases);
        roost_json_put_uint(out, "live", outbox->live);
        roost_json_put_uint(out, "live_lost", outbox->live_lost);
    }
    roost_json_put_uint(out, "event_high_water", health->event_high_water);
    roost_json_put_uint(out, "event_dropped", health->event_dropped);
    roost_json_put_uint(out, "unexpected", device->unexpected);
    roost_json_put_uint(out, "answers_lost", device->answers_lost);
    roost_json_put_uint(out, "stale_commands", device->stale_commands);
    for (size_t i = 0; i < spec->counter_count; i++)
        roost_json_put_uint(out, spec->counters[i].name, counter(device, &spec->counters[i]));
}

ROOST_COMMAND(roost, health)
{
    (void)message;
    roost_device_sample_health(device);
    roost_json_object(out);
    write_counters(device, out);
    if (device->spec->write_health)
        device->spec->write_health(device, out);
    roost_json_put_array(out, "faults");
    for (unsigned id = 0; id < device->faults.count; id++)
        if (roost_faults_active(&device->faults, id))
            roost_json_int(out, roost_faults_info(&device->faults, id)->number);
    roost_json_end(out);
    roost_json_end(out);
    return 0;
}

/* ---- faults ---- */

static void log_fault_changes(struct roost_device *device)
{
    struct roost_faults *faults = &device->faults;

    for (unsigned id = 0; id < faults->count; id++) {
        uint32_t changed = faults->active[id / 32] ^ device->faults_reported[id / 32];
        if (!(changed >> id % 32 & 1))
            continue;
        const struct roost_fault_info *info = roost_faults_info(faults, id);
        bool active = roost_faults_active(faults, id);
        ROOST_LOG(&device->log, active ? ROOST_LOG_WARN : ROOST_LOG_INFO, "fault",
                  active ? info->text : "cleared", RF_STR("name", info->name),
                  RF_INT("number", info->number));
    }
    memcpy(device->faults_reported, faults->active, sizeof device->faults_reported);
}

bool roost_device_settle_faults(struct roost_device *device)
{
    const struct roost_outbox *outbox = device->outbox;
    const struct roost_time *now = &device->now;
    struct roost_faults *faults = &device->faults;
    bool flash = device->boot_err < 0 || device->unsaved || (outbox && outbox->flash_err < 0);
    bool brown_out = device->health.reset_reason == ROOST_RESET_BROWN_OUT &&
                     now->now_ms < ROOST_DEVICE_STABLE_MS;

    roost_faults_set(faults, ROOST_FAULT_FLASH, flash);
    roost_faults_set(faults, ROOST_FAULT_JOURNAL_FULL, outbox && outbox->journal_full);
    roost_faults_set(faults, ROOST_FAULT_CRASH_LOOP, device->safe_mode);
    roost_faults_set(faults, ROOST_FAULT_BROWN_OUT, brown_out);
    roost_faults_set(faults, ROOST_FAULT_CLOCK, now->unix_ms <= 0 && now->now_ms >= CLOCK_GRACE_MS);
    roost_faults_set(faults, ROOST_FAULT_UPDATE_FAILED, device->update.ota.report_is_error);
    if (memcmp(faults->active, device->faults_reported, sizeof faults->active) == 0)
        return false;
    log_fault_changes(device);
    device->status_dirty = true;
    return true;
}

/* ---- status ---- */

static void copy_text(char *out, size_t size, const char *text)
{
    size_t len = strlen(text);

    len = len < size ? len : size - 1;
    memcpy(out, text, len);
    out[len] = '\0';
}

static void fill_counters(const struct roost_device *device, struct roost_status *status)
{
    const struct roost_device_spec *spec = device->spec;

    for (size_t i = 0; i < spec->counter_count; i++) {
        if (!spec->counters[i].in_status)
            continue;
        ROOST_ASSERT(status->counter_count < ROOST_STATUS_COUNTERS);
        struct roost_status_counter *out = &status->counters[status->counter_count++];
        copy_text(out->name, sizeof out->name, spec->counters[i].name);
        out->value = counter(device, &spec->counters[i]);
    }
}

static void fill_status(const struct roost_device *device, struct roost_status *status)
{
    const struct roost_health *health = &device->health;
    const struct roost_outbox *outbox = device->outbox;
    int worst = roost_faults_worst(&device->faults);

    *status = (struct roost_status){
        .online = true,
        .has_health = true,
        .seq = outbox ? roost_outbox_last_seq(outbox) : 0,
        .journal_id = outbox ? outbox->journal.id : 0,
        .fault_number = worst < 0 ? 0 : roost_faults_info(&device->faults, (unsigned)worst)->number,
        .uptime_ms = health->uptime_ms,
        .heap_free_bytes = health->heap_free_bytes,
        .heap_low_bytes = health->heap_low_bytes,
        .boots = health->boots,
        .crashes = health->crashes,
        .brown_outs = health->brown_outs,
        .reconnects = health->reconnects,
        .journal_waiting = health->journal_waiting,
        .journal_dropped = health->journal_dropped,
        .event_dropped = health->event_dropped,
        .log_errors = health->log_errors,
        .rssi_dbm = health->rssi_dbm,
    };
    fill_counters(device, status);
    roost_device_update_status(device, status);
    roost_faults_write(&device->faults, worst, status->fault, sizeof status->fault);
    copy_text(status->type, sizeof status->type, device->spec->type);
    copy_text(status->firmware, sizeof status->firmware, device->firmware);
    copy_text(status->reset_reason, sizeof status->reset_reason,
              roost_reset_text(health->reset_reason));
}

int roost_device_say_status(struct roost_device *device, bool online)
{
    struct roost_status *status = &device->status;
    char *payload = device->event.data; /* no event is looked at now: its bytes serve as room */

    _Static_assert(sizeof device->event.data >= ROOST_STATUS_MAX, "room for a status");
    status->online = status->has_health = online;
    if (online) {
        roost_device_sample_health(device);
        fill_status(device, status);
    }
    int len = roost_status_write(payload, sizeof device->event.data, status);
    if (len < 0) {
        ROOST_LOG(&device->log, ROOST_LOG_ERROR, "status", "not written", RF_ERR("error", len));
        return len;
    }
    return device->uplink.ops->report(device->uplink.ctx,
                                      online ? ROOST_REPORT_ONLINE : ROOST_REPORT_OFFLINE, payload,
                                      (size_t)len);
}

/* What finds no room in the port now is tried again on the next step: an acknowledgement wakes it.
 */
void roost_device_say_reports(struct roost_device *device, bool faults_changed)
{
    uint64_t now_ms = device->now.now_ms;

    if (!roost_device_online(device) || roost_device_rests(device))
        return;
    if (device->spec->report)
        device->spec->report(device, faults_changed);
    if (!device->status_dirty || now_ms < device->status_ms)
        return;
    int token = roost_device_say_status(device, true);
    if (token < 0)
        return;
    device->status_token = (uint32_t)token;
    device->update.status_acked |= token == 0; /* nobody acknowledges on this uplink */
    device->status_dirty = false;
    device->status_ms = now_ms + STATUS_LEAST_MS;
}

uint64_t roost_device_reports_due(const struct roost_device *device)
{
    bool later = roost_device_online(device) && device->status_dirty &&
                 device->status_ms > device->now.now_ms;

    return later ? device->status_ms : ROOST_NEVER;
}
