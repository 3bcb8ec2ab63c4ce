/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/window/window.h"

#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "devices/window/parts.h"

enum {
    FIRST_SAMPLE_MS = 1000,  /* the sensor needs a second after power-on */
    CLOCK_GRACE_MS = 120000, /* without a wall clock for so long since boot: a fault */
};

static const struct roost_link_limits link_limits = {
    .backoff_base_ms = 1000,
    .backoff_cap_ms = 60000,
    .connect_timeout_ms = 15000,
    .stable_ms = 30000,
    .breaker_threshold = 8,
    .breaker_open_ms = 120000,
};

static uint32_t draw(const struct roost_window *window)
{
    uint32_t random;

    window->port->random.ops->fill(window->port->random.ctx, &random, sizeof random);
    return random;
}

static void read_clock(struct roost_window *window)
{
    const struct roost_clock *clock = &window->port->clock;

    window->now = (struct window_time){.now_ms = clock->ops->now_ms(clock->ctx),
                                       .unix_ms = clock->ops->unix_ms(clock->ctx)};
}

/* ---- link ---- */

static void open_mqtt(struct roost_window *window);

static void link_event(struct roost_window *window, enum roost_link_event event)
{
    const struct roost_mqtt *mqtt = &window->port->mqtt;
    enum roost_link_state from = window->link.state;
    enum roost_link_action action =
        roost_link_handle(&window->link, event, window->now.now_ms, draw(window));

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
    link_event(window, ROOST_LINK_LOST);
}

static void mqtt_opened(struct roost_window *window)
{
    static const enum roost_topic_kind kinds[] = {ROOST_TOPIC_CONTROL, ROOST_TOPIC_COMMAND};
    const struct roost_mqtt *mqtt = &window->port->mqtt;
    char topic[ROOST_TOPIC_MAX + 1];

    link_event(window, ROOST_LINK_OPENED);
    if (!window_connected(window))
        return; /* it came too late, the link has closed it */
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        int err = roost_topic_write(topic, sizeof topic, kinds[i], window->device_id);
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

static void mqtt_closed(struct roost_window *window, int status)
{
    ROOST_LOG(&window->log, ROOST_LOG_INFO, "link", "closed", RF_ERR("why", status));
    window_publisher_closed(&window->publisher);
    if (window->answer_len > 0) {
        window->answer_len = 0;
        window->answers_lost++;
    }
    link_event(window, ROOST_LINK_LOST);
    if (window->stopping)
        window->stopped = true;
}

static void connect_wifi(struct roost_window *window)
{
    const struct roost_wifi *wifi = &window->port->wifi;
    int err = wifi->ops->connect(wifi->ctx, NULL, NULL);

    if (err == 0)
        return;
    ROOST_LOG(&window->log, ROOST_LOG_WARN, "wifi", "connect refused", RF_ERR("error", err));
    roost_timers_start(&window->timers, WINDOW_TIMER_WIFI,
                       window->now.now_ms +
                           roost_backoff_next(&window->wifi_backoff, draw(window)));
}

static void wifi_changed(struct roost_window *window, bool up)
{
    link_event(window, up ? ROOST_LINK_NET_UP : ROOST_LINK_NET_DOWN);
    if (up) {
        roost_backoff_reset(&window->wifi_backoff);
        roost_timers_stop(&window->timers, WINDOW_TIMER_WIFI);
    } else {
        roost_timers_start(&window->timers, WINDOW_TIMER_WIFI,
                           window->now.now_ms +
                               roost_backoff_next(&window->wifi_backoff, draw(window)));
    }
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
static void update_faults(struct roost_window *window)
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
        wifi_changed(window, event->type == ROOST_EV_WIFI_UP);
        break;
    case ROOST_EV_MQTT_OPENED:
        mqtt_opened(window);
        break;
    case ROOST_EV_MQTT_CLOSED:
        mqtt_closed(window, event->status);
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
            connect_wifi(window);
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

static void run_link(struct roost_window *window)
{
    const struct roost_mqtt *mqtt = &window->port->mqtt;

    if (!window->started) {
        window->started = true;
        if (window->port->wifi.ops) {
            link_event(window, ROOST_LINK_NET_DOWN); /* until WIFI_UP */
            connect_wifi(window);
        }
        link_event(window, ROOST_LINK_START);
    }
    if (window->now.now_ms >= roost_link_due(&window->link))
        link_event(window, ROOST_LINK_DUE);
    if (window_publisher_unanswered(&window->publisher, window->now)) {
        ROOST_LOG(&window->log, ROOST_LOG_WARN, "link", "broker acknowledges nothing",
                  RF_INT("in_flight", window->publisher.flying));
        window_publisher_closed(&window->publisher);
        (void)mqtt->ops->close(mqtt->ctx);
    }
}

uint64_t roost_window_step(struct roost_window *window)
{
    const struct roost_system *system = &window->port->system;

    read_clock(window);
    drain_events(window);
    if (!window->stopped)
        run_timers(window);
    if (window->stopped) {
        system->ops->feed_watchdog(system->ctx);
        return window->now.now_ms + ROOST_WINDOW_WATCHDOG_MS;
    }
    if (!window->stopping)
        run_link(window);
    run_motor(window);
    run_sound(window);
    window_publisher_pump(&window->publisher, window->now);
    update_faults(window);
    window_publish_reports(window);
    system->ops->feed_watchdog(system->ctx);
    return next_due(window);
}

void roost_window_stop(struct roost_window *window)
{
    bool open = window->link.state == ROOST_LINK_UP || window->link.state == ROOST_LINK_CONNECTING;

    if (window->stopping)
        return;
    read_clock(window);
    window->stopping = true;
    run_motor(window);
    run_sound(window);
    if (window_connected(window) && window_publish_status(window, false) < 0)
        ROOST_LOG(&window->log, ROOST_LOG_WARN, "window", "offline not published", {0});
    window_publisher_closed(&window->publisher); /* offline is the last word */
    link_event(window, ROOST_LINK_STOP);
    roost_timers_start(&window->timers, WINDOW_TIMER_STOP,
                       window->now.now_ms + ROOST_WINDOW_STOP_MS);
    window->stopped = !open;
}

bool roost_window_stopped(const struct roost_window *window)
{
    return window->stopped;
}

/* ---- init ---- */

static uint64_t log_now_ms(void *ctx)
{
    const struct roost_port *port = ((struct roost_window *)ctx)->port;

    return port->clock.ops->now_ms(port->clock.ctx);
}

static void log_sink(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    const struct roost_system *system = &((struct roost_window *)ctx)->port->system;

    (void)level; /* it stands in the line */
    system->ops->console(system->ctx, line, len);
}

static int take_config(struct roost_window *window, const struct roost_window_config *config)
{
    size_t id_len = strlen(config->device_id);
    size_t version_len = strlen(config->firmware_version);
    struct roost_status offline = {.online = false};
    int err = roost_device_id_check(config->device_id, id_len);

    if (err < 0)
        return err;
    if (version_len >= sizeof window->firmware)
        return ROOST_ERR_TOO_LONG;
    memcpy(window->device_id, config->device_id, id_len + 1);
    memcpy(window->firmware, config->firmware_version, version_len + 1);
    err = roost_topic_write(window->will_topic, sizeof window->will_topic, ROOST_TOPIC_STATUS,
                            window->device_id);
    if (err > 0)
        err = roost_status_write(window->will_payload, sizeof window->will_payload, &offline);
    if (err < 0)
        return err;
    window->broker = config->broker;
    window->broker.client_id = window->device_id;
    window->broker.will_topic = window->will_topic;
    window->broker.will_payload = window->will_payload;
    return 0;
}

static bool has_needed_parts(const struct roost_port *port)
{
    return port->clock.ops && port->random.ops && port->kv.ops && port->journal.ops &&
           port->mqtt.ops && port->climate.ops && port->motor.ops && port->system.ops;
}

static void init_basics(struct roost_window *window)
{
    roost_log_init(&window->log, window->log_memory, sizeof window->log_memory, log_now_ms,
                   log_sink, window);
    roost_faults_init(&window->faults);
    roost_queue_init(&window->events, window->event_memory, sizeof window->event_memory);
    roost_timers_init(&window->timers, window->timer, WINDOW_TIMER_COUNT);
    roost_link_init(&window->link, &link_limits);
    roost_backoff_init(&window->wifi_backoff, link_limits.backoff_base_ms,
                       link_limits.backoff_cap_ms);
    window_sampler_init(&window->sampler);
    window_control_init(&window->control, window->device_id);
}

static void start_timers(struct roost_window *window)
{
    uint64_t now_ms = window->now.now_ms;

    roost_timers_start(&window->timers, WINDOW_TIMER_SAMPLE, now_ms + FIRST_SAMPLE_MS);
    roost_timers_start(&window->timers, WINDOW_TIMER_HEALTH,
                       now_ms + window_setting_u32(window, WINDOW_SET_HEALTH_INTERVAL));
    roost_timers_start(&window->timers, WINDOW_TIMER_STABLE, now_ms + ROOST_WINDOW_STABLE_MS);
    window_apply_settings(window);
}

int roost_window_init(struct roost_window *window, const struct roost_port *port,
                      const struct roost_window_config *config)
{
    memset(window, 0, sizeof *window);
    window->port = port;
    if (!has_needed_parts(port))
        return ROOST_ERR_UNSUPPORTED;
    int err = take_config(window, config);
    if (err < 0)
        return err;
    init_basics(window);
    read_clock(window);
    window->boot_err = roost_health_boot(&window->health, port, &window->safe_mode);
    err = roost_settings_init(&window->settings, window_settings, WINDOW_SET_COUNT, window->values,
                              &port->kv);
    if (err < 0)
        window->boot_err = err; /* it runs on defaults */
    err = window_publisher_init(&window->publisher, port, window->device_id,
                                window->boot_err < 0 ? 0 : window->health.boots, &window->log);
    if (err < 0)
        return err;
    err = window_motor_init(&window->motor, &port->motor, &port->kv, &window->log);
    if (err < 0)
        return err;
    window_sound_init(&window->sound, port, window->device_id, config->audio_memory,
                      config->audio_bytes, &window->log);
    start_timers(window);
    window->control.contact_ms = window->now.now_ms;
    window->control.calibrate = window->motor.state == WINDOW_MOTOR_UNCALIBRATED &&
                                roost_settings_int(&window->settings, WINDOW_SET_AUTO_CALIBRATE);
    ROOST_LOG(&window->log, ROOST_LOG_INFO, "window", "starts", RF_STR("version", window->firmware),
              RF_INT("boot", window->health.boots), RF_INT("safe_mode", window->safe_mode),
              RF_INT("waiting", window_publisher_waiting(&window->publisher)));
    return 0;
}
