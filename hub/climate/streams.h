/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbered streams of a device, and the decision whether a reading is new.
 *
 * A device numbers what it measures and sends a number again until the hub has it. Three ways of
 * numbering are met: each topic counts for itself; one sample has one number on both topics; or the
 * device's journal counts through, so that temperature is 1, 3, 5 and humidity 2, 4, 6. In the last
 * case every gap of one stream is full in the other, and such gaps are closed, until a number is
 * seen on both topics, which proves one of the first two.
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
 * Decisions of the model have no number; their time serves as one, of which the newest SPANS_MAX
 * are remembered. Depends on hub/climate/spans.h.
 */
#ifndef ROOST_HUB_CLIMATE_STREAMS_H
#define ROOST_HUB_CLIMATE_STREAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "hub/climate/spans.h"

/* Numbers are part of the stored format. */
enum stream_kind {
    STREAM_TEMPERATURE = 0,
    STREAM_HUMIDITY = 1,
    STREAM_AUDIO = 2,
    STREAM_CONTROL = 3, /* of the model, for the device */
    STREAM_COUNT
};

enum { STREAM_RESTART_MS = 60000 };

struct stream {
    struct spans spans;
    uint32_t epoch;    /* journal id of the numbers; 0 unknown */
    int64_t newest_ms; /* newest time that a device gave with a number; 0 none */
    bool touched;      /* the batch being filled will store it */
};

/* Zeroed: nothing stored. */
struct streams {
    struct stream stream[STREAM_COUNT];
    bool counted_per_topic; /* a number was seen on both topics */
};

void streams_deinit(struct streams *streams);

enum stream_verdict {
    STREAM_NEW,
    STREAM_DUPLICATE,
    STREAM_RESTARTED /* new, of a new numbering */
};

/* What a reading would be; changes nothing. unix_ms 0: it came without a time. */
enum stream_verdict streams_judge(const struct streams *streams, enum stream_kind kind,
                                  uint64_t number, int64_t unix_ms);

/* Takes a reading that was judged new or restarted; the latter forgets the numbers of its stream,
 * of temperature and humidity both unless each counts for itself. *closed takes how many missing
 * numbers were given up for want of room. Returns 0 or ROOST_ERR_NO_MEMORY (nothing changed but
 * gaps closed). */
int streams_take(struct streams *streams, enum stream_kind kind, uint64_t number, int64_t unix_ms,
                 enum stream_verdict verdict, uint64_t *closed);

/* The status named the device's journal: true when that starts numbering over, and temperature and
 * humidity have forgotten their numbers. *learnt: the id was not known before and is now. */
bool streams_journal(struct streams *streams, uint32_t journal_id, bool *learnt);

#endif
