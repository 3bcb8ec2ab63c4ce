/* SPDX-License-Identifier: Apache-2.0 */
/* The registry of the model: rounds of requests, each with an end in virtual time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "sim/store.h"

/* ---- devices ---- */

static struct registry_device *device_find(const struct sim_store *store, const char *id)
{
    for (size_t i = 0; i < store->device_count; i++)
        if (strcmp(store->devices[i].id, id) == 0)
            return &store->devices[i];
    return NULL;
}

static int device_get(const struct sim_store *store, struct registry_job *job)
{
    job->answer.devices = device_find(store, job->request.key);
    job->answer.count = job->answer.devices != NULL;
    return job->answer.devices ? 0 : ROOST_ERR_NOT_FOUND;
}

static void device_add(struct sim_store *store, const struct registry_device *device)
{
    ROOST_ASSERT(store->device_count < SIM_STORE_DEVICES);
    store->devices[store->device_count++] = *device;
}

static void devices_put(struct sim_store *store, const struct registry_request *request)
{
    for (size_t i = 0; i < request->count; i++) {
        struct registry_device *at = device_find(store, request->devices[i].id);

        if (at)
            *at = request->devices[i];
        else
            device_add(store, &request->devices[i]);
    }
}

static int devices_add(struct sim_store *store, const struct registry_request *request)
{
    for (size_t i = 0; i < request->count; i++)
        if (device_find(store, request->devices[i].id))
            return ROOST_ERR_EXISTS;
    devices_put(store, request);
    for (size_t i = 0; request->credentials && i < request->count; i++)
        sim_store_keep_credential(store, &request->credentials[i]);
    return 0;
}

static void device_seen(struct registry_device *at, int64_t seen_ms)
{
    if (seen_ms > at->last_seen_ms)
        at->last_seen_ms = seen_ms;
}

static void devices_meet(struct sim_store *store, const struct registry_request *request)
{
    for (size_t i = 0; i < request->count; i++) {
        const struct registry_device *device = &request->devices[i];
        struct registry_device *at = device_find(store, device->id);

        if (!at) {
            device_add(store, device);
            continue;
        }
        device_seen(at, device->last_seen_ms);
        if (device->type[0])
            memcpy(at->type, device->type, sizeof at->type);
    }
}

static void device_change(struct sim_store *store, const struct registry_request *request)
{
    const struct registry_device *device = request->devices;
    struct registry_device *at = device_find(store, device->id);

    if (!at) {
        device_add(store, device);
        return;
    }
    if (request->fields & REGISTRY_CLAIMED)
        at->claimed = device->claimed;
    if (request->fields & REGISTRY_NAME)
        memcpy(at->name, device->name, sizeof at->name);
    if (request->fields & REGISTRY_LOCATION)
        memcpy(at->location, device->location, sizeof at->location);
    if (request->fields & REGISTRY_CONFIG)
        memcpy(at->config_json, device->config_json, sizeof at->config_json);
}

static void devices_seen(struct sim_store *store, const struct registry_request *request)
{
    for (size_t i = 0; i < request->count; i++) {
        struct registry_device *at = device_find(store, request->seen[i].device_id);

        if (at)
            device_seen(at, request->seen[i].unix_ms);
    }
}

static void devices_status(struct sim_store *store, const struct registry_request *request)
{
    for (size_t i = 0; i < request->count; i++) {
        struct registry_device *at = device_find(store, request->statuses[i].device_id);

        if (at)
            memcpy(at->status_json, request->statuses[i].json, sizeof at->status_json);
    }
}

static int device_delete(struct sim_store *store, const char *id)
{
    struct registry_device *at = device_find(store, id);

    if (!at)
        return ROOST_ERR_NOT_FOUND;
    *at = store->devices[--store->device_count];
    sim_store_forget_device(store, id);
    return 0;
}

/* ---- commands ---- */

static struct registry_command *command_find(const struct sim_store *store, const char *id)
{
    for (size_t i = 0; i < SIM_STORE_COMMANDS; i++)
        if (strcmp(store->commands[i].id, id) == 0)
            return &store->commands[i];
    return NULL;
}

static void command_put(struct sim_store *store, const struct registry_command *command)
{
    struct registry_command *at = command_find(store, command->id);

    if (!at)
        at = &store->commands[store->command_count++ % SIM_STORE_COMMANDS];
    *at = *command;
}

static bool is_open(const struct registry_command *command)
{
    return strcmp(command->state, "sent") == 0 || strcmp(command->state, "timeout") == 0;
}

static int command_finish(struct sim_store *store, struct registry_job *job)
{
    const struct registry_command *end = job->request.command;
    struct registry_command *at = command_find(store, end->id);

    if (!at || !is_open(at))
        return at ? ROOST_ERR_EXISTS : ROOST_ERR_NOT_FOUND;
    memcpy(at->state, end->state, sizeof at->state);
    memcpy(at->answer_json, end->answer_json, sizeof at->answer_json);
    at->finished_ms = end->finished_ms;
    job->answer.commands = at;
    job->answer.count = 1;
    return 0;
}

static void command_expire(struct sim_store *store, int64_t before_ms)
{
    for (size_t i = 0; i < SIM_STORE_COMMANDS; i++) {
        struct registry_command *command = &store->commands[i];

        if (command->id[0] && strcmp(command->state, "sent") == 0 &&
            command->created_ms < before_ms)
            snprintf(command->state, sizeof command->state, "timeout");
    }
}

/* ---- rounds ---- */

/* No operator signs in to a simulation. */
static int do_request(struct sim_store *store, struct registry_job *job)
{
    const struct registry_request *request = &job->request;

    if (store->full && registry_op_writes(request->op))
        return ROOST_ERR_NO_SPACE;
    switch (request->op) {
    case REGISTRY_PING:
        return 0;
    case REGISTRY_DEVICE_GET:
        return device_get(store, job);
    case REGISTRY_DEVICES_PUT:
        devices_put(store, request);
        return 0;
    case REGISTRY_DEVICES_ADD:
        return devices_add(store, request);
    case REGISTRY_DEVICES_MEET:
        devices_meet(store, request);
        return 0;
    case REGISTRY_DEVICE_CHANGE:
        device_change(store, request);
        return 0;
    case REGISTRY_DEVICES_SEEN:
        devices_seen(store, request);
        return 0;
    case REGISTRY_REMOVAL_END:
        return 0;
    case REGISTRY_DEVICES_STATUS:
        devices_status(store, request);
        return 0;
    case REGISTRY_DEVICE_DELETE:
        return device_delete(store, request->key);
    case REGISTRY_COMMAND_PUT:
        command_put(store, request->command);
        return 0;
    case REGISTRY_COMMAND_FINISH:
        return command_finish(store, job);
    case REGISTRY_COMMAND_EXPIRE:
        command_expire(store, request->number);
        return 0;
    default:
        return sim_store_children_do(store, job);
    }
}

static void answer(struct sim_store *store, struct registry_job *job, int err)
{
    store->registry_counts.waiting--;
    registry_job_answer(job, err);
}

static void start_round(struct sim_store *store);

/* Another program has the lock: reads go on, writes stay until they have waited too long. */
static void do_what_is_possible(struct sim_store *store, struct registry_job *job)
{
    bool writes = registry_op_writes(job->request.op);

    job->settled = !store->locked || !writes || store->clock->now_ms >= job->due_ms;
    if (job->settled)
        job->err = store->locked && writes ? ROOST_ERR_BUSY : do_request(store, job);
    store->given_up += job->settled && job->err == ROOST_ERR_BUSY;
}

/* The commit: each request takes place and is answered, in order. An answer may ask for more. */
static void round_done(void *ctx, uint64_t number, void *data)
{
    struct sim_store *store = ctx;
    struct registry_jobs settled = {NULL, NULL, 0}, held = {NULL, NULL, 0};
    struct registry_job *job;

    (void)number;
    (void)data;
    for (job = store->round.first; job; job = job->next)
        do_what_is_possible(store, job);
    while ((job = registry_jobs_take(&store->round)))
        registry_jobs_append(job->settled ? &settled : &held, job);
    registry_jobs_put_back(&store->queue, &held);
    while ((job = registry_jobs_take(&settled)))
        answer(store, job, job->err);
    store->under_way = false;
    start_round(store);
    if (store->on_done)
        store->on_done(store->hub);
}

static void start_round(struct sim_store *store)
{
    enum { RETRY_MS = 20 };
    uint64_t takes_ms;

    if (store->under_way || !store->queue.first)
        return;
    store->under_way = true;
    registry_jobs_put_back(&store->round, &store->queue);
    takes_ms = store->locked ? RETRY_MS
               : store->slow ? sim_random_between(&store->registry_random, 500, 4000)
                             : sim_random_between(&store->registry_random, 1, 20);
    sim_at_guarded(store->clock, store->clock->now_ms + takes_ms, round_done, store, 0, NULL,
                   &store->life);
}

static int registry_ask_model(void *ctx, const struct registry_request *request,
                              registry_done_fn done, void *arg)
{
    struct sim_store *store = ctx;
    struct registry_job *job;
    int err;

    if (store->crashing)
        return ROOST_ERR_CLOSED;
    if (store->registry_counts.waiting >= REGISTRY_QUEUE_MAX)
        return ROOST_ERR_FULL;
    err = registry_job_new(&job, request, done, arg);
    if (err < 0)
        return err;
    job->due_ms = store->clock->now_ms + REGISTRY_WAIT_MS;
    registry_jobs_append(&store->queue, job);
    if (++store->registry_counts.waiting > store->registry_counts.most)
        store->registry_counts.most = store->registry_counts.waiting;
    start_round(store);
    return 0;
}

/* ---- the start ---- */

static int device_order(const void *a, const void *b)
{
    return strcmp(((const struct registry_device *)a)->id, ((const struct registry_device *)b)->id);
}

static int load_devices(void *ctx, registry_device_fn fn, void *arg)
{
    struct sim_store *store = ctx;
    int result = 0;

    qsort(store->devices, store->device_count, sizeof *store->devices, device_order);
    for (size_t i = 0; i < store->device_count && result == 0; i++)
        result = fn(arg, &store->devices[i]);
    return result < 0 ? result : 0;
}

static int load_commands(void *ctx, size_t limit, registry_command_fn fn, void *arg)
{
    struct sim_store *store = ctx;
    uint64_t oldest =
        store->command_count > SIM_STORE_COMMANDS ? store->command_count - SIM_STORE_COMMANDS : 0;
    int result = 0;

    for (uint64_t n = store->command_count; n > oldest && limit > 0 && result == 0; n--, limit--)
        result = fn(arg, &store->commands[(n - 1) % SIM_STORE_COMMANDS]);
    return result < 0 ? result : 0;
}

/* Nobody removes a device in a simulation. */
static int load_removals(void *ctx, registry_removal_fn fn, void *arg)
{
    (void)ctx;
    (void)fn;
    (void)arg;
    return 0;
}

static void get_counts(void *ctx, struct registry_counts *out)
{
    *out = ((struct sim_store *)ctx)->registry_counts;
}

/* Nothing here can be waited for: time is the simulation's. */
static const struct registry_ops registry_ops = {
    .ask = registry_ask_model,
    .load_devices = load_devices,
    .load_commands = load_commands,
    .load_removals = load_removals,
    .counts = get_counts,
};

/* ---- lifecycle ---- */

int sim_store_registry_init(struct sim_store *store)
{
    store->registry = (struct registry){.ops = &registry_ops, .ctx = store};
    sim_random_init(&store->registry_random, store->clock->seed, "registry", 0);
    store->devices = calloc(SIM_STORE_DEVICES, sizeof *store->devices);
    store->commands = calloc(SIM_STORE_COMMANDS, sizeof *store->commands);
    return store->devices && store->commands ? sim_store_children_init(store) : ROOST_ERR_NO_MEMORY;
}

void sim_store_registry_deinit(struct sim_store *store)
{
    free(store->devices);
    free(store->commands);
    sim_store_children_deinit(store);
    store->devices = NULL;
    store->commands = NULL;
}

void sim_store_registry_crash(struct sim_store *store)
{
    bool kept =
        store->round.first && !store->locked && sim_random_below(&store->registry_random, 2) == 0;
    struct registry_job *job;

    store->crashing = true;
    for (job = store->round.first; kept && job; job = job->next)
        (void)do_request(store, job);
    while ((job = registry_jobs_take(&store->round)))
        answer(store, job, ROOST_ERR_CLOSED);
    while ((job = registry_jobs_take(&store->queue)))
        answer(store, job, ROOST_ERR_CLOSED);
    store->under_way = false;
    store->crashing = false;
}
