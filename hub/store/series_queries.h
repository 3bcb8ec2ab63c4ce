/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries of the series under way: on threads of their own, each with a read-only connection, or
 * without a loop at once with the writer's connection. Each query is answered once, on the loop's
 * thread (or by the pump), never from inside the call that asked. Depends on hub/worker.h,
 * hub/store/series_sql.h.
 */
#ifndef ROOST_HUB_STORE_SERIES_QUERIES_H
#define ROOST_HUB_STORE_SERIES_QUERIES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "hub/store/series_sql.h"
#include "hub/worker.h"

enum { SERIES_QUERIES_MAX = 64, SERIES_READERS = 4 };

struct series_queries {
    const char *path;
    struct worker *worker;
    struct series_reader readers[SERIES_READERS]; /* each its thread's */
    bool reader_open[SERIES_READERS];
    atomic_bool closing; /* looked at by queries under way */
};

/* path is borrowed until close; `writer` lends its connection where there is no loop. Returns 0 or
 * ROOST_ERR_NO_MEMORY. */
int series_queries_init(struct series_queries *queries, struct uv_loop_s *loop, const char *path,
                        const struct series_writer *writer);

/* As in struct series_ops. */
int series_queries_history(struct series_queries *queries, const struct series_history_query *query,
                           series_history_fn done, void *arg);
int series_queries_newest(struct series_queries *queries, enum series_table table,
                          const char *device_id, uint32_t limit, series_rows_fn done, void *arg);

/* Without a loop: answers what waits; returns how many. */
size_t series_queries_pump(struct series_queries *queries);

/* Interrupts what is under way and answers all that is not answered with ROOST_ERR_CLOSED. */
void series_queries_close(struct series_queries *queries);

#endif
