/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/series_queries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

struct series_query {
    uv_work_t work;
    struct series_queries *queries;
    struct series_query *next;
    bool answered;                       /* by close, before the work was over */
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
    query->answered = true;
    if (query->points)
        query->history_done(query->arg, err, query->points, count);
    else
        query->rows_done(query->arg, err, query->rows, count);
}

static void unlink_query(struct series_queries *queries, struct series_query *query)
{
    struct series_query **at = &queries->first;
    while (*at != query)
        at = &(*at)->next;
    *at = query->next;
    queries->count--;
}

/* Waits for a connection; opens it at its first use. */
static struct series_reader *take_reader(struct series_queries *queries, int *err)
{
    size_t i = 0;
    uv_mutex_lock(&queries->mutex);
    for (;;) {
        for (i = 0; i < SERIES_READERS && queries->reader_busy[i]; i++)
            continue;
        if (i < SERIES_READERS)
            break;
        uv_cond_wait(&queries->reader_free, &queries->mutex);
    }
    queries->reader_busy[i] = true;
    uv_mutex_unlock(&queries->mutex);
    *err = 0;
    if (!queries->reader_open[i]) { /* ours alone while it is busy */
        *err = series_reader_open(&queries->readers[i], queries->path);
        queries->reader_open[i] = *err == 0;
    }
    return &queries->readers[i];
}

static void give_reader(struct series_queries *queries, const struct series_reader *reader)
{
    uv_mutex_lock(&queries->mutex);
    queries->reader_busy[reader - queries->readers] = false;
    uv_cond_signal(&queries->reader_free);
    uv_mutex_unlock(&queries->mutex);
}

static void query_work(uv_work_t *work)
{
    struct series_query *query = work->data;
    int err;
    struct series_reader *reader = take_reader(query->queries, &err);
    query->result = err ? err : ask(reader, query);
    give_reader(query->queries, reader);
}

static void query_over(uv_work_t *work, int status)
{
    struct series_query *query = work->data;
    struct series_queries *queries = query->queries;
    unlink_query(queries, query);
    if (!query->answered)
        answer(query, status ? ROOST_ERR_CLOSED : query->result);
    query_free(query);
    if (queries->closed && !queries->first)
        queries->idle(queries->ctx);
}

/* Starts a query that was made, or says why not and frees it. */
static int start(struct series_queries *queries, struct series_query *query)
{
    int err = 0;
    if (queries->closed)
        err = ROOST_ERR_CLOSED;
    else if (queries->count >= SERIES_QUERIES_MAX)
        err = ROOST_ERR_FULL;
    else if (queries->loop &&
             uv_queue_work(queries->loop, &query->work, query_work, query_over) != 0)
        err = ROOST_ERR_NO_MEMORY;
    if (err) {
        query_free(query);
        return err;
    }
    struct series_query **at = &queries->first;
    while (*at)
        at = &(*at)->next;
    *at = query;
    queries->count++;
    if (!queries->loop)
        query->result = ask(&queries->readers[0], query);
    return 0;
}

static struct series_query *query_new(struct series_queries *queries, void *arg)
{
    struct series_query *query = calloc(1, sizeof *query);
    if (!query)
        return NULL;
    query->queries = queries;
    query->work.data = query;
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

bool series_queries_pump(struct series_queries *queries)
{
    struct series_query *query = queries->first;
    if (!query)
        return false;
    unlink_query(queries, query);
    answer(query, query->result);
    query_free(query);
    return true;
}

void series_queries_close(struct series_queries *queries)
{
    queries->closed = true;
    for (struct series_query *query = queries->first; query; query = query->next) {
        if (queries->loop)
            uv_cancel((uv_req_t *)&query->work); /* what has not begun; its end is called back */
        answer(query, ROOST_ERR_CLOSED);
    }
    while (!queries->loop && queries->first) {
        struct series_query *query = queries->first;
        unlink_query(queries, query);
        query_free(query);
    }
}

int series_queries_init(struct series_queries *queries, uv_loop_t *loop, const char *path,
                        const struct series_writer *writer, void (*idle)(void *ctx), void *ctx)
{
    *queries = (struct series_queries){.loop = loop, .path = path, .idle = idle, .ctx = ctx};
    if (uv_mutex_init(&queries->mutex) != 0)
        return ROOST_ERR_NO_MEMORY;
    if (uv_cond_init(&queries->reader_free) != 0) {
        uv_mutex_destroy(&queries->mutex);
        return ROOST_ERR_NO_MEMORY;
    }
    if (!loop) {
        series_reader_attach(&queries->readers[0], writer);
        queries->reader_open[0] = true;
    }
    return 0;
}

void series_queries_deinit(struct series_queries *queries)
{
    for (size_t i = 0; i < SERIES_READERS; i++)
        if (queries->reader_open[i])
            series_reader_close(&queries->readers[i]);
    uv_cond_destroy(&queries->reader_free);
    uv_mutex_destroy(&queries->mutex);
}
