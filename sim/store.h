/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hub's registry and series store as a model: what a disk under a database keeps, without the
 * database. Survives the hub's crashes; a write that was under way in a crash is kept or not,
 * whole. Rows are not kept but shown to a checker as they become durable, so that a long run stays
 * small. The registry answers later, too: what waits is one round, which ends with a commit
 * (sim/store_registry.c). Depends on hub/store's interfaces and port/sim/clock.h.
 */
#ifndef ROOST_SIM_STORE_H
#define ROOST_SIM_STORE_H

#include "hub/store/registry_job.h"
#include "hub/store/series.h"
#include "port/sim/clock.h"

enum {
    SIM_STORE_DEVICES = 128,
    SIM_STORE_STREAMS = 256,
    SIM_STORE_SPANS = 1024,   /* of one stream */
    SIM_STORE_RECENT = 256,   /* of one stream; a longer list loses its oldest */
    SIM_STORE_COMMANDS = 256, /* newest kept */
    SIM_STORE_CHILDREN = 64,
};

struct sim_store_stream {
    char device_id[65];
    uint8_t stream;
    uint32_t epoch;
    int64_t newest_ms;
    struct series_span spans[SIM_STORE_SPANS];
    size_t span_count;
    struct series_recent recent[SIM_STORE_RECENT];
    size_t recent_count, recent_run;
};

struct sim_store {
    struct sim_clock *clock;
    struct sim_random random;
    struct registry registry; /* what the services are given */
    struct series series;
    bool full;   /* fault: every write ends in ROOST_ERR_NO_SPACE */
    bool slow;   /* fault: writes take seconds */
    bool locked; /* fault: another program holds the databases for writing */
    void (*on_row)(void *ctx, const struct series_row *row);
    void *ctx;
    void (*on_done)(void *hub); /* a write ended: a turn of the hub's loop */
    void *hub;

    struct registry_device *devices;
    size_t device_count;
    struct registry_command *commands; /* a ring */
    uint64_t command_count;
    struct registry_child *children; /* with their consents, as far as they hold */
    size_t child_count;
    struct registry_claim *claims; /* by device */
    struct registry_credential *credentials;
    size_t claim_count, credential_count;
    uint64_t audited;                  /* lines of the audit: only counted */
    struct registry_jobs queue, round; /* asked; and under way */
    struct sim_random registry_random;
    struct registry_counts registry_counts;
    bool under_way, crashing;
    uint64_t given_up; /* requests that another program's lock kept from being written in time */
    struct sim_store_stream *streams;
    size_t stream_count;

    const struct series_batch *batch; /* under way */
    series_done_fn done;
    void *done_arg;
    series_forgotten_fn forgotten, swept; /* a removal that is answered later; NULL: none */
    void *forgotten_arg, *swept_arg;
    uint32_t life; /* counts hub lives: guards the end of a write */

    uint64_t rows[SERIES_TABLE_COUNT], writes, refused, cut_kept, cut_lost;
    size_t batch_high_water, span_high_water;
};

/* Returns 0 or ROOST_ERR_NO_MEMORY. */
int sim_store_init(struct sim_store *store, struct sim_clock *clock);
void sim_store_deinit(struct sim_store *store);

/* The hub's process died: before its memory goes. What was asked of the registry is answered with
 * ROOST_ERR_CLOSED, so that what waits for it is freed. */
void sim_store_crash(struct sim_store *store);

/* sim/store_children.c: what the registry keeps of children. */
int sim_store_children_init(struct sim_store *store);
void sim_store_children_deinit(struct sim_store *store);
/* ROOST_ERR_UNSUPPORTED: not one of its requests. */
int sim_store_children_do(struct sim_store *store, struct registry_job *job);
void sim_store_forget_device(struct sim_store *store, const char *device_id);
void sim_store_keep_credential(struct sim_store *store,
                               const struct registry_credential *credential);

/* sim/store_registry.c */
int sim_store_registry_init(struct sim_store *store);
void sim_store_registry_deinit(struct sim_store *store);
void sim_store_registry_crash(struct sim_store *store);

#endif
