/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The series store: readings, actions, predictions (tables as those in the field). SQLite by
 * default, ClickHouse beside it later; the same tests run on each. Writing is by batch,
 * asynchronous and durable: `done` is called on the loop's thread when every row would survive kill
 * -9 and a power cut, or with an error when none of them was kept. A batch carries, in the same
 * transaction, which sequence numbers of each device's streams are stored (struct series_stream),
 * which makes delivery exactly once. Strings in rows and streams are borrowed: by `write` until
 * `done`, by a callback for the call. Depends on core/err.h.
 *
 *     struct series series;
 *     int err = series_sqlite_open(&series, loop, "roost-series.db", why, sizeof why);
 *     err = series.ops->write(series.ctx, &batch, on_done, arg);   // on_done(arg, 0) later
 */
#ifndef ROOST_HUB_STORE_SERIES_H
#define ROOST_HUB_STORE_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum series_table {
    SERIES_TEMPERATURE,
    SERIES_HUMIDITY,
    SERIES_AUDIO,
    SERIES_ACTION,
    SERIES_PREDICTION,
    SERIES_TABLE_COUNT
};

struct series_row {
    enum series_table table;
    int64_t unix_ms;
    const char *device_id;
    union {
        double value; /* TEMPERATURE degC, HUMIDITY % */
        struct {
            uint32_t sample_rate_hz;
            char format[8]; /* "wav", "pcm" */
            double duration_s, level_dbfs;
            char hash_hex[65];
        } audio;
        struct {
            double position_pct, confidence;
            double temperature_degc, humidity_pct, sound_volume_dbfs; /* NAN: not known */
        } action;
        struct {
            double prediction_pct, confidence, inference_time_ms;
            char model_version[33];
        } prediction;
    };
};

/* Numbers first..last of a stream are stored (or settled: never to be stored again). */
struct series_span {
    uint64_t first, last;
};

/* What is known of one numbered stream of a device; meaning of `stream` and `epoch` is the writer's
 * (hub/ingest/streams.h). In a batch it replaces what was stored of that stream. */
struct series_stream {
    const char *device_id;
    uint8_t stream;
    uint32_t epoch;                  /* numbering the spans belong to; 0 unknown */
    int64_t newest_ms;               /* time of the newest row of this stream, 0 none */
    const struct series_span *spans; /* ascending, disjoint */
    size_t span_count;
};

/* One row of device_registry as Grafana reads it. */
struct series_device {
    const char *device_id, *name, *location;
    int64_t registered_ms, last_seen_ms;
    bool is_active;
    const char *config_json;
};

struct series_batch {
    const struct series_row *rows;
    size_t row_count;
    const struct series_stream *streams;
    size_t stream_count;
    const struct series_device *devices; /* insert or replace */
    size_t device_count;
};

typedef void (*series_done_fn)(void *arg, int err); /* 0, ROOST_ERR_NO_SPACE, ROOST_ERR_IO, ... */

/* A point of a history: mean, least and greatest of all values in one time bucket; unix_ms is the
 * bucket's start. count 0 never appears. */
struct series_point {
    int64_t unix_ms;
    double mean, min, max;
    uint32_t count;
};

enum series_metric {
    SERIES_METRIC_TEMPERATURE,
    SERIES_METRIC_HUMIDITY,
    SERIES_METRIC_SOUND,
    SERIES_METRIC_POSITION,
    SERIES_METRIC_CONFIDENCE,
    SERIES_METRIC_COUNT
};

/* from_ms <= time < to_ms, cut into max_points equal buckets. Outside the limits: ROOST_ERR_RANGE.
 */
enum { SERIES_POINTS_MAX = 5000, SERIES_NEWEST_MAX = 5000 };
struct series_history_query {
    char device_id[65];
    enum series_metric metric;
    int64_t from_ms, to_ms;
    uint32_t max_points; /* 1..SERIES_POINTS_MAX */
};

/* Called once on the loop's thread, never from inside the call that asked. */
typedef void (*series_history_fn)(void *arg, int err, const struct series_point *points,
                                  size_t count);
typedef void (*series_rows_fn)(void *arg, int err, const struct series_row *rows, size_t count);
typedef int (*series_stream_fn)(void *arg, const struct series_stream *stream);

struct series_ops {
    /* One write at a time: ROOST_ERR_BUSY. The batch is borrowed until `done`. */
    int (*write)(void *ctx, const struct series_batch *batch, series_done_fn done, void *arg);
    /* Queries queue up, at most 64: ROOST_ERR_FULL. */
    int (*history)(void *ctx, const struct series_history_query *query, series_history_fn done,
                   void *arg);
    /* The newest rows of a table, newest first. device_id NULL or "": of every device. */
    int (*newest)(void *ctx, enum series_table table, const char *device_id, uint32_t limit,
                  series_rows_fn done, void *arg);
    /* Every stored stream, ordered by device and stream; at start, blocking. fn returns non-zero to
     * stop, which is then the result. */
    int (*load_streams)(void *ctx, series_stream_fn fn, void *arg);
    /* Deletes rows older than before_ms in steps, between writes; one at a time: ROOST_ERR_BUSY.
     * Streams stay, so a reading deleted here is still a duplicate when it comes again. */
    int (*retain)(void *ctx, int64_t before_ms, series_done_fn done, void *arg);
    /* 0, or why the store cannot be used now: what the last write ended with. Never waits. */
    int (*ping)(void *ctx);
    /* Waits for the write under way and calls every outstanding `done` (queries with
     * ROOST_ERR_CLOSED) before it returns. The loop needs to turn once more to free its handles. */
    void (*close)(void *ctx);
};

struct series {
    const struct series_ops *ops;
    void *ctx;
};

#endif
