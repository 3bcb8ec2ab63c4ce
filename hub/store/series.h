/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The series store: readings, actions, predictions (PROTOCOLS 4 tables). SQLite by default, ClickHouse
 * beside it later; the same tests run on each. Writing is by batch, asynchronous and durable: `done`
 * is called on the loop's thread when every row would survive kill -9 and a power cut, or with an
 * error when none of them was kept. A batch carries, in the same transaction, which sequence numbers
 * of each device's streams are stored (struct series_span), which makes delivery exactly once.
 * Depends on core/err.h.
 */
#ifndef ROOST_HUB_STORE_SERIES_H
#define ROOST_HUB_STORE_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum series_table { SERIES_TEMPERATURE, SERIES_HUMIDITY, SERIES_AUDIO, SERIES_ACTION,
                    SERIES_PREDICTION, SERIES_TABLE_COUNT };

struct series_row {
    enum series_table table;
    int64_t unix_ms;
    char device_id[65];
    union {
        double value; /* TEMPERATURE degC, HUMIDITY % */
        struct { uint32_t sample_rate_hz; double duration_s; char format[8]; /* "wav", "pcm" */
                 char hash_hex[65]; double level_dbfs; } audio;
        struct { double position_pct, confidence, temperature_degc, humidity_pct,
                 sound_volume_dbfs; } action; /* features NAN when the message had none */
        struct { double prediction_pct, confidence, inference_time_ms; char model_version[33];
               } prediction;
    };
};

/* Numbers [first, last] of a device's stream (0 temperature, 1 humidity, 2 audio) that are stored. */
struct series_span { char device_id[65]; uint8_t stream; uint64_t first, last; };

/* One row of device_registry as Grafana reads it. */
struct series_device { char device_id[65], name[65], location[65]; int64_t registered_ms,
                       last_seen_ms; bool is_active; const char *config_json; };

/* spans: for each stream in `touched`, its spans replace what was stored before. */
struct series_stream { char device_id[65]; uint8_t stream; };

struct series_batch {
    const struct series_row *rows; size_t row_count;
    const struct series_stream *touched; size_t touched_count;
    const struct series_span *spans; size_t span_count;
    const struct series_device *devices; size_t device_count;
};

typedef void (*series_done_fn)(void *arg, int err); /* 0, ROOST_ERR_NO_SPACE, ROOST_ERR_IO, ... */

/* A point of a history: all values in one time bucket. count 0 never appears. */
struct series_point { int64_t unix_ms; double mean, min, max; uint32_t count; };

enum series_metric { SERIES_METRIC_TEMPERATURE, SERIES_METRIC_HUMIDITY, SERIES_METRIC_SOUND,
                     SERIES_METRIC_POSITION, SERIES_METRIC_CONFIDENCE, SERIES_METRIC_COUNT };

struct series_history_query { char device_id[65]; enum series_metric metric; int64_t from_ms, to_ms;
                              uint32_t max_points; }; /* 1..5000 */

/* Called once on the loop's thread; points are borrowed for the call. */
typedef void (*series_history_fn)(void *arg, int err, const struct series_point *points,
                                  size_t count);
/* The newest rows of a table, newest first. */
typedef void (*series_rows_fn)(void *arg, int err, const struct series_row *rows, size_t count);
typedef int (*series_span_fn)(void *arg, const struct series_span *span);

struct series_ops {
    /* One write at a time: ROOST_ERR_BUSY. The batch is borrowed until `done`. */
    int (*write)(void *ctx, const struct series_batch *batch, series_done_fn done, void *arg);
    int (*history)(void *ctx, const struct series_history_query *query, series_history_fn done,
                   void *arg);
    int (*newest)(void *ctx, enum series_table table, const char *device_id, uint32_t limit,
                  series_rows_fn done, void *arg);
    /* Every stored span, ordered by device, stream, first; at start, blocking. */
    int (*load_spans)(void *ctx, series_span_fn fn, void *arg);
    /* Deletes rows older than before_ms in steps; asynchronous like write, spans stay. */
    int (*retain)(void *ctx, int64_t before_ms, series_done_fn done, void *arg);
    /* Tries the store: 0, or why it cannot be used now. Blocking, short. */
    int (*ping)(void *ctx);
    void (*close)(void *ctx);
};
struct series { const struct series_ops *ops; void *ctx; };

#endif
