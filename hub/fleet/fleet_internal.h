/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the fleet service, shared by its files: fleet.c (who is there), fleet_silence.c (who is
 * active), fleet_change.c (what operators change), fleet_write_back.c (what the registry has to
 * know), fleet_removal.c (what a device leaves behind), fleet_report.c (what devices say, the
 * feed), fleet_command.c, fleet_remember.c, fleet_import.c, fleet_order.c (who is there, by id).
 */
#ifndef ROOST_HUB_FLEET_FLEET_INTERNAL_H
#define ROOST_HUB_FLEET_FLEET_INTERNAL_H

#include "hub/fleet/fleet.h"
#include "hub/fleet/id_table.h"

/* What has to be told about a device: its whole row, last_seen or its health to the registry, its
 * row of device_registry to the series; to the live view what time alone changed. */
enum fleet_list {
    FLEET_LIST_RECORD,
    FLEET_LIST_SEEN,
    FLEET_LIST_STATUS,
    FLEET_LIST_CHANGED,
    FLEET_LIST_TELL,
    FLEET_LIST_COUNT
};

/* In one transaction. */
enum { FLEET_RECORDS_AT_ONCE = 64, FLEET_SEEN_AT_ONCE = 512, FLEET_STATUSES_AT_ONCE = 64 };
enum { FLEET_TELL_AT_ONCE = 200, FLEET_TELL_MS = 100 }; /* devices told about at once; the pause */

struct entry {
    struct fleet_device device;  /* first: the id table and callers know an entry by it */
    struct entry *older, *newer; /* in the list of active devices, by heard_ms */
    int64_t heard_ms;            /* monotonic; below 0: before this process began */
    uint64_t status_kept_ms;     /* when its health last went to be kept; 0: never */
    int64_t mirrored_ms;         /* last_seen when device_registry was last brought up to date */
    struct entry *next[FLEET_LIST_COUNT];
    bool listed[FLEET_LIST_COUNT];
    bool heard;      /* since this process began, at heard_ms */
    bool back;       /* last_seen went back: the registry's is a wrong clock's */
    bool saved_once; /* it has a row in the registry */
    bool leaving;    /* its removal is under way */
};

/* First in, first out. */
struct entry_list {
    struct entry *first, *last;
};

/* A request that writes many. */
struct write_buffer {
    struct entry *taken[FLEET_SEEN_AT_ONCE]; /* NULL: removed meanwhile */
    size_t count;
    enum fleet_list list; /* they were taken from */
    bool more;            /* was left there */
    struct registry_device records[FLEET_RECORDS_AT_ONCE];
    struct registry_seen seen[FLEET_SEEN_AT_ONCE];
    struct registry_status statuses[FLEET_STATUSES_AT_ONCE];
};

/* A command on its way: to the registry, to the device, back, and to the registry again. */
struct pending {
    struct fleet *fleet;
    struct registry_command record;
    char *args; /* to be sent, secrets and all; until it is on its way */
    fleet_command_fn done;
    void *arg;
    struct hub_receipt receipt; /* of its answer, given when that is stored */
    uint64_t due_ms;
    bool recorded;      /* the row is in the registry, the command is out */
    bool finished;      /* it has its result, which waits for the registry */
    bool late;          /* its answer came when it was no longer waited for */
    bool saving, again; /* the result is being stored; it has changed since */
};

/* One of the newest commands. */
struct remembered {
    char id[37]; /* first: hub/fleet/id_table.h */
    char device_id[65];
    bool answered;
};

/* A device that is leaving, see fleet_removal.c. */
struct removal {
    struct fleet *fleet;
    struct removal *next;
    char device_id[65];
    struct fleet_removed removed;
    fleet_removed_fn done; /* NULL: nobody waits */
    void *arg;
    bool noted;                        /* by the registry: the device is gone */
    bool freed, forgetting, forgotten; /* by the keeper */
    bool cleared;                      /* the retained messages are taken away */
    bool ending;                       /* the registry is told */
    uint64_t answer_by_ms;
    uint64_t due_ms, end_ms; /* the next try of what failed, and of telling the registry */
};

/* A device that was removed. */
struct gone {
    char id[65]; /* first: hub/fleet/id_table.h */
};

struct fleet {
    struct fleet_config config;
    const struct registry *registry;
    const struct bus *bus;
    const struct host_clock *clock;
    const struct hub_feed *feed;
    const struct hub_set *services;

    struct id_table table;
    struct entry **sorted; /* every entry; the first sorted_count by id */
    size_t sorted_size, sorted_count;

    struct entry *oldest, *newest; /* active devices */
    struct entry *on_time;         /* the first of them that was heard too lately to be late */
    size_t active_count, pending_claim_count;
    size_t adding; /* devices on their way into the registry */
    bool importing;
    struct entry_list lists[FLEET_LIST_COUNT];
    struct write_buffer *write_buffer;
    bool writing;                      /* what is in the buffer */
    bool flushing;                     /* the hub stops: nothing waits for its time */
    uint64_t write_due_ms, written_ms; /* next and last transaction */
    uint32_t write_failures;           /* in a row */
    uint64_t tell_due_ms;              /* when the live view takes the next */

    struct removal *removals;
    struct gone *gone; /* a ring */
    size_t gone_next;
    struct id_table gone_ids;   /* of it */
    struct fleet_keeper keeper; /* forget NULL: none */

    struct pending *pending[FLEET_PENDING_MAX];
    size_t pending_count;
    int64_t expire_before_ms; /* commands of before this time are not timed out yet; 0: none */
    uint64_t expire_due_ms;
    bool expiring;
    struct remembered *remembered; /* a ring */
    size_t remembered_next;
    struct id_table commands; /* of it */

    struct metric *active, *inactive, *unclaimed, *online;
    struct metric *refused, *write_failed;
    struct metric *command_ok, *command_failed, *command_timeout, *command_waiting;
};

static inline struct entry *entry_of(struct fleet_device *device)
{
    return (struct entry *)device;
}

static inline uint64_t fleet_now(const struct fleet *fleet)
{
    return fleet->clock->ops->now_ms(fleet->clock->ctx);
}

static inline int64_t fleet_unix(const struct fleet *fleet)
{
    return fleet->clock->ops->unix_ms(fleet->clock->ctx);
}

/* fleet.c: a device with nothing known of it but its record. NULL: out of memory. */
struct entry *fleet_add_entry(struct fleet *fleet, const struct registry_device *record);
/* A device that is in the registry now: new here, or it spoke while it was being stored. */
int fleet_take_stored(struct fleet *fleet, const struct registry_device *record);
/* These fields (enum registry_field) are in the registry now. */
int fleet_apply(struct fleet *fleet, struct entry *entry, const struct registry_device *record,
                unsigned fields);
void fleet_forget(struct fleet *fleet, struct entry *entry);

/* fleet_silence.c */
void fleet_set_active(struct fleet *fleet, struct entry *entry, bool active);
/* Computes its connectivity; true when that changed. */
bool fleet_judge(struct fleet *fleet, struct entry *entry, uint64_t now_ms);
/* Those that were not heard for too long are late, or inactive; returns when the next one is. */
uint64_t fleet_fall_silent(struct fleet *fleet, uint64_t now_ms);

/* fleet_write_back.c */
void fleet_list_push(struct fleet *fleet, enum fleet_list which, struct entry *entry);
void fleet_list_remove(struct fleet *fleet, enum fleet_list which, struct entry *entry);
void fleet_record(const struct entry *entry, struct registry_device *out);
/* Writes some when it is time; returns when to be called again. */
uint64_t fleet_write_back(struct fleet *fleet, uint64_t now_ms);

/* fleet_order.c: room for one more, before it is added to the table; the entry leaves before it
 * leaves the table. */
int fleet_sorted_reserve(struct fleet *fleet);
void fleet_sorted_remove(struct fleet *fleet, const struct entry *entry);
int fleet_sort_entries(struct fleet *fleet);

/* fleet_removal.c: those that an earlier run began; what is due. */
int fleet_removals_init(struct fleet *fleet, uint64_t seed);
int fleet_removals_load(struct fleet *fleet);
void fleet_removals_free(struct fleet *fleet);
uint64_t fleet_removals_tick(struct fleet *fleet, uint64_t now_ms);
void fleet_returned(struct fleet *fleet, const char *device_id); /* it is not gone any more */

/* fleet_report.c */
void fleet_send_device(struct fleet *fleet, const struct entry *entry);
void fleet_send_command(struct fleet *fleet, const struct registry_command *command);
/* Tells the live view of some that wait in FLEET_LIST_TELL; returns when to be called again. A
 * fleet that falls silent at once is told over time, each device with what it is then. */
uint64_t fleet_tell(struct fleet *fleet, uint64_t now_ms);

/* fleet_command.c */
void fleet_commands_load(struct fleet *fleet);
uint64_t fleet_commands_tick(struct fleet *fleet, uint64_t now_ms);

/* fleet_remember.c: the newest commands, so that an answer is judged without asking the registry.
 */
int fleet_remember_init(struct fleet *fleet, uint64_t seed);
void fleet_remember_deinit(struct fleet *fleet);
int fleet_remember_load(struct fleet *fleet);
struct remembered *fleet_remember(struct fleet *fleet, const char *id, const char *device_id);
struct remembered *fleet_remembered(const struct fleet *fleet, const char *id); /* or NULL */
void fleet_unremember(struct fleet *fleet, const char *id);

#endif
