/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/series_store.h"

#include <stdlib.h>

#include "core/err.h"

/* When rows are summed up: so long after a write, or so many wait (a long history reads them one by
 * one: 0.1 us each), so that a rush is stored first. And at the start what was stored while nobody
 * did. */
enum { UNSUMMED_MAX = 262144, SUM_UP_AFTER_MS = 30000, SUM_UP_AT_START_MS = 3000 };

/* ---- on the writer's thread ---- */

/* A step of what is done without being asked. */
static int upkeep_step(struct store *s)
{
    struct series_forgotten ignored = {0};
    if (s->forgetting) {
        int err = series_writer_forget_step(&s->writer, NULL, &ignored);
        s->forgetting = err > 0;
        if (err)
            return err;
    }
    return series_rollup_step(&s->writer);
}

static void run_upkeep(struct worker_job *job, size_t thread)
{
    struct task *task = (struct task *)job;
    (void)thread;
    task->err = upkeep_step(task->store);
    series_writer_checkpoint(&task->store->writer, false);
    task->unsummed = task->store->writer.unsummed;
}

void series_idle_inline(struct store *s)
{
    bool sum_up = !s->threaded && !s->retain.busy && !s->sweep.busy;
    while (sum_up && s->writer.unsummed >= UNSUMMED_MAX && upkeep_step(s) > 0)
        ;
}

/* ---- on the loop's ---- */

/* Sums are not made while rows go in steps. */
static void upkeep(struct store *s)
{
    if (s->threaded && !s->upkeep.busy && !s->retain.busy && !s->sweep.busy)
        s->upkeep.busy = worker_push(s->worker, &s->upkeep.job) == 0;
}

static void on_timer(uv_timer_t *timer)
{
    upkeep(timer->data);
}

void series_idle_later(struct store *s)
{
    if (s->timer && !uv_is_active((uv_handle_t *)s->timer))
        uv_timer_start(s->timer, on_timer, SUM_UP_AFTER_MS, 0);
}

static void upkeep_over(struct worker_job *job, int err)
{
    struct task *task = (struct task *)job;
    (void)err;
    task->busy = false;
    if (task->err > 0)
        upkeep(task->store);
    else if (task->err < 0)
        series_idle_later(task->store);
}

void series_idle_after_write(struct store *s, uint64_t unsummed)
{
    if (unsummed >= UNSUMMED_MAX)
        upkeep(s);
    else
        series_idle_later(s);
}

/* What was left to do when the program ended, as far as it goes in a few seconds; the rest follows.
 * A failure is no reason not to start: histories are right without sums, too. */
void series_idle_catch_up(struct store *s)
{
    uint64_t until_ns = uv_hrtime() + (uint64_t)SUM_UP_AT_START_MS * 1000000;
    int err = 1;
    s->forgetting = true;
    while (err > 0 && (!s->threaded || uv_hrtime() < until_ns))
        err = upkeep_step(s);
    series_writer_checkpoint(&s->writer, false);
    if (err != 0)
        upkeep(s);
}

int series_idle_init(struct store *s, struct uv_loop_s *loop)
{
    s->upkeep.store = s;
    s->upkeep.job = (struct worker_job){.run = run_upkeep, .done = upkeep_over};
    if (!loop)
        return 0;
    uv_timer_t *timer = malloc(sizeof *timer);
    if (!timer)
        return ROOST_ERR_NO_MEMORY;
    uv_timer_init(loop, timer);
    uv_unref((uv_handle_t *)timer); /* keeps no loop alive */
    timer->data = s;
    s->timer = timer;
    return 0;
}

static void on_timer_closed(uv_handle_t *timer)
{
    free(timer);
}

void series_idle_deinit(struct store *s)
{
    if (s->timer)
        uv_close((uv_handle_t *)s->timer, on_timer_closed);
}
