/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/series_sqlite.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "hub/store/series_store.h"

/* ---- on the writer's thread ---- */

static void run_write(struct worker_job *job, size_t thread)
{
    struct task *task = (struct task *)job;
    struct store *s = task->store;
    unsigned long long limit = atomic_load(&s->limit_bytes);
    (void)thread;
    if (limit != s->limit_set) {
        sqlite_db_limit(s->writer.db, limit);
        s->limit_set = limit;
    }
    task->err = series_writer_write(&s->writer, task->batch);
    series_idle_inline(s);
    task->log_is_long = series_writer_log_is_long(&s->writer);
    task->unsummed = s->writer.unsummed;
}

/* One step; above 0: there is more to do. */
static void run_retain(struct worker_job *job, size_t thread)
{
    struct task *task = (struct task *)job;
    (void)thread;
    task->err = series_writer_retain(&task->store->writer, &task->retain);
    series_writer_checkpoint(&task->store->writer, task->err <= 0);
}

static void run_note(struct worker_job *job, size_t thread)
{
    struct task *task = (struct task *)job;
    (void)thread;
    task->err = series_writer_note(&task->store->writer, task->name, task->text);
}

static void run_forget(struct worker_job *job, size_t thread)
{
    struct task *task = (struct task *)job;
    struct store *s = task->store;
    (void)thread;
    task->err = series_writer_forget(&s->writer, task->name, task->history, &task->forgotten);
    /* Before anything is summed up again, for sums go before their rows. */
    s->forgetting = s->forgetting || (task->history && !task->err);
}

/* One step, as run_retain. */
static void run_sweep(struct worker_job *job, size_t thread)
{
    struct task *task = (struct task *)job;
    struct series_writer *writer = &task->store->writer;
    (void)thread;
    task->err = series_writer_forget_step(writer, task->name, &task->forgotten);
    series_writer_checkpoint(writer, false);
}

static void run_checkpoint(struct worker_job *job, size_t thread)
{
    (void)thread;
    series_writer_checkpoint(&((struct task *)job)->store->writer, false);
}

/* ---- on the loop's ---- */

static void task_over(struct task *task, int err)
{
    task->busy = false;
    task->done(task->arg, err);
}

static void write_over(struct worker_job *job, int err)
{
    struct task *task = (struct task *)job;
    struct store *s = task->store;
    bool log_is_long = task->log_is_long; /* `done` may begin the next write */
    uint64_t unsummed = task->unsummed;
    (void)err; /* a write that was taken is never given up */
    s->last_err = task->err;
    task_over(task, task->err);
    series_idle_after_write(s, unsummed);
    if (log_is_long && !s->checkpoint.busy)
        s->checkpoint.busy = worker_push(s->worker, &s->checkpoint.job) == 0;
}

/* Whether a task in steps goes on; otherwise task->err is its end. */
static bool goes_on(struct task *task)
{
    if (task->err <= 0)
        return false;
    int err = worker_push(task->store->worker, &task->job); /* without a loop it runs in here */
    if (err)
        task->err = err;
    return err == 0;
}

static void retain_over(struct worker_job *job, int err)
{
    struct task *task = (struct task *)job;
    (void)err;
    if (goes_on(task))
        return;
    task->busy = false;
    series_idle_later(task->store);
    task->retained(task->arg, task->err, task->retain.rows);
}

static void note_over(struct worker_job *job, int err)
{
    struct task *task = (struct task *)job;
    (void)err;
    task_over(task, task->err);
}

static void forget_over(struct worker_job *job, int err)
{
    struct task *task = (struct task *)job;
    struct series_forgotten forgotten = task->forgotten;
    (void)err;
    if (goes_on(task))
        return;
    task->busy = false;
    series_idle_later(task->store);
    task->forgotten_fn(task->arg, task->err, &forgotten);
}

static void checkpoint_over(struct worker_job *job, int err)
{
    (void)err;
    ((struct task *)job)->busy = false;
}

/* ROOST_ERR_BUSY while the one before is not over. */
static int start(struct store *s, struct task *task, const struct task *wanted)
{
    if (task->busy)
        return ROOST_ERR_BUSY;
    *task = *wanted;
    task->store = s;
    int err = worker_push(s->worker, &task->job);
    task->busy = err == 0;
    return err;
}

static int series_write(void *ctx, const struct series_batch *batch, series_done_fn done, void *arg)
{
    struct store *s = ctx;
    const struct task wanted = {
        .job = {.run = run_write, .done = write_over}, .done = done, .arg = arg, .batch = batch};
    return start(s, &s->write, &wanted);
}

static int series_retain(void *ctx, int64_t before_ms, series_retained_fn done, void *arg)
{
    struct store *s = ctx;
    const struct task wanted = {.job = {.run = run_retain, .done = retain_over},
                                .retained = done,
                                .arg = arg,
                                .retain.before_ms = before_ms};
    return start(s, &s->retain, &wanted);
}

static int series_note(void *ctx, const char *name, const char *text, series_done_fn done,
                       void *arg)
{
    struct store *s = ctx;
    struct task wanted = {.job = {.run = run_note, .done = note_over}, .done = done, .arg = arg};
    snprintf(wanted.name, sizeof wanted.name, "%s", name);
    snprintf(wanted.text, sizeof wanted.text, "%s", text);
    return start(s, &s->note, &wanted);
}

static int series_forget(void *ctx, const char *device_id, bool history, series_forgotten_fn done,
                         void *arg)
{
    struct store *s = ctx;
    struct task wanted = {.job = {.run = run_forget, .done = forget_over},
                          .forgotten_fn = done,
                          .arg = arg,
                          .history = history};
    snprintf(wanted.name, sizeof wanted.name, "%s", device_id);
    return device_id[0] ? start(s, &s->forget, &wanted) : ROOST_ERR_INVALID;
}

static int series_sweep(void *ctx, const char *device_id, series_forgotten_fn done, void *arg)
{
    struct store *s = ctx;
    struct task wanted = {
        .job = {.run = run_sweep, .done = forget_over}, .forgotten_fn = done, .arg = arg};
    snprintf(wanted.name, sizeof wanted.name, "%s", device_id);
    return device_id[0] ? start(s, &s->sweep, &wanted) : ROOST_ERR_INVALID;
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

static void series_cancel(void *ctx, const void *arg)
{
    struct store *s = ctx;
    series_queries_cancel(&s->queries, arg);
}

static int series_survey(void *ctx, int64_t before_ms, series_survey_fn done, void *arg)
{
    struct store *s = ctx;
    return series_queries_survey(&s->queries, before_ms, done, arg);
}

/* On the writer's connection; a task may be over and its checkpoint not. */
static int take_writer(struct store *s)
{
    if (s->write.busy || s->retain.busy || s->note.busy || s->forget.busy || s->sweep.busy)
        return ROOST_ERR_BUSY;
    worker_wait(s->worker);
    return 0;
}

static int series_load_streams(void *ctx, series_stream_fn fn, void *arg)
{
    struct store *s = ctx;
    int err = take_writer(s);
    return err ? err : series_writer_streams(&s->writer, fn, arg);
}

static int series_latest(void *ctx, int64_t until_ms, series_row_fn fn, void *arg)
{
    struct store *s = ctx;
    int err = take_writer(s);
    return err ? err : series_writer_latest(&s->writer, until_ms, fn, arg);
}

static int series_newest_ms(void *ctx, int64_t *unix_ms)
{
    struct store *s = ctx;
    int err = take_writer(s);
    return err ? err : series_writer_newest_ms(&s->writer, unix_ms);
}

static int series_load_note(void *ctx, const char *name, char text[SERIES_NOTE_MAX + 1])
{
    struct store *s = ctx;
    int err = take_writer(s);
    return err ? err : series_writer_load_note(&s->writer, name, text);
}

static int series_ping(void *ctx)
{
    const struct store *s = ctx;
    return s->last_err;
}

static void store_free(struct store *s)
{
    series_idle_deinit(s);
    series_writer_close(&s->writer);
    free(s->path);
    free(s);
}

static void series_close(void *ctx)
{
    struct store *s = ctx;
    worker_close(s->worker, true);
    series_queries_close(&s->queries);
    store_free(s);
}

static const struct series_ops ops = {
    .write = series_write,
    .history = series_history,
    .newest = series_newest,
    .cancel = series_cancel,
    .load_streams = series_load_streams,
    .latest = series_latest,
    .newest_ms = series_newest_ms,
    .note = series_note,
    .load_note = series_load_note,
    .survey = series_survey,
    .retain = series_retain,
    .forget = series_forget,
    .sweep = series_sweep,
    .ping = series_ping,
    .close = series_close,
};

int series_sqlite_open(struct series *out, struct uv_loop_s *loop, const char *path, char *why,
                       size_t why_size)
{
    enum { TASKS = 8 };
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        return ROOST_ERR_NO_MEMORY;
    s->threaded = loop != NULL;
    s->checkpoint.store = s;
    s->checkpoint.job = (struct worker_job){.run = run_checkpoint, .done = checkpoint_over};
    s->path = strdup(path);
    int err = s->path ? series_writer_open(&s->writer, path, s->threaded, why, why_size)
                      : ROOST_ERR_NO_MEMORY;
    if (!err)
        err = worker_new(&s->worker, loop, 1, TASKS);
    if (!err) {
        err = series_idle_init(s, loop);
        if (!err)
            err = series_queries_init(&s->queries, loop, s->path, &s->writer);
        if (err)
            worker_close(s->worker, false);
    }
    if (err) {
        store_free(s);
        return err;
    }
    series_idle_catch_up(s);
    *out = (struct series){.ops = &ops, .ctx = s};
    return 0;
}

size_t series_sqlite_pump(const struct series *series)
{
    struct store *s = series->ctx;
    size_t called = 0, some;
    ROOST_ASSERT(!s->threaded);
    while ((some = worker_turn(s->worker) + series_queries_pump(&s->queries)) > 0)
        called += some;
    return called;
}

void series_sqlite_limit(const struct series *series, uint64_t bytes)
{
    struct store *s = series->ctx;
    atomic_store(&s->limit_bytes, bytes);
}
