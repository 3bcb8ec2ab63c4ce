/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/ingest/streams.h"

#include <stdlib.h>

#include "core/err.h"

struct streams *streams_new(const struct stream_table *table)
{
    return calloc(1, sizeof(struct streams) + table->count * sizeof(struct stream));
}

void streams_free(const struct stream_table *table, struct streams *streams)
{
    if (!streams)
        return;
    for (size_t i = 0; i < table->count; i++)
        spans_clear(&streams->stream[i].spans);
    free(streams);
}

static bool journalled(const struct stream_table *table, size_t kind)
{
    return table->numbering[kind] == HUB_JOURNALLED;
}

/* The streams that may share their numbers with a journalled one; returns how many. */
static size_t siblings(const struct stream_table *table, const struct streams *streams, size_t kind,
                       const struct spans *out[HUB_STREAMS_MAX])
{
    size_t count = 0;
    for (size_t other = 0; other < table->count; other++)
        if (other != kind && journalled(table, other))
            out[count++] = &streams->stream[other].spans;
    return count;
}

static bool sibling_has(const struct stream_table *table, const struct streams *streams,
                        size_t kind, uint64_t number)
{
    const struct spans *others[HUB_STREAMS_MAX];
    size_t count = siblings(table, streams, kind, others);
    for (size_t i = 0; i < count; i++)
        if (spans_has(others[i], number))
            return true;
    return false;
}

/* How many numbers of a gap no sibling has. */
static uint64_t missing(const struct stream_table *table, const struct streams *streams,
                        size_t kind, struct series_span gap)
{
    const struct spans *others[HUB_STREAMS_MAX];
    size_t count = siblings(table, streams, kind, others);
    return spans_missing(others, count, gap.first, gap.last);
}

enum stream_verdict streams_judge(const struct stream_table *table, const struct streams *streams,
                                  size_t kind, uint64_t number, int64_t unix_ms)
{
    const struct stream *stream = &streams->stream[kind];
    if (!spans_has(&stream->spans, number))
        return STREAM_NEW;
    /* A journal with a name starts over under another name only. */
    if (stream->epoch != 0 || table->numbering[kind] == HUB_TIMED)
        return STREAM_DUPLICATE;
    bool later =
        unix_ms != 0 && stream->newest_ms != 0 && unix_ms - stream->newest_ms > STREAM_RESTART_MS;
    return later ? STREAM_RESTARTED : STREAM_DUPLICATE;
}

bool streams_forgotten(const struct stream_table *table, const struct streams *streams, size_t kind,
                       uint64_t number)
{
    const struct spans *spans = &streams->stream[kind].spans;
    return table->numbering[kind] == HUB_TIMED && spans->count == SPANS_MAX &&
           number < spans->items[0].first;
}

static void start_over(struct stream *stream, uint32_t epoch)
{
    spans_clear(&stream->spans);
    stream->epoch = epoch;
    stream->newest_ms = 0;
}

/* A journal that counts through starts over for all of its topics. */
static void restart(const struct stream_table *table, struct streams *streams, size_t kind)
{
    bool all = journalled(table, kind) && !streams->counted_per_topic;
    for (size_t other = 0; other < table->count; other++)
        if (other == kind || (all && journalled(table, other)))
            start_over(&streams->stream[other], 0);
    if (journalled(table, kind))
        streams->counted_per_topic = false;
}

/* Closes the gap below span `index` when it is full of the siblings' numbers. */
static void close_shared_gap(const struct stream_table *table, struct streams *streams, size_t kind,
                             size_t index)
{
    struct spans *spans = &streams->stream[kind].spans;
    if (index < 1 || index >= spans->count)
        return;
    if (missing(table, streams, kind, spans_gap(spans, index)) == 0)
        spans_join(spans, index);
}

/* Makes room for one more span. Returns the numbers given up for it; those that a sibling has are
 * not missing. */
static uint64_t make_room(const struct stream_table *table, struct streams *streams, size_t kind)
{
    struct spans *spans = &streams->stream[kind].spans;
    if (table->numbering[kind] == HUB_TIMED) {
        spans_forget_first(spans);
        return 0;
    }
    struct series_span gap = spans_gap(spans, 1);
    spans_join(spans, 1);
    if (!journalled(table, kind) || streams->counted_per_topic)
        return gap.last - gap.first + 1;
    return missing(table, streams, kind, gap);
}

int streams_take(const struct stream_table *table, struct streams *streams, size_t kind,
                 uint64_t number, int64_t unix_ms, enum stream_verdict verdict, uint64_t *closed)
{
    struct stream *stream = &streams->stream[kind];
    struct spans *spans = &stream->spans;
    *closed = 0;
    if (verdict == STREAM_RESTARTED)
        restart(table, streams, kind);
    if (journalled(table, kind) && sibling_has(table, streams, kind, number))
        streams->counted_per_topic = true;
    int err = 0;
    if (!streams_forgotten(table, streams, kind, number))
        err = spans_add(spans, number);
    if (err == ROOST_ERR_FULL) {
        *closed = make_room(table, streams, kind);
        /* The gap just closed may have held the number itself. */
        err = spans_has(spans, number) ? 0 : spans_add(spans, number);
    }
    if (err)
        return err;
    if (journalled(table, kind) && !streams->counted_per_topic) {
        size_t index = spans_index(spans, number);
        close_shared_gap(table, streams, kind, index + 1);
        close_shared_gap(table, streams, kind, index);
    }
    if (unix_ms > stream->newest_ms)
        stream->newest_ms = unix_ms;
    return 0;
}

bool streams_journal(const struct stream_table *table, struct streams *streams, uint32_t journal_id,
                     bool *learnt)
{
    bool restarted = false;
    *learnt = false;
    if (journal_id == 0)
        return false;
    for (size_t kind = 0; kind < table->count; kind++) {
        struct stream *stream = &streams->stream[kind];
        if (!journalled(table, kind) || stream->epoch == journal_id)
            continue;
        if (stream->epoch != 0) {
            start_over(stream, journal_id);
            streams->counted_per_topic = false;
            restarted = true;
        }
        stream->epoch = journal_id;
        *learnt = true;
    }
    return restarted;
}
