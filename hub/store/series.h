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

/* What is to be known about a row's time; 0: it is the reading's own. Bits. */
enum series_mark {
    SERIES_TIME_BEFORE = 1, /* its own was before 2020: this is its arrival */
    SERIES_TIME_AHEAD = 2,  /* its own was further ahead than it may be: this is its arrival */
    SERIES_TIME_DOUBTED = 4 /* the hub's own clock was in doubt when it was stored */
};

struct series_row {
    enum series_table table;
    bool once;     /* stored unless a row of the same device, time and content is there already */
    uint32_t mark; /* enum series_mark; kept beside the tables, whose columns are a contract */
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

/* A reading that is stored, by the low half of its number and a hash of what it said. */
struct series_recent {
    uint32_t number, hash;
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
    const struct series_recent *recent; /* the newest, oldest first; none where numbers suffice */
    size_t recent_count;
    size_t recent_run; /* of the newest, how many came since the numbering started over */
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
    bool *there; /* one for each row: what `write` finds of those with `once`; NULL: has none */
    const struct series_stream *streams;
    size_t stream_count;
    const struct series_device *devices; /* insert or replace */
    size_t device_count;
};

typedef void (*series_done_fn)(void *arg, int err); /* 0, ROOST_ERR_NO_SPACE, ROOST_ERR_IO, ... */

/* A point of a history: mean, least and greatest of all values in one time bucket; unix_ms is the
 * bucket's start, or the query's, when that is later. count 0 never appears. */
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

/* from_ms <= time < to_ms, cut into at most max_points equal buckets. Buckets of an hour and more
 * are whole hours, of a day and more whole days of UTC: they are read from sums that were kept
 * while storing. From 62 days on there are no shorter ones. Outside the limits: ROOST_ERR_RANGE. */
enum { SERIES_POINTS_MAX = 5000, SERIES_NEWEST_MAX = 5000 };
enum { SERIES_OF_CLIENT_MAX = 16, SERIES_NOTE_MAX = 255 };
struct series_history_query {
    char device_id[65];
    enum series_metric metric;
    int64_t from_ms, to_ms;
    uint32_t max_points; /* 1..SERIES_POINTS_MAX */
    int64_t client;      /* who asks: one who asks for much waits behind others; 0: nobody */
};

/* How many rows there are, and how many of them a retention would take. */
struct series_survey {
    uint64_t rows, older;
};

/* What a device had. */
struct series_forgotten {
    uint64_t streams, rows;
};

/* Called once on the loop's thread, never from inside the call that asked. */
typedef void (*series_history_fn)(void *arg, int err, const struct series_point *points,
                                  size_t count);
typedef void (*series_rows_fn)(void *arg, int err, const struct series_row *rows, size_t count);
typedef int (*series_stream_fn)(void *arg, const struct series_stream *stream);
typedef int (*series_row_fn)(void *arg, const struct series_row *row);
typedef void (*series_survey_fn)(void *arg, int err, const struct series_survey *survey);
typedef void (*series_retained_fn)(void *arg, int err, uint64_t rows); /* rows: deleted */
typedef void (*series_forgotten_fn)(void *arg, int err, const struct series_forgotten *forgotten);

struct series_ops {
    /* One write at a time: ROOST_ERR_BUSY. The batch is borrowed until `done`. */
    int (*write)(void *ctx, const struct series_batch *batch, series_done_fn done, void *arg);
    /* Queries queue up, at most 64: ROOST_ERR_FULL; of one client fewer (SERIES_OF_CLIENT_MAX). One
     * that reads many rows one by one never holds up one that does not. */
    int (*history)(void *ctx, const struct series_history_query *query, series_history_fn done,
                   void *arg);
    /* The newest rows of a table, newest first. device_id NULL or "": of every device. */
    int (*newest)(void *ctx, enum series_table table, const char *device_id, uint32_t limit,
                  series_rows_fn done, void *arg);
    /* Ends the queries that were asked with this `arg`, wherever they are: their `done` is called
     * with ROOST_ERR_CLOSED, soon and never from inside. Harmless when there is none. */
    void (*cancel)(void *ctx, const void *arg);
    /* Every stored stream, ordered by device and stream; at start, blocking. fn returns non-zero to
     * stop, which is then the result. */
    int (*load_streams)(void *ctx, series_stream_fn fn, void *arg);
    /* The newest row by its time of each device and table. One after until_ms, by the clock that
     * stored it or by this one, is no witness of what came last: where a row that is not after it
     * was stored later, it is that one. At start, blocking. As load_streams. */
    int (*latest)(void *ctx, int64_t until_ms, series_row_fn fn, void *arg);
    /* The newest stored time among rows without a mark; 0: there is none. At start, blocking. */
    int (*newest_ms)(void *ctx, int64_t *unix_ms);
    /* A short text kept under a name; `note` replaces it and is one at a time: ROOST_ERR_BUSY.
     * load_note: at start, blocking; "" when there is none. Both texts are cut to SERIES_NOTE_MAX.
     */
    int (*note)(void *ctx, const char *name, const char *text, series_done_fn done, void *arg);
    int (*load_note)(void *ctx, const char *name, char text[SERIES_NOTE_MAX + 1]);
    /* Counts what `retain` would delete, as a query; from the sums, so rows without a history
     * (predictions) are not among them. */
    int (*survey)(void *ctx, int64_t before_ms, series_survey_fn done, void *arg);
    /* Deletes rows of the days (UTC) before before_ms in steps, between writes; one at a time:
     * ROOST_ERR_BUSY. Streams stay, so a reading deleted here is still a duplicate when it comes
     * again. */
    int (*retain)(void *ctx, int64_t before_ms, series_retained_fn done, void *arg);
    /* Removes a device: its streams and its row in device_registry in one transaction, with
     * `history` noting that its rows as of now are to go. The id is free then: what is stored under
     * it from now on stays. `forgotten` is borrowed for the call of `done`, and has the streams. */
    int (*forget)(void *ctx, const char *device_id, bool history, series_forgotten_fn done,
                  void *arg);
    /* Deletes the rows that are to go of a device, in steps, between writes; what it does not come
     * to goes by itself, also after a restart. `forgotten` has the rows. Of this and of `forget`
     * one at a time each: ROOST_ERR_BUSY. */
    int (*sweep)(void *ctx, const char *device_id, series_forgotten_fn done, void *arg);
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
