/* SPDX-License-Identifier: Apache-2.0 */
/* A reading: judged, kept in the outbox, and said in two messages with one number. */
#include "core/assert.h"
#include "core/bytes.h"
#include "core/err.h"
#include "devices/window/parts.h"
#include "devices/window/readings.h"
#include "proto/climate/payload.h"

static const enum climate_topic topics[] = {CLIMATE_TOPIC_TEMPERATURE, CLIMATE_TOPIC_HUMIDITY};

enum { MESSAGES = sizeof topics / sizeof topics[0] };

void window_reading_write(uint8_t out[WINDOW_READING_BYTES],
                          const struct roost_climate_sample *sample)
{
    roost_le_put(out, (uint32_t)sample->temperature_mdegc, 4);
    roost_le_put(out + 4, (uint32_t)sample->humidity_mpct, 4);
}

struct roost_climate_sample window_reading_read(const uint8_t bytes[WINDOW_READING_BYTES])
{
    return (struct roost_climate_sample){
        .temperature_mdegc = (int32_t)(uint32_t)roost_le_get(bytes, 4),
        .humidity_mpct = (int32_t)(uint32_t)roost_le_get(bytes + 4, 4)};
}

static int send_reading(void *ctx, unsigned message, const struct roost_record *record)
{
    struct roost_window *window = ctx;
    char payload[96];
    struct roost_climate_sample sample = window_reading_read(record->bytes);
    int len = roost_reading_write(payload, sizeof payload,
                                  message == 0 ? sample.temperature_mdegc : sample.humidity_mpct,
                                  record->unix_ms, record->seq);

    ROOST_ASSERT(len > 0); /* it fits by its limits */
    return roost_uplink_mqtt_publish(&window->mqtt, &climate_topics[topics[message]], payload,
                                     (size_t)len, false);
}

const struct roost_outbox_kind window_readings = {
    .bytes = WINDOW_READING_BYTES, .messages = MESSAGES, .send = send_reading};

int window_measure(struct roost_window *window)
{
    const struct roost_climate_sensor *sensor = &window->device.port->climate;

    return sensor->ops->measure(sensor->ctx);
}

void window_sample(struct roost_window *window, int status,
                   const struct roost_climate_sample *sample)
{
    struct roost_device *device = &window->device;
    enum window_verdict verdict =
        window_sampler_judge(&window->sampler, &device->faults, status, sample,
                             roost_device_u32(device, WINDOW_SET_STUCK_SAMPLES));
    uint8_t bytes[WINDOW_READING_BYTES];

    if (verdict != WINDOW_SAMPLE_GOOD) {
        ROOST_LOG(&device->log, ROOST_LOG_DEBUG, "sampler", window_verdict_name(verdict),
                  RF_ERR("status", status), RF_MILLI("temperature_degc", sample->temperature_mdegc),
                  RF_MILLI("humidity_pct", sample->humidity_mpct));
        return;
    }
    window_reading_write(bytes, sample);
    roost_outbox_add(&window->outbox, bytes, device->now);
}
