/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/series_queries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

struct series_query {
    struct worker_job job;
    struct series_queries *queries;
    int result;                          /* count or error */
    struct series_history_query history; /* device_id is newest's, too */
    struct series_point *points;         /* NULL: it asks for the newest rows */
    series_history_fn history_done;
    enum series_table table;
    uint32_t limit;
    struct series_row *rows;
    char (*ids)[65];
    series_rows_fn rows_done;
    void *arg;
};

static void query_free(struct series_query *query)
{
    free(query->points);
    free(query->rows);
    free(query->ids);
    free(query);
}

static int ask(struct series_reader *reader, struct series_query *query)
{
    if (query->points)
        return series_reader_history(reader, &query->history, query->points);
    return series_reader_newest(reader, query->table, query->history.device_id, query->limit,
                                query->rows, query->ids);
}

static void answer(struct series_query *query, int result)
{
    int err = result < 0 ? result : 0;
    size_t count = result < 0 ? 0 : (size_t)result;
    if (query->points)
        query->history_done(query->arg, err, query->points, count);
    else
        query->rows_done(query->arg, err, query->rows, count);
}

/* Called by SQLite during a long query; true ends it. */
static int is_closing(void *arg)
{
    struct series_queries *queries = arg;
    return atomic_load(&queries->closing);
}

/* A thread opens its connection at its first query. */
static int open_reader(struct series_queries *queries, size_t thread)
{
    enum { STEPS = 10000 }; /* of SQLite's machine, a fraction of a millisecond */
    struct series_reader *reader = &queries->readers[thread];
    int err = queries->reader_open[thread] ? 0 : series_reader_open(reader, queries->path);
    if (!err && !queries->reader_open[thread])
        sqlite3_progress_handler(reader->db, STEPS, is_closing, queries);
    queries->reader_open[thread] = err == 0;
    return err;
}

static void query_run(struct worker_job *job, size_t thread)
{
    struct series_query *query = (struct series_query *)job;
    query->result = open_reader(query->queries, thread);
    if (!query->result)
        query->result = ask(&query->queries->readers[thread], query);
}

static void query_over(struct worker_job *job, int err)
{
    struct series_query *query = (struct series_query *)job;
    answer(query, err                                     ? err
                  : atomic_load(&query->queries->closing) ? ROOST_ERR_CLOSED
                                                          : query->result);
    query_free(query);
}

/* Starts a query that was made, or says why not and frees it. */
static int start(struct series_queries *queries, struct series_query *query)
{
    int err = worker_push(queries->worker, &query->job);
    if (err)
        query_free(query);
    return err;
}

static struct series_query *query_new(struct series_queries *queries, void *arg)
{
    struct series_query *query = calloc(1, sizeof *query);
    if (!query)
        return NULL;
    query->job = (struct worker_job){.run = query_run, .done = query_over};
    query->queries = queries;
    query->arg = arg;
    return query;
}

int series_queries_history(struct series_queries *queries,
                           const struct series_history_query *wanted, series_history_fn done,
                           void *arg)
{
    if (wanted->max_points < 1 || wanted->max_points > SERIES_POINTS_MAX ||
        wanted->from_ms >= wanted->to_ms || wanted->metric >= SERIES_METRIC_COUNT ||
        wanted->from_ms < -INT64_MAX / 4 || wanted->to_ms > INT64_MAX / 4)
        return ROOST_ERR_RANGE;
    struct series_query *query = query_new(queries, arg);
    if (!query)
        return ROOST_ERR_NO_MEMORY;
    query->history = *wanted;
    query->history_done = done;
    query->points = calloc(wanted->max_points, sizeof *query->points);
    if (!query->points) {
        query_free(query);
        return ROOST_ERR_NO_MEMORY;
    }
    return start(queries, query);
}

int series_queries_newest(struct series_queries *queries, enum series_table table,
                          const char *device_id, uint32_t limit, series_rows_fn done, void *arg)
{
    if (limit < 1 || limit > SERIES_NEWEST_MAX || table >= SERIES_TABLE_COUNT)
        return ROOST_ERR_RANGE;
    struct series_query *query = query_new(queries, arg);
    if (!query)
        return ROOST_ERR_NO_MEMORY;
    snprintf(query->history.device_id, sizeof query->history.device_id, "%s",
             device_id ? device_id : "");
    query->table = table;
    query->limit = limit;
    query->rows_done = done;
    query->rows = calloc(limit, sizeof *query->rows);
    query->ids = calloc(limit, sizeof *query->ids);
    if (!query->rows || !query->ids) {
        query_free(query);
        return ROOST_ERR_NO_MEMORY;
    }
    return start(queries, query);
}

size_t series_queries_pump(struct series_queries *queries)
{
    return worker_turn(queries->worker);
}

void series_queries_close(struct series_queries *queries)
{
    atomic_store(&queries->closing, true);
    worker_close(queries->worker, false);
    for (size_t i = 0; i < SERIES_READERS; i++)
        if (queries->reader_open[i])
            series_reader_close(&queries->readers[i]);
}

int series_queries_init(struct series_queries *queries, struct uv_loop_s *loop, const char *path,
                        const struct series_writer *writer)
{
    *queries = (struct series_queries){.path = path};
    if (!loop) {
        series_reader_attach(&queries->readers[0], writer);
        queries->reader_open[0] = true;
    }
    return worker_new(&queries->worker, loop, SERIES_READERS, SERIES_QUERIES_MAX);
}
