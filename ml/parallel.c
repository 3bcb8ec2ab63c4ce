/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { THREADS_MAX = 64 };

struct jobs {
    int count;
    atomic_int next;
    void (*job)(void *ctx, int index);
    void *ctx;
};

static void *work(void *arg)
{
    struct jobs *jobs = arg;
    int index;
    while ((index = atomic_fetch_add(&jobs->next, 1)) < jobs->count)
        jobs->job(jobs->ctx, index);
    return NULL;
}

void ml_parallel(int count, int threads, void (*job)(void *ctx, int index), void *ctx)
{
    pthread_t helpers[THREADS_MAX];
    struct jobs jobs = {.count = count, .job = job, .ctx = ctx};
    int started = 0;
    atomic_init(&jobs.next, 0);
    while (started < threads - 1 && started < THREADS_MAX &&
           pthread_create(&helpers[started], NULL, work, &jobs) == 0)
        started++;
    work(&jobs);
    for (int i = 0; i < started; i++)
        pthread_join(helpers[i], NULL);
}

int ml_parallel_processors(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count > 0 ? count : 1;
}
