/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/series_sql.h"

#include <stdio.h>
#include <string.h>

#include "core/err.h"

enum { STEP_ROWS = 1000, STEP_DEVICES = 100 };

static int next_device(struct series_writer *w, int table, char device_id[65])
{
    sqlite3_stmt *s = NULL;
    int err = series_prepare_device(w->db, (enum series_table)table, &s);
    if (err)
        return err;
    int found = series_step_device(w->db, s, device_id);
    sqlite3_finalize(s);
    return found;
}

/* A statement about one device whose second and third parameters are numbers. Returns how many rows
 * it changed, or an error. */
static int change(struct series_writer *w, const char *sql, const char *device_id, int64_t second,
                  int64_t third)
{
    sqlite3_stmt *s = NULL;
    int err = sqlite_db_prepare(w->db, sql, &s);
    if (err)
        return err;
    sqlite_db_bind_text(s, 1, device_id);
    if (sqlite3_bind_parameter_count(s) > 1)
        sqlite3_bind_int64(s, 2, second);
    if (sqlite3_bind_parameter_count(s) > 2)
        sqlite3_bind_int64(s, 3, third);
    err = sqlite_db_run(w->db, s);
    sqlite3_finalize(s);
    return err ? err : sqlite3_changes(w->db);
}

/* Deletes STEP_ROWS rows of a device at most, those of which `old`, of ?2 = end, is true. Returns
 * how many went, or an error. */
static int delete_some(struct series_writer *w, int table, const char *device_id, const char *old,
                       int64_t end)
{
    char sql[256];
    const char *name = series_table_names[table];
    snprintf(sql, sizeof sql,
             "DELETE FROM %s WHERE rowid IN (SELECT rowid FROM %s"
             " WHERE device_id=?1 AND %s LIMIT ?3)",
             name, name, old);
    return change(w, sql, device_id, end, STEP_ROWS);
}

/* ---- retention ---- */

/* The sums and marks of a device go with its first rows: what is cut short here is a history that
 * is going anyway. */
static int delete_sums(struct series_writer *w, const struct series_retain *retain)
{
    int err = change(w, "DELETE FROM reading_mark WHERE device_id=?1 AND timestamp<?2 AND tab=?3",
                     retain->device_id, retain->before_ms, retain->table);
    for (int metric = 0; err >= 0 && metric < SERIES_METRIC_COUNT; metric++) {
        if (series_metric_tables[metric] != (enum series_table)retain->table)
            continue;
        err = change(w, "DELETE FROM rollup_hour WHERE device_id=?1 AND start<?2 AND metric=?3",
                     retain->device_id, retain->before_ms, metric);
        if (err >= 0)
            err = change(w, "DELETE FROM rollup_day WHERE device_id=?1 AND start<?2 AND metric=?3",
                         retain->device_id, retain->before_ms, metric);
    }
    return err < 0 ? err : 0;
}

/* A step inside its transaction. */
static int retain_some(struct series_writer *w, struct series_retain *retain)
{
    int rows = 0;
    for (int steps = 0; steps < STEP_DEVICES && rows < STEP_ROWS; steps++) {
        if (!retain->in_device) {
            int found = next_device(w, retain->table, retain->device_id);
            if (found < 0)
                return found;
            retain->in_device = found > 0;
            int err = found > 0 ? delete_sums(w, retain) : 0;
            if (err)
                return err;
        }
        if (!retain->in_device)
            break;
        int deleted =
            delete_some(w, retain->table, retain->device_id, "timestamp<?2", retain->before_ms);
        if (deleted < 0)
            return deleted;
        rows += deleted;
        retain->in_device = deleted == STEP_ROWS;
    }
    retain->rows += (uint64_t)rows;
    return series_rollup_keep_place(w, (enum series_table)retain->table);
}

int series_writer_retain(struct series_writer *w, struct series_retain *retain)
{
    struct series_retain before = *retain;
    char device_id[65];
    retain->before_ms = series_floor(retain->before_ms, SERIES_DAY_MS);
    int err = series_writer_begin_step(w);
    if (!err)
        err = series_writer_end_step(w, retain_some(w, retain));
    if (err) {
        *retain = before;
        return err;
    }
    if (retain->in_device)
        return 1;
    snprintf(device_id, sizeof device_id, "%s", retain->device_id);
    int found = next_device(w, retain->table, device_id);
    if (found != 0)
        return found;
    retain->device_id[0] = '\0';
    return ++retain->table < SERIES_TABLE_COUNT ? 1 : 0;
}

/* ---- a device that was removed ---- */

static int64_t newest_rowid(struct series_writer *w, int table)
{
    char sql[96];
    sqlite3_stmt *s = NULL;
    snprintf(sql, sizeof sql, "SELECT coalesce(max(rowid),0) FROM %s", series_table_names[table]);
    int err = sqlite_db_prepare(w->db, sql, &s);
    if (err)
        return err;
    int result = sqlite3_step(s);
    int64_t rowid = result == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    err = sqlite_db_error(w->db, result);
    sqlite3_finalize(s);
    return err ? err : rowid;
}

static int forget(struct series_writer *w, const char *device_id, bool history,
                  struct series_forgotten *forgotten)
{
    int count = change(w, "DELETE FROM ingest_stream WHERE device_id=?1", device_id, 0, 0);
    if (count < 0)
        return count;
    forgotten->streams = (uint64_t)count;
    count = change(w, "DELETE FROM device_registry WHERE device_id=?1", device_id, 0, 0);
    for (int table = 0; count >= 0 && history && table < SERIES_TABLE_COUNT; table++) {
        int64_t last = newest_rowid(w, table);
        count = last < 0 ? (int)last
                         : change(w, "INSERT OR REPLACE INTO forgetting VALUES(?1,?2,?3)",
                                  device_id, table, last);
    }
    return count < 0 ? count : 0;
}

int series_writer_forget(struct series_writer *w, const char *device_id, bool history,
                         struct series_forgotten *forgotten)
{
    *forgotten = (struct series_forgotten){0};
    int err = sqlite_db_run(w->db, w->begin);
    return err ? err : series_writer_end(w, forget(w, device_id, history, forgotten));
}

struct forgetting {
    char device_id[65];
    int table;
    int64_t last_rowid; /* what came later is of a new device of that id */
};

static int next_forgetting(struct series_writer *w, const char *device_id, struct forgetting *out)
{
    sqlite3_stmt *s = NULL;
    int err = sqlite_db_prepare(w->db,
                                device_id ? "SELECT device_id,tab,last_rowid FROM forgetting"
                                            " WHERE device_id=?1 LIMIT 1"
                                          : "SELECT device_id,tab,last_rowid FROM forgetting"
                                            " LIMIT 1",
                                &s);
    if (err)
        return err;
    if (device_id)
        sqlite_db_bind_text(s, 1, device_id);
    int result = sqlite3_step(s);
    if (result == SQLITE_ROW) {
        sqlite_db_text(s, 0, out->device_id, sizeof out->device_id);
        out->table = sqlite3_column_int(s, 1);
        out->last_rowid = sqlite3_column_int64(s, 2);
    }
    err = sqlite_db_error(w->db, result);
    sqlite3_finalize(s);
    if (!err && result == SQLITE_ROW && (out->table < 0 || out->table >= SERIES_TABLE_COUNT))
        err = ROOST_ERR_CORRUPT;
    return err ? err : result == SQLITE_ROW ? 1 : 0;
}

/* Some of the sums, then some of the rows: nothing is summed up meanwhile. Returns how many went.
 */
static int forget_sums(struct series_writer *w, const struct forgetting *f)
{
    static const char *const tables[] = {"rollup_hour", "rollup_day"};
    char sql[512];
    /* A mark may be of the next device of that id by now. */
    snprintf(sql, sizeof sql,
             "DELETE FROM reading_mark WHERE (device_id,tab,timestamp) IN (SELECT"
             " device_id,tab,timestamp FROM reading_mark m WHERE device_id=?1 AND tab=?2 AND NOT"
             " EXISTS (SELECT 1 FROM %s r WHERE r.device_id=?1 AND r.timestamp=m.timestamp AND"
             " r.rowid>%lld) LIMIT ?3)",
             series_table_names[f->table], (long long)f->last_rowid);
    int gone = change(w, sql, f->device_id, f->table, STEP_ROWS);
    for (int metric = 0; metric < SERIES_METRIC_COUNT; metric++) {
        if (series_metric_tables[metric] != (enum series_table)f->table)
            continue;
        for (int i = 0; gone == 0 && i < 2; i++) {
            snprintf(sql, sizeof sql,
                     "DELETE FROM %s WHERE (device_id,metric,start) IN (SELECT"
                     " device_id,metric,start FROM %s WHERE device_id=?1 AND metric=?2 LIMIT ?3)",
                     tables[i], tables[i]);
            gone = change(w, sql, f->device_id, metric, STEP_ROWS);
        }
    }
    return gone;
}

/* A rowid that the newest row left is used again: what is stored from now on is not to go. */
static int forget_until(struct series_writer *w, const struct forgetting *f)
{
    int64_t newest = newest_rowid(w, f->table);
    if (newest < 0)
        return (int)newest;
    int err = change(w,
                     "UPDATE forgetting SET last_rowid=min(last_rowid,?3)"
                     " WHERE device_id=?1 AND tab=?2",
                     f->device_id, f->table, newest);
    return err < 0 ? err : 0;
}

static int forget_some(struct series_writer *w, const char *device_id,
                       struct series_forgotten *forgotten)
{
    struct forgetting f;
    int found = next_forgetting(w, device_id, &f);
    if (found <= 0)
        return found;
    int gone = forget_sums(w, &f);
    if (gone != 0)
        return gone < 0 ? gone : 1;
    gone = delete_some(w, f.table, f.device_id, "rowid<=?2", f.last_rowid);
    if (gone < 0)
        return gone;
    forgotten->rows += (uint64_t)gone;
    int err = series_rollup_keep_place(w, (enum series_table)f.table);
    if (!err && gone > 0)
        err = forget_until(w, &f);
    else if (!err)
        err = change(w, "DELETE FROM forgetting WHERE device_id=?1 AND tab=?2", f.device_id,
                     f.table, 0);
    return err < 0 ? err : 1;
}

int series_writer_forget_step(struct series_writer *w, const char *device_id,
                              struct series_forgotten *forgotten)
{
    struct series_forgotten before = *forgotten;
    int err = series_writer_begin_step(w);
    if (!err)
        err = series_writer_end_step(w, forget_some(w, device_id, forgotten));
    if (err < 0)
        *forgotten = before;
    return err;
}

/* ---- the write-ahead log ---- */

/* 32 MiB: fewer checkpoints write a busy page once, not often. A log that a long reader kept from
 * starting over, and so twice as long, gives its space back afterwards. */
enum { LOG_PAGES = 8192, LONG_LOG_PAGES = 2 * LOG_PAGES };

bool series_writer_log_is_long(const struct series_writer *w)
{
    return w->log_pages >= LOG_PAGES;
}

/* Gives the log's space back when nobody reads from it; waits for nobody. */
static void cut_log(struct series_writer *w)
{
    sqlite3_busy_timeout(w->db, 0);
    if (sqlite3_wal_checkpoint_v2(w->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) == SQLITE_OK)
        w->log_pages = 0;
    sqlite3_busy_timeout(w->db, SQLITE_DB_BUSY_MS);
}

void series_writer_checkpoint(struct series_writer *w, bool now)
{
    if (now)
        sqlite3_wal_checkpoint_v2(w->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    else if (w->log_pages >= LONG_LOG_PAGES)
        cut_log(w);
    else if (series_writer_log_is_long(w))
        sqlite3_wal_checkpoint_v2(w->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}
