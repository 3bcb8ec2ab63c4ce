/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of csms_book, on the loop's thread: the queue of rounds. */
#ifndef ROOST_HUB_STORE_CSMS_BOOK_INSIDE_H
#define ROOST_HUB_STORE_CSMS_BOOK_INSIDE_H

#include <uv.h>

#include "hub/store/csms_book.h"
#include "hub/store/csms_book_sql.h"
#include "hub/worker.h"

struct csms_book_store {
    uv_loop_t *loop; /* NULL: everything on the caller's thread */
    struct worker *worker;
    struct worker_job work;
    struct csms_job *round; /* the worker's while under_way, and with it: */
    struct csms_sql sql;

    bool under_way, stopping, retaining, noting;
    uv_timer_t *pause; /* until the next round; NULL without a loop */
    uint64_t begun_ms; /* the last round */
    size_t queued;     /* jobs of the queue */
    struct csms_job *queue, **queue_end;
    struct csms_book_counts counts;
};

/* 0, ROOST_ERR_CLOSED or ROOST_ERR_FULL. */
int csms_book_may_ask(const struct csms_book_store *store);
/* NULL: no memory. */
struct csms_job *csms_book_job(enum csms_job_kind kind, csms_stored_fn done, void *arg);
/* Takes it; NULL gives ROOST_ERR_NO_MEMORY. */
int csms_book_push(struct csms_book_store *store, struct csms_job *job);

#endif
