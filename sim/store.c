/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"

/* ---- series ---- */

static struct sim_store_stream *stream_find(const struct sim_store *store, const char *device_id,
                                            uint8_t stream)
{
    for (size_t i = 0; i < store->stream_count; i++)
        if (store->streams[i].stream == stream &&
            strcmp(store->streams[i].device_id, device_id) == 0)
            return &store->streams[i];
    return NULL;
}

static void stream_replace(struct sim_store *store, const struct series_stream *from)
{
    struct sim_store_stream *to = stream_find(store, from->device_id, from->stream);

    if (!to) {
        ROOST_ASSERT(store->stream_count < SIM_STORE_STREAMS);
        to = &store->streams[store->stream_count++];
        snprintf(to->device_id, sizeof to->device_id, "%s", from->device_id);
        to->stream = from->stream;
    }
    ROOST_ASSERT(from->span_count <= SIM_STORE_SPANS);
    to->epoch = from->epoch;
    to->newest_ms = from->newest_ms;
    to->span_count = from->span_count;
    if (from->span_count > 0)
        memcpy(to->spans, from->spans, from->span_count * sizeof *from->spans);
    to->recent_count =
        from->recent_count < SIM_STORE_RECENT ? from->recent_count : SIM_STORE_RECENT;
    to->recent_run = from->recent_run < to->recent_count ? from->recent_run : to->recent_count;
    if (to->recent_count > 0)
        memcpy(to->recent, from->recent + from->recent_count - to->recent_count,
               to->recent_count * sizeof *to->recent);
    if (to->span_count > store->span_high_water)
        store->span_high_water = to->span_count;
}

/* All of it at once: there is no crash between two lines of a simulation. */
static void commit(struct sim_store *store)
{
    const struct series_batch *batch = store->batch;

    for (size_t i = 0; i < batch->row_count; i++) {
        if (batch->rows[i].once)
            batch->there[i] = false; /* rows are not kept; devices here name their journal */
        store->rows[batch->rows[i].table]++;
        if (store->on_row)
            store->on_row(store->ctx, &batch->rows[i]);
    }
    for (size_t i = 0; i < batch->stream_count; i++)
        stream_replace(store, &batch->streams[i]);
}

static void write_done(void *ctx, uint64_t number, void *data)
{
    struct sim_store *store = ctx;
    int err = store->locked ? ROOST_ERR_BUSY : store->full ? ROOST_ERR_NO_SPACE : 0;

    (void)number;
    (void)data;
    if (err == 0) {
        commit(store);
        store->writes++;
    } else {
        store->refused++;
    }
    store->batch = NULL;
    store->done(store->done_arg, err);
    if (store->on_done)
        store->on_done(store->hub);
}

static int series_write(void *ctx, const struct series_batch *batch, series_done_fn done, void *arg)
{
    struct sim_store *store = ctx;
    enum { LOCK_WAIT_MS = 5000 };
    uint64_t takes_ms = store->locked ? LOCK_WAIT_MS
                        : store->slow ? sim_random_between(&store->random, 500, 4000)
                                      : sim_random_between(&store->random, 2, 25);

    if (store->batch)
        return ROOST_ERR_BUSY;
    if (batch->row_count > store->batch_high_water)
        store->batch_high_water = batch->row_count;
    store->batch = batch;
    store->done = done;
    store->done_arg = arg;
    sim_at_guarded(store->clock, store->clock->now_ms + takes_ms, write_done, store, 0, NULL,
                   &store->life);
    return 0;
}

/* The services under test ask for no history; the dashboard does, and it is not here. */
static int series_history(void *ctx, const struct series_history_query *query,
                          series_history_fn done, void *arg)
{
    (void)ctx;
    (void)query;
    (void)done;
    (void)arg;
    return ROOST_ERR_UNSUPPORTED;
}

static int series_newest(void *ctx, enum series_table table, const char *device_id, uint32_t limit,
                         series_rows_fn done, void *arg)
{
    (void)ctx;
    (void)table;
    (void)device_id;
    (void)limit;
    (void)done;
    (void)arg;
    return ROOST_ERR_UNSUPPORTED;
}

static void series_cancel(void *ctx, const void *arg)
{
    (void)ctx;
    (void)arg;
}

static int series_survey(void *ctx, int64_t before_ms, series_survey_fn done, void *arg)
{
    (void)ctx;
    (void)before_ms;
    (void)done;
    (void)arg;
    return ROOST_ERR_UNSUPPORTED; /* runs are shorter than any retention */
}

static int series_retain(void *ctx, int64_t before_ms, series_retained_fn done, void *arg)
{
    (void)ctx;
    (void)before_ms;
    (void)done;
    (void)arg;
    return ROOST_ERR_UNSUPPORTED;
}

static int series_note(void *ctx, const char *name, const char *text, series_done_fn done,
                       void *arg)
{
    (void)ctx;
    (void)name;
    (void)text;
    (void)done;
    (void)arg;
    return ROOST_ERR_UNSUPPORTED;
}

static int series_load_note(void *ctx, const char *name, char text[SERIES_NOTE_MAX + 1])
{
    (void)ctx;
    (void)name;
    text[0] = '\0';
    return 0;
}

/* Rows are not kept. */
static int series_latest(void *ctx, int64_t until_ms, series_row_fn fn, void *arg)
{
    (void)ctx;
    (void)until_ms;
    (void)fn;
    (void)arg;
    return 0;
}

static int series_newest_ms(void *ctx, int64_t *unix_ms)
{
    (void)ctx;
    *unix_ms = 0;
    return 0;
}

static void forget_done(void *ctx, uint64_t number, void *data)
{
    struct sim_store *store = ctx;
    struct series_forgotten forgotten = {.streams = number};

    (void)data;
    series_forgotten_fn done = store->forgotten;
    store->forgotten = NULL;
    done(store->forgotten_arg, 0, &forgotten);
}

static int series_forget(void *ctx, const char *device_id, bool history, series_forgotten_fn done,
                         void *arg)
{
    struct sim_store *store = ctx;
    size_t kept = 0, before = store->stream_count;

    (void)history;
    if (store->forgotten)
        return ROOST_ERR_BUSY;
    for (size_t i = 0; i < before; i++)
        if (strcmp(store->streams[i].device_id, device_id) != 0)
            store->streams[kept++] = store->streams[i];
    store->stream_count = kept;
    store->forgotten = done;
    store->forgotten_arg = arg;
    sim_at_guarded(store->clock, store->clock->now_ms + 5, forget_done, store, before - kept, NULL,
                   &store->life);
    return 0;
}

static void sweep_done(void *ctx, uint64_t number, void *data)
{
    struct sim_store *store = ctx;
    const struct series_forgotten forgotten = {0};
    series_forgotten_fn done = store->swept;

    (void)number;
    (void)data;
    store->swept = NULL;
    done(store->swept_arg, 0, &forgotten);
}

static int series_sweep(void *ctx, const char *device_id, series_forgotten_fn done, void *arg)
{
    struct sim_store *store = ctx;

    (void)device_id;
    if (store->swept)
        return ROOST_ERR_BUSY;
    store->swept = done;
    store->swept_arg = arg;
    sim_at_guarded(store->clock, store->clock->now_ms + 5, sweep_done, store, 0, NULL,
                   &store->life);
    return 0;
}

static int stream_order(const void *a, const void *b)
{
    const struct sim_store_stream *one = a, *two = b;
    int by_device = strcmp(one->device_id, two->device_id);

    return by_device != 0 ? by_device : (int)one->stream - (int)two->stream;
}

static int series_load_streams(void *ctx, series_stream_fn fn, void *arg)
{
    struct sim_store *store = ctx;
    int result = 0;

    qsort(store->streams, store->stream_count, sizeof *store->streams, stream_order);
    for (size_t i = 0; i < store->stream_count && result == 0; i++) {
        const struct sim_store_stream *stream = &store->streams[i];
        struct series_stream out = {.device_id = stream->device_id,
                                    .stream = stream->stream,
                                    .epoch = stream->epoch,
                                    .newest_ms = stream->newest_ms,
                                    .spans = stream->spans,
                                    .span_count = stream->span_count,
                                    .recent = stream->recent,
                                    .recent_count = stream->recent_count,
                                    .recent_run = stream->recent_run};

        result = fn(arg, &out);
    }
    return result;
}

static int store_ping(void *ctx)
{
    struct sim_store *store = ctx;

    return store->full ? ROOST_ERR_NO_SPACE : 0;
}

static void store_close(void *ctx)
{
    (void)ctx;
}

static const struct series_ops series_ops = {
    .write = series_write,
    .history = series_history,
    .newest = series_newest,
    .cancel = series_cancel,
    .load_streams = series_load_streams,
    .latest = series_latest,
    .newest_ms = series_newest_ms,
    .note = series_note,
    .load_note = series_load_note,
    .survey = series_survey,
    .retain = series_retain,
    .forget = series_forget,
    .sweep = series_sweep,
    .ping = store_ping,
    .close = store_close,
};

/* ---- lifecycle ---- */

int sim_store_init(struct sim_store *store, struct sim_clock *clock)
{
    *store = (struct sim_store){.clock = clock, .series = {.ops = &series_ops, .ctx = store}};
    sim_random_init(&store->random, clock->seed, "store", 0);
    store->streams = calloc(SIM_STORE_STREAMS, sizeof *store->streams);
    if (sim_store_registry_init(store) == 0 && store->streams)
        return 0;
    sim_store_deinit(store);
    return ROOST_ERR_NO_MEMORY;
}

void sim_store_deinit(struct sim_store *store)
{
    sim_store_registry_deinit(store);
    free(store->streams);
    store->streams = NULL;
}

void sim_store_crash(struct sim_store *store)
{
    store->life++;
    store->forgotten = store->swept = NULL;
    sim_store_registry_crash(store);
    if (!store->batch)
        return;
    if (!store->full && !store->locked && sim_random_below(&store->random, 2) == 0) {
        commit(store);
        store->cut_kept++;
    } else {
        store->cut_lost++;
    }
    store->batch = NULL;
}
