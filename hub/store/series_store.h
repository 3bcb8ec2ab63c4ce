/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the series store on SQLite, shared by series_sqlite.c (what is asked of it) and
 * series_idle.c (what it does without being asked).
 */
#ifndef ROOST_HUB_STORE_SERIES_STORE_H
#define ROOST_HUB_STORE_SERIES_STORE_H

#include <stdatomic.h>
#include <uv.h>

#include "hub/store/series_queries.h"
#include "hub/store/series_sql.h"
#include "hub/worker.h"

/* What the writer does: one write, one retention and one checkpoint at most are under way. A
 * retention is a job for each of its steps, so that a write never waits for more than one. */
struct task {
    struct worker_job job; /* first */
    struct store *store;
    bool busy; /* from the call until before `done` */
    int err;
    union {
        series_done_fn done;
        series_retained_fn retained;
        series_forgotten_fn forgotten_fn;
    };
    void *arg;
    const struct series_batch *batch; /* of a write, */
    bool log_is_long;                 /* and the log, */
    uint64_t unsummed;                /* and the rows without sums, after it or an upkeep */
    struct series_retain retain;      /* of a retention */
    char name[65];                    /* of a note or a device */
    char text[SERIES_NOTE_MAX + 1];
    bool history; /* forget it, too */
    struct series_forgotten forgotten;
};

struct store {
    char *path;
    struct worker *worker;       /* one thread, which alone touches: */
    struct series_writer writer; /* while a job is under way */
    unsigned long long limit_set;
    atomic_ullong limit_bytes;
    struct task write, retain, note, forget, sweep, checkpoint, upkeep;
    bool threaded;
    bool forgetting;   /* rows of removed devices may be left; the writer's */
    uv_timer_t *timer; /* to the next upkeep */
    int last_err;      /* of the last write */
    struct series_queries queries;
};

/* series_idle.c: sums, and removals that the end of the program cut short. On the loop's thread but
 * for the second. */
int series_idle_init(struct store *store, struct uv_loop_s *loop);
/* Without a loop: sums up when much waits, where a write runs. */
void series_idle_inline(struct store *store);
/* A write is over, and about so many rows have no sums. */
void series_idle_after_write(struct store *store, uint64_t unsummed);
/* Something is left to do. */
void series_idle_later(struct store *store);
/* At the start. */
void series_idle_catch_up(struct store *store);
void series_idle_deinit(struct store *store);

#endif
