/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device knows about its own condition: sampled once a health interval, written to the log
 * as one line and published in the status message (proto/fleet). Depends on port/port.h,
 * core/err.h, runtime/faults.h, core/log.h, core/number.h.
 *
 *     err = roost_health_boot(&health, port, &safe_mode);       // once, first of all
 *     roost_health_sample(&health, port, &faults, 20 * 1024);   // then every interval,
 *     health.journal_waiting = waiting;                         // the device's own figures added
 *     roost_health_log(&health, &log);
 */
#ifndef ROOST_RUNTIME_HEALTH_H
#define ROOST_RUNTIME_HEALTH_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/faults.h"
#include "core/log.h"
#include "port/port.h"

struct roost_health {
    uint32_t heap_free_bytes, heap_low_bytes; /* now, and the lowest since boot */
    int32_t rssi_dbm;                         /* 0 while there is no Wi-Fi */
    uint64_t uptime_ms;
    uint32_t boots, crashes, brown_outs; /* since the factory, crashes and brown-outs included */
    enum roost_reset_reason reset_reason;
    uint32_t reconnects; /* MQTT connections after the first, since boot */
    uint32_t journal_waiting, journal_dropped, event_high_water, event_dropped;
    uint32_t log_errors;
};

enum { ROOST_HEALTH_STREAK_MAX = 3 };

/* Clears `health`, reads the boot counters from kv ("h.boots", "h.crash", "h.brown", as decimal
 * text), counts this boot with its reset reason and stores them. CRASH and WATCHDOG are crashes;
 * those in a row are in "h.streak", which any other reason ends; *safe_mode tells whether there
 * were ROOST_HEALTH_STREAK_MAX of them. Returns 0, or ROOST_ERR_IO when a counter could not be read
 * (it counts from zero then) or stored; health and safe_mode hold in any case. */
int roost_health_boot(struct roost_health *health, const struct roost_port *port, bool *safe_mode);

/* The device ran long enough to be called healthy: ends the crash streak. Returns 0 or
 * ROOST_ERR_IO. */
int roost_health_stable(struct roost_health *health, const struct roost_port *port);

/* Refreshes heap, rssi and uptime, and sets MEMORY_LOW while less than low_bytes are free. */
void roost_health_sample(struct roost_health *health, const struct roost_port *port,
                         struct roost_faults *faults, uint32_t low_bytes);

/* The one health line, every figure above in it:
 *   60.000 I health: state up_s=60 heap_free=81920 heap_low=79000 rssi=-61 boots=4 crashes=1
 *   brown_outs=0 reset=power-on reconnects=0 waiting=3 dropped=0 events_high=5
 *   events_dropped=0 errors=0
 */
void roost_health_log(const struct roost_health *health, struct roost_log *log);

#endif
