/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/ingest/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"

int batch_init(struct batch *batch, size_t message_max, size_t touches)
{
    *batch = (struct batch){.message_max = message_max, .touch_max = message_max * touches};
    batch->tokens = malloc(message_max * sizeof *batch->tokens);
    batch->rows = malloc(message_max * HUB_ROWS_A_MESSAGE * sizeof *batch->rows);
    batch->there = malloc(message_max * HUB_ROWS_A_MESSAGE * sizeof *batch->there);
    batch->once = malloc(message_max * sizeof *batch->once);
    batch->touched = malloc(batch->touch_max * sizeof *batch->touched);
    batch->devices = malloc(BATCH_DEVICES_MAX * sizeof *batch->devices);
    batch->device_rows = malloc(BATCH_DEVICES_MAX * sizeof *batch->device_rows);
    bool whole = batch->tokens && batch->rows && batch->there && batch->once && batch->touched;
    if (whole && batch->devices && batch->device_rows)
        return 0;
    batch_deinit(batch);
    return ROOST_ERR_NO_MEMORY;
}

void batch_deinit(struct batch *batch)
{
    free(batch->tokens);
    free(batch->rows);
    free(batch->there);
    free(batch->once);
    free(batch->touched);
    free(batch->devices);
    free(batch->device_rows);
    free(batch->streams);
    free(batch->spans);
    free(batch->recent);
    *batch = (struct batch){0};
}

struct series_row *batch_row(struct batch *batch)
{
    ROOST_ASSERT(batch->row_count < batch->message_max * HUB_ROWS_A_MESSAGE);
    struct series_row *row = &batch->rows[batch->row_count++];
    row->once = false;
    return row;
}

void batch_once(struct batch *batch, const struct batch_once *once)
{
    ROOST_ASSERT(batch->once_count < batch->message_max);
    batch->once[batch->once_count] = *once;
    batch->once[batch->once_count++].row = batch->row_count;
}

void batch_touch(struct batch *batch, const char *device_id, uint8_t stored_as,
                 struct stream *stream)
{
    if (stream->touched)
        return;
    ROOST_ASSERT(batch->touched_count < batch->touch_max);
    stream->touched = true;
    batch->touched[batch->touched_count++] = (struct batch_touch){device_id, stored_as, stream};
}

void batch_token(struct batch *batch, uint64_t token, uint64_t now_ms)
{
    ROOST_ASSERT(!batch_full(batch));
    if (batch->token_count == 0)
        batch->opened_ms = now_ms;
    batch->tokens[batch->token_count++] = token;
}

void batch_take_devices(struct batch *batch, struct fleet *fleet)
{
    while (batch->device_count < BATCH_DEVICES_MAX) {
        const struct fleet_device *device = fleet_next_changed(fleet);
        if (!device)
            return;
        /* Copied: the store reads them on its thread while the fleet goes on. */
        struct batch_device *copy = &batch->devices[batch->device_count];
        snprintf(copy->id, sizeof copy->id, "%s", device->id);
        snprintf(copy->name, sizeof copy->name, "%s", device->name);
        snprintf(copy->location, sizeof copy->location, "%s", device->location);
        snprintf(copy->config_json, sizeof copy->config_json, "%s", device->config_json);
        batch->device_rows[batch->device_count++] = (struct series_device){
            .device_id = copy->id,
            .name = copy->name,
            .location = copy->location,
            .registered_ms = device->registered_ms,
            .last_seen_ms = device->last_seen_ms,
            .is_active = device->active,
            .config_json = copy->config_json,
        };
    }
}

bool batch_empty(const struct batch *batch)
{
    return batch->row_count == 0 && batch->touched_count == 0 && batch->device_count == 0;
}

/* *memory holds at least `count` items of `item` bytes afterwards. */
static int reserve(void **memory, size_t *size, size_t count, size_t item)
{
    if (count <= *size)
        return 0;
    /* Twice as many, so that it is not moved again for every device that joins. */
    void *grown = realloc(*memory, count * 2 * item);
    if (!grown)
        return ROOST_ERR_NO_MEMORY;
    *memory = grown;
    *size = count * 2;
    return 0;
}

static int reserve_all(struct batch *batch)
{
    size_t span_count = 0, recent_count = 0;
    for (size_t i = 0; i < batch->touched_count; i++) {
        span_count += batch->touched[i].stream->spans.count;
        recent_count += streams_recent_count(batch->touched[i].stream);
    }
    void *streams = batch->streams, *spans = batch->spans, *recent = batch->recent;
    int err = reserve(&streams, &batch->stream_size, batch->touched_count, sizeof *batch->streams);
    if (!err)
        err = reserve(&spans, &batch->span_size, span_count, sizeof *batch->spans);
    if (!err)
        err = reserve(&recent, &batch->recent_size, recent_count, sizeof *batch->recent);
    batch->streams = streams;
    batch->spans = spans;
    batch->recent = recent;
    return err;
}

int batch_seal(struct batch *batch, bool late)
{
    int err = reserve_all(batch);
    if (err)
        return err;
    struct series_span *at = batch->spans;
    struct series_recent *recent = batch->recent;
    for (size_t i = 0; i < batch->touched_count; i++) {
        struct stream *stream = batch->touched[i].stream;
        size_t count = stream->spans.count;
        size_t recent_count = streams_recent_count(stream);
        batch->streams[i] = (struct series_stream){
            .device_id = batch->touched[i].device_id,
            .stream = batch->touched[i].stored_as,
            .epoch = stream->epoch,
            .newest_ms = stream->newest_ms,
            .spans = at,
            .span_count = count,
            .recent = recent,
            .recent_count = recent_count,
            .recent_run = stream->recent.run < recent_count ? stream->recent.run : recent_count,
        };
        if (count > 0)
            memcpy(at, stream->spans.items, count * sizeof *at);
        at += count;
        recent_newest(&stream->recent, recent_count, recent);
        recent += recent_count;
        streams_sealed(stream, late);
    }
    batch->sealed = (struct series_batch){
        .rows = batch->rows,
        .row_count = batch->row_count,
        .there = batch->there,
        .streams = batch->streams,
        .stream_count = batch->touched_count,
        .devices = batch->device_rows,
        .device_count = batch->device_count,
    };
    return 0;
}

void batch_clear(struct batch *batch)
{
    batch->token_count = batch->row_count = batch->once_count = 0;
    batch->touched_count = batch->device_count = 0;
    memset(batch->waiting, 0, sizeof batch->waiting);
}
