/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is refused, why, and what it looked like: beside the counters of hub/ingest/account.h, which
 * know no device. Of a device the newest REFUSALS_A_DEVICE reasons are kept and shown with it; of
 * ids that the hub does not know, and topics that are none, the newest REFUSALS_STRANGERS. The
 * first of each is a line of the log, further ones at a bounded rate with their count; all lines
 * together are bounded, too, so that no stranger fills the disk. An excerpt holds no bulk and no
 * secret. It is a service of the hub, so that a device that is removed takes its own along. Pure.
 * Depends on hub/service.h.
 *
 *     refusals_note(refusals, &(struct refusal){.device_id = id, .topic = topic, .reason = "range",
 *                                               .payload = payload, .len = len, ...});
 */
#ifndef ROOST_HUB_INGEST_REFUSALS_H
#define ROOST_HUB_INGEST_REFUSALS_H

#include "core/json_write.h"
#include "hub/fleet/fleet.h"
#include "hub/service.h"

enum {
    REFUSALS_A_DEVICE = 8,
    REFUSALS_STRANGERS = 64,
    REFUSALS_EXCERPT_MAX = 64,
    REFUSALS_AGAIN_MS = 600000,  /* the same again in the log at the earliest */
    REFUSALS_LOG_BURST = 20,     /* lines at once, */
    REFUSALS_LOG_EVERY_MS = 1000 /* and then one in this time */
};

struct refusals;

struct refusal {
    struct fleet_device *device; /* NULL: the hub does not know it */
    const char *device_id;       /* "": the topic names none */
    const char *topic, *reason;
    const char *payload; /* NULL: it was too long to be kept */
    size_t len;
    uint64_t now_ms;
    int64_t unix_ms;
};

/* One message was refused for good. Everything is borrowed for the call. */
void refusals_note(struct refusals *refusals, const struct refusal *refusal);

/* The array of those that no device has: `[{"device_id","reason",...}]`. */
void refusals_write_strangers(const struct refusals *refusals, struct roost_json_writer *writer);

/* Its row: describes devices by the member `refused`, newest first. */
extern const struct hub_service refusals_service;

/* The beginning of a payload on one line: what is not printable ASCII as \xNN, long runs of base64
 * and values of members named like secrets left out. */
void refusals_excerpt(char out[REFUSALS_EXCERPT_MAX + 1], const char *payload, size_t len);

#endif
