/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/registry_sqlite.h"

#include <stddef.h>
#include <stdlib.h>
#include <uv.h>

#include "core/err.h"
#include "hub/store/registry_sql.h"
#include "hub/worker.h"

struct store {
    uv_loop_t *loop; /* NULL: everything on the caller's thread */
    struct worker *worker;
    struct worker_job work;     /* a round */
    struct registry_jobs round; /* the worker's while under_way, and with it: */
    struct registry_sql sql;
    uint64_t limit_bytes, limit_set; /* wanted by this round, and of the connection */

    bool under_way, stopping;
    struct registry_jobs queue; /* not begun, oldest first */
    uv_timer_t timer;           /* runs while the queue waits */
    uint64_t limit_wanted;
    struct registry_counts counts;
};

static uint64_t now_ms(void)
{
    return uv_hrtime() / 1000000;
}

/* ---- rounds ---- */

/* On the worker's thread. */
static void run_round(struct worker_job *work, size_t thread)
{
    struct store *s = (struct store *)((char *)work - offsetof(struct store, work));
    (void)thread;
    if (s->limit_bytes != s->limit_set) {
        sqlite_db_limit(s->sql.db, s->limit_bytes);
        s->limit_set = s->limit_bytes;
    }
    registry_sql_round(&s->sql, s->round.first);
}

static void start_round(struct store *s)
{
    if (s->under_way || s->stopping || !s->queue.first)
        return;
    s->under_way = true;
    registry_jobs_put_back(&s->round, &s->queue);
    s->limit_bytes = s->limit_wanted;
    if (worker_push(s->worker, &s->work) == 0)
        return;
    registry_jobs_put_back(&s->queue, &s->round); /* being closed */
    s->under_way = false;
}

static void answer(struct store *s, struct registry_job *job, int err)
{
    s->counts.waiting--;
    registry_job_answer(job, err);
}

/* Answers what the round settled; the rest goes back to the head of the queue. Returns how many
 * that are. */
static size_t answer_round(struct store *s)
{
    struct registry_jobs settled = {NULL, NULL, 0}, held = {NULL, NULL, 0};
    struct registry_job *job;
    while ((job = registry_jobs_take(&s->round)))
        registry_jobs_append(job->settled ? &settled : &held, job);
    size_t held_count = held.count;
    registry_jobs_put_back(&s->queue, &held);
    s->counts.commits = s->sql.commits;
    while ((job = registry_jobs_take(&settled)))
        answer(s, job, job->err);
    return held_count;
}

/* What waited too long will not take place. */
static void give_up(struct store *s)
{
    while (s->queue.first && s->queue.first->due_ms <= now_ms()) {
        s->counts.given_up++;
        answer(s, registry_jobs_take(&s->queue), ROOST_ERR_BUSY);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct store *s = timer->data;
    give_up(s);
    start_round(s);
    if (!s->queue.first)
        uv_timer_stop(timer);
}

static void watch_queue(struct store *s)
{
    if (s->loop && !s->stopping && s->queue.first && !uv_is_active((uv_handle_t *)&s->timer))
        uv_timer_start(&s->timer, on_timer, REGISTRY_RETRY_MS, REGISTRY_RETRY_MS);
}

/* What was asked meanwhile shares the next round; what another program's lock holds up is tried
 * again by the timer or with the next request. */
static void round_over(struct worker_job *work, int err)
{
    struct store *s = (struct store *)((char *)work - offsetof(struct store, work));
    (void)err; /* never closed before it ran */
    size_t held = answer_round(s);
    s->under_way = false;
    if (held == 0)
        start_round(s);
    watch_queue(s);
}

/* ---- what the registry offers ---- */

static int ask(void *ctx, const struct registry_request *request, registry_done_fn done, void *arg)
{
    struct store *s = ctx;
    struct registry_job *job;
    if (s->stopping)
        return ROOST_ERR_CLOSED;
    if (s->counts.waiting >= REGISTRY_QUEUE_MAX) {
        s->counts.full++;
        return ROOST_ERR_FULL;
    }
    int err = registry_job_new(&job, request, done, arg);
    if (err)
        return err;
    job->due_ms = now_ms() + REGISTRY_WAIT_MS;
    registry_jobs_append(&s->queue, job);
    if (++s->counts.waiting > s->counts.most)
        s->counts.most = s->counts.waiting;
    start_round(s);
    watch_queue(s);
    return 0;
}

static int load_devices(void *ctx, registry_device_fn fn, void *arg)
{
    struct store *s = ctx;
    return s->counts.waiting > 0 ? ROOST_ERR_BUSY : registry_sql_load_devices(&s->sql, fn, arg);
}

static int load_commands(void *ctx, size_t limit, registry_command_fn fn, void *arg)
{
    struct store *s = ctx;
    return s->counts.waiting > 0 ? ROOST_ERR_BUSY
                                 : registry_sql_load_commands(&s->sql, limit, fn, arg);
}

static int load_removals(void *ctx, registry_removal_fn fn, void *arg)
{
    struct store *s = ctx;
    return s->counts.waiting > 0 ? ROOST_ERR_BUSY : registry_sql_load_removals(&s->sql, fn, arg);
}

static void wait_for_all(void *ctx)
{
    struct store *s = ctx;
    while (s->counts.waiting > 0) {
        if (s->loop) {
            uv_run(s->loop, UV_RUN_ONCE);
            continue;
        }
        worker_turn(s->worker);
        if (s->queue.first) /* locked by another program */
            uv_sleep(REGISTRY_RETRY_MS);
        give_up(s);
        start_round(s);
    }
}

static void get_counts(void *ctx, struct registry_counts *out)
{
    struct store *s = ctx;
    *out = s->counts;
}

static void store_free(struct store *s)
{
    registry_sql_close(&s->sql);
    free(s);
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* The worker has ended: the last round is run here. */
static void finish_queue(struct store *s)
{
    struct registry_job *job;
    if (!s->queue.first)
        return;
    registry_jobs_put_back(&s->round, &s->queue);
    registry_sql_round(&s->sql, s->round.first);
    answer_round(s);
    while ((job = registry_jobs_take(&s->queue)))
        answer(s, job, ROOST_ERR_CLOSED);
}

static void close_registry(void *ctx)
{
    struct store *s = ctx;
    s->stopping = true;
    worker_close(s->worker, true);
    finish_queue(s);
    if (!s->loop) {
        store_free(s);
        return;
    }
    registry_sql_close(&s->sql);
    uv_close((uv_handle_t *)&s->timer, on_timer_closed);
}

static const struct registry_ops ops = {
    .ask = ask,
    .load_devices = load_devices,
    .load_commands = load_commands,
    .load_removals = load_removals,
    .wait = wait_for_all,
    .counts = get_counts,
    .close = close_registry,
};

int registry_sqlite_open(struct registry *out, struct uv_loop_s *loop, const char *path, char *why,
                         size_t why_size)
{
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        return ROOST_ERR_NO_MEMORY;
    s->loop = loop;
    s->work = (struct worker_job){.run = run_round, .done = round_over};
    int err = registry_sql_open(&s->sql, path, why, why_size);
    if (!err)
        err = worker_new(&s->worker, loop, 1, 1);
    if (err) {
        store_free(s);
        return err;
    }
    if (loop) {
        uv_timer_init(loop, &s->timer);
        s->timer.data = s;
    }
    *out = (struct registry){.ops = &ops, .ctx = s};
    return 0;
}

void registry_sqlite_limit(const struct registry *registry, uint64_t bytes)
{
    struct store *s = registry->ctx;
    s->limit_wanted = bytes;
}
