/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Climate service: docs/mqtt.md at the hub. Takes the window's messages, keeps sequence numbers so
 * that each reading is stored once, turns raw sound into level and hash, gathers rows into batches,
 * asks the model by the trigger rules, and stores its decisions. A message is acknowledged when its
 * rows are durable, or when it was refused for good.
 *
 *     received = stored + duplicate + rejected(reason) + waiting     (by topic, on /metrics)
 *
 * Batches: one write is in flight at a time; what arrives meanwhile is the next batch, so the batch
 * grows with the load and a single message waits for nobody. At `waiting_max` messages the bus is
 * paused until half is drained. A failed write is tried again with back-off; its messages stay
 * unacknowledged. Acknowledgements go out in the order of arrival (MQTT 3.1.1, 4.6). Pure: see
 * hub/service.h.
 */
#ifndef ROOST_HUB_CLIMATE_CLIMATE_H
#define ROOST_HUB_CLIMATE_CLIMATE_H

#include <stddef.h>
#include <stdint.h>

#include "hub/fleet/fleet.h"
#include "host/metrics.h"
#include "hub/service.h"
#include "hub/store/series.h"

struct climate_config {
    double trigger_temperature_degc; /* 0.5 */
    double trigger_humidity_pct;     /* 2.0 */
    bool trigger_on_sound;           /* true: every new sound level */
    uint32_t trigger_interval_ms;    /* 5000: at most one request in this time, per device */
    uint32_t waiting_max;            /* 50000 messages */
    uint32_t retention_days;         /* 0: for ever */
    /* 10000: messages a second of one device, with a burst of 60 s. A refused QoS-1 message is
     * gone, so this only stops what no honest device sends: the journal of a day off line, replayed
     * as fast as the broker takes it, is some 20 000 messages and stays inside the burst. 0: no
     * limit.
     */
    uint32_t device_rate_per_s;
};

struct climate;

struct climate *climate_new(const struct climate_config *config, struct fleet *fleet,
                            const struct series *series, const struct bus *bus,
                            const struct host_clock *clock, const struct hub_feed *feed,
                            struct metrics *metrics);
void climate_free(struct climate *climate);

/* Loads the stored streams: which numbers of each device are stored. */
int climate_load(struct climate *climate);

/* The subscriptions it lives on (QoS 1). */
extern const char *const climate_subscriptions[];
extern const size_t climate_subscription_count;

/* One message of those topics. Every message is answered with ack() in the end. */
void climate_message(struct climate *climate, const struct bus_message *message);

/* A hand moved the window: the device's command `move`, and when that is out window/{id}/feedback.
 * ROOST_ERR_RANGE, and as fleet_command. */
int climate_hand(struct climate *climate, const char *device_id, double position_pct,
                 int64_t operator_id, fleet_command_fn done, void *arg);

/* Starts a write when none is in flight and something waits, retries, asks the model for triggers
 * that waited for their interval, runs retention; returns the next due time. roostd calls it once a
 * loop turn after the messages. */
uint64_t climate_tick(struct climate *climate, uint64_t now_ms);

/* Messages received and not yet acknowledged. */
size_t climate_waiting(const struct climate *climate);

#endif
