/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fleet service: who the devices are and how they are. Registers a device on its first message by
 * policy, keeps last seen and the latest health in memory (about 700 bytes a device), marks devices
 * inactive, sends commands and waits for their answers. Pure: see hub/service.h.
 */
#ifndef ROOST_HUB_FLEET_FLEET_H
#define ROOST_HUB_FLEET_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/metrics.h"
#include "hub/service.h"
#include "hub/store/registry.h"
#include "proto/climate/payload.h"
#include "proto/fleet/status.h"

/* open: unknown devices are registered and served. claim: registered, but nothing of theirs is stored
 * until an operator claims them. closed: refused and not registered. */
enum fleet_policy { FLEET_POLICY_OPEN, FLEET_POLICY_CLAIM, FLEET_POLICY_CLOSED };

struct fleet_config {
    enum fleet_policy policy;
    uint32_t inactive_after_ms;   /* 300000 */
    uint32_t command_timeout_ms;  /* 10000 */
    uint32_t device_max;          /* 100000 */
};

/* The latest of a device, for API and dashboard; owned by the fleet, valid until the next call. */
struct fleet_device {
    struct registry_device record;
    bool online, active;          /* online: its own status; active: heard within inactive_after */
    bool has_status;
    struct roost_status status;
    bool has_state;
    struct roost_window_state state;
    bool has_control;
    struct roost_control control; /* last decision and its features */
    double temperature_degc, humidity_pct, sound_dbfs; /* latest, NAN when none */
    int64_t temperature_ms, humidity_ms, sound_ms;
};

struct fleet;

struct fleet *fleet_new(const struct fleet_config *config, const struct registry *registry,
                        const struct hub_bus *bus, const struct hub_clock *clock,
                        const struct hub_feed *feed, struct metrics *metrics);
void fleet_free(struct fleet *fleet);

/* Loads every device of the registry. */
int fleet_load(struct fleet *fleet);

/* Every message of a device passes here first: registers by policy and notes that it spoke.
 * Returns its entry, or NULL with *err ROOST_ERR_REFUSED (closed), ROOST_ERR_AUTH (waits for its
 * claim), ROOST_ERR_FULL (device_max), ROOST_ERR_NO_SPACE, ROOST_ERR_IO. */
struct fleet_device *fleet_heard(struct fleet *fleet, const char *device_id, int *err);

/* device/{id}/status and device/{id}/answer, window/{id}/state. Returns 0 or the parse error; ack is
 * the caller's. */
int fleet_status(struct fleet *fleet, struct fleet_device *device, const char *payload, size_t len);
int fleet_answer(struct fleet *fleet, struct fleet_device *device, const char *payload, size_t len);
int fleet_window_state(struct fleet *fleet, struct fleet_device *device, const char *payload,
                       size_t len);

struct fleet_device *fleet_find(struct fleet *fleet, const char *device_id);
size_t fleet_count(const struct fleet *fleet);
/* By id, starting after `after` ("" for the first); fn returns non-zero to stop. */
void fleet_each(struct fleet *fleet, const char *after,
                int (*fn)(void *arg, struct fleet_device *device), void *arg);

/* Operator's changes: claim, name, location, config (NULL leaves a field as it is). */
int fleet_update(struct fleet *fleet, const char *device_id, const bool *claimed, const char *name,
                 const char *location, const char *config_json);
/* Adds a device before it ever spoke (pre-registration). ROOST_ERR_EXISTS. */
int fleet_add(struct fleet *fleet, const char *device_id, const char *type, const char *name);
int fleet_remove(struct fleet *fleet, const char *device_id);

/* Sends and records a command; id_out takes its id (37 bytes). The result is in the registry's
 * command row and on the feed ("command"). ROOST_ERR_NOT_FOUND, ROOST_ERR_CLOSED. */
int fleet_command(struct fleet *fleet, const char *device_id, const char *name,
                  const char *args_json, int64_t operator_id, char id_out[37]);

/* Runs what is due (inactivity, command time-outs, last_seen write-back); returns the next due time. */
uint64_t fleet_tick(struct fleet *fleet, uint64_t now_ms);

#endif
