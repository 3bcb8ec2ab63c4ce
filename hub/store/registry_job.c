/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/registry_job.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"

enum { KEY_MAX = 128 };

/* ---- copies: behind the job in the same block of memory, one after the other ---- */

struct room {
    char *at; /* NULL: only measured */
    size_t size;
};

static size_t aligned(size_t len)
{
    return (len + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
}

static const void *place(struct room *room, const void *from, size_t len)
{
    if (!from)
        return NULL;
    room->size += aligned(len);
    if (!room->at)
        return from;
    const void *copy = memcpy(room->at, from, len);
    room->at += aligned(len);
    return copy;
}

/* Everything that a request points to. */
static void place_all(struct room *room, struct registry_request *r)
{
    size_t devices = r->op == REGISTRY_DEVICE_CHANGE ? 1 : r->count;
    size_t ids = r->op == REGISTRY_PAIR_GET ? 2 : r->count;
    r->devices = place(room, r->devices, devices * sizeof *r->devices);
    r->credentials = place(room, r->credentials, r->count * sizeof *r->credentials);
    r->seen = place(room, r->seen, r->count * sizeof *r->seen);
    r->statuses = place(room, r->statuses, r->count * sizeof *r->statuses);
    r->ids = place(room, r->ids, ids * sizeof *r->ids);
    r->person = place(room, r->person, sizeof *r->person);
    r->token = place(room, r->token, sizeof *r->token);
    r->command = place(room, r->command, sizeof *r->command);
    r->child = place(room, r->child, sizeof *r->child);
    r->consent = place(room, r->consent, sizeof *r->consent);
    r->claim = place(room, r->claim, sizeof *r->claim);
    r->audit = place(room, r->audit, sizeof *r->audit);
    r->key = place(room, r->key, r->key ? strlen(r->key) + 1 : 0);
}

static bool is_list(enum registry_op op)
{
    return op == REGISTRY_COMMAND_LIST || op == REGISTRY_TOKEN_FAMILIES ||
           op == REGISTRY_CHILD_LIST || op == REGISTRY_AUDIT_LIST;
}

int registry_job_new(struct registry_job **out, const struct registry_request *request,
                     registry_done_fn done, void *arg)
{
    struct registry_request copy = *request;
    struct room room = {.size = aligned(sizeof(struct registry_job))};
    if (request->key && strlen(request->key) > KEY_MAX)
        return ROOST_ERR_TOO_LONG;
    if (is_list(request->op) && request->count > REGISTRY_LIST_MAX)
        return ROOST_ERR_RANGE;
    place_all(&room, &copy);
    struct registry_job *job = malloc(room.size);
    if (!job)
        return ROOST_ERR_NO_MEMORY;
    room.at = (char *)job + aligned(sizeof *job);
    place_all(&room, &copy);
    *job = (struct registry_job){.request = copy, .done = done, .arg = arg};
    *out = job;
    return 0;
}

/* ---- answers ---- */

void *registry_job_rows(struct registry_job *job, size_t count, size_t row_size)
{
    free(job->rows);
    job->rows = calloc(count > 0 ? count : 1, row_size);
    return job->rows;
}

void registry_job_reset(struct registry_job *job)
{
    free(job->rows);
    job->rows = NULL;
    job->answer = (struct registry_answer){0};
    job->err = 0;
    job->settled = false;
}

void registry_job_answer(struct registry_job *job, int err)
{
    static const struct registry_answer nothing;
    job->done(job->arg, err, err ? &nothing : &job->answer);
    free(job->rows);
    free(job);
}

/* ---- lists ---- */

void registry_jobs_append(struct registry_jobs *jobs, struct registry_job *job)
{
    job->next = NULL;
    if (jobs->first)
        jobs->last->next = job;
    else
        jobs->first = job;
    jobs->last = job;
    jobs->count++;
}

struct registry_job *registry_jobs_take(struct registry_jobs *jobs)
{
    struct registry_job *job = jobs->first;
    if (job) {
        jobs->first = job->next;
        jobs->count--;
    }
    return job;
}

void registry_jobs_put_back(struct registry_jobs *to, struct registry_jobs *from)
{
    if (!from->first)
        return;
    from->last->next = to->first;
    if (!to->first)
        to->last = from->last;
    to->first = from->first;
    to->count += from->count;
    *from = (struct registry_jobs){NULL, NULL, 0};
}

bool registry_op_writes(enum registry_op op)
{
    static const bool writes[REGISTRY_OP_COUNT] = {
        [REGISTRY_DEVICES_PUT] = true,     [REGISTRY_DEVICES_ADD] = true,
        [REGISTRY_DEVICES_MEET] = true,    [REGISTRY_DEVICE_CHANGE] = true,
        [REGISTRY_DEVICES_SEEN] = true,    [REGISTRY_DEVICE_DELETE] = true,
        [REGISTRY_OPERATOR_ADD] = true,    [REGISTRY_OPERATOR_REMOVE] = true,
        [REGISTRY_OPERATOR_SECRET] = true, [REGISTRY_TOKEN_ADD] = true,
        [REGISTRY_TOKEN_USE] = true,       [REGISTRY_TOKEN_END_FAMILY] = true,
        [REGISTRY_TOKEN_PURGE] = true,     [REGISTRY_COMMAND_PUT] = true,
        [REGISTRY_COMMAND_FINISH] = true,  [REGISTRY_COMMAND_EXPIRE] = true,
        [REGISTRY_DEVICES_STATUS] = true,  [REGISTRY_REMOVAL_END] = true,
        [REGISTRY_CHILD_ADD] = true,       [REGISTRY_CHILD_CHANGE] = true,
        [REGISTRY_CHILD_DELETE] = true,    [REGISTRY_CONSENT_ADD] = true,
        [REGISTRY_CONSENT_REVOKE] = true,  [REGISTRY_CLAIM_PUT] = true,
        [REGISTRY_CLAIM_RENEW] = true,     [REGISTRY_AUDIT_ADD] = true,
    };
    return writes[op];
}
