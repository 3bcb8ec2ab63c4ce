/* SPDX-License-Identifier: Apache-2.0 */
/* From configuration and flash to a device that can be stepped. */
#include <string.h>

#include "core/err.h"
#include "devices/window/parts.h"

enum { FIRST_SAMPLE_MS = 1000 }; /* the sensor needs a second after power-on */

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
    err = roost_any_topic_write(window->will_topic, sizeof window->will_topic, ANY_TOPIC_STATUS,
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
    roost_queue_init(&window->commands, window->command_memory, sizeof window->command_memory);
    roost_timers_init(&window->timers, window->timer, WINDOW_TIMER_COUNT);
    window_init_link(window);
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
    window_read_clock(window);
    window->boot_err = roost_health_boot(&window->health, port, &window->safe_mode);
    err = roost_settings_init(&window->settings, window_settings, WINDOW_SET_COUNT, window->values,
                              &port->kv);
    if (err < 0)
        window->boot_err = err; /* it runs on defaults */
    err = window_init_wifi(window);
    if (err < 0)
        window->boot_err = err; /* it runs with the networks that could be read */
    err = window_publisher_init(&window->publisher, port, window->device_id,
                                window->boot_err < 0 ? 0 : window->health.boots, &window->log);
    if (err < 0)
        return err;
    err = window_motor_init(&window->motor, &port->motor, &port->kv, &window->log);
    if (err < 0)
        return err;
    window_sound_init(&window->sound, port, window->device_id, config->audio_memory,
                      config->audio_bytes, &window->log);
    window_init_update(window, config->update);
    start_timers(window);
    window->control.contact_ms = window->now.now_ms;
    window->control.calibrate = window->motor.state == WINDOW_MOTOR_UNCALIBRATED &&
                                roost_settings_int(&window->settings, WINDOW_SET_AUTO_CALIBRATE);
    ROOST_LOG(&window->log, ROOST_LOG_INFO, "window", "starts", RF_STR("version", window->firmware),
              RF_INT("boot", window->health.boots), RF_INT("safe_mode", window->safe_mode),
              RF_INT("waiting", window_publisher_waiting(&window->publisher)));
    return 0;
}
