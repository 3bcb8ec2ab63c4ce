/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs independent jobs on a few threads. POSIX threads.
 *
 *     ml_parallel(count, threads, job, &jobs);     // job(&jobs, 0) .. job(&jobs, count - 1), any
 * order
 */
#ifndef ROOST_ML_PARALLEL_H
#define ROOST_ML_PARALLEL_H

/* Returns when all have run. The calling thread takes part, so it works (slower) where no thread
 * can be started. At most 64 threads. */
void ml_parallel(int count, int threads, void (*job)(void *ctx, int index), void *ctx);

/* Processors this process may run on, at least 1. */
int ml_parallel_processors(void);

#endif
