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

static void climate_sample(struct roost_window *window, int status,
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
        climate_sample(window, err, &(struct roost_climate_sample){0});
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
        .stopping = window->stopping,
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
        .stopping = window->stopping,
    };
}

static void run_sound(struct roost_window *window)
{
    struct window_sound_situation situation = sound_situation(window);

    window_sound_run(&window->sound, &situation);
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

/* ---- events ---- */

static bool enqueues(enum roost_event_type type)
{
    switch (type) {
    case ROOST_EV_WIFI_UP:
    case ROOST_EV_WIFI_DOWN:
    case ROOST_EV_MQTT_OPENED:
    case ROOST_EV_MQTT_CLOSED:
    case ROOST_EV_MQTT_ACKED:
    case ROOST_EV_MQTT_MESSAGE:
    case ROOST_EV_CLIMATE:
        return true;
    default:
        return false; /* AUDIO_READY too: every step looks for samples while it records */
    }
}

int roost_window_post(struct roost_window *window, const struct roost_event *event)
{
    struct window_event head = {.type = (uint8_t)event->type,
                                .status = event->status,
                                .token = event->token,
                                .climate = event->climate};
    struct roost_topic topic;

    if (!enqueues(event->type))
        return 0;
    if (event->type != ROOST_EV_MQTT_MESSAGE)
        return roost_queue_push(&window->events, &head, sizeof head, NULL, 0);

    if (roost_topic_parse(&topic, event->topic, strlen(event->topic)) < 0 ||
        (topic.kind != ROOST_TOPIC_CONTROL && topic.kind != ROOST_TOPIC_COMMAND) ||
        strcmp(topic.device_id, window->device_id) != 0) {
        window->unexpected++;
        return 0;
    }
    if (event->len > ROOST_COMMAND_MAX) {
        window->too_long++;
        return ROOST_ERR_TOO_LONG;
    }
    head.topic = (uint8_t)topic.kind;
    /* Messages leave room for what must not be lost: closed, acknowledged. */
    if (window->events.used + sizeof head + event->len + ROOST_WINDOW_EVENT_RESERVE >
        window->events.size) {
        window->events.dropped++;
        return ROOST_ERR_FULL;
    }
    return roost_queue_push(&window->events, &head, sizeof head, event->data, event->len);
}

static void reboot(struct roost_window *window)
{
    const struct roost_system *system = &window->port->system;

    window->stopping = true;
    run_motor(window);
    run_sound(window);
    ROOST_LOG(&window->log, ROOST_LOG_INFO, "window", "reboots by command",
              RF_INT("uptime_ms", window->now.now_ms));
    window->stopped = true;
    system->ops->reboot(system->ctx, ROOST_RESET_COMMAND);
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
        if (window->rebooting && window->reboot_token == event->token)
            roost_timers_start(&window->timers, WINDOW_TIMER_REBOOT, window->now.now_ms);
        else
            (void)window_publisher_acked(&window->publisher, event->token, window->now);
        break;
    case ROOST_EV_MQTT_MESSAGE:
        if (event->topic == ROOST_TOPIC_CONTROL)
            control_message(window, window->event.data, len);
        else
            window_command(window, len);
        break;
    case ROOST_EV_CLIMATE:
        climate_sample(window, event->status, &event->climate);
        break;
    default:
        ROOST_ASSERT(!"an event that is not enqueued");
    }
}

static void drain_events(struct roost_window *window)
{
    int len;

    while ((len = roost_queue_pop(&window->events, &window->event, sizeof window->event)) >= 0) {
        ROOST_ASSERT((size_t)len >= sizeof window->event.head);
        handle_event(window, (size_t)len - sizeof window->event.head);
    }
    ROOST_ASSERT(len == ROOST_ERR_EMPTY);
}

/* ---- timers ---- */

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
            window_connect_wifi(window);
            break;
        case WINDOW_TIMER_REBOOT:
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
    return earlier(due_ms, window_reports_due(window));
}

uint64_t roost_window_step(struct roost_window *window)
{
    const struct roost_system *system = &window->port->system;

    window_read_clock(window);
    drain_events(window);
    if (!window->stopped)
        run_timers(window);
    if (window->stopped) {
        system->ops->feed_watchdog(system->ctx);
        return window->now.now_ms + ROOST_WINDOW_WATCHDOG_MS;
    }
    if (!window->stopping)
        window_run_link(window);
    run_motor(window);
    run_sound(window);
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
    run_motor(window);
    run_sound(window);
    if (window_connected(window) && window_publish_status(window, false) < 0)
        ROOST_LOG(&window->log, ROOST_LOG_WARN, "window", "offline not published", {0});
    window_publisher_closed(&window->publisher); /* offline is the last word */
    window_link_event(window, ROOST_LINK_STOP);
    roost_timers_start(&window->timers, WINDOW_TIMER_STOP,
                       window->now.now_ms + ROOST_WINDOW_STOP_MS);
    window->stopped = !open;
}

bool roost_window_stopped(const struct roost_window *window)
{
    return window->stopped;
}
