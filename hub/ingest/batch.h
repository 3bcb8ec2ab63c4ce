/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What waits to be stored in one transaction: rows, the streams they touched, devices whose row in
 * device_registry is out of date, and the receipts to be done afterwards. All memory for a full
 * batch is reserved at the start (the system gives it page by page when it is used), so taking a
 * message neither allocates nor fails. Depends on hub/store/series.h, hub/ingest/streams.h.
 *
 *     filling:  batch_row(), batch_touch(), batch_token()    while messages come
 *     sealed:   batch_seal() makes batch->sealed, which stays as it is until batch_clear()
 */
#ifndef ROOST_HUB_INGEST_BATCH_H
#define ROOST_HUB_INGEST_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/ingest/streams.h"
#include "hub/fleet/fleet.h"
#include "hub/store/series.h"

enum { BATCH_DEVICES_MAX = 256 };

struct batch_touch {
    const char *device_id; /* lives as long as its streams: until the hub ends */
    uint8_t stored_as;
    struct stream *stream;
};

struct ingest_device;

/* A message whose rows may be stored already: what becomes of it is known when they are written. */
struct batch_once {
    struct ingest_device *device;
    uint64_t number;
    size_t row, label; /* its first row */
};

/* Copies: a device may be changed or removed while the batch is being written. */
struct batch_device {
    struct series_device row;
    char id[65], name[65], location[65], config_json[1025];
};

struct batch {
    size_t message_max, touch_max;
    uint64_t *tokens;
    size_t token_count;
    struct series_row *rows;
    size_t row_count;
    bool *there; /* as in struct series_batch */
    struct batch_once *once;
    size_t once_count;
    struct batch_touch *touched;
    size_t touched_count;
    struct batch_device *devices;
    struct series_device *device_rows;
    size_t device_count;
    uint32_t waiting[HUB_TOPICS_MAX]; /* messages by topic whose rows these are */
    uint64_t opened_ms;               /* when its first message came */

    struct series_batch sealed;
    struct series_stream *streams;
    size_t stream_size;
    struct series_span *spans;
    size_t span_size;
    struct series_recent *recent;
    size_t recent_size;
};

/* touches: streams that one message may touch at most. Returns 0 or ROOST_ERR_NO_MEMORY. */
int batch_init(struct batch *batch, size_t message_max, size_t touches);
void batch_deinit(struct batch *batch);

static inline bool batch_full(const struct batch *batch)
{
    return batch->token_count == batch->message_max;
}

/* The next row, to be filled in; at most HUB_ROWS_A_MESSAGE for each token. */
struct series_row *batch_row(struct batch *batch);
/* The next message's rows go in unless they are stored. */
void batch_once(struct batch *batch, const struct batch_once *once);
void batch_touch(struct batch *batch, const char *device_id, uint8_t stored_as,
                 struct stream *stream);
void batch_token(struct batch *batch, uint64_t token, uint64_t now_ms);

/* Adds devices that the fleet says changed, as many as fit. */
void batch_take_devices(struct batch *batch, struct fleet *fleet);

/* Nothing to write (there may be tokens to acknowledge). */
bool batch_empty(const struct batch *batch);

/* Takes down the touched streams as they are now: exactly with the numbers of this batch and those
 * before. late: as streams_sealed. Returns 0 or ROOST_ERR_NO_MEMORY. */
int batch_seal(struct batch *batch, bool late);

void batch_clear(struct batch *batch);

#endif
