/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbered streams of a device, and the decision whether what it sends is new.
 *
 * A device numbers what it measures and sends a number again until the hub has it. Three ways of
 * numbering are met in streams that a journal numbers: each topic counts for itself; one sample has
 * one number on all topics; or the device's journal counts through, so that the one is 1, 3, 5 and
 * the other 2, 4, 6. In the last case every gap of one stream is full in the others, and such gaps
 * are closed, until a number is seen on two topics, which proves one of the first two.
 *
 * Numbering starts over when the device's journal is formatted. The device says so by a new journal
 * id in its status, which it sends before its readings. Of one that never named its journal it is
 * recognised by a number that is stored already with a time of more than a minute after everything
 * stored: a repeated reading keeps its old time. (Readings of a restarted numbering within that
 * minute, or without a time, count as duplicates.) Where the journal has a name, time says nothing:
 * a reading may come first without its time and again with it, once its device knows the clock.
 *
 * When a stream would need more than SPANS_MAX spans, its oldest gap is closed: numbers in it would
 * be taken for stored if they still came. They are counted.
 *
 * What has no number (HUB_TIMED) has its time for one, of which the newest SPANS_MAX are
 * remembered. Whether one that is older than all of them was stored cannot be known any more.
 * Depends on hub/service.h (the kinds of numbering), hub/ingest/spans.h.
 *
 *     static const enum hub_numbering kinds[] = {HUB_JOURNALLED, HUB_JOURNALLED, HUB_NUMBERED};
 *     const struct stream_table table = {.count = 3, .numbering = kinds};
 *     verdict = streams_judge(&table, streams, 0, seq, unix_ms);
 */
#ifndef ROOST_HUB_INGEST_STREAMS_H
#define ROOST_HUB_INGEST_STREAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "hub/ingest/spans.h"
#include "hub/service.h"

enum { STREAM_RESTART_MS = 60000 };

struct stream {
    struct spans spans;
    uint32_t epoch;    /* journal id of the numbers; 0 unknown */
    int64_t newest_ms; /* newest time that a device gave with a number; 0 none */
    bool touched;      /* the batch being filled will store it */
};

/* Which streams there are, the same for every device. */
struct stream_table {
    size_t count;
    enum hub_numbering numbering[HUB_STREAMS_MAX];
};

/* Of one device. Zeroed: nothing stored. */
struct streams {
    bool counted_per_topic; /* a number was seen on two journalled topics */
    struct stream stream[]; /* table->count of them */
};

/* NULL: out of memory. */
struct streams *streams_new(const struct stream_table *table);
void streams_free(const struct stream_table *table, struct streams *streams);

enum stream_verdict {
    STREAM_NEW,
    STREAM_DUPLICATE,
    STREAM_RESTARTED /* new, of a new numbering */
};

/* What a reading would be; changes nothing. unix_ms 0: it came without a time. */
enum stream_verdict streams_judge(const struct stream_table *table, const struct streams *streams,
                                  size_t kind, uint64_t number, int64_t unix_ms);

/* True for a time that would have been forgotten if it was stored. */
bool streams_forgotten(const struct stream_table *table, const struct streams *streams, size_t kind,
                       uint64_t number);

/* Takes a reading that was judged new or restarted; the latter forgets the numbers of its stream,
 * of all journalled ones unless each counts for itself. *closed takes how many missing numbers were
 * given up for want of room. Returns 0 or ROOST_ERR_NO_MEMORY (nothing changed but gaps closed). */
int streams_take(const struct stream_table *table, struct streams *streams, size_t kind,
                 uint64_t number, int64_t unix_ms, enum stream_verdict verdict, uint64_t *closed);

/* The status named the device's journal: true when that starts numbering over, and the journalled
 * streams have forgotten their numbers. *learnt: the id was not known before and is now. */
bool streams_journal(const struct stream_table *table, struct streams *streams, uint32_t journal_id,
                     bool *learnt);

#endif
