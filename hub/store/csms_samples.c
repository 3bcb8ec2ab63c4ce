/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/store/csms_book_sql.h"
#include "hub/store/csms_samples.h"
#include "proto/ocpp/schema.h"

/* ---- words ---- */

static const enum ocpp_set sets[CSMS_WORDS] = {
    [CSMS_MEASURAND] = OCPP_SET_Measurand, [CSMS_PHASE] = OCPP_SET_Phase,
    [CSMS_LOCATION] = OCPP_SET_Location,   [CSMS_CONTEXT] = OCPP_SET_ReadingContext,
    [CSMS_FORMAT] = OCPP_SET_ValueFormat,  [CSMS_UNIT] = OCPP_SET_Unit};

static uint16_t word_of(const char *text)
{
    for (int i = 0; i < CSMS_WORDS; i++) {
        size_t count;
        const uint16_t *words = ocpp_set_words(sets[i], &count);
        for (size_t j = 0; j < count; j++)
            if (strcmp(ocpp_word_text((enum ocpp_word)words[j]), text) == 0)
                return words[j];
    }
    return OCPP_NO_WORD; /* a charger's identity, or nothing */
}

/* Words have the first numbers: the file was opened for writing before anything was stored. */
static int read_words(struct csms_reader *reader)
{
    enum { WORDS_MAX = 4096 };
    sqlite3_stmt *s = NULL;
    int result, err = sqlite_db_prepare(reader->db, "SELECT id,text FROM name WHERE id<?1", &s);

    if (err)
        return err;
    reader->words = calloc(WORDS_MAX, sizeof *reader->words);
    reader->word_count = WORDS_MAX;
    sqlite3_bind_int(s, 1, WORDS_MAX);
    while (reader->words && (result = sqlite3_step(s)) == SQLITE_ROW)
        reader->words[sqlite3_column_int64(s, 0)] =
            word_of((const char *)sqlite3_column_text(s, 1));
    err = reader->words ? sqlite_db_error(reader->db, result) : ROOST_ERR_NO_MEMORY;
    sqlite3_finalize(s);
    return err;
}

int csms_reader_open(struct csms_reader *reader, const char *path, char *why, size_t why_size)
{
    enum { CACHE_KIB = 4096 };
    int err = sqlite_db_open(&reader->db, path, SQLITE_DB_READER, CACHE_KIB, why, why_size);

    return err ? err : read_words(reader);
}

void csms_reader_close(struct csms_reader *reader)
{
    free(reader->words);
    sqlite3_close(reader->db);
    *reader = (struct csms_reader){0};
}

/* ---- whose ---- */

/* The charger's number, and of a transaction its charger's. 0: there is nothing of it. */
static int find_charger(struct csms_reader *reader, const struct csms_desk_query *query, int32_t tx,
                        int64_t *charger)
{
    sqlite3_stmt *s = NULL;
    int err = sqlite_db_prepare(
        reader->db,
        tx > 0 ? "SELECT id FROM name WHERE text=(SELECT identity FROM tx WHERE id=?2)"
               : "SELECT id FROM name WHERE text=?1",
        &s);

    *charger = 0;
    if (err)
        return err;
    sqlite_db_bind_text(s, 1, query->identity ? query->identity : "");
    sqlite3_bind_int(s, 2, tx);
    int result = sqlite3_step(s);
    if (result == SQLITE_ROW)
        *charger = sqlite3_column_int64(s, 0);
    err = sqlite_db_error(reader->db, result);
    sqlite3_finalize(s);
    return err;
}

/* ---- from the file ---- */

/* Messages of the charger in a row of the journal. */
static int read_messages(const uint8_t *at, size_t len, uint64_t charger,
                         const struct csms_want *want, struct csms_rows *rows)
{
    const uint8_t *end = at + len;
    int err = 0;

    while (!err && at < end) {
        uint64_t whose, bytes;
        at = csms_varint_read(at, end, &whose);
        at = at ? csms_varint_read(at, end, &bytes) : NULL;
        if (!at || bytes > (uint64_t)(end - at))
            return ROOST_ERR_CORRUPT;
        if (whose == charger)
            err = csms_rows_read(rows, at, (size_t)bytes, want);
        at += bytes;
    }
    return err;
}

static int read_journal(struct csms_reader *reader, int64_t charger, const struct csms_want *want,
                        struct csms_rows *rows)
{
    sqlite3_stmt *s = NULL;
    int result, err = sqlite_db_prepare(reader->db, "SELECT points FROM journal ORDER BY id", &s);

    while (!err && (result = sqlite3_step(s)) == SQLITE_ROW)
        if (sqlite3_column_bytes(s, 0) > 0)
            err = read_messages(sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0),
                                (uint64_t)charger, want, rows);
    if (!err)
        err = sqlite_db_error(reader->db, result);
    sqlite3_finalize(s);
    return err;
}

/* Whole days, until there are `limit` rows: *last_day is that of the last ones, INT64_MAX when all
 * were read. */
static int read_curves(struct csms_reader *reader, int64_t charger, const struct csms_want *want,
                       size_t limit, struct csms_rows *rows, int64_t *last_day)
{
    sqlite3_stmt *s = NULL;
    int64_t day = INT64_MIN;
    int result,
        err =
            sqlite_db_prepare(reader->db,
                              want->tx > 0 ? "SELECT day,points FROM curve WHERE tx=?2 AND tx>0 AND"
                                             " day BETWEEN ?3 AND ?4 ORDER BY day,id"
                                           : "SELECT day,points FROM curve WHERE charger=?1 AND"
                                             " day BETWEEN ?3 AND ?4 ORDER BY day,id",
                              &s);

    *last_day = INT64_MAX;
    if (err)
        return err;
    sqlite3_bind_int64(s, 1, charger);
    sqlite3_bind_int(s, 2, want->tx);
    sqlite3_bind_int64(s, 3, csms_day(want->from_ms));
    sqlite3_bind_int64(s, 4, csms_day(want->to_ms));
    rows->reads_kept = true; /* older than what the journal has */
    while (!err && (result = sqlite3_step(s)) == SQLITE_ROW) {
        if (rows->count > limit && sqlite3_column_int64(s, 0) != day) {
            *last_day = day;
            break;
        }
        day = sqlite3_column_int64(s, 0);
        err = csms_rows_read(rows, sqlite3_column_blob(s, 1), (size_t)sqlite3_column_bytes(s, 1),
                             want);
    }
    rows->reads_kept = false;
    if (!err)
        err = sqlite_db_error(reader->db, result);
    sqlite3_finalize(s);
    return err;
}

/* ---- a page of them ---- */

static enum ocpp_word word(const struct csms_reader *reader, uint16_t number)
{
    return number < reader->word_count ? (enum ocpp_word)reader->words[number] : OCPP_NO_WORD;
}

static struct csms_sample sample_of(const struct csms_reader *reader,
                                    const struct csms_rows_one *one)
{
    const struct csms_row *row = &one->row;

    return (struct csms_sample){.at_ms = row->at_ms,
                                .value_milli = row->number,
                                .text_at = (uint32_t)one->text_at,
                                .text_len = row->text_len,
                                .measurand = word(reader, row->words[CSMS_MEASURAND]),
                                .phase = word(reader, row->words[CSMS_PHASE]),
                                .location = word(reader, row->words[CSMS_LOCATION]),
                                .context = word(reader, row->words[CSMS_CONTEXT]),
                                .format = word(reader, row->words[CSMS_FORMAT]),
                                .unit = word(reader, row->words[CSMS_UNIT]),
                                .doubtful = (row->flags & CSMS_ROW_DOUBTFUL) != 0,
                                .odd = (row->flags & CSMS_ROW_ODD) != 0};
}

/* How many rows are on the page: it ends between two times. */
static size_t cut(const struct csms_rows *rows, size_t limit, int64_t last_day, bool *more)
{
    size_t count = rows->count;

    while (count > 0 && csms_day(csms_row_time(&rows->all[count - 1].row)) > last_day)
        count--;
    *more = count < rows->count || last_day != INT64_MAX;
    if (count <= limit)
        return count;
    size_t end = limit;
    while (end > 0 &&
           csms_row_time(&rows->all[end - 1].row) == csms_row_time(&rows->all[limit].row))
        end--;
    if (end == 0) /* all of one time: it is not cut */
        for (end = limit;
             end < count && csms_row_time(&rows->all[end].row) == csms_row_time(&rows->all[0].row);
             end++)
            ;
    *more = *more || end < rows->count;
    return end;
}

static int show(const struct csms_reader *reader, struct csms_rows *rows, size_t limit,
                int64_t last_day, struct csms_samples *out)
{
    csms_rows_unique(rows);
    csms_rows_by_time(rows);
    size_t count = cut(rows, limit, last_day, &out->more);
    out->samples = calloc(count + 1, sizeof *out->samples);
    out->origins = calloc(count + 1, sizeof *out->origins);
    if (!out->samples || !out->origins)
        return ROOST_ERR_NO_MEMORY;
    for (; out->count < count; out->count++) {
        const struct csms_rows_one *one = &rows->all[out->count];
        out->samples[out->count] = sample_of(reader, one);
        out->origins[out->count] = (struct csms_desk_origin){.connector = one->row.connector,
                                                             .tx_id = one->row.tx,
                                                             .said_id = one->row.said_id,
                                                             .arrived_ms = one->row.arrived_ms};
    }
    if (count > 0)
        out->last_ms = csms_row_time(&rows->all[count - 1].row);
    else if (out->more) /* whole days had only what is there twice */
        out->last_ms = (last_day + 1) * CSMS_DAY_MS - 1;
    out->texts = rows->texts;
    rows->texts = (struct csms_bytes){0};
    return 0;
}

/* Both tables. */
static int read_both(struct csms_reader *reader, int64_t charger, const struct csms_want *want,
                     size_t limit, struct csms_rows *rows, int64_t *last_day)
{
    int err = read_curves(reader, charger, want, limit, rows, last_day);

    return err ? err : read_journal(reader, charger, want, rows);
}

int csms_samples_read(struct csms_reader *reader, const struct csms_desk_query *query,
                      struct csms_samples *out)
{
    int32_t tx = query->what == CSMS_DESK_TX ? query->id : 0;
    const struct csms_want want = {
        .connector = query->connector > 0 && tx == 0 ? query->connector : -1,
        .tx = tx > 0 ? tx : -1,
        .from_ms =
            query->at_ms >= query->from_ms && query->at_ms != 0 ? query->at_ms + 1 : query->from_ms,
        .to_ms = query->to_ms > 0 && tx == 0 ? query->to_ms : INT64_MAX};
    struct csms_rows rows = {0};
    int64_t charger, last_day = INT64_MAX;
    int err = find_charger(reader, query, tx, &charger);

    if (!err && charger > 0)
        err = read_both(reader, charger, &want, query->limit, &rows, &last_day);
    if (!err)
        err = show(reader, &rows, query->limit, last_day, out);
    csms_rows_free(&rows);
    return err;
}

void csms_samples_free(struct csms_samples *samples)
{
    free(samples->samples);
    free(samples->origins);
    free(samples->texts.data);
}
