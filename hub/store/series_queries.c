/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/series_queries.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"

enum kind { HISTORY, NEWEST, SURVEY };

struct series_query {
    struct worker_job job;
    struct series_queries *queries;
    struct series_query *next;
    struct series_lane *lane;
    bool running;        /* on its lane's worker */
    atomic_bool is_over; /* cancelled, or the store closes: looked at while it runs */
    bool overdrawn;      /* the quick lane is not for it */
    enum kind kind;
    int64_t client;
    int result;                          /* count or error */
    struct series_history_query history; /* device_id is newest's, too; from_ms survey's */
    struct series_point *points;
    enum series_table table;
    uint32_t limit;
    struct series_row *rows;
    char (*ids)[65];
    struct series_survey survey;
    union {
        series_history_fn history_done;
        series_rows_fn rows_done;
        series_survey_fn survey_done;
    };
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
    switch (query->kind) {
    case HISTORY:
        return series_reader_history(reader, &query->history, query->points);
    case NEWEST:
        return series_reader_newest(reader, query->table, query->history.device_id, INT64_MAX,
                                    query->limit, query->rows, query->ids);
    default:
        return series_reader_survey(reader, query->history.from_ms, &query->survey);
    }
}

static void answer(struct series_query *query, int result)
{
    int err = result < 0 ? result : 0;
    size_t count = result < 0 ? 0 : (size_t)result;
    if (query->kind == HISTORY)
        query->history_done(query->arg, err, query->points, count);
    else if (query->kind == NEWEST)
        query->rows_done(query->arg, err, query->rows, count);
    else
        query->survey_done(query->arg, err, &query->survey);
}

/* ---- on the readers' threads ---- */

enum {
    PROGRESS_STEPS = 10000, /* of SQLite's machine: a fraction of a millisecond, a thousand rows */
    QUICK_ALLOWANCE = 100   /* of these, then the query is a dear one */
};

/* Called by SQLite during a long query; true ends it. */
static int has_to_end(void *arg)
{
    struct series_lane_reader *on = arg;
    on->overdrawn = ++on->spent > QUICK_ALLOWANCE && !on->query->lane->is_dear;
    return on->overdrawn || atomic_load(&on->query->is_over);
}

/* A thread opens its connection at its first query. */
static int open_reader(const struct series_queries *queries, struct series_lane_reader *on)
{
    int err = on->open ? 0 : series_reader_open(&on->reader, queries->path);
    if (!err && !on->open)
        sqlite3_progress_handler(on->reader.db, PROGRESS_STEPS, has_to_end, on);
    on->open = err == 0;
    return err;
}

static void query_run(struct worker_job *job, size_t thread)
{
    struct series_query *query = (struct series_query *)job;
    struct series_lane_reader *on = &query->lane->readers[thread];
    if (atomic_load(&query->is_over))
        return;
    on->query = query;
    on->spent = 0;
    on->overdrawn = false;
    query->result = open_reader(query->queries, on);
    if (!query->result)
        query->result = ask(&on->reader, query);
    query->overdrawn = on->overdrawn && query->result < 0;
}

/* ---- on the loop's ---- */

static size_t running_of(const struct series_lane *lane, const struct series_queries *queries,
                         int64_t client, bool any)
{
    size_t count = 0;
    for (const struct series_query *q = queries->first; q; q = q->next)
        count += q->running && q->lane == lane && (any || q->client == client);
    return count;
}

/* Whoever has least under way; of these the one who was not last, of these the oldest. No client
 * has all threads. */
static struct series_query *choose(const struct series_lane *lane,
                                   const struct series_queries *queries)
{
    struct series_query *chosen = NULL;
    size_t least = SIZE_MAX;
    for (struct series_query *q = queries->first; q; q = q->next) {
        if (q->running || q->lane != lane)
            continue;
        size_t running = running_of(lane, queries, q->client, false);
        size_t weight = 2 * running + (q->client == lane->last_client ? 1 : 0);
        if (atomic_load(&q->is_over))
            weight = 0; /* costs nothing */
        else if (lane->at_once > 1 && running + 1 >= lane->at_once)
            continue; /* the last thread is for others */
        if (weight < least) {
            least = weight;
            chosen = q;
        }
    }
    return chosen;
}

static void dispatch(struct series_queries *queries, struct series_lane *lane)
{
    struct series_query *query;
    size_t running = running_of(lane, queries, 0, true);
    while (!queries->closing && running < lane->at_once && (query = choose(lane, queries))) {
        int err = worker_push(lane->worker, &query->job);
        ROOST_ASSERT(err == 0); /* a worker takes as many as are on its lane at once */
        query->running = true;
        lane->last_client = query->client;
        running++;
    }
}

static void query_end(struct series_query *query, int result)
{
    struct series_queries *queries = query->queries;
    struct series_query **at = &queries->first;
    while (*at != query)
        at = &(*at)->next;
    *at = query->next;
    queries->count--;
    answer(query, result);
    query_free(query);
}

static void query_over(struct worker_job *job, int err)
{
    struct series_query *query = (struct series_query *)job;
    struct series_queries *queries = query->queries;
    struct series_lane *lane = query->lane;
    query->running = false;
    if (err || queries->closing || atomic_load(&query->is_over)) {
        query_end(query, ROOST_ERR_CLOSED);
    } else if (query->overdrawn) {
        query->lane = &queries->dear;
        query->overdrawn = false;
        dispatch(queries, &queries->dear);
    } else {
        query_end(query, query->result);
    }
    dispatch(queries, lane);
}

/* Takes over a query that was made. */
static int start(struct series_queries *queries, struct series_query *query)
{
    size_t of_client = 0;
    struct series_query **at = &queries->first;
    for (; *at; at = &(*at)->next)
        of_client += query->client != 0 && (*at)->client == query->client;
    if (queries->closing || queries->count >= SERIES_QUERIES_MAX ||
        of_client >= SERIES_OF_CLIENT_MAX) {
        query_free(query);
        return queries->closing ? ROOST_ERR_CLOSED : ROOST_ERR_FULL;
    }
    *at = query;
    queries->count++;
    dispatch(queries, query->lane);
    return 0;
}

static struct series_query *query_new(struct series_queries *queries, enum kind kind, void *arg)
{
    struct series_query *query = calloc(1, sizeof *query);
    if (!query)
        return NULL;
    query->job = (struct worker_job){.run = query_run, .done = query_over};
    query->queries = queries;
    query->lane = &queries->quick;
    query->kind = kind;
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
    struct series_query *query = query_new(queries, HISTORY, arg);
    if (!query)
        return ROOST_ERR_NO_MEMORY;
    query->history = *wanted;
    query->client = wanted->client;
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
    struct series_query *query = query_new(queries, NEWEST, arg);
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

int series_queries_survey(struct series_queries *queries, int64_t before_ms, series_survey_fn done,
                          void *arg)
{
    struct series_query *query = query_new(queries, SURVEY, arg);
    if (!query)
        return ROOST_ERR_NO_MEMORY;
    query->history.from_ms = before_ms;
    query->survey_done = done;
    return start(queries, query);
}

void series_queries_cancel(struct series_queries *queries, const void *arg)
{
    for (struct series_query *q = queries->first; q; q = q->next) {
        if (q->arg != arg)
            continue;
        atomic_store(&q->is_over, true);
        if (!q->running)
            q->lane = &queries->quick; /* which is never held up for long */
    }
    dispatch(queries, &queries->quick);
}

size_t series_queries_pump(struct series_queries *queries)
{
    return worker_turn(queries->quick.worker);
}

static void lane_close(struct series_lane *lane)
{
    if (lane->worker)
        worker_close(lane->worker, false);
    for (size_t i = 0; i < SERIES_READERS; i++)
        if (lane->readers[i].open)
            series_reader_close(&lane->readers[i].reader);
}

void series_queries_close(struct series_queries *queries)
{
    queries->closing = true;
    for (struct series_query *q = queries->first; q; q = q->next)
        atomic_store(&q->is_over, true);
    lane_close(&queries->quick);
    lane_close(&queries->dear);
    while (queries->first)
        query_end(queries->first, ROOST_ERR_CLOSED);
}

int series_queries_init(struct series_queries *queries, struct uv_loop_s *loop, const char *path,
                        const struct series_writer *writer)
{
    *queries = (struct series_queries){
        .path = path,
        .threaded = loop != NULL,
        .quick.at_once = loop ? SERIES_READERS : SERIES_QUERIES_MAX,
        .dear = {.at_once = 1, .is_dear = true},
    };
    if (!loop) {
        series_reader_attach(&queries->quick.readers[0].reader, writer);
        queries->quick.readers[0].open = true;
        return worker_new(&queries->quick.worker, NULL, 1, SERIES_QUERIES_MAX);
    }
    int err = worker_new(&queries->quick.worker, loop, SERIES_READERS, SERIES_QUERIES_MAX);
    if (!err)
        err = worker_new(&queries->dear.worker, loop, 1, 1);
    if (err && queries->quick.worker)
        worker_close(queries->quick.worker, false);
    return err;
}
