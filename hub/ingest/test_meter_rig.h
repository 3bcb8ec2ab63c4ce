/* SPDX-License-Identifier: Apache-2.0 */
/* The rig of hub/ingest/test_rig.h with the product of hub/ingest/test_meter.h, and what its
 * devices send. */
#ifndef ROOST_HUB_INGEST_TEST_METER_RIG_H
#define ROOST_HUB_INGEST_TEST_METER_RIG_H

#include "hub/ingest/test_meter.h"

#define RIG_PRODUCT (&meter_service)
#define RIG_TYPE    "meter"
#include "hub/ingest/test_rig.h"

/* A value with its own time and number; `what` is "in", "out", "note" or "plan". again: as the
 * broker sends it once more. */
static inline uint64_t rig_reading_again(const char *device_id, const char *what, double value,
                                         int64_t unix_ms, uint64_t seq, bool again)
{
    char topic[128], payload[128];
    snprintf(topic, sizeof topic, "meter/%s/%s", device_id, what);
    snprintf(payload, sizeof payload, "%.3f %lld %llu", value, (long long)unix_ms,
             (unsigned long long)seq);
    return again ? rig_repeat(topic, payload) : rig_send(topic, payload);
}

static inline uint64_t rig_reading(const char *device_id, const char *what, double value,
                                   int64_t unix_ms, uint64_t seq)
{
    return rig_reading_again(device_id, what, value, unix_ms, seq, false);
}

#endif
