/* SPDX-License-Identifier: Apache-2.0 */
/* The bed of hub/ingest/test_bed.h with the product of hub/ingest/test_meter.h, and what its
 * devices send. */
#ifndef ROOST_HUB_INGEST_TEST_METER_BED_H
#define ROOST_HUB_INGEST_TEST_METER_BED_H

#include "hub/ingest/test_meter.h"

#define BED_PRODUCT (&meter_service)
#define BED_TYPE    "meter"
#include "hub/ingest/test_bed.h"

/* A value with its own time and number; `what` is "in", "out", "note" or "plan". */
static inline uint64_t bed_reading(const char *device_id, const char *what, double value,
                                   int64_t unix_ms, uint64_t seq)
{
    char topic[128], payload[128];
    snprintf(topic, sizeof topic, "meter/%s/%s", device_id, what);
    snprintf(payload, sizeof payload, "%.3f %lld %llu", value, (long long)unix_ms,
             (unsigned long long)seq);
    return bed_send(topic, payload);
}

#endif
