/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/window/window.h"

#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "devices/window/parts.h"

void window_read_clock(struct roost_window *window)
{
    const struct roost_clock *clock = &window->port->clock;

    window->now = (struct window_time){.now_ms = clock->ops->now_ms(clock->ctx),
                                       .unix_ms = clock->ops->unix_ms(clock->ctx)};
}

/* ---- climate ---- */

int window_measure(struct roost_window *window)
{
    const struct roost_climate_sensor *sensor = &window->port->climate;

    return sensor->ops->measure(sensor->ctx);
}

static void sample_due(struct roost_window *window)
{
    uint64_t due_ms = window->timer[WINDOW_TIMER_SAMPLE].due_ms +
                      window_setting_u32(window, WINDOW_SET_SAMPLE_INTERVAL);
    int err = window_measure(window);

    if (err < 0)
        window_climate_sample(window, err, &(struct roost_climate_sample){0});
    /* Even spacing, without a burst of catching up after a long gap. */
    if (due_ms <= window->now.now_ms)
        due_ms = window->now.now_ms + window_setting_u32(window, WINDOW_SET_SAMPLE_INTERVAL);
    roost_timers_start(&window->timers, WINDOW_TIMER_SAMPLE, due_ms);
}

/* ---- motion and sound ---- */

struct window_situation window_situation_now(const struct roost_window *window)
{
    const struct roost_settings *set = &window->settings;

    return (struct window_situation){
        .now_ms = window->now.now_ms,
        .unix_ms = window->now.unix_ms,
        .safe_mode = window->safe_mode,
        .stopping = window->stopping || window->updating,
        .motor = window->motor.state,
        .position_mpct = window_motor_position_mpct(&window->motor),
        .lost_ms = window_setting_u32(window, WINDOW_SET_CONTROL_LOST),
        .max_age_ms = window_setting_u32(window, WINDOW_SET_CONTROL_MAX_AGE),
        .min_confidence_milli = (int32_t)roost_settings_int(set, WINDOW_SET_CONTROL_CONFIDENCE),
        .safe_mpct = (int32_t)roost_settings_int(set, WINDOW_SET_SAFE_POSITION) * 1000,
    };
}

/* The one place that commands the motor. */
static void run_motor(struct roost_window *window)
{
    struct window_situation situation = window_situation_now(window);
    enum window_reason before = window->control.reason;
    struct window_order order = window_control_decide(&window->control, &situation);

    if (before != window->control.reason)
        ROOST_LOG(&window->log, ROOST_LOG_INFO, "control", "decision",
                  RF_STR("reason", window_reason_name(window->control.reason)),
                  RF_MILLI("target_pct", order.target_mpct));
    if (window_motor_run(&window->motor, &order, window->now.now_ms))
        window->state_dirty = true;
}

static struct window_sound_situation sound_situation(const struct roost_window *window)
{
    return (struct window_sound_situation){
        .now_ms = window->now.now_ms,
        .unix_ms = window->now.unix_ms,
        .interval_ms = window_setting_u32(window, WINDOW_SET_AUDIO_INTERVAL),
        .rate_hz = window_setting_u32(window, WINDOW_SET_AUDIO_RATE),
        .connected = window_connected(window),
        .safe_mode = window->safe_mode,
        .stopping = window->stopping || window->updating,
    };
}

static void run_sound(struct roost_window *window)
{
    struct window_sound_situation situation = sound_situation(window);

    window_sound_run(&window->sound, &situation);
}

void window_rest(struct roost_window *window)
{
    run_motor(window);
    run_sound(window);
}

/* ---- timers ---- */

static void reboot(struct roost_window *window)
{
    const struct roost_system *system = &window->port->system;

    window->stopping = true;
    window_rest(window);
    ROOST_LOG(&window->log, ROOST_LOG_INFO, "window", "reboots by command",
              RF_INT("uptime_ms", window->now.now_ms));
    window->stopped = true;
    system->ops->reboot(system->ctx, ROOST_RESET_COMMAND);
}

static void health_due(struct roost_window *window)
{
    window_sample_health(window);
    window_log_health(window);
    window->status_dirty = true;
    roost_timers_start(&window->timers, WINDOW_TIMER_HEALTH,
                       window->now.now_ms + window_setting_u32(window, WINDOW_SET_HEALTH_INTERVAL));
}

static void run_timers(struct roost_window *window)
{
    int id;

    while ((id = roost_timers_pop(&window->timers, window->now.now_ms)) >= 0) {
        switch ((enum window_timer)id) {
        case WINDOW_TIMER_SAMPLE:
            sample_due(window);
            break;
        case WINDOW_TIMER_HEALTH:
            health_due(window);
            break;
        case WINDOW_TIMER_STABLE:
            if (!window->safe_mode)
                window->boot_err = roost_health_stable(&window->health, window->port);
            break;
        case WINDOW_TIMER_WIFI:
            window_wifi_late(window);
            break;
        case WINDOW_TIMER_SCAN:
            window_scan_late(window);
            break;
        case WINDOW_TIMER_REBOOT:
            if (window->updating)
                window_update_restart(window);
            else
                reboot(window);
            return;
        case WINDOW_TIMER_STOP:
            window->stopped = true;
            break;
        case WINDOW_TIMER_COUNT:
            break;
        }
    }
}

static void start_by(struct roost_window *window, enum window_timer timer, uint64_t latest_ms)
{
    if (window->timer[timer].due_ms > latest_ms)
        roost_timers_start(&window->timers, timer, latest_ms);
}

void window_apply_settings(struct roost_window *window)
{
    const struct roost_settings *set = &window->settings;
    const char *level = roost_settings_text(set, WINDOW_SET_LOG_LEVEL);
    uint64_t now_ms = window->now.now_ms;

    window->motor.limits = (struct window_motor_limits){
        .speed_pct_s = (int32_t)roost_settings_int(set, WINDOW_SET_MOTOR_SPEED),
        .acceleration_pct_s2 = (int32_t)roost_settings_int(set, WINDOW_SET_MOTOR_ACCELERATION),
        .lag_pct = (int32_t)roost_settings_int(set, WINDOW_SET_MOTOR_LAG),
        .current_ma = (int32_t)roost_settings_int(set, WINDOW_SET_MOTOR_CURRENT),
        .stall_ms = window_setting_u32(window, WINDOW_SET_MOTOR_STALL),
    };
    if (roost_log_level_parse(level, strlen(level), &window->log.level) < 0)
        window->log.level = ROOST_LOG_INFO;
    start_by(window, WINDOW_TIMER_SAMPLE,
             now_ms + window_setting_u32(window, WINDOW_SET_SAMPLE_INTERVAL));
    start_by(window, WINDOW_TIMER_HEALTH,
             now_ms + window_setting_u32(window, WINDOW_SET_HEALTH_INTERVAL));
}

/* ---- step ---- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t next_due(const struct roost_window *window)
{
    struct window_situation situation = window_situation_now(window);
    struct window_sound_situation sound = sound_situation(window);
    uint64_t due_ms = window->now.now_ms + ROOST_WINDOW_WATCHDOG_MS;

    due_ms = earlier(due_ms, roost_timers_next(&window->timers));
    due_ms = earlier(due_ms, roost_link_due(&window->link));
    due_ms = earlier(due_ms, window_motor_due(&window->motor));
    due_ms = earlier(due_ms, window_control_due(&window->control, &situation));
    due_ms = earlier(due_ms, window_sound_due(&window->sound, &sound));
    due_ms = earlier(due_ms, window_publisher_due(&window->publisher));
    due_ms = earlier(due_ms, window_update_due(window));
    return earlier(due_ms, window_reports_due(window));
}

uint64_t roost_window_step(struct roost_window *window)
{
    const struct roost_system *system = &window->port->system;

    window_read_clock(window);
    window_drain_events(window);
    if (!window->stopped)
        run_timers(window);
    if (!window->stopped)
        window_run_commands(window);
    if (window->stopped) {
        system->ops->feed_watchdog(system->ctx);
        return window->now.now_ms + ROOST_WINDOW_WATCHDOG_MS;
    }
    if (!window->stopping)
        window_run_link(window);
    window_rest(window);
    if (!window->stopping)
        window_run_update(window);
    window_update_faults(window);
    /* Reports first: on a new connection the status names the journal that the readings are of. */
    window_publish_reports(window);
    window_publisher_pump(&window->publisher, window->now);
    system->ops->feed_watchdog(system->ctx);
    return next_due(window);
}

void roost_window_stop(struct roost_window *window)
{
    bool open = window->link.state == ROOST_LINK_UP || window->link.state == ROOST_LINK_CONNECTING;

    if (window->stopping)
        return;
    window_read_clock(window);
    window->stopping = true;
    window_rest(window);
    if (window_connected(window) && window_publish_status(window, false) < 0)
        ROOST_LOG(&window->log, ROOST_LOG_WARN, "window", "offline not published", {0});
    window_publisher_closed(&window->publisher); /* offline is the last word */
    if (window->ota.transfer)
        (void)window->port->http.ops->cancel(window->port->http.ctx);
    window_link_event(window, ROOST_LINK_STOP);
    roost_timers_start(&window->timers, WINDOW_TIMER_STOP,
                       window->now.now_ms + ROOST_WINDOW_STOP_MS);
    window->stopped = !open;
}

bool roost_window_stopped(const struct roost_window *window)
{
    return window->stopped;
}
