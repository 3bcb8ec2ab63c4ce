/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device knows about its own condition: sampled once a health interval, written to the log as
 * one line and published in the status message (proto/fleet). Depends on port/port.h, core/log.h,
 * core/fault.h.
 */
#ifndef ROOST_CORE_HEALTH_H
#define ROOST_CORE_HEALTH_H

#include <stddef.h>
#include <stdint.h>

#include "core/fault.h"
#include "core/log.h"
#include "port/port.h"

struct roost_health {
    uint32_t heap_free_bytes, heap_low_bytes; /* now, and the lowest since boot */
    int32_t rssi_dbm;                         /* 0 while there is no Wi-Fi */
    uint64_t uptime_ms;
    uint32_t boots, crashes, brown_outs;      /* since the factory, crashes and brown-outs included */
    enum roost_reset_reason reset_reason;
    uint32_t reconnects;                      /* MQTT connections after the first, since boot */
    uint32_t journal_waiting, journal_dropped, event_high_water, event_dropped;
    uint32_t log_errors;
};

/* Reads boot counters from kv ("h.boots", "h.crash", "h.brown"), counts this boot with its reset
 * reason and stores them. Consecutive crashes are in "h.streak"; *safe_mode is set when three in a
 * row happened. Returns 0 or ROOST_ERR_IO (counted from zero then). */
int roost_health_boot(struct roost_health *health, const struct roost_port *port, bool *safe_mode);

/* The device ran long enough to be called healthy: ends the crash streak. */
int roost_health_stable(struct roost_health *health, const struct roost_port *port);

/* Refreshes heap, rssi and uptime, and sets MEMORY_LOW below low_bytes. */
void roost_health_sample(struct roost_health *health, const struct roost_port *port,
                         struct roost_faults *faults, uint32_t low_bytes);

/* The one health line. */
void roost_health_log(const struct roost_health *health, struct roost_log *log);

#endif
