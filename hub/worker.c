/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/worker.h"

#include <stdlib.h>
#include <uv.h>

#include "core/assert.h"
#include "core/err.h"

/* First in, first out. */
struct list {
    struct worker_job *first, *last;
};

struct worker {
    uv_loop_t *loop; /* NULL: everything on the caller's thread */
    size_t jobs_max;
    size_t outstanding; /* pushed and not told; the loop's thread only, as what is above */
    uv_async_t async;

    uv_mutex_t mutex; /* over all below */
    uv_cond_t wake;   /* of the threads */
    uv_cond_t rested; /* nothing waits and nothing runs */
    struct list waiting, over;
    size_t running;
    bool stopping;

    size_t thread_count;
    struct thread {
        struct worker *worker;
        size_t number;
        uv_thread_t id;
    } threads[WORKER_THREADS_MAX];
};

static void append(struct list *list, struct worker_job *job)
{
    job->next = NULL;
    if (list->first)
        list->last->next = job;
    else
        list->first = job;
    list->last = job;
}

static struct worker_job *take(struct list *list)
{
    struct worker_job *job = list->first;
    if (job)
        list->first = job->next;
    return job;
}

/* The next job, or NULL: stop. Called under the mutex. */
static struct worker_job *next_job(struct worker *w)
{
    while (!w->waiting.first && !w->stopping)
        uv_cond_wait(&w->wake, &w->mutex);
    return take(&w->waiting);
}

static void thread_main(void *arg)
{
    const struct thread *thread = arg;
    struct worker *w = thread->worker;
    struct worker_job *job;
    uv_mutex_lock(&w->mutex);
    while ((job = next_job(w))) {
        w->running++;
        uv_mutex_unlock(&w->mutex);
        job->run(job, thread->number);
        uv_mutex_lock(&w->mutex);
        w->running--;
        append(&w->over, job);
        if (w->running == 0 && !w->waiting.first)
            uv_cond_broadcast(&w->rested);
        uv_async_send(&w->async);
    }
    uv_mutex_unlock(&w->mutex);
}

/* Only unfinished work keeps the loop alive. */
static void hold_loop(struct worker *w)
{
    if (!w->loop)
        return;
    if (w->outstanding == 0)
        uv_unref((uv_handle_t *)&w->async);
    else
        uv_ref((uv_handle_t *)&w->async);
}

/* Tells of the jobs that are over at this moment. */
static size_t deliver(struct worker *w)
{
    struct list over;
    struct worker_job *job;
    size_t count = 0;
    if (w->loop)
        uv_mutex_lock(&w->mutex);
    over = w->over;
    w->over = (struct list){NULL, NULL};
    if (w->loop)
        uv_mutex_unlock(&w->mutex);
    while ((job = take(&over))) {
        count++;
        w->outstanding--;
        job->done(job, job->err);
    }
    hold_loop(w);
    return count;
}

static void on_async(uv_async_t *async)
{
    deliver(async->data);
}

int worker_push(struct worker *w, struct worker_job *job)
{
    if (w->stopping) /* written on this thread */
        return ROOST_ERR_CLOSED;
    if (w->outstanding >= w->jobs_max)
        return ROOST_ERR_FULL;
    w->outstanding++;
    job->err = 0;
    if (!w->loop) {
        job->run(job, 0);
        append(&w->over, job);
        return 0;
    }
    hold_loop(w);
    uv_mutex_lock(&w->mutex);
    append(&w->waiting, job);
    uv_cond_signal(&w->wake);
    uv_mutex_unlock(&w->mutex);
    return 0;
}

void worker_wait(struct worker *w)
{
    if (!w->loop)
        return;
    uv_mutex_lock(&w->mutex);
    while (w->running > 0 || w->waiting.first)
        uv_cond_wait(&w->rested, &w->mutex);
    uv_mutex_unlock(&w->mutex);
}

size_t worker_turn(struct worker *w)
{
    size_t count = 0, some;
    ROOST_ASSERT(!w->loop);
    while ((some = deliver(w)) > 0)
        count += some;
    return count;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void stop_threads(struct worker *w, bool finish)
{
    struct worker_job *job;
    uv_mutex_lock(&w->mutex);
    w->stopping = true;
    while (!finish && (job = take(&w->waiting))) {
        job->err = ROOST_ERR_CLOSED;
        append(&w->over, job);
    }
    uv_cond_broadcast(&w->wake);
    uv_mutex_unlock(&w->mutex);
    for (size_t i = 0; i < w->thread_count; i++)
        uv_thread_join(&w->threads[i].id);
}

static void destroy_locks(struct worker *w)
{
    uv_cond_destroy(&w->rested);
    uv_cond_destroy(&w->wake);
    uv_mutex_destroy(&w->mutex);
}

void worker_close(struct worker *w, bool finish)
{
    if (!w->loop) {
        w->stopping = true;
        deliver(w);
        free(w);
        return;
    }
    stop_threads(w, finish);
    deliver(w);
    destroy_locks(w);
    uv_close((uv_handle_t *)&w->async, on_closed);
}

static int start_threads(struct worker *w, size_t threads)
{
    for (size_t i = 0; i < threads; i++) {
        struct thread *thread = &w->threads[i];
        thread->worker = w;
        thread->number = i;
        if (uv_thread_create(&thread->id, thread_main, thread) != 0)
            return ROOST_ERR_NO_MEMORY;
        w->thread_count++;
    }
    return 0;
}

/* What the loop and the threads share. On error the worker is freed, now or by the loop. */
static int start(struct worker *w, size_t threads)
{
    if (uv_mutex_init(&w->mutex) != 0)
        goto no_mutex;
    if (uv_cond_init(&w->wake) != 0)
        goto no_wake;
    if (uv_cond_init(&w->rested) != 0)
        goto no_rested;
    if (uv_async_init(w->loop, &w->async, on_async) != 0)
        goto no_async;
    w->async.data = w;
    uv_unref((uv_handle_t *)&w->async);
    if (start_threads(w, threads) == 0)
        return 0;
    worker_close(w, false);
    return ROOST_ERR_NO_MEMORY;
no_async:
    uv_cond_destroy(&w->rested);
no_rested:
    uv_cond_destroy(&w->wake);
no_wake:
    uv_mutex_destroy(&w->mutex);
no_mutex:
    free(w);
    return ROOST_ERR_NO_MEMORY;
}

int worker_new(struct worker **out, struct uv_loop_s *loop, size_t threads, size_t jobs_max)
{
    struct worker *w = calloc(1, sizeof *w);
    ROOST_ASSERT(threads >= 1 && threads <= WORKER_THREADS_MAX);
    if (!w)
        return ROOST_ERR_NO_MEMORY;
    w->loop = loop;
    w->jobs_max = jobs_max;
    int err = loop ? start(w, threads) : 0;
    if (!err)
        *out = w;
    return err;
}
