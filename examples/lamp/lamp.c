/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/lamp/lamp.h"

#include <string.h>

#include "core/err.h"
#include "examples/lamp/fault_list.h"

enum { DEBOUNCE_MS = 50, STUCK_MS = 60000, MINUTE_MS = 60000 };
enum { LAMP_FAULT_BUTTON_STUCK = ROOST_FAULT_COUNT };

static void drive(struct lamp *lamp)
{
    struct roost_device *device = &lamp->device;
    const struct roost_gpio *gpio = &device->port->gpio;
    bool on = lamp->lit && !device->safe_mode && !roost_device_rests(device);

    if (on != lamp->driven && gpio->ops->write(gpio->ctx, LAMP_LINE_RELAY, on) == 0)
        lamp->driven = on;
}

/* The time counts from the switch, also when the setting changes later. */
static void time_off(struct lamp *lamp)
{
    uint32_t minutes = roost_device_u32(&lamp->device, LAMP_SET_OFF_AFTER);

    if (lamp->lit && minutes > 0)
        roost_timers_start(&lamp->device.timers, LAMP_TIMER_OFF,
                           lamp->lit_ms + (uint64_t)minutes * MINUTE_MS);
    else
        roost_timers_stop(&lamp->device.timers, LAMP_TIMER_OFF);
}

static void switch_to(struct lamp *lamp, bool on, const char *by)
{
    struct roost_device *device = &lamp->device;

    if (lamp->lit == on)
        return;
    lamp->lit = on;
    lamp->lit_ms = device->now.now_ms;
    time_off(lamp);
    roost_device_tell(device);
    ROOST_LOG(&device->log, ROOST_LOG_INFO, "lamp", on ? "on" : "off", RF_STR("by", by));
}

static void button(struct lamp *lamp, bool down)
{
    struct roost_device *device = &lamp->device;
    uint64_t now_ms = device->now.now_ms;

    lamp->stuck = false;
    roost_timers_stop(&device->timers, LAMP_TIMER_STUCK);
    if (!down)
        return;
    roost_timers_start(&device->timers, LAMP_TIMER_STUCK, now_ms + STUCK_MS);
    if (lamp->pressed_ms > 0 && now_ms - lamp->pressed_ms < DEBOUNCE_MS)
        return; /* the contact bounces */
    lamp->pressed_ms = now_ms;
    switch_to(lamp, !lamp->lit, "hand");
}

static void happens(struct lamp *lamp, const struct roost_what *what)
{
    if (what->kind == ROOST_WHAT_EVENT && what->token == LAMP_LINE_BUTTON)
        button(lamp, what->status == 1);
    else if (what->kind == ROOST_WHAT_TIMER && what->id == LAMP_TIMER_OFF)
        switch_to(lamp, false, "timer");
    else if (what->kind == ROOST_WHAT_TIMER)
        lamp->stuck = true;
    else if (what->kind == ROOST_WHAT_SETTINGS)
        time_off(lamp);
}

uint64_t lamp_step(struct lamp *lamp)
{
    struct roost_what what;

    roost_device_begin(&lamp->device);
    while (roost_device_next(&lamp->device, &what))
        happens(lamp, &what);
    drive(lamp);
    roost_faults_set(&lamp->device.faults, LAMP_FAULT_BUTTON_STUCK, lamp->stuck);
    return roost_device_finish(&lamp->device, ROOST_NEVER, true, NULL);
}

/* ---- commands ---- */

static int switch_by_command(struct roost_device *device, struct roost_json_writer *out,
                             struct roost_message *message, bool on)
{
    if (device->safe_mode) {
        roost_say(message, "lamp: safe mode");
        return ROOST_ERR_STATE;
    }
    switch_to((struct lamp *)device, on, "command");
    roost_write_nothing(out);
    return 0;
}

static ROOST_COMMAND(lamp, on)
{
    return switch_by_command(device, out, message, true);
}

static ROOST_COMMAND(lamp, off)
{
    return switch_by_command(device, out, message, false);
}

/* ---- what it is ---- */

static const struct roost_setting settings[LAMP_SET_COUNT] = {
    ROOST_DEVICE_SETTINGS,
    [LAMP_SET_OFF_AFTER] = ROOST_SETTING_INT_ROW("off_after_minutes", 0, 0, 1440, "min"),
};
static const struct roost_fault_info faults[] = {LAMP_FAULT_LIST(ROOST_FAULT_ROW)};
static const struct roost_command_row commands[] = {{"on", lamp_command_on},
                                                    {"off", lamp_command_off}};
static const struct roost_counter_row counters[] = {{"lit", offsetof(struct lamp, lit), true}};

static const struct roost_device_spec lamp_spec = {
    .type = "lamp",
    .settings = settings,
    .setting_count = LAMP_SET_COUNT,
    .faults = faults,
    .fault_count = 1,
    .commands = commands,
    .command_count = 2,
    .counters = counters,
    .counter_count = 1,
    .events = 1u << ROOST_EV_GPIO,
    .timer_count = LAMP_TIMER_COUNT,
};

int lamp_init(struct lamp *lamp, const struct roost_port *port, const char *device_id,
              const char *version, const struct roost_mqtt_options *broker,
              const struct roost_ota_config *update)
{
    const struct roost_device_config config = {.spec = &lamp_spec,
                                               .port = port,
                                               .device_id = device_id,
                                               .firmware_version = version,
                                               .uplink = roost_uplink_mqtt(&lamp->mqtt),
                                               .values = lamp->values,
                                               .timers = lamp->timer,
                                               .update = update};

    memset(lamp, 0, sizeof *lamp);
    if (!port->gpio.ops)
        return ROOST_ERR_UNSUPPORTED;
    int err = roost_device_init(&lamp->device, &config);
    if (err == 0)
        err = roost_uplink_mqtt_init(&lamp->mqtt, port, broker, lamp->device.id, NULL, 0);
    if (err == 0)
        err = port->gpio.ops->watch(port->gpio.ctx, LAMP_LINE_BUTTON, true);
    if (err == 0)
        err = port->gpio.ops->write(port->gpio.ctx, LAMP_LINE_RELAY, false);
    if (err == 0)
        roost_device_ready(&lamp->device);
    return err;
}
