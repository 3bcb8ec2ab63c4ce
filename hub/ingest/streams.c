/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/ingest/streams.h"

#include <stdlib.h>

#include "core/assert.h"
#include "core/err.h"

struct streams *streams_new(const struct stream_table *table)
{
    return calloc(1, sizeof(struct streams) + table->count * sizeof(struct stream));
}

void streams_free(struct stream_table *table, struct streams *streams)
{
    if (!streams)
        return;
    for (size_t i = 0; i < table->count; i++) {
        spans_clear(&streams->stream[i].spans);
        recent_clear(&streams->stream[i].recent, &table->budget);
    }
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

/* A journal with a name starts over under another name only, and a time is what it is. */
static bool number_is_identity(const struct stream_table *table, const struct stream *stream,
                               size_t kind)
{
    return stream->epoch != 0 || table->numbering[kind] == HUB_TIMED;
}

/* A number that is stored, of a reading that is not remembered. */
static enum stream_verdict judge_forgotten(const struct stream *stream,
                                           const struct stream_reading *reading)
{
    /* Stored by a hub that remembered numbers only. What the broker repeats comes before all else.
     */
    bool upgraded = stream->recent.count == 0 && reading->repeated;
    bool old = reading->good_ms != 0 && reading->good_ms <= stream->newest_ms;
    if (old || (upgraded && reading->good_ms != 0))
        return STREAM_DOUBTED;
    return upgraded ? STREAM_DUPLICATE : STREAM_RESTARTED;
}

enum stream_verdict streams_judge(const struct stream_table *table, const struct streams *streams,
                                  size_t kind, const struct stream_reading *reading)
{
    const struct stream *stream = &streams->stream[kind];
    bool stored = spans_has(&stream->spans, reading->number);
    if (number_is_identity(table, stream, kind))
        return stored ? STREAM_DUPLICATE : STREAM_NEW;
    if (!stored && !recent_has_before(&stream->recent))
        return STREAM_NEW;
    enum recent_found found = recent_find(&stream->recent, reading->number, reading->hash);
    /* Of an earlier numbering a value without a time proves nothing. */
    bool same = found == RECENT_SAME ||
                (found == RECENT_BEFORE && (reading->unix_ms != 0 || reading->repeated));
    if (same)
        return STREAM_DUPLICATE;
    if (!stored)
        return STREAM_NEW;
    return found == RECENT_UNKNOWN ? judge_forgotten(stream, reading) : STREAM_RESTARTED;
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
}

/* A device that was seen to count anew: what it said of the new numbering before that was noticed,
 * with numbers that were not taken before, is stored and stays known. */
static void count_anew(struct stream *stream, uint64_t number, bool showed)
{
    start_over(stream, 0);
    if (showed)
        recent_start_over(&stream->recent, number);
    else
        recent_start_over_too(&stream->recent, number);
    for (size_t back = 0; back < stream->recent.run; back++)
        if (spans_add(&stream->spans, recent_number(&stream->recent, back, number)) != 0)
            return; /* the ring knows it */
}

/* A device that starts counts anew in all of its journal's topics. How it numbers stays. */
static void restart(const struct stream_table *table, struct streams *streams, size_t kind,
                    uint64_t number)
{
    bool all = journalled(table, kind);
    for (size_t other = 0; other < table->count; other++)
        if (other == kind || (all && journalled(table, other)))
            count_anew(&streams->stream[other], number, other == kind);
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

static uint64_t span_length(const struct spans *spans, size_t index)
{
    return spans->items[index].last - spans->items[index].first + 1;
}

/* Between a span and the one below it lie more numbers than a device could have left out. */
static bool leapt(const struct spans *spans, size_t index, uint64_t total)
{
    struct series_span gap = spans_gap(spans, index);
    uint64_t most = total > STREAM_GAP_MIN ? total : STREAM_GAP_MIN;
    return gap.last - gap.first >= most;
}

/* The spans first..last between two leaps that have the most numbers: what the device counts. The
 * later of two that have as many. */
static void find_main(const struct spans *spans, uint64_t total, size_t *first, size_t *last)
{
    uint64_t most = 0;
    for (size_t from = 0, to; from < spans->count; from = to + 1) {
        uint64_t length = span_length(spans, from);
        for (to = from; to + 1 < spans->count && !leapt(spans, to + 1, total); to++)
            length += span_length(spans, to + 1);
        if (length < most)
            continue;
        most = length;
        *first = from;
        *last = to;
    }
}

/* The smallest span outside of first..last that does not hold the number taken last; count: none.
 */
static size_t find_outlier(const struct stream *stream, size_t first, size_t last)
{
    const struct spans *spans = &stream->spans;
    size_t found = spans->count;
    for (size_t i = 0; i < spans->count; i++) {
        bool newest = stream->last >= spans->items[i].first && stream->last <= spans->items[i].last;
        if (newest || (i >= first && i <= last))
            continue;
        if (found == spans->count || span_length(spans, i) < span_length(spans, found))
            found = i;
    }
    return found;
}

/* Makes room for one more span. Returns the numbers given up for it; those that a sibling has are
 * not missing. */
static uint64_t make_room(const struct stream_table *table, struct streams *streams, size_t kind)
{
    struct stream *stream = &streams->stream[kind];
    struct spans *spans = &stream->spans;
    size_t first = 0, last = 0;
    if (table->numbering[kind] == HUB_TIMED) {
        spans_forget(spans, 0);
        return 0;
    }
    find_main(spans, spans_total(spans), &first, &last);
    size_t outlier = find_outlier(stream, first, last);
    if (outlier < spans->count) {
        spans_forget(spans, outlier);
        return 0;
    }
    ROOST_ASSERT(last > first); /* at most one span lies outside */
    struct series_span gap = spans_gap(spans, first + 1);
    spans_join(spans, first + 1);
    if (!journalled(table, kind) || streams->counted_per_topic)
        return gap.last - gap.first + 1;
    return missing(table, streams, kind, gap);
}

/* The content is remembered where the number alone would not do. */
static int remember(struct stream_table *table, struct stream *stream, size_t kind,
                    const struct stream_reading *reading)
{
    if (number_is_identity(table, stream, kind))
        return 0;
    int err = recent_add(&stream->recent, &table->budget, reading->number, reading->hash);
    if (!err && stream->taken[0] < RECENT_MAX)
        stream->taken[0]++;
    return err;
}

int streams_take(struct stream_table *table, struct streams *streams, size_t kind,
                 const struct stream_reading *reading, enum stream_verdict verdict,
                 uint64_t *closed)
{
    struct stream *stream = &streams->stream[kind];
    struct spans *spans = &stream->spans;
    uint64_t number = reading->number;
    *closed = 0;
    if (verdict == STREAM_DOUBTED)
        return remember(table, stream, kind, reading); /* its number stands there */
    if (verdict == STREAM_RESTARTED)
        restart(table, streams, kind, number);
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
    if (!err)
        err = remember(table, stream, kind, reading);
    if (err)
        return err;
    stream->last = number;
    if (journalled(table, kind) && !streams->counted_per_topic) {
        size_t index = spans_index(spans, number);
        close_shared_gap(table, streams, kind, index + 1);
        close_shared_gap(table, streams, kind, index);
    }
    if (reading->good_ms > stream->newest_ms)
        stream->newest_ms = reading->good_ms;
    return 0;
}

bool streams_keep(struct streams *streams, size_t kind, const struct stream_reading *reading)
{
    struct stream *stream = &streams->stream[kind];
    size_t since = recent_since(&stream->recent, reading->number, reading->hash);
    if (since > stream->taken[0])
        stream->taken[0] = (uint16_t)since;
    return since > 0;
}

size_t streams_recent_count(const struct stream *stream)
{
    size_t count = (size_t)stream->taken[0] + stream->taken[1];
    if (count < RECENT_LEAST)
        count = RECENT_LEAST;
    return count < stream->recent.count ? count : stream->recent.count;
}

void streams_sealed(struct stream *stream, bool late)
{
    size_t before = late ? (size_t)stream->taken[0] + stream->taken[1] : stream->taken[0];
    stream->taken[1] = (uint16_t)(before < RECENT_MAX ? before : RECENT_MAX);
    stream->taken[0] = 0;
    stream->touched = false;
}

bool streams_journal(struct stream_table *table, struct streams *streams, uint32_t journal_id,
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
        recent_clear(&stream->recent, &table->budget);
        *learnt = true;
    }
    return restarted;
}
