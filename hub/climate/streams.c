/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/climate/streams.h"

#include "core/err.h"

void streams_deinit(struct streams *streams)
{
    for (int i = 0; i < STREAM_COUNT; i++)
        spans_clear(&streams->stream[i].spans);
}

/* Temperature and humidity may share their numbers. */
static bool has_sibling(enum stream_kind kind)
{
    return kind == STREAM_TEMPERATURE || kind == STREAM_HUMIDITY;
}

static enum stream_kind sibling_of(enum stream_kind kind)
{
    return kind == STREAM_TEMPERATURE ? STREAM_HUMIDITY : STREAM_TEMPERATURE;
}

enum stream_verdict streams_judge(const struct streams *streams, enum stream_kind kind,
                                  uint64_t number, int64_t unix_ms)
{
    const struct stream *stream = &streams->stream[kind];
    if (!spans_has(&stream->spans, number))
        return STREAM_NEW;
    /* A journal with a name starts over under another name only. */
    if (stream->epoch != 0 || kind == STREAM_CONTROL)
        return STREAM_DUPLICATE;
    bool later =
        unix_ms != 0 && stream->newest_ms != 0 && unix_ms - stream->newest_ms > STREAM_RESTART_MS;
    return later ? STREAM_RESTARTED : STREAM_DUPLICATE;
}

static void start_over(struct streams *streams, enum stream_kind kind, uint32_t epoch)
{
    struct stream *stream = &streams->stream[kind];
    spans_clear(&stream->spans);
    stream->epoch = epoch;
    stream->newest_ms = 0;
    streams->counted_per_topic = false;
}

/* A journal that counts through starts over for both of its topics. */
static void restart(struct streams *streams, enum stream_kind kind)
{
    bool both = has_sibling(kind) && !streams->counted_per_topic;
    start_over(streams, kind, 0);
    if (both)
        start_over(streams, sibling_of(kind), 0);
}

/* Closes the gap below span `index` when it is full of the sibling's numbers. */
static void close_shared_gap(struct spans *spans, const struct spans *other, size_t index)
{
    if (index < 1 || index >= spans->count)
        return;
    struct series_span gap = spans_gap(spans, index);
    if (spans_missing(other, gap.first, gap.last) == 0)
        spans_join(spans, index);
}

/* Makes room for one more span. Returns the numbers given up for it; those that a sibling has are
 * not missing. */
static uint64_t make_room(struct streams *streams, enum stream_kind kind)
{
    struct spans *spans = &streams->stream[kind].spans;
    if (kind == STREAM_CONTROL) {
        spans_forget_first(spans);
        return 0;
    }
    struct series_span gap = spans_gap(spans, 1);
    spans_join(spans, 1);
    if (!has_sibling(kind) || streams->counted_per_topic)
        return gap.last - gap.first + 1;
    return spans_missing(&streams->stream[sibling_of(kind)].spans, gap.first, gap.last);
}

int streams_take(struct streams *streams, enum stream_kind kind, uint64_t number, int64_t unix_ms,
                 enum stream_verdict verdict, uint64_t *closed)
{
    struct stream *stream = &streams->stream[kind];
    struct spans *spans = &stream->spans;
    const struct spans *other = &streams->stream[sibling_of(kind)].spans;
    *closed = 0;
    if (verdict == STREAM_RESTARTED)
        restart(streams, kind);
    if (has_sibling(kind) && spans_has(other, number))
        streams->counted_per_topic = true;
    int err = spans_add(spans, number);
    if (err == ROOST_ERR_FULL) {
        *closed = make_room(streams, kind);
        /* The gap just closed may have held the number itself. */
        err = spans_has(spans, number) ? 0 : spans_add(spans, number);
    }
    if (err)
        return err;
    if (has_sibling(kind) && !streams->counted_per_topic) {
        size_t index = spans_index(spans, number);
        close_shared_gap(spans, other, index + 1);
        close_shared_gap(spans, other, index);
    }
    if (unix_ms > stream->newest_ms)
        stream->newest_ms = unix_ms;
    return 0;
}

bool streams_journal(struct streams *streams, uint32_t journal_id, bool *learnt)
{
    static const enum stream_kind counted[] = {STREAM_TEMPERATURE, STREAM_HUMIDITY};
    bool restarted = false;
    *learnt = false;
    if (journal_id == 0)
        return false;
    for (int i = 0; i < 2; i++) {
        struct stream *stream = &streams->stream[counted[i]];
        if (stream->epoch == journal_id)
            continue;
        if (stream->epoch != 0) {
            start_over(streams, counted[i], journal_id);
            restarted = true;
        }
        stream->epoch = journal_id;
        *learnt = true;
    }
    return restarted;
}
