/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/series_sqlite.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/assert.h"
#include "core/err.h"
#include "hub/store/series_queries.h"
#include "hub/store/series_sql.h"

/* What the writer does: one write and one retention at most are under way.
 *
 *     IDLE --call--> QUEUED --writer--> RUNNING --writer--> DONE --loop: done()--> IDLE
 */
enum task_state { TASK_IDLE, TASK_QUEUED, TASK_RUNNING, TASK_DONE };

struct task {
    enum task_state state;
    int err;
    series_done_fn done;
    void *arg;
    const struct series_batch *batch; /* of a write */
    struct series_retain retain;      /* of a retention */
};

struct store {
    uv_loop_t *loop; /* NULL: everything on the caller's thread */
    char *path;
    struct series_writer writer;         /* the writer thread's while it runs */
    struct task write_task, retain_task; /* under `mutex`; what RUNNING works on is the writer's */
    atomic_ullong limit_bytes;
    unsigned long long limit_set;
    atomic_int last_err; /* of the last write */
    uv_thread_t thread;
    uv_mutex_t mutex;
    uv_cond_t wake;   /* of the writer */
    uv_cond_t rested; /* the writer waits for work */
    uv_async_t async;
    bool stopping, closed, async_closed;
    bool resting; /* under `mutex`: the writer leaves the database alone */
    struct series_queries queries;
    struct series_reader ping_reader;
    bool ping_open;
};

/* Writing. */

static int do_write(struct store *s)
{
    unsigned long long limit = atomic_load(&s->limit_bytes);
    if (limit != s->limit_set) {
        sqlite_db_limit(s->writer.db, limit);
        s->limit_set = limit;
    }
    int err = series_writer_write(&s->writer, s->write_task.batch);
    atomic_store(&s->last_err, err);
    return err;
}

static void task_over(struct store *s, struct task *task, int err)
{
    uv_mutex_lock(&s->mutex);
    task->err = err;
    task->state = TASK_DONE;
    uv_mutex_unlock(&s->mutex);
    uv_async_send(&s->async);
}

/* Waits for work and takes it; NULL: stop. A write goes before the next step of a retention. */
static struct task *next_task(struct store *s)
{
    struct task *task = NULL;
    uv_mutex_lock(&s->mutex);
    s->resting = true;
    uv_cond_signal(&s->rested);
    while (!task) {
        if (s->write_task.state == TASK_QUEUED)
            task = &s->write_task;
        else if (s->stopping)
            break;
        else if (s->retain_task.state == TASK_QUEUED || s->retain_task.state == TASK_RUNNING)
            task = &s->retain_task;
        else
            uv_cond_wait(&s->wake, &s->mutex);
    }
    if (task) {
        task->state = TASK_RUNNING;
        s->resting = false;
    }
    uv_mutex_unlock(&s->mutex);
    return task;
}

static void writer_main(void *arg)
{
    struct store *s = arg;
    struct task *task;
    while ((task = next_task(s)) != NULL) {
        if (task == &s->write_task) {
            task_over(s, task, do_write(s));
            series_writer_checkpoint(&s->writer, false);
            continue;
        }
        int more = series_writer_retain(&s->writer, &s->retain_task.retain);
        if (more <= 0)
            task_over(s, task, more);
        series_writer_checkpoint(&s->writer, more <= 0);
    }
}

/* Calls done of a finished task; true when there was one. */
static bool deliver(struct store *s, struct task *task)
{
    uv_mutex_lock(&s->mutex);
    struct task over = *task;
    if (over.state == TASK_DONE)
        task->state = TASK_IDLE;
    uv_mutex_unlock(&s->mutex);
    if (over.state != TASK_DONE)
        return false;
    over.done(over.arg, over.err);
    return true;
}

/* Only unfinished work keeps the loop alive. */
static void hold_loop(struct store *s)
{
    uv_mutex_lock(&s->mutex);
    bool idle = s->write_task.state == TASK_IDLE && s->retain_task.state == TASK_IDLE;
    uv_mutex_unlock(&s->mutex);
    if (idle)
        uv_unref((uv_handle_t *)&s->async);
    else
        uv_ref((uv_handle_t *)&s->async);
}

static void on_async(uv_async_t *async)
{
    struct store *s = async->data;
    deliver(s, &s->write_task);
    deliver(s, &s->retain_task);
    if (!s->closed)
        hold_loop(s);
}

/* Hands a task to the writer; ROOST_ERR_BUSY while the one before is not over. Without a loop the
 * caller does it. */
static int start(struct store *s, struct task *task, const struct task *wanted)
{
    int err = 0;
    if (s->loop)
        uv_mutex_lock(&s->mutex);
    if (s->stopping)
        err = ROOST_ERR_CLOSED;
    else if (task->state != TASK_IDLE)
        err = ROOST_ERR_BUSY;
    if (!err)
        *task = *wanted;
    if (s->loop) {
        uv_cond_signal(&s->wake);
        uv_mutex_unlock(&s->mutex);
        hold_loop(s);
    }
    return err;
}

static int series_write(void *ctx, const struct series_batch *batch, series_done_fn done, void *arg)
{
    struct store *s = ctx;
    struct task wanted = {.state = TASK_QUEUED, .done = done, .arg = arg, .batch = batch};
    int err = start(s, &s->write_task, &wanted);
    if (!err && !s->loop) {
        s->write_task.err = do_write(s);
        s->write_task.state = TASK_DONE;
        series_writer_checkpoint(&s->writer, false);
    }
    return err;
}

static int series_retain(void *ctx, int64_t before_ms, series_done_fn done, void *arg)
{
    struct store *s = ctx;
    struct task wanted = {.state = TASK_QUEUED, .done = done, .arg = arg};
    wanted.retain.before_ms = before_ms;
    int err = start(s, &s->retain_task, &wanted);
    if (!err && !s->loop) {
        int more;
        while ((more = series_writer_retain(&s->writer, &s->retain_task.retain)) > 0)
            continue;
        s->retain_task.err = more;
        s->retain_task.state = TASK_DONE;
    }
    return err;
}

static int series_history(void *ctx, const struct series_history_query *query,
                          series_history_fn done, void *arg)
{
    struct store *s = ctx;
    return series_queries_history(&s->queries, query, done, arg);
}

static int series_newest(void *ctx, enum series_table table, const char *device_id, uint32_t limit,
                         series_rows_fn done, void *arg)
{
    struct store *s = ctx;
    return series_queries_newest(&s->queries, table, device_id, limit, done, arg);
}

/* On the writer's connection, while the writer rests: a task may be over and its checkpoint not. */
static int series_load_streams(void *ctx, series_stream_fn fn, void *arg)
{
    struct store *s = ctx;
    if (s->loop)
        uv_mutex_lock(&s->mutex);
    bool idle = s->write_task.state == TASK_IDLE && s->retain_task.state == TASK_IDLE;
    while (s->loop && idle && !s->resting)
        uv_cond_wait(&s->rested, &s->mutex);
    int err = idle ? series_writer_streams(&s->writer, fn, arg) : ROOST_ERR_BUSY;
    if (s->loop)
        uv_mutex_unlock(&s->mutex);
    return err;
}

static int series_ping(void *ctx)
{
    struct store *s = ctx;
    int err = atomic_load(&s->last_err);
    if (err || !s->loop)
        return err;
    if (!s->ping_open) {
        err = series_reader_open(&s->ping_reader, s->path);
        s->ping_open = err == 0;
    }
    return err ? err : sqlite_db_exec(s->ping_reader.db, "SELECT max(version) FROM schema_version");
}

/* The end. */

static void store_free(struct store *s)
{
    series_queries_deinit(&s->queries);
    series_writer_close(&s->writer);
    free(s->path);
    free(s);
}

/* The last one of the loop's handle and the queries under way takes the store along. */
static void free_when_unused(void *ctx)
{
    struct store *s = ctx;
    if (!s->async_closed || series_queries_busy(&s->queries))
        return;
    uv_cond_destroy(&s->rested);
    uv_cond_destroy(&s->wake);
    uv_mutex_destroy(&s->mutex);
    store_free(s);
}

static void on_async_closed(uv_handle_t *handle)
{
    struct store *s = handle->data;
    s->async_closed = true;
    free_when_unused(s);
}

static void stop_writer(struct store *s)
{
    uv_mutex_lock(&s->mutex);
    s->stopping = true;
    uv_cond_signal(&s->wake);
    uv_mutex_unlock(&s->mutex);
    uv_thread_join(&s->thread);
}

static void close_threaded(struct store *s)
{
    stop_writer(s);
    if (s->retain_task.state == TASK_QUEUED || s->retain_task.state == TASK_RUNNING) {
        s->retain_task.state = TASK_DONE;
        s->retain_task.err = ROOST_ERR_CLOSED;
    }
    s->closed = true;
    deliver(s, &s->write_task);
    deliver(s, &s->retain_task);
    series_queries_close(&s->queries);
    if (s->ping_open)
        series_reader_close(&s->ping_reader);
    uv_close((uv_handle_t *)&s->async, on_async_closed);
}

static void close_inline(struct store *s)
{
    s->stopping = true;
    if (s->write_task.state == TASK_DONE)
        s->write_task.done(s->write_task.arg, s->write_task.err);
    if (s->retain_task.state == TASK_DONE)
        s->retain_task.done(s->retain_task.arg, s->retain_task.err);
    series_queries_close(&s->queries);
    store_free(s);
}

static void series_close(void *ctx)
{
    struct store *s = ctx;
    if (s->loop)
        close_threaded(s);
    else
        close_inline(s);
}

static const struct series_ops ops = {
    .write = series_write,
    .history = series_history,
    .newest = series_newest,
    .load_streams = series_load_streams,
    .retain = series_retain,
    .ping = series_ping,
    .close = series_close,
};

static int start_writer(struct store *s)
{
    if (uv_mutex_init(&s->mutex) != 0)
        return ROOST_ERR_NO_MEMORY;
    if (uv_cond_init(&s->wake) != 0)
        goto no_wake;
    if (uv_cond_init(&s->rested) != 0)
        goto no_rested;
    if (uv_thread_create(&s->thread, writer_main, s) != 0)
        goto no_thread;
    if (uv_async_init(s->loop, &s->async, on_async) != 0)
        goto no_async;
    s->async.data = s;
    uv_unref((uv_handle_t *)&s->async);
    return 0;
no_async:
    stop_writer(s);
no_thread:
    uv_cond_destroy(&s->rested);
no_rested:
    uv_cond_destroy(&s->wake);
no_wake:
    uv_mutex_destroy(&s->mutex);
    return ROOST_ERR_NO_MEMORY;
}

int series_sqlite_open(struct series *out, struct uv_loop_s *loop, const char *path, char *why,
                       size_t why_size)
{
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        return ROOST_ERR_NO_MEMORY;
    s->loop = loop;
    s->path = strdup(path);
    int err = s->path ? series_writer_open(&s->writer, path, loop != NULL, why, why_size)
                      : ROOST_ERR_NO_MEMORY;
    if (!err)
        err = series_queries_init(&s->queries, loop, s->path, &s->writer, free_when_unused, s);
    if (err) {
        series_writer_close(&s->writer);
        free(s->path);
        free(s);
        return err;
    }
    err = loop ? start_writer(s) : 0;
    if (err) {
        store_free(s);
        return err;
    }
    *out = (struct series){.ops = &ops, .ctx = s};
    return 0;
}

/* Without a loop there is no thread beside the caller's, and no lock is taken. */
static bool pump_task(struct task *task)
{
    struct task over = *task;
    if (over.state != TASK_DONE)
        return false;
    task->state = TASK_IDLE;
    over.done(over.arg, over.err);
    return true;
}

size_t series_sqlite_pump(const struct series *series)
{
    struct store *s = series->ctx;
    size_t called = 0;
    ROOST_ASSERT(!s->loop);
    while (pump_task(&s->write_task) || pump_task(&s->retain_task) ||
           series_queries_pump(&s->queries))
        called++;
    return called;
}

void series_sqlite_limit(const struct series *series, uint64_t bytes)
{
    struct store *s = series->ctx;
    atomic_store(&s->limit_bytes, bytes);
}
