/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/reset.h"
#include "devices/window/parts.h"
#include "proto/climate/payload.h"

enum {
    STATUS_LEAST_MS = 1000,  /* a fault that comes and goes is reported no more often */
    CLOCK_GRACE_MS = 120000, /* without a wall clock for so long since boot: a fault */
};

int window_publish(struct roost_window *window, enum roost_any_topic_kind kind, const char *payload,
                   size_t len, bool retain)
{
    char topic[ROOST_TOPIC_MAX + 1];
    int err = roost_any_topic_write(topic, sizeof topic, kind, window->device_id);

    ROOST_ASSERT(err > 0); /* the device id was checked at init */
    return window->port->mqtt.ops->publish(window->port->mqtt.ctx, topic, payload, len, 1, retain);
}

uint32_t window_control_refused(const struct roost_window *window)
{
    uint32_t sum = 0;

    for (int i = 0; i < WINDOW_REFUSAL_COUNT; i++)
        sum += window->control.refused[i];
    return sum;
}

/* ---- health ---- */

void window_sample_health(struct roost_window *window)
{
    struct roost_health *health = &window->health;

    roost_health_sample(health, window->port, &window->faults,
                        window_setting_u32(window, WINDOW_SET_MEMORY_LOW));
    health->reconnects = window->link.connects > 0 ? window->link.connects - 1 : 0;
    health->journal_waiting = (uint32_t)window_publisher_waiting(&window->publisher);
    health->journal_dropped = window->publisher.journal.dropped;
    health->event_high_water = window->events.high_water;
    health->event_dropped = window->events.dropped + window->commands.dropped + window->too_long;
    health->log_errors = window->log.errors;
}

void window_log_health(struct roost_window *window)
{
    const uint32_t *refused = window->control.refused;
    uint32_t sum = window_control_refused(window);

    roost_health_log(&window->health, &window->log);
    if (sum == window->refused_logged)
        return;
    window->refused_logged = sum;
    ROOST_LOG(&window->log, ROOST_LOG_INFO, "control", "refused so far",
              RF_INT("malformed", refused[WINDOW_REFUSED_MALFORMED]),
              RF_INT("device", refused[WINDOW_REFUSED_DEVICE]),
              RF_INT("stale", refused[WINDOW_REFUSED_STALE]),
              RF_INT("future", refused[WINDOW_REFUSED_FUTURE]),
              RF_INT("confidence", refused[WINDOW_REFUSED_CONFIDENCE]),
              RF_INT("hand", refused[WINDOW_REFUSED_HAND]),
              RF_INT("motor", refused[WINDOW_REFUSED_MOTOR]));
}

/* ---- faults ---- */

static void log_fault_changes(struct roost_window *window)
{
    uint32_t changed = window->faults.active ^ window->faults_reported;

    for (unsigned i = 0; i < ROOST_FAULT_COUNT; i++) {
        if (!(changed & (1u << i)))
            continue;
        const struct roost_fault_info *info = roost_fault_info((enum roost_fault)i);
        bool active = roost_faults_active(&window->faults, (enum roost_fault)i);
        ROOST_LOG(&window->log, active ? ROOST_LOG_WARN : ROOST_LOG_INFO, "fault",
                  active ? info->text : "cleared", RF_STR("name", info->name),
                  RF_INT("number", info->number));
    }
    window->faults_reported = window->faults.active;
}

/* Those that follow from the parts' condition; sampler and health set theirs themselves. */
void window_update_faults(struct roost_window *window)
{
    const struct window_motor *motor = &window->motor;
    struct window_situation situation = window_situation_now(window);
    bool stalled = motor->state == WINDOW_MOTOR_STALLED;
    bool young = window->now.now_ms < ROOST_WINDOW_STABLE_MS;
    const struct {
        enum roost_fault fault;
        bool active;
    } conditions[] = {
        {ROOST_FAULT_FLASH, window->boot_err < 0 || window->publisher.flash_err < 0 ||
                                motor->unsaved || window->sound.unsaved},
        {ROOST_FAULT_JOURNAL_FULL, window->publisher.journal_full},
        {ROOST_FAULT_CRASH_LOOP, window->safe_mode},
        {ROOST_FAULT_BROWN_OUT, window->health.reset_reason == ROOST_RESET_BROWN_OUT && young},
        {ROOST_FAULT_CLOCK, window->now.unix_ms <= 0 && window->now.now_ms >= CLOCK_GRACE_MS},
        {ROOST_FAULT_UPDATE_FAILED, window->ota.report_is_error},
        {ROOST_FAULT_MICROPHONE, window->sound.microphone_fault},
        {ROOST_FAULT_MOTOR_STALL, stalled},
        {ROOST_FAULT_MOTOR_UNCALIBRATED, !motor->calibrated && !stalled},
        {ROOST_FAULT_CONTROL_LOST,
         !window->safe_mode && window_control_lost(&window->control, &situation)},
    };

    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++)
        roost_faults_set(&window->faults, conditions[i].fault, conditions[i].active);
    if (window->faults.active == window->faults_reported)
        return;
    log_fault_changes(window);
    window->status_dirty = true;
    window->state_dirty = true;
}

/* "MOTOR_STALL" as "motor_stall"; "" for -1. */
static void write_fault(char *out, size_t size, int fault)
{
    const char *name = fault < 0 ? "" : roost_fault_info((enum roost_fault)fault)->name;
    size_t i = 0;

    for (; name[i] && i + 1 < size; i++)
        out[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
    out[i] = '\0';
}

/* The fault that says most about why the window stands where it stands, or -1. */
static int motion_fault(const struct roost_window *window)
{
    static const enum roost_fault of_motion[] = {ROOST_FAULT_MOTOR_STALL, ROOST_FAULT_CRASH_LOOP,
                                                 ROOST_FAULT_MOTOR_UNCALIBRATED,
                                                 ROOST_FAULT_CONTROL_LOST};

    for (size_t i = 0; i < sizeof of_motion / sizeof of_motion[0]; i++)
        if (roost_faults_active(&window->faults, of_motion[i]))
            return (int)of_motion[i];
    return -1;
}

/* ---- messages ---- */

static void copy_text(char *out, size_t size, const char *text)
{
    size_t len = strlen(text);

    len = len < size ? len : size - 1;
    memcpy(out, text, len);
    out[len] = '\0';
}

static void fill_status(const struct roost_window *window, struct roost_status *status)
{
    const struct roost_health *health = &window->health;
    int worst = roost_faults_worst(&window->faults);

    *status = (struct roost_status){
        .online = true,
        .has_health = true,
        .seq = window_publisher_last_seq(&window->publisher),
        .journal_id = window->publisher.journal.id,
        .type = "window",
        .fault_number = worst < 0 ? 0 : roost_fault_info((enum roost_fault)worst)->number,
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
        .audio_dropped = window->sound.dropped,
        .rssi_dbm = health->rssi_dbm,
    };
    window_fill_update(window, status);
    write_fault(status->fault, sizeof status->fault, worst);
    copy_text(status->firmware, sizeof status->firmware, window->firmware);
    copy_text(status->reset_reason, sizeof status->reset_reason,
              roost_reset_text(health->reset_reason));
}

int window_publish_status(struct roost_window *window, bool online)
{
    struct roost_status status = {.online = false};
    char *payload = window->event.data; /* no event is looked at now: its bytes serve as room */

    _Static_assert(sizeof window->event.data >= ROOST_STATUS_MAX, "room for a status");
    if (online) {
        window_sample_health(window);
        fill_status(window, &status);
    }
    int len = roost_status_write(payload, sizeof window->event.data, &status);
    if (len < 0) {
        ROOST_LOG(&window->log, ROOST_LOG_ERROR, "status", "not written", RF_ERR("error", len));
        return len;
    }
    return window_publish(window, ANY_TOPIC_STATUS, payload, (size_t)len, true);
}

static int publish_state(struct roost_window *window)
{
    const struct window_motor *motor = &window->motor;
    struct roost_window_state state = {
        .position_pct = window_motor_position_mpct(motor) / 1000.0,
        .target_pct = motor->target_mpct / 1000.0,
        .moving = window_motor_moving(motor),
        .calibrated = motor->calibrated,
    };
    char payload[160];

    write_fault(state.fault, sizeof state.fault, motion_fault(window));
    int len = roost_window_state_write(payload, sizeof payload, &state);
    ROOST_ASSERT(len > 0);
    return window_publish(window, ANY_TOPIC_STATE, payload, (size_t)len, true);
}

void window_publish_answer(struct roost_window *window)
{
    if (window->answer_len == 0)
        return;
    int token = window_publish(window, ANY_TOPIC_ANSWER, window->answer, window->answer_len, false);

    if (token == ROOST_ERR_FULL)
        return;
    window->answer_len = 0;
    if (token < 0)
        window->answers_lost++;
    else if (window->rebooting && window->reboot_token == 0)
        window->reboot_token = (uint32_t)token;
}

static uint64_t state_due(const struct roost_window *window)
{
    return window->state_ms + window_setting_u32(window, WINDOW_SET_STATE_INTERVAL);
}

/* What finds no room in the port now is tried again on the next step: an acknowledgement wakes it.
 */
void window_publish_reports(struct roost_window *window)
{
    uint64_t now_ms = window->now.now_ms;
    bool moving = window_motor_moving(&window->motor);

    if (!window_connected(window) || window->stopping || window->updating)
        return;
    if (moving && now_ms >= state_due(window))
        window->state_dirty = true;
    if (window->state_dirty && (!moving || now_ms >= state_due(window)) &&
        publish_state(window) > 0) {
        window->state_dirty = false;
        window->state_ms = now_ms;
    }
    if (window->status_dirty && now_ms >= window->status_ms) {
        int token = window_publish_status(window, true);
        if (token <= 0)
            return;
        window->status_token = (uint32_t)token;
        window->status_dirty = false;
        window->status_ms = now_ms + STATUS_LEAST_MS;
    }
}

uint64_t window_reports_due(const struct roost_window *window)
{
    bool later =
        window_connected(window) && window->status_dirty && window->status_ms > window->now.now_ms;

    return later ? window->status_ms : ROOST_NEVER;
}
