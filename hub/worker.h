/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads beside the loop, for what blocks: a job is pushed on the loop's thread, runs on one of
 * the worker's, oldest first, and its `done` is called on the loop's thread again. What a job
 * touches belongs to that thread while it runs, so handing it over is all the synchronisation that
 * a user needs. Each use has a worker of its own and none waits for another's: the two stores,
 * histories, passwords. Depends on libuv, core/err.h.
 *
 *     struct check { struct worker_job job; char password[65]; int result; };
 *     check->job = (struct worker_job){.run = verify, .done = verified};
 *     int err = worker_push(worker, &check->job);   // verified(&check->job, 0) later
 *
 * loop NULL is the mode of the simulator and of pure tests: no thread is used; a push runs the job
 * at once, and its `done` waits for worker_turn().
 */
#ifndef ROOST_HUB_WORKER_H
#define ROOST_HUB_WORKER_H

#include <stdbool.h>
#include <stddef.h>

struct uv_loop_s;
struct worker;

/* A member of what is to be done; the worker's from the push until `done`. */
struct worker_job {
    void (*run)(struct worker_job *job, size_t thread); /* which of its threads: 0, 1, ... */
    /* Called once, never from inside the push. err is 0 when the job ran, ROOST_ERR_CLOSED when it
     * never did. It may push, but not close. */
    void (*done)(struct worker_job *job, int err);
    struct worker_job *next; /* the worker's own */
    int err;
};

enum { WORKER_THREADS_MAX = 8 };

/* `jobs_max` bounds the jobs whose `done` is still to be called. loop is borrowed until the end of
 * worker_close. Returns 0 or ROOST_ERR_NO_MEMORY. */
int worker_new(struct worker **out, struct uv_loop_s *loop, size_t threads, size_t jobs_max);

/* Returns 0, ROOST_ERR_FULL or ROOST_ERR_CLOSED; `done` is called for 0 only. Unfinished jobs keep
 * the loop alive. */
int worker_push(struct worker *worker, struct worker_job *job);

/* Waits until every job pushed has run; calls no `done`. */
void worker_wait(struct worker *worker);

/* Mode without a loop: calls the `done` functions that wait and those of the jobs they push;
 * returns how many. */
size_t worker_turn(struct worker *worker);

/* Waits for the jobs that run, and with `finish` for those that wait, too; calls every outstanding
 * `done` before it returns. The loop needs to turn once more to free its handle. */
void worker_close(struct worker *worker, bool finish);

#endif
