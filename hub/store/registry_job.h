/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request to a registry on its way: copied with all it points to, queued, answered once. Shared
 * by whatever keeps hub/store/registry.h, which is free to fill the answer's rows on a thread of
 * its own. Depends on hub/store/registry.h.
 *
 *     struct registry_job *job = registry_job_new(&request, done, arg);
 *     registry_jobs_append(&queue, job);
 *     ...
 *     struct registry_device *device = registry_job_rows(job, 1, sizeof *device);
 *     job->answer.devices = device, job->answer.count = 1;
 *     registry_job_answer(job, 0);
 */
#ifndef ROOST_HUB_STORE_REGISTRY_JOB_H
#define ROOST_HUB_STORE_REGISTRY_JOB_H

#include "hub/store/registry.h"

struct registry_job {
    struct registry_job *next;
    struct registry_request request; /* of the copies */
    struct registry_answer answer;
    int err;
    bool settled; /* done or failed; false: still to be begun */
    uint64_t due_ms;
    registry_done_fn done;
    void *arg;
    void *rows; /* of the answer */
};

/* First in, first out. */
struct registry_jobs {
    struct registry_job *first, *last;
    size_t count;
};

/* Returns 0, ROOST_ERR_TOO_LONG, ROOST_ERR_RANGE or ROOST_ERR_NO_MEMORY. */
int registry_job_new(struct registry_job **out, const struct registry_request *request,
                     registry_done_fn done, void *arg);

/* Room for `count` zeroed rows of the answer, freed with the job; again: in place of the room
 * before. NULL when out of memory. */
void *registry_job_rows(struct registry_job *job, size_t count, size_t row_size);

/* Forgets an answer that was begun. */
void registry_job_reset(struct registry_job *job);

/* Calls `done` and frees the job. */
void registry_job_answer(struct registry_job *job, int err);

void registry_jobs_append(struct registry_jobs *jobs, struct registry_job *job);
struct registry_job *registry_jobs_take(struct registry_jobs *jobs); /* NULL: none */
/* Moves all of `from` before what is in `to`. */
void registry_jobs_put_back(struct registry_jobs *to, struct registry_jobs *from);

bool registry_op_writes(enum registry_op op);

#endif
