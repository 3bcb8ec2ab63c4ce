/* SPDX-License-Identifier: Apache-2.0 */
#include "trial.h"

#include <string.h>

#include "host/process.h"
#include "hub/store/sqlite_try.h"

static void try_one(struct trial_store *store)
{
    store->why[0] = '\0';
    store->err = sqlite_try_write(store->path, store->why, sizeof store->why);
}

static void run(struct worker_job *job, size_t thread)
{
    struct trial *trial = (struct trial *)job;

    (void)thread;
    for (int i = 0; i < TRIAL_STORES; i++)
        try_one(&trial->trying[i]);
}

static void over(struct worker_job *job, int err)
{
    struct trial *trial = (struct trial *)job;

    trial->under_way = false;
    if (err == 0) {
        memcpy(trial->known, trial->trying, sizeof trial->known);
        trial->ended_ms = process_clock.ops->now_ms(process_clock.ctx);
    }
    trial->done(trial->ctx);
}

int trial_open(struct trial *trial, uv_loop_t *loop, const char *const paths[TRIAL_STORES],
               void (*done)(void *ctx), void *ctx)
{
    *trial = (struct trial){.job = {.run = run, .done = over}, .done = done, .ctx = ctx};
    for (int i = 0; i < TRIAL_STORES; i++)
        trial->trying[i].path = paths[i];
    return worker_new(&trial->worker, loop, 1, 1);
}

bool trial_known(struct trial *trial, uint64_t now_ms)
{
    if (trial->ended_ms > 0 && now_ms - trial->ended_ms < TRIAL_EVERY_MS)
        return true;
    if (!trial->under_way)
        trial->under_way = worker_push(trial->worker, &trial->job) == 0;
    return !trial->under_way;
}

void trial_close(struct trial *trial)
{
    if (trial->worker)
        worker_close(trial->worker, true);
    trial->worker = NULL;
}
