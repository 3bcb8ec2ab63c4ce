/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/climate/streams.h"

#include "core/err.h"

void streams_deinit(struct streams *streams)
{
    for (int i = 0; i < STREAM_COUNT; i++)
        spans_clear(&streams->stream[i].spans);
}

/* The stream that may share its numbering, or NULL. */
static struct spans *sibling(struct streams *streams, enum stream_kind kind)
{
    switch (kind) {
    case STREAM_TEMPERATURE:
        return &streams->stream[STREAM_HUMIDITY].spans;
    case STREAM_HUMIDITY:
        return &streams->stream[STREAM_TEMPERATURE].spans;
    default:
        return NULL;
    }
}

enum stream_verdict streams_judge(const struct streams *streams, enum stream_kind kind,
                                  uint64_t number, int64_t unix_ms)
{
    const struct stream *stream = &streams->stream[kind];
    if (!spans_has(&stream->spans, number))
        return STREAM_NEW;
    bool later =
        unix_ms != 0 && stream->newest_ms != 0 && unix_ms - stream->newest_ms > STREAM_RESTART_MS;
    return later && kind != STREAM_CONTROL ? STREAM_RESTARTED : STREAM_DUPLICATE;
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
    bool both = kind != STREAM_AUDIO && !streams->counted_per_topic;
    start_over(streams, kind, 0);
    if (both)
        start_over(streams, kind == STREAM_TEMPERATURE ? STREAM_HUMIDITY : STREAM_TEMPERATURE, 0);
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

/* Makes room for one more span. Returns the numbers given up for it. */
static uint64_t make_room(struct spans *spans, const struct spans *other, enum stream_kind kind)
{
    if (kind == STREAM_CONTROL) {
        spans_forget_first(spans);
        return 0;
    }
    struct series_span gap = spans_gap(spans, 1);
    spans_join(spans, 1);
    return other ? spans_missing(other, gap.first, gap.last) : gap.last - gap.first + 1;
}

int streams_take(struct streams *streams, enum stream_kind kind, uint64_t number, int64_t unix_ms,
                 enum stream_verdict verdict, uint64_t *closed)
{
    struct stream *stream = &streams->stream[kind];
    struct spans *spans = &stream->spans;
    *closed = 0;
    const struct spans *other = sibling(streams, kind);
    if (verdict == STREAM_RESTARTED)
        restart(streams, kind);
    if (other && !streams->counted_per_topic && spans_has(other, number))
        streams->counted_per_topic = true;
    int err = spans_add(spans, number);
    if (err == ROOST_ERR_FULL) {
        *closed = make_room(spans, streams->counted_per_topic ? NULL : other, kind);
        /* The gap just closed may have held the number itself. */
        err = spans_has(spans, number) ? 0 : spans_add(spans, number);
    }
    if (err)
        return err;
    if (other && !streams->counted_per_topic) {
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
