/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of a charger in memory, from wherever they were stored, and what makes them one curve:
 * each once, in the order of time. Same connector, time, measurand, phase, location, context and
 * format is the same value: the one whose transaction is known counts, otherwise the one that was
 * stored first. Depends on hub/store/csms_points.h.
 *
 *     struct csms_rows rows = {0};
 *     err = csms_rows_read(&rows, blob, len, &want);       in the order of storing
 *     csms_rows_unique(&rows);
 *     csms_rows_by_time(&rows);
 *     csms_rows_free(&rows);
 */
#ifndef ROOST_HUB_STORE_CSMS_ROWS_H
#define ROOST_HUB_STORE_CSMS_ROWS_H

#include "hub/store/csms_points.h"

enum { CSMS_DAY_MS = 24 * 3600000 };

struct csms_rows_one {
    struct csms_row row; /* its text is texts.data + text_at */
    size_t text_at;
    uint32_t number; /* in the order of storing */
    bool kept;       /* it is in a curve already */
};

struct csms_rows {
    struct csms_rows_one *all;
    size_t count, room;
    struct csms_bytes texts;
    bool reads_kept; /* what is read is in a curve already */
};

/* Which rows are taken; from <= time < to. */
struct csms_want {
    int32_t connector, tx; /* -1: any */
    int64_t from_ms, to_ms;
};
/* Every one. */
#define CSMS_WANT_ALL                                                                              \
    {                                                                                              \
        .connector = -1, .tx = -1, .from_ms = INT64_MIN, .to_ms = INT64_MAX                        \
    }

/* 0, ROOST_ERR_CORRUPT or ROOST_ERR_NO_MEMORY. `bytes` are borrowed for the call. */
int csms_rows_read(struct csms_rows *rows, const void *bytes, size_t len,
                   const struct csms_want *want);
void csms_rows_unique(struct csms_rows *rows);
void csms_rows_by_time(struct csms_rows *rows);
void csms_rows_free(struct csms_rows *rows);

/* That of arrival counts where its own cannot be. */
static inline int64_t csms_row_time(const struct csms_row *row)
{
    return row->flags & CSMS_ROW_DOUBTFUL ? row->arrived_ms : row->at_ms;
}

/* Days of UTC since 1970. */
static inline int64_t csms_day(int64_t unix_ms)
{
    return (unix_ms >= 0 ? unix_ms : unix_ms - (CSMS_DAY_MS - 1)) / CSMS_DAY_MS;
}

#endif
