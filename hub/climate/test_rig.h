/* SPDX-License-Identifier: Apache-2.0 */
/* The climate service on the rig of hub/ingest/test_rig.h, and what its devices send. */
#ifndef ROOST_HUB_CLIMATE_TEST_RIG_H
#define ROOST_HUB_CLIMATE_TEST_RIG_H

#include "hub/climate/climate.h"

#define RIG_PRODUCT (&climate_service)
#define RIG_TYPE    "window"
#include "hub/ingest/test_rig.h"

#include <math.h>

#include "core/base64.h"
#include "hub/climate/climate_internal.h"

static inline struct climate *rig_climate(void)
{
    return rig.services.set.at[0].service;
}

/* What the service keeps of a device, which must be there. */
static inline const struct climate_device *rig_window(const char *device_id)
{
    const struct fleet_device *device = fleet_find(rig.fleet, device_id);
    assert_non_null(device);
    assert_non_null(climate_device(rig_climate(), device));
    return climate_device(rig_climate(), device);
}

/* A reading with its own time and number; `what` is "temperature" or "humidity". */
static inline uint64_t rig_reading(const char *device_id, const char *what, double value,
                                   int64_t unix_ms, uint64_t seq)
{
    char topic[128];
    char payload[128];
    snprintf(topic, sizeof topic, "sensor/%s/%s", device_id, what);
    snprintf(payload, sizeof payload, "{\"value\":%.3f,\"ts\":%lld,\"seq\":%llu}", value,
             (long long)unix_ms, (unsigned long long)seq);
    return rig_send(topic, payload);
}

/* A tenth of a second of a square wave of this amplitude, as bare PCM. */
static inline uint64_t rig_sound(const char *device_id, int16_t amplitude)
{
    enum { SAMPLES = 1600 };
    static uint8_t pcm[2 * SAMPLES];
    static char payload[8192];
    char topic[128];
    for (int i = 0; i < SAMPLES; i++) {
        uint16_t sample = (uint16_t)(i % 20 < 10 ? amplitude : -amplitude);
        pcm[2 * i] = (uint8_t)sample;
        pcm[2 * i + 1] = (uint8_t)(sample >> 8);
    }
    size_t len = (size_t)snprintf(payload, sizeof payload,
                                  "{\"sample_rate\":16000,\"duration\":0.1,\"data\":\"");
    len += roost_base64_encode(payload + len, pcm, sizeof pcm);
    memcpy(payload + len, "\"}", sizeof "\"}");
    snprintf(topic, sizeof topic, "sensor/%s/audio", device_id);
    return rig_send(topic, payload);
}

#endif
