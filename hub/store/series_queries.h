/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries of the series under way: on libuv's thread pool with a few read-only connections, or
 * without a loop at once with the writer's connection. Each query is answered once, on the loop's
 * thread (or by the pump), never from inside the call that asked. Depends on libuv,
 * hub/store/series_sql.h.
 */
#ifndef ROOST_HUB_STORE_SERIES_QUERIES_H
#define ROOST_HUB_STORE_SERIES_QUERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "hub/store/series_sql.h"

enum { SERIES_QUERIES_MAX = 64, SERIES_READERS = 4 };

struct series_query;

struct series_queries {
    uv_loop_t *loop; /* NULL: everything on the caller's thread */
    const char *path;
    uv_mutex_t mutex; /* over the readers' flags */
    uv_cond_t reader_free;
    struct series_reader readers[SERIES_READERS];
    bool reader_open[SERIES_READERS], reader_busy[SERIES_READERS];
    struct series_query *first; /* oldest first; with a loop until their work is over */
    size_t count;
    bool closed;
    void (*idle)(void *ctx); /* after close: no work is under way any more */
    void *ctx;
};

/* path is borrowed until deinit; `writer` lends its connection where there is no loop. Returns 0 or
 * ROOST_ERR_NO_MEMORY. */
int series_queries_init(struct series_queries *queries, uv_loop_t *loop, const char *path,
                        const struct series_writer *writer, void (*idle)(void *ctx), void *ctx);

/* As in struct series_ops. */
int series_queries_history(struct series_queries *queries, const struct series_history_query *query,
                           series_history_fn done, void *arg);
int series_queries_newest(struct series_queries *queries, enum series_table table,
                          const char *device_id, uint32_t limit, series_rows_fn done, void *arg);

/* Without a loop: answers the oldest query; false when there is none. */
bool series_queries_pump(struct series_queries *queries);

/* Answers what is not answered with ROOST_ERR_CLOSED. Work on the thread pool goes on until idle()
 * is called, from a later turn of the loop or, when there is none, never: see series_queries_busy.
 */
void series_queries_close(struct series_queries *queries);
static inline bool series_queries_busy(const struct series_queries *queries)
{
    return queries->first != NULL;
}

/* Not while it is busy. */
void series_queries_deinit(struct series_queries *queries);

#endif
