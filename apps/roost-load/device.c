/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/roost-load/device.h"

#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "proto/climate/topic.h"

enum { JOURNAL_SECTORS = 4, KV_BYTES = 1024 };

static uint64_t now_us(void)
{
    return uv_hrtime() / 1000u;
}

/* ---- MQTT, measured ---- */

static int measured_open(void *ctx, const struct roost_mqtt_options *options)
{
    const struct roost_mqtt *mqtt = &((struct load_device *)ctx)->board.port.mqtt;

    return mqtt->ops->open(mqtt->ctx, options);
}

/* An enum climate_topic, or below 0. */
static int climate_topic_of(const char *topic)
{
    char device_id[ROOST_DEVICE_ID_MAX + 1];

    return roost_topic_find(climate_topics, CLIMATE_TOPIC_COUNT, topic, strlen(topic), device_id);
}

static enum load_kind kind_of(const char *topic)
{
    switch (climate_topic_of(topic)) {
    case CLIMATE_TOPIC_TEMPERATURE:
    case CLIMATE_TOPIC_HUMIDITY:
        return LOAD_READING;
    case CLIMATE_TOPIC_AUDIO:
        return LOAD_AUDIO;
    default:
        return LOAD_OTHER;
    }
}

static int measured_publish(void *ctx, const char *topic, const void *payload, size_t len, int qos,
                            bool retain)
{
    struct load_device *device = ctx;
    const struct roost_mqtt *mqtt = &device->board.port.mqtt;
    uint64_t sent_us = now_us();
    int token = mqtt->ops->publish(mqtt->ctx, topic, payload, len, qos, retain);
    size_t slot = 0;

    if (token < 0)
        device->load->refused++;
    if (token <= 0)
        return token;
    enum load_kind kind = kind_of(topic);
    device->load->published[kind]++;
    if (kind != LOAD_OTHER)
        device->sensor_us = sent_us;
    while (device->sent[slot].token) /* the board has no more on its way than there are slots */
        slot++;
    device->sent[slot].token = token;
    device->sent[slot].kind = kind;
    device->sent[slot].sent_us = sent_us;
    return token;
}

static int measured_subscribe(void *ctx, const char *topic)
{
    const struct roost_mqtt *mqtt = &((struct load_device *)ctx)->board.port.mqtt;

    return mqtt->ops->subscribe(mqtt->ctx, topic);
}

static int measured_close(void *ctx)
{
    const struct roost_mqtt *mqtt = &((struct load_device *)ctx)->board.port.mqtt;

    return mqtt->ops->close(mqtt->ctx);
}

static const struct roost_mqtt_ops measured_mqtt = {.open = measured_open,
                                                    .publish = measured_publish,
                                                    .subscribe = measured_subscribe,
                                                    .close = measured_close};

/* ---- the sensor, counted ---- */

/* The sample after the last one that was asked for begins and never ends, which the window takes
 * for a sensor that needs long; nothing is judged or published for it. */
static int counted_measure(void *ctx)
{
    struct load_device *device = ctx;
    const struct roost_climate_sensor *climate = &device->board.port.climate;
    uint64_t wanted = device->load->settings.readings;

    if (wanted && device->measured >= wanted)
        return 0;
    return climate->ops->measure(climate->ctx);
}

static const struct roost_climate_sensor_ops counted_climate = {.measure = counted_measure};

/* ---- events ---- */

static void acknowledged(struct load_device *device, uint64_t token)
{
    struct load *load = device->load;

    for (size_t i = 0; i < LINUX_MQTT_INFLIGHT; i++) {
        if ((uint64_t)device->sent[i].token != token)
            continue;
        device->sent[i].token = 0;
        load->acked[device->sent[i].kind]++;
        histogram_add(&load->ack_us, now_us() - device->sent[i].sent_us);
        return;
    }
}

static void closed(struct load_device *device)
{
    for (size_t i = 0; i < LINUX_MQTT_INFLIGHT; i++) {
        device->load->forgotten += device->sent[i].token != 0;
        device->sent[i].token = 0;
    }
}

static void controlled(struct load_device *device, const char *topic)
{
    struct load *load = device->load;

    if (climate_topic_of(topic) != CLIMATE_TOPIC_CONTROL)
        return;
    load->controls++;
    if (device->sensor_us)
        histogram_add(&load->control_us, now_us() - device->sensor_us);
    device->sensor_us = 0;
}

static int post(void *ctx, const struct roost_event *event)
{
    struct load_device *device = ctx;

    if (event->type == ROOST_EV_MQTT_ACKED)
        acknowledged(device, event->token);
    else if (event->type == ROOST_EV_MQTT_CLOSED)
        closed(device);
    else if (event->type == ROOST_EV_MQTT_MESSAGE)
        controlled(device, event->topic);
    else if (event->type == ROOST_EV_CLIMATE && event->status == 0)
        device->measured++;
    return roost_window_post(&device->window, event);
}

static uint64_t step(void *ctx)
{
    struct load_device *device = ctx;
    struct load *load = device->load;
    uint64_t due_ms = roost_window_step(&device->window);

    if (load->settings.readings && !device->complete &&
        device->measured >= load->settings.readings &&
        roost_outbox_waiting(&device->window.outbox) == 0) {
        device->complete = true;
        load_device_complete(load);
    }
    if (roost_window_stopped(&device->window) && !device->stopped) {
        device->stopped = true;
        load_device_stopped(load);
    }
    return due_ms;
}

static void rebooting(void *ctx, enum roost_reset_reason reason)
{
    struct load_device *device = ctx;

    (void)reason; /* a device of a load that is told to reboot is done */
    if (!device->stopped)
        load_device_stopped(device->load);
    device->stopped = true;
}

/* ---- making one ---- */

/* Into the flash of the board, where the window finds its settings when it starts. */
static int store_settings(struct load_device *device)
{
    const struct load_settings *wanted = &device->load->settings;
    const struct {
        enum window_setting id;
        int64_t value;
    } changes[] = {
        {WINDOW_SET_SAMPLE_INTERVAL, (int64_t)wanted->interval_ms},
        {WINDOW_SET_AUDIO_INTERVAL, wanted->audio ? (int64_t)wanted->audio_interval_ms : 0},
        {WINDOW_SET_AUTO_CALIBRATE, wanted->motor},
    };
    union roost_setting_value values[WINDOW_SET_COUNT];
    struct roost_settings settings;
    int err = roost_settings_init(&settings, window_settings, WINDOW_SET_COUNT, values,
                                  &device->board.port.kv);

    for (size_t i = 0; !err && i < sizeof changes / sizeof changes[0]; i++)
        err = roost_settings_set_int(&settings, changes[i].id, changes[i].value);
    return err;
}

static int attach_world(void *ctx, struct roost_board *board, char *why, size_t why_size)
{
    struct load_device *device = ctx;
    const struct world_time time = roost_board_time(board);
    const struct world_window_config config = world_window_plain(
        board->options.seed, board->port.clock.ops->unix_ms(board->port.clock.ctx));

    (void)why;
    (void)why_size;
    world_window_init(&device->world, &config);
    return world_window_attach(&device->world, &time, &board->port);
}

int load_device_init(struct load_device *device, struct load *load, size_t index, char *why,
                     size_t why_size)
{
    const struct load_settings *settings = &load->settings;
    size_t audio_bytes = load->audio ? ROOST_WINDOW_AUDIO_BYTES(LOAD_AUDIO_RATE_HZ) : 0;
    const struct roost_board_options board = {
        .journal_sectors = JOURNAL_SECTORS,
        .kv_memory_bytes = KV_BYTES,
        .device_bytes = (uint32_t)(sizeof device->window + audio_bytes),
        .seed = settings->seed + index,
        .parts = {{"world", attach_world, NULL, device}},
        .post = post,
        .step = step,
        .device = device,
        .rebooting = rebooting,
    };
    const struct roost_window_config config = {
        .device_id = device->id,
        .firmware_version = "load",
        .broker = {.host = load->broker.host,
                   .port = load->broker.port,
                   .tls = load->broker.tls,
                   .ca_pem = settings->ca_file,
                   .user = settings->user,
                   .password = settings->password_file ? load->password : NULL,
                   .keepalive_s = 60,
                   .clean_session = true},
        .audio_memory = load->audio ? load->audio + index * audio_bytes : NULL,
        .audio_bytes = audio_bytes,
    };

    device->load = load;
    snprintf(device->id, sizeof device->id, "%s%zu", settings->prefix, index);
    int err = roost_board_init(&device->board, &load->host, &board, why, why_size);
    if (err)
        return err;
    device->port = device->board.port;
    device->port.mqtt = (struct roost_mqtt){&measured_mqtt, device};
    device->port.climate = (struct roost_climate_sensor){&counted_climate, device};
    err = store_settings(device);
    if (!err)
        err = roost_window_init(&device->window, &device->port, &config);
    if (err) {
        snprintf(why, why_size, "device %s cannot start: %s", device->id, roost_err_text(err));
        roost_board_close_now(&device->board);
    }
    return err;
}
