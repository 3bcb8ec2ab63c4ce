/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of csms_desk: samples of the central system's file in the order of time, each once. From
 * curves, day by day until a page is full, and from the journal, where what came last still is
 * (csms_book_curve.c). On whatever thread; one at a time; the caller's transaction makes both as
 * they are at one time. Depends on sqlite3, hub/csms/desk.h.
 */
#ifndef ROOST_HUB_STORE_CSMS_SAMPLES_H
#define ROOST_HUB_STORE_CSMS_SAMPLES_H

#include "hub/csms/desk.h"
#include "hub/store/csms_rows.h"
#include "hub/store/sqlite_db.h"

struct csms_reader {
    sqlite3 *db;
    uint16_t *words; /* enum ocpp_word of the file's names */
    size_t word_count;
};

/* Read-only, after the file was opened for writing. `why` may be NULL. */
int csms_reader_open(struct csms_reader *reader, const char *path, char *why, size_t why_size);
void csms_reader_close(struct csms_reader *reader);

struct csms_samples {
    struct csms_sample *samples;
    struct csms_desk_origin *origins;
    struct csms_bytes texts;
    size_t count;
    int64_t last_ms;
    bool more;
};

/* What CSMS_DESK_TX and CSMS_DESK_SAMPLES ask for; `out` is {0}, to be freed after any result.
 * ROOST_ERR_CORRUPT, ROOST_ERR_NO_MEMORY, and what sqlite_db has. */
int csms_samples_read(struct csms_reader *reader, const struct csms_desk_query *query,
                      struct csms_samples *out);
void csms_samples_free(struct csms_samples *samples);

#endif
