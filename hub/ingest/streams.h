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
 * id in its status, which it sends before its readings. There a number is a reading's identity, and
 * neither time nor value says anything: a reading may come first without its time and again with
 * it, once its device knows the clock.
 *
 * A device that never named its journal may count in RAM, and begin with 1 whenever it starts. Its
 * readings are told apart by number and content (value and time) of the newest few thousand
 * (hub/ingest/recent.h): the same number with the same content is a repetition, with another one it
 * is a new reading, and the numbering has started over. Content without a time says little, so once
 * a numbering has started over, only what the broker marks as repeated is looked for in the one
 * before. A number that is stored and no longer remembered (the hub was started anew, the budget is
 * spent, many came since) is in doubt when it came with a time that is not after everything stored:
 * the store knows whether there is a row of that time and content, and stores it when there is
 * none. Otherwise it is new, and the numbering has started over: what the broker may repeat is
 * always remembered, for it is stored with the numbers, as many as a batch had.
 *
 * When a stream would need more than SPANS_MAX spans, its oldest gap is closed: numbers in it would
 * be taken for stored if they still came. They are counted. A gap of more numbers than the stream
 * ever had is none: a number leapt (a register read wrong, 2^63). What lies on the smaller side of
 * such leaps is forgotten first, so it can neither fill the memory nor the count of what is
 * missing, and no number in between is ever taken for stored.
 *
 * What has no number (HUB_TIMED) has its time for one, of which the newest SPANS_MAX are
 * remembered. Whether one that is older than all of them was stored cannot be known any more.
 * Depends on hub/service.h (the kinds of numbering), hub/ingest/spans.h.
 *
 *     static const enum hub_numbering kinds[] = {HUB_JOURNALLED, HUB_JOURNALLED, HUB_NUMBERED};
 *     const struct stream_table table = {.count = 3, .numbering = kinds};
 *     const struct stream_reading reading = {.number = seq, .unix_ms = unix_ms, .hash = hash};
 *     verdict = streams_judge(&table, streams, 0, &reading);
 */
#ifndef ROOST_HUB_INGEST_STREAMS_H
#define ROOST_HUB_INGEST_STREAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "hub/ingest/recent.h"
#include "hub/ingest/spans.h"
#include "hub/service.h"

/* A gap of up to this many numbers is one, whatever the stream had before. */
enum { STREAM_GAP_MIN = 1000 };

struct stream {
    struct spans spans;
    struct recent recent; /* of a stream whose numbers are no identity; see above */
    uint64_t last;        /* the number taken last */
    int64_t
        newest_ms; /* newest time that a device gave with a number, in whatever numbering; 0 none */
    uint32_t epoch;    /* journal id of the numbers; 0 unknown */
    uint16_t taken[2]; /* readings since it was stored last, and between that and the time before */
    bool touched;      /* the batch being filled will store it */
};

/* A numbered reading as it came. */
struct stream_reading {
    uint64_t number;
    int64_t unix_ms; /* its own time, whatever that is worth; 0: it came without */
    int64_t good_ms; /* the same where it can be believed, 0 where not */
    uint32_t hash;   /* of all three: number, value, unix_ms */
    bool repeated;   /* as the broker says */
};

/* Which streams there are, the same for every device. */
struct stream_table {
    size_t count;
    enum hub_numbering numbering[HUB_STREAMS_MAX];
    struct recent_budget budget;
};

/* Of one device. Zeroed: nothing stored. */
struct streams {
    bool counted_per_topic; /* a number was seen on two journalled topics */
    struct stream stream[]; /* table->count of them */
};

/* NULL: out of memory. */
struct streams *streams_new(const struct stream_table *table);
void streams_free(struct stream_table *table, struct streams *streams);

enum stream_verdict {
    STREAM_NEW,
    STREAM_DUPLICATE,
    STREAM_RESTARTED, /* new, of a new numbering */
    STREAM_DOUBTED    /* new, unless the store has a row of its time and content */
};

/* What a reading would be; changes nothing. */
enum stream_verdict streams_judge(const struct stream_table *table, const struct streams *streams,
                                  size_t kind, const struct stream_reading *reading);

/* True for a time that would have been forgotten if it was stored. */
bool streams_forgotten(const struct stream_table *table, const struct streams *streams, size_t kind,
                       uint64_t number);

/* Takes a reading that was not judged a duplicate; a restarted one forgets the numbers of its
 * stream, of all journalled ones, too, since its device was started. *closed takes how many missing
 * numbers were given up for want of room. Returns 0 or ROOST_ERR_NO_MEMORY (nothing changed but
 * gaps closed). */
int streams_take(struct stream_table *table, struct streams *streams, size_t kind,
                 const struct stream_reading *reading, enum stream_verdict verdict,
                 uint64_t *closed);

/* A duplicate was seen that waits for its acknowledgement: the broker may repeat it to a hub that
 * is started anew, so what tells it is to be stored with the stream. True when there is something.
 */
bool streams_keep(struct streams *streams, size_t kind, const struct stream_reading *reading);

/* How many of the newest readings have to be stored with the stream's spans: those of which the
 * broker may not have seen the acknowledgement, and what a device has on its way at most. */
size_t streams_recent_count(const struct stream *stream);
/* They are being stored. late: acknowledgements wait for something else, too, so that what was
 * stored before may still be repeated. */
void streams_sealed(struct stream *stream, bool late);

/* The status named the device's journal: true when that starts numbering over, and the journalled
 * streams have forgotten their numbers. *learnt: the id was not known before and is now. */
bool streams_journal(struct stream_table *table, struct streams *streams, uint32_t journal_id,
                     bool *learnt);

#endif
