/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/roost-load/device.h"

#include <stdio.h>
#include <string.h>

#include "apps/roost-load/product.h"
#include "core/err.h"

enum { JOURNAL_SECTORS = 4, KV_BYTES = 1024, KEEPALIVE_S = 60 };

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

static int measured_publish(void *ctx, const char *topic, const void *payload, size_t len, int qos,
                            bool retain)
{
    struct load_device *device = ctx;
    const struct load_product *product = device->load->product;
    const struct roost_mqtt *mqtt = &device->board.port.mqtt;
    uint64_t sent_us = now_us();
    int token = mqtt->ops->publish(mqtt->ctx, topic, payload, len, qos, retain);
    size_t slot = 0;

    if (token < 0)
        device->load->refused++;
    if (token <= 0)
        return token;
    unsigned kind = product->kind ? product->kind(topic) : product->kind_count - 1;
    device->load->published[kind]++;
    if (product->measurements & 1u << kind)
        device->measurement_us = sent_us;
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

/* ---- events ---- */

bool load_device_may_measure(const struct load_device *device)
{
    uint64_t wanted = device->load->settings->readings;

    return !wanted || device->measured < wanted;
}

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

static void answered(struct load_device *device, const char *topic)
{
    struct load *load = device->load;

    if (!load->product->is_answer || !load->product->is_answer(topic))
        return;
    load->answers++;
    if (device->measurement_us)
        histogram_add(&load->answer_us, now_us() - device->measurement_us);
    device->measurement_us = 0;
}

static int post(void *ctx, const struct roost_event *event)
{
    struct load_device *device = ctx;
    const struct load_product *product = device->load->product;

    if (event->type == ROOST_EV_MQTT_ACKED)
        acknowledged(device, event->token);
    else if (event->type == ROOST_EV_MQTT_CLOSED)
        closed(device);
    else if (event->type == ROOST_EV_MQTT_MESSAGE)
        answered(device, event->topic);
    else if (product->is_measurement && product->is_measurement(event))
        device->measured++;
    return product->post ? product->post(device, event) : roost_device_post(device->device, event);
}

static uint64_t step(void *ctx)
{
    struct load_device *device = ctx;
    struct load *load = device->load;
    uint64_t due_ms = load->product->step(device);

    if (!device->complete && !load_device_may_measure(device) &&
        load->product->is_delivered(device)) {
        device->complete = true;
        load_device_complete(load);
    }
    if (roost_device_over(device->device) && !device->stopped) {
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

/* Into the flash of the board, where the device finds its settings when it starts. */
static int store_settings(struct load_device *device)
{
    const struct load_product *product = device->load->product;
    const struct roost_device_spec *spec = product->spec;
    union roost_setting_value values[LOAD_SETTINGS_MAX];
    struct load_change changes[LOAD_CHANGES_MAX];
    struct roost_settings settings;
    size_t count = product->changes ? product->changes(device->load->settings, changes) : 0;

    if (spec->setting_count > LOAD_SETTINGS_MAX)
        return ROOST_ERR_NO_SPACE;
    int err = roost_settings_init(&settings, spec->settings, spec->setting_count, values,
                                  &device->board.port.kv);
    for (size_t i = 0; !err && i < count; i++)
        err = changes[i].text
                  ? roost_settings_set_text(&settings, changes[i].setting, changes[i].text)
                  : roost_settings_set_int(&settings, changes[i].setting, changes[i].value);
    return err;
}

static int attach_world(void *ctx, struct roost_board *board, char *why, size_t why_size)
{
    struct load_device *device = ctx;
    const struct world_time time = roost_board_time(board);

    (void)why;
    (void)why_size;
    return device->load->product->attach(device, &time);
}

int load_device_init(struct load_device *device, struct load *load, size_t index, char *why,
                     size_t why_size)
{
    const struct load_product *product = load->product;
    const struct roost_board_options board = {
        .journal_sectors = JOURNAL_SECTORS,
        .ledger_sectors = product->ledger_sectors,
        .kv_memory_bytes = product->kv_bytes ? product->kv_bytes : KV_BYTES,
        /* The device and the memory behind it. */
        .device_bytes = (uint32_t)(product->size(load->settings) - product->device),
        .seed = load->settings->seed + index,
        .parts = {{"world", attach_world, NULL, device}},
        .post = post,
        .step = step,
        .device = device,
        .rebooting = rebooting,
    };
    struct roost_mqtt_options broker = {.host = NULL};

    if (!product->no_broker)
        broker = device_login_mqtt(&load->settings->login, KEEPALIVE_S);
    device->load = load;
    device->device = (struct roost_device *)((char *)device + product->device);
    snprintf(device->id, sizeof device->id, "%s%zu", load->settings->prefix, index);
    int err = roost_board_init(&device->board, &load->host, &board, why, why_size);
    if (err)
        return err;
    device->port = device->board.port;
    device->port.mqtt = (struct roost_mqtt){&measured_mqtt, device};
    err = store_settings(device);
    if (!err)
        err = product->init(device, &broker);
    if (err) {
        snprintf(why, why_size, "device %s cannot start: %s", device->id, roost_err_text(err));
        roost_board_close_now(&device->board);
    }
    return err;
}
