/* SPDX-License-Identifier: Apache-2.0 */
/* The window as a load: readings and sound go out, decisions come back. */
#include <string.h>

#include "apps/roost-load/product.h"
#include "devices/window/window.h"
#include "proto/climate/topic.h"
#include "world/window/window.h"

enum { AUDIO_RATE_HZ = 16000 };

enum { READINGS, AUDIO, OTHER, KIND_COUNT };

struct window_settings {
    struct load_settings all;
    uint64_t interval_ms, audio_interval_ms;
    int audio, motor;
};

struct window_load {
    struct load_device load;
    struct world_window world;
    struct roost_window window;
    uint8_t audio[]; /* with --audio on */
};

static const char *const off_on[] = {"off", "on", NULL};

#define AT(member) offsetof(struct window_settings, member)

static const struct option_spec options[] = {
    {.name = "interval-ms",
     .value = "MS",
     .kind = OPTION_NUMBER,
     .initial = "1000",
     .min = 500,
     .max = 3600000,
     .at = AT(interval_ms),
     .help = "from one sample of a window to the next"},
    {.name = "audio",
     .value = "WHETHER",
     .kind = OPTION_CHOICE,
     .initial = "off",
     .choices = off_on,
     .at = AT(audio),
     .help = "record and send sound"},
    {.name = "audio-interval-ms",
     .value = "MS",
     .kind = OPTION_NUMBER,
     .initial = "30000",
     .min = 2000,
     .max = 3600000,
     .at = AT(audio_interval_ms),
     .help = "from one sound buffer of a window to the next"},
    {.name = "motor",
     .value = "WHETHER",
     .kind = OPTION_CHOICE,
     .initial = "off",
     .choices = off_on,
     .at = AT(motor),
     .help = "calibrate and obey control messages"},
};

static const struct window_settings *settings_of(const struct load_settings *settings)
{
    return (const struct window_settings *)settings;
}

static struct window_load *window_of(struct load_device *device)
{
    return (struct window_load *)device;
}

/* ---- its messages ---- */

/* An enum climate_topic, or below 0. */
static int topic_of(const char *topic)
{
    char device_id[ROOST_DEVICE_ID_MAX + 1];

    return roost_topic_find(climate_topics, CLIMATE_TOPIC_COUNT, topic, strlen(topic), device_id);
}

static unsigned kind(const char *topic)
{
    switch (topic_of(topic)) {
    case CLIMATE_TOPIC_TEMPERATURE:
    case CLIMATE_TOPIC_HUMIDITY:
        return READINGS;
    case CLIMATE_TOPIC_AUDIO:
        return AUDIO;
    default:
        return OTHER;
    }
}

static bool is_answer(const char *topic)
{
    return topic_of(topic) == CLIMATE_TOPIC_CONTROL;
}

/* ---- the sensor, counted ---- */

/* The sample after the last one that was asked for begins and never ends, which the window takes
 * for a sensor that needs long; nothing is judged or published for it. */
static int counted_measure(void *ctx)
{
    struct load_device *device = ctx;
    const struct roost_climate_sensor *climate = &device->board.port.climate;

    return load_device_may_measure(device) ? climate->ops->measure(climate->ctx) : 0;
}

static const struct roost_climate_sensor_ops counted_climate = {.measure = counted_measure};

static bool is_measurement(const struct roost_event *event)
{
    return event->type == ROOST_EV_CLIMATE && event->status == 0;
}

static bool is_delivered(const struct load_device *device)
{
    return roost_outbox_waiting(device->device->outbox) == 0;
}

/* ---- making one ---- */

static size_t audio_bytes(const struct load_settings *settings)
{
    return settings_of(settings)->audio ? ROOST_WINDOW_AUDIO_BYTES(AUDIO_RATE_HZ) : 0;
}

static size_t size(const struct load_settings *settings)
{
    return sizeof(struct window_load) + audio_bytes(settings);
}

static size_t changes(const struct load_settings *settings, struct load_change *out)
{
    const struct window_settings *wanted = settings_of(settings);

    out[0] = (struct load_change){.setting = WINDOW_SET_SAMPLE_INTERVAL,
                                  .value = (int64_t)wanted->interval_ms};
    out[1] = (struct load_change){.setting = WINDOW_SET_AUDIO_INTERVAL,
                                  .value = wanted->audio ? (int64_t)wanted->audio_interval_ms : 0};
    out[2] = (struct load_change){.setting = WINDOW_SET_AUTO_CALIBRATE, .value = wanted->motor};
    return 3;
}

static int attach(struct load_device *device, const struct world_time *time)
{
    struct roost_board *board = &device->board;
    struct world_window *world = &window_of(device)->world;
    const struct world_window_config config = world_window_plain(
        board->options.seed, board->port.clock.ops->unix_ms(board->port.clock.ctx));

    world_window_init(world, &config);
    return world_window_attach(world, time, &board->port);
}

static int init(struct load_device *device, const struct roost_mqtt_options *broker)
{
    struct window_load *self = window_of(device);
    size_t sound = audio_bytes(device->load->settings);
    const struct roost_window_config config = {
        .device_id = device->id,
        .firmware_version = "load",
        .broker = *broker,
        .audio_memory = sound ? self->audio : NULL,
        .audio_bytes = sound,
    };

    device->port.climate = (struct roost_climate_sensor){&counted_climate, device};
    return roost_window_init(&self->window, &device->port, &config);
}

static uint64_t step(struct load_device *device)
{
    return roost_window_step(&window_of(device)->window);
}

const struct load_product load_window = {
    .name = "window",
    .plural = "windows",
    .spec = &window_spec,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .settings_bytes = sizeof(struct window_settings),
    .kinds = {[READINGS] = "readings", [AUDIO] = "audio", [OTHER] = "other"},
    .kind_count = KIND_COUNT,
    .measurements = 1u << READINGS | 1u << AUDIO,
    .kind = kind,
    .is_answer = is_answer,
    .answers = "controls",
    .answer_ms = "sensor_to_control_ms",
    .size = size,
    .device = offsetof(struct window_load, window),
    .attach = attach,
    .changes = changes,
    .init = init,
    .step = step,
    .is_measurement = is_measurement,
    .is_delivered = is_delivered,
};
