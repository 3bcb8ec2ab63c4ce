/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fleet service: who the devices are and how they are, of whatever product. Registers a device on
 * its first message by policy, keeps last seen and the latest health in memory (under 1 KB a device
 * with everything known), marks devices inactive, sends commands and waits for their answers. What
 * the products know of a device hangs in its slots and is theirs. Pure: see hub/service.h.
 *
 * Registrations reach the registry with the next tick, last_seen a few seconds after the message: a
 * crash in between forgets only what the device's next message tells again. An operator's change
 * is answered, and seen by others, when it is in the registry.
 */
#ifndef ROOST_HUB_FLEET_FLEET_H
#define ROOST_HUB_FLEET_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/metrics.h"
#include "hub/fleet/condition.h"
#include "hub/service.h"
#include "hub/store/registry.h"
#include "proto/fleet/status.h"

enum {
    FLEET_PENDING_MAX = 1024,   /* commands sent and not yet answered */
    FLEET_REMEMBERED_MAX = 4096 /* the newest commands, whose answers are known as such */
};

/* open: unknown devices are registered and served. claim: registered, but nothing of theirs is
 * stored until an operator claims them. closed: refused and not registered. */
enum fleet_policy { FLEET_POLICY_OPEN, FLEET_POLICY_CLAIM, FLEET_POLICY_CLOSED };

struct fleet_config {
    enum fleet_policy policy;
    uint32_t inactive_after_ms;  /* 300000 */
    uint32_t command_timeout_ms; /* 10000 */
    uint32_t
        command_max_age_ms; /* 600000: a device that gets it later does not run it; 0: runs it */
    uint32_t device_max;    /* 100000 */
    uint32_t write_back_ms; /* 3000: until last_seen reaches the registry; 0: 3000 */
};

/* What is wrong with a device's clock, as its readings show it; skew_ms: how far it is ahead of the
 * hub's, below 0 behind. UPTIME, SECONDS: what it gives is no time, but ms since it started or s
 * since 1970. */
enum fleet_clock_kind {
    FLEET_CLOCK_OK,
    FLEET_CLOCK_AHEAD,
    FLEET_CLOCK_BEHIND,
    FLEET_CLOCK_UPTIME,
    FLEET_CLOCK_SECONDS,
    FLEET_CLOCK_COUNT
};
struct fleet_clock {
    enum fleet_clock_kind kind;
    int64_t skew_ms, since_ms;
};

/* The latest of a device, for API and dashboard; owned by the fleet, read-only for others, valid
 * until the device is removed (its parts until the next call). */
struct fleet_device {
    char id[65];
    char type[16];       /* what it says it is; "" unknown */
    bool claimed;        /* false: pending under policy claim */
    bool online, active; /* online: its own status; active: heard within inactive_after */
    enum fleet_connectivity connectivity; /* as of fleet_find, _each or _tick */
    const char *name, *location;          /* "" when none */
    const char *config_json;              /* operator's settings of this device, a JSON object */
    int64_t registered_ms, last_seen_ms;  /* last_seen 0: never spoke */
    struct fleet_clock clock;
    const struct roost_status *status; /* NULL until one came */
    struct ingest_device *intake;      /* the front door's; NULL until something came in */
    void *part[HUB_SERVICES_MAX]; /* by service, what it keeps of the device; see hub/service.h */
};

struct fleet;

struct fleet *fleet_new(const struct fleet_config *config, const struct registry *registry,
                        const struct bus *bus, const struct host_clock *clock,
                        const struct hub_feed *feed, struct metrics *metrics);
/* When the registry is closed, or has answered everything. Has the services forget every device.
 */
void fleet_free(struct fleet *fleet);

/* What it takes and does as one of the services; made before them all by fleet_new. */
extern const struct hub_service fleet_service;

/* The services that describe its devices, hear of commands carried out, and forget what is removed:
 * borrowed from here on. Without a call there are none. */
void fleet_join(struct fleet *fleet, const struct hub_set *services);
const struct hub_set *fleet_services(const struct fleet *fleet);

/* Loads every device of the registry, and the newest commands; blocking. */
int fleet_load(struct fleet *fleet);

/* Every message of a device passes here first: finds the device, or registers it by policy.
 * `spoke`: the device itself sent it just now (fleet_heard). Returns its entry, or NULL with *err
 * ROOST_ERR_REFUSED (closed, or it is being removed), ROOST_ERR_AUTH (waits for its claim),
 * ROOST_ERR_FULL (device_max), ROOST_ERR_INVALID (no device id), ROOST_ERR_NO_MEMORY. */
struct fleet_device *fleet_meet(struct fleet *fleet, const char *device_id, bool spoke, int *err);

/* Whether messages of and for a known device are taken, by policy and claim. */
bool fleet_serves(const struct fleet *fleet, const struct fleet_device *device);

/* The device itself spoke just now: last seen, active. Not for a retained message, which the broker
 * repeats long after the device fell silent. */
void fleet_heard(struct fleet *fleet, struct fleet_device *device);

/* How a device's clock is now; tells the live view when its kind changes, which is the result. */
bool fleet_clock_is(struct fleet *fleet, struct fleet_device *device, enum fleet_clock_kind kind,
                    int64_t skew_ms);
/* "ahead", "behind", "uptime", "seconds"; "ok". */
const char *fleet_clock_name(enum fleet_clock_kind kind);

/* The hub's wall clock was set, or is believed again: no device was seen in the future. */
void fleet_clock_set(struct fleet *fleet);

/* Its condition (hub/fleet/condition.h), a wrong clock being a warning. */
enum fleet_condition fleet_device_condition(const struct fleet_device *device);

/* device/{id}/status and device/{id}/answer. An online status that is not
 * retained counts as heard; so does an answer. Returns 0 or the parse error; an answer also
 * ROOST_ERR_NOT_FOUND (to none of the FLEET_REMEMBERED_MAX newest commands), ROOST_ERR_EXISTS
 * (answered before), ROOST_ERR_FULL (too many wait for the registry). ack is the caller's; after a
 * 0 the receipt is given when the answer is in the registry. It is copied; NULL: nobody wants one.
 */
int fleet_status(struct fleet *fleet, struct fleet_device *device, const char *payload, size_t len,
                 bool retained);
int fleet_answer(struct fleet *fleet, struct fleet_device *device, const char *payload, size_t len,
                 const struct hub_receipt *receipt);

/* A last will, or a farewell: what a removed device says, too. */
bool fleet_says_offline(const char *payload, size_t len);

/* Devices whose row in device_registry (hub/store/series.h) is out of date, each given once until
 * it changes again; NULL when there is none. fleet_mark_changed gives one back. */
struct fleet_device *fleet_next_changed(struct fleet *fleet);
void fleet_mark_changed(struct fleet *fleet, struct fleet_device *device);

struct fleet_device *fleet_find(struct fleet *fleet, const char *device_id);
size_t fleet_count(const struct fleet *fleet);
/* By id, starting after `after` ("" for the first); fn returns non-zero to stop. */
void fleet_each(struct fleet *fleet, const char *after,
                int (*fn)(void *arg, struct fleet_device *device), void *arg);

/* Called once, never from inside the call that asked; err: 0 or what the registry answered. NULL
 * where nobody waits for it. */
typedef void (*fleet_done_fn)(void *arg, int err);

/* What follows returns 0, and `done` is called; or an error, and it is not. ROOST_ERR_BUSY, from
 * either: the registry cannot be written now, and nothing was changed. */

/* Operator's changes: claim, name, location, config (NULL leaves a field as it is). */
int fleet_update(struct fleet *fleet, const char *device_id, const bool *claimed, const char *name,
                 const char *location, const char *config_json, fleet_done_fn done, void *arg);
/* Adds a device before it ever spoke (pre-registration). ROOST_ERR_EXISTS; ROOST_ERR_BUSY also
 * while one of this id is being removed. */
int fleet_add(struct fleet *fleet, const char *device_id, const char *type, const char *name,
              fleet_done_fn done, void *arg);

/* What a removal took away. */
struct fleet_removed {
    bool history; /* its rows go, too */
    bool whole;   /* false: the rest is done as soon as series and broker can be written */
    uint64_t rows, streams; /* of the series; streams: numbered ones */
    uint64_t commands;
    size_t retained; /* messages that the broker kept for others, or may have kept */
};

/* err as with fleet_done_fn; removed is NULL after an error. */
typedef void (*fleet_removed_fn)(void *arg, int err, const struct fleet_removed *removed);

/* Removes all that is kept under the id: device, credential and commands in one transaction, with a
 * note of the rest, which is done then and again after every start until it is over: what the
 * keeper has, and the retained messages at the broker. Its history goes, too, or stays under the
 * id. Until the keeper has freed the id nothing of it is taken; then it is as new. `done` comes
 * when all is done, or after FLEET_REMOVAL_ANSWER_MS. ROOST_ERR_NOT_FOUND; ROOST_ERR_BUSY: too many
 * removals are under way, or one of this id is. */
enum { FLEET_REMOVALS_MAX = 64, FLEET_REMOVAL_ANSWER_MS = 2000 };
int fleet_remove(struct fleet *fleet, const char *device_id, bool history, fleet_removed_fn done,
                 void *arg);

/* Who keeps something of devices outside of the registry: the front door, with its streams and the
 * series. `forget` returns 0 and calls, never from inside, `freed` once when nothing is left that
 * could be taken for the next one's of that id, and then `done` once when all of it is gone, how
 * often it has to try; or an error, and is asked again. */
typedef void (*fleet_freed_fn)(void *arg, uint64_t streams);
typedef void (*fleet_forgotten_fn)(void *arg, uint64_t rows);
struct fleet_keeper {
    int (*forget)(void *ctx, const char *device_id, bool history, fleet_freed_fn freed,
                  fleet_forgotten_fn done, void *arg);
    void *ctx;
};
void fleet_keep(struct fleet *fleet, const struct fleet_keeper *keeper);

/* The hub stops: what the registry has to learn of devices is written without delay. */
void fleet_flush(struct fleet *fleet);
bool fleet_flushes(const struct fleet *fleet); /* some of it is not written yet */

/* Removals that nobody has been told the end of. */
size_t fleet_removing(const struct fleet *fleet);

/* One of the newest FLEET_GONE_MAX that were removed, or is leaving, and no other of that id has
 * spoken since. What the broker kept of it, its last will, and what others say of it is not news.
 */
enum { FLEET_GONE_MAX = 4096 };
bool fleet_is_gone(const struct fleet *fleet, const char *device_id);

/* Its removal is under way and has not freed the id: what it says is to be said again. */
bool fleet_leaves(const struct fleet *fleet, const char *device_id);

/* Its removal is under way, whether or not the id is free: nothing said under it may be what was
 * kept at the broker being taken away. */
bool fleet_removes(const struct fleet *fleet, const char *device_id);

/* command: as it is recorded, borrowed for the call; NULL after an error. */
typedef void (*fleet_command_fn)(void *arg, int err, const struct registry_command *command);

/* Why a service would not have the command sent to the device now; NULL: it may go. */
const char *fleet_refusal(const struct fleet *fleet, const struct fleet_device *device,
                          const char *name);

/* Records a command, and sends it when it is recorded. The result is in the registry's command row
 * and on the feed ("command"); an answer that comes after the time-out still replaces it.
 * ROOST_ERR_NOT_FOUND, ROOST_ERR_TOO_LONG, ROOST_ERR_FULL (FLEET_PENDING_MAX unanswered); by `done`
 * also ROOST_ERR_CLOSED (broker away: the row says "failed"), ROOST_ERR_NO_SPACE, ROOST_ERR_IO. */
int fleet_command(struct fleet *fleet, const char *device_id, const char *name,
                  const char *args_json, int64_t operator_id, fleet_command_fn done, void *arg);

/* Runs what is due (lateness and inactivity, command time-outs, last_seen write-back); returns the
 * next due time. */
uint64_t fleet_tick(struct fleet *fleet, uint64_t now_ms);

#endif
