/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What chargers measure, on its way into the file. A round adds one row to `journal`, with all that
 * all chargers said in it: no index, no page of each charger. When the journal is long, it is
 * packed: a few chargers a round, into rows of `curve` that hold what one charger measured of one
 * transaction in a day. Only there is a value stored once; who reads between does so himself
 * (csms_rows_unique). What was packed stays in the journal until all of it is, so a cut in between
 * repeats a part and stores nothing twice.
 *
 *     journal.points   {charger, length, values}...
 *     curve.points     values
 */
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/store/csms_book_sql.h"
#include "hub/store/csms_rows.h"

enum { PACK_BYTES_MIN = 16 * 1024 }; /* of a round, when little comes in */

/* ---- into the journal ---- */

static void row_of(const struct csms_sql *sql, const struct csms_change *change,
                   const struct csms_sample *sample, int32_t tx, struct csms_row *row)
{
    const enum ocpp_word words[CSMS_WORDS] = {
        [CSMS_MEASURAND] = sample->measurand, [CSMS_PHASE] = sample->phase,
        [CSMS_LOCATION] = sample->location,   [CSMS_CONTEXT] = sample->context,
        [CSMS_FORMAT] = sample->format,       [CSMS_UNIT] = sample->unit};

    row->at_ms = sample->at_ms;
    row->arrived_ms = change->arrived_ms;
    row->number = sample->text_len > 0 ? 0 : sample->value_milli;
    row->text = sample->text_len > 0 ? (const uint8_t *)change->texts + sample->text_at : NULL;
    row->text_len = sample->text_len;
    row->connector = change->connector;
    row->tx = tx;
    row->said_id = change->said_id;
    row->flags =
        (uint8_t)((sample->doubtful ? CSMS_ROW_DOUBTFUL : 0) | (sample->odd ? CSMS_ROW_ODD : 0) |
                  (sample->text_len > 0 ? CSMS_ROW_TEXT : 0));
    for (int i = 0; i < CSMS_WORDS; i++)
        row->words[i] = (uint16_t)sql->names[words[i]];
}

/* What the samples are of: 0 unless it is this charger's. A transaction never changes its charger.
 */
static int known_tx(struct csms_sql *sql, const struct csms_change *change,
                    struct csms_known *known, int32_t *tx)
{
    *tx = 0;
    if (change->sample_tx <= 0)
        return 0;
    if (known->tx != change->sample_tx) {
        sqlite3_stmt *s = sql->statements[CSMS_S_TX_IS];
        sqlite3_bind_int(s, 1, change->sample_tx);
        sqlite_db_bind_text(s, 2, change->identity);
        int result = sqlite3_step(s);
        if (result == SQLITE_ROW)
            known->tx = change->sample_tx;
        int err = sqlite_db_finish(sql->db, s, result);
        if (err)
            return err;
    }
    if (known->tx == change->sample_tx)
        *tx = change->sample_tx;
    return 0;
}

int csms_sql_measure(struct csms_sql *sql, const struct csms_change *change, int32_t tx)
{
    struct csms_row row;
    int err;

    if (change->sample_count == 0)
        return 0;
    struct csms_known *known = csms_sql_known(sql, change->identity, &err);
    if (!err && tx == 0)
        err = known_tx(sql, change, known, &tx);
    sql->message.len = 0;
    csms_points_begin(&sql->points);
    for (size_t i = 0; !err && i < change->sample_count; i++) {
        row_of(sql, change, &change->samples[i], tx, &row);
        err = csms_points_add(&sql->points, &sql->message, &row);
    }
    size_t before = sql->round.len;
    if (!err)
        err = csms_bytes_varint(&sql->round, (uint64_t)known->number);
    if (!err)
        err = csms_bytes_varint(&sql->round, sql->message.len);
    if (!err)
        err = csms_bytes_add(&sql->round, sql->message.data, sql->message.len);
    if (err)
        sql->round.len = before;
    return err;
}

int csms_sql_journal(struct csms_sql *sql)
{
    sqlite3_stmt *s = sql->statements[CSMS_S_JOURNAL_ADD];

    if (sql->round.len == 0)
        return 0;
    sqlite3_bind_blob64(s, 1, sql->round.data, sql->round.len, SQLITE_STATIC);
    int err = sqlite_db_run(sql->db, s);
    if (err)
        return err;
    sql->round_bytes = sql->round.len;
    sql->journal_bytes += sql->round_bytes;
    return 0;
}

/* ---- the journal, taken to be packed ---- */

static void drop(struct csms_pack *pack)
{
    free(pack->bytes.data);
    free(pack->parts);
    *pack = (struct csms_pack){0};
}

static int add_part(struct csms_pack *pack, int64_t charger, size_t at, size_t len)
{
    if (pack->count == pack->room) {
        size_t room = pack->room ? 2 * pack->room : 1024;
        struct csms_pack_part *parts = realloc(pack->parts, room * sizeof *parts);
        if (!parts)
            return ROOST_ERR_NO_MEMORY;
        pack->parts = parts;
        pack->room = room;
    }
    pack->parts[pack->count++] = (struct csms_pack_part){charger, at, len};
    return 0;
}

/* A row of the journal, that was added at `at`. */
static int add_parts(struct csms_pack *pack, size_t at)
{
    const uint8_t *from = pack->bytes.data + at, *end = pack->bytes.data + pack->bytes.len;
    int err = 0;

    while (!err && from < end) {
        uint64_t charger, len;
        from = csms_varint_read(from, end, &charger);
        from = from ? csms_varint_read(from, end, &len) : NULL;
        if (!from || len > (uint64_t)(end - from))
            return ROOST_ERR_CORRUPT;
        err = add_part(pack, (int64_t)charger, (size_t)(from - pack->bytes.data), (size_t)len);
        from += len;
    }
    return err;
}

static int by_charger(const void *pa, const void *pb)
{
    const struct csms_pack_part *a = pa, *b = pb;

    if (a->charger != b->charger)
        return a->charger < b->charger ? -1 : 1;
    return (a->at > b->at) - (a->at < b->at);
}

/* What cannot be read is counted and left behind: it must not hold up what comes after. */
static int but_damaged(struct csms_sql *sql, int err)
{
    sql->damaged += err == ROOST_ERR_CORRUPT;
    return err == ROOST_ERR_CORRUPT ? 0 : err;
}

static int take(struct csms_sql *sql)
{
    sqlite3_stmt *s = sql->statements[CSMS_S_JOURNAL_ALL];
    struct csms_pack *pack = &sql->pack;
    int result, err = 0;

    while (!err && (result = sqlite3_step(s)) == SQLITE_ROW) {
        size_t at = pack->bytes.len;
        pack->until = sqlite3_column_int64(s, 0);
        err = csms_bytes_add(&pack->bytes, sqlite3_column_blob(s, 1),
                             (size_t)sqlite3_column_bytes(s, 1));
        if (!err)
            err = but_damaged(sql, add_parts(pack, at));
    }
    int read = sqlite_db_finish(sql->db, s, err ? SQLITE_OK : result);
    if (err || read) {
        drop(pack);
        return err ? err : read;
    }
    if (pack->count > 0)
        qsort(pack->parts, pack->count, sizeof *pack->parts, by_charger);
    sql->journal_bytes = 0;
    return 0;
}

/* ---- into curves ---- */

/* What is in a curve already, where it could be the same. One of a doubtful time stands where it
 * arrived, and it may have come the day before. */
static int read_near(struct csms_sql *sql, int64_t charger, struct csms_rows *rows)
{
    static const struct csms_want all = CSMS_WANT_ALL;
    sqlite3_stmt *s = sql->statements[CSMS_S_CURVE_NEAR];
    int64_t first = INT64_MAX, last = INT64_MIN, from = INT64_MAX, to = INT64_MIN;
    int result, err = 0;

    for (size_t i = 0; i < rows->count; i++) {
        const struct csms_row *row = &rows->all[i].row;
        int64_t day = csms_day(csms_row_time(row));
        int64_t day_before = row->flags & CSMS_ROW_DOUBTFUL ? day - 1 : day;
        first = row->at_ms < first ? row->at_ms : first;
        last = row->at_ms > last ? row->at_ms : last;
        from = day_before < from ? day_before : from;
        to = day > to ? day : to;
    }
    sqlite3_bind_int64(s, 1, charger);
    sqlite3_bind_int64(s, 2, from);
    sqlite3_bind_int64(s, 3, to);
    sqlite3_bind_int64(s, 4, first);
    sqlite3_bind_int64(s, 5, last);
    rows->reads_kept = true;
    while (!err && (result = sqlite3_step(s)) == SQLITE_ROW)
        err = but_damaged(sql, csms_rows_read(rows, sqlite3_column_blob(s, 0),
                                              (size_t)sqlite3_column_bytes(s, 0), &all));
    rows->reads_kept = false;
    int read = sqlite_db_finish(sql->db, s, err ? SQLITE_OK : result);
    return err ? err : read;
}

/* What stands in one row of `curve`. */
static bool is_one_curve(const struct csms_row *a, const struct csms_row *b)
{
    return a->tx == b->tx && csms_day(csms_row_time(a)) == csms_day(csms_row_time(b)) &&
           (a->flags & CSMS_ROW_DOUBTFUL) == (b->flags & CSMS_ROW_DOUBTFUL);
}

static void widen(int64_t number, int64_t *least, int64_t *most)
{
    *least = number < *least ? number : *least;
    *most = number > *most ? number : *most;
}

/* Writes those that go together with the first that is not written, and marks them as kept. */
static int write_curve(struct csms_sql *sql, int64_t charger, struct csms_rows *rows, size_t from)
{
    sqlite3_stmt *s = sql->statements[CSMS_S_CURVE_ADD];
    const struct csms_row *one = &rows->all[from].row;
    int64_t first = INT64_MAX, last = INT64_MIN, oldest = INT64_MAX, newest = INT64_MIN;
    int count = 0, err = 0;

    sql->message.len = 0;
    csms_points_begin(&sql->points);
    for (size_t i = from; !err && i < rows->count; i++) {
        struct csms_rows_one *at = &rows->all[i];
        if (at->kept || !is_one_curve(one, &at->row))
            continue;
        at->kept = true;
        at->row.text = at->row.text_len > 0 ? rows->texts.data + at->text_at : NULL;
        err = csms_points_add(&sql->points, &sql->message, &at->row);
        widen(at->row.at_ms, &first, &last);
        widen(csms_row_time(&at->row), &oldest, &newest);
        count++;
    }
    sqlite3_bind_int64(s, 1, charger);
    sqlite3_bind_int64(s, 2, csms_day(oldest));
    sqlite3_bind_int(s, 3, one->tx);
    sqlite3_bind_int(s, 4, (one->flags & CSMS_ROW_DOUBTFUL) != 0);
    sqlite3_bind_int64(s, 5, first);
    sqlite3_bind_int64(s, 6, last);
    sqlite3_bind_int64(s, 7, newest);
    sqlite3_bind_int(s, 8, count);
    sqlite3_bind_blob64(s, 9, sql->message.data, sql->message.len, SQLITE_STATIC);
    return err ? err : sqlite_db_run(sql->db, s);
}

/* Everything of the next charger. */
static int pack_one(struct csms_sql *sql, size_t *bytes)
{
    static const struct csms_want all = CSMS_WANT_ALL;
    struct csms_pack *pack = &sql->pack;
    int64_t charger = pack->parts[pack->done].charger;
    struct csms_rows rows = {0};
    int err = 0;

    for (; !err && pack->done < pack->count && pack->parts[pack->done].charger == charger;
         pack->done++) {
        const struct csms_pack_part *part = &pack->parts[pack->done];
        err = but_damaged(sql, csms_rows_read(&rows, pack->bytes.data + part->at, part->len, &all));
        *bytes += part->len;
    }
    if (!err && rows.count > 0)
        err = read_near(sql, charger, &rows);
    csms_rows_unique(&rows);
    for (size_t i = 0; !err && i < rows.count; i++)
        if (!rows.all[i].kept)
            err = write_curve(sql, charger, &rows, i);
    csms_rows_free(&rows);
    return err;
}

int csms_sql_pack(struct csms_sql *sql, size_t bytes_min, bool now)
{
    struct csms_pack *pack = &sql->pack;
    size_t bytes = 0;
    int err = 0;

    if (pack->over || (pack->until == 0 && sql->journal_bytes < (now ? 1 : CSMS_JOURNAL_BYTES)))
        return 0;
    if (pack->until == 0)
        err = take(sql);
    while (!err && pack->done < pack->count && bytes < bytes_min)
        err = pack_one(sql, &bytes);
    if (err || pack->done < pack->count)
        return err;
    sqlite3_stmt *s = sql->statements[CSMS_S_JOURNAL_GONE];
    sqlite3_bind_int64(s, 1, pack->until);
    err = sqlite_db_run(sql->db, s);
    pack->over = err == 0;
    return err;
}

/* Twice what came in: the journal that is on its way is packed before the next is long. */
int csms_sql_pack_some(struct csms_sql *sql)
{
    return csms_sql_pack(sql, PACK_BYTES_MIN + 2 * sql->round.len, false);
}

void csms_sql_round_over(struct csms_sql *sql, bool durable)
{
    struct csms_pack *pack = &sql->pack;

    sql->round.len = 0;
    if (!durable) {
        csms_sql_forget(sql);
        sql->journal_bytes -= sql->round_bytes;
        pack->done = pack->committed;
        pack->over = false;
    }
    sql->round_bytes = 0;
    pack->committed = pack->done;
    if (pack->over)
        drop(pack);
}

void csms_sql_curve_close(struct csms_sql *sql)
{
    drop(&sql->pack);
    free(sql->message.data);
    free(sql->round.data);
    free(sql->known);
    sql->message = sql->round = (struct csms_bytes){0};
    sql->known = NULL;
    sql->known_count = sql->known_room = 0;
}
