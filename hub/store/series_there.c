/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a row is stored already, for those whose number does not tell. */
#include "hub/store/series_sql.h"

/* What says that two rows of one device and time are the same. */
static const char *const there_sql[SERIES_TABLE_COUNT] = {
    [SERIES_TEMPERATURE] =
        "SELECT 1 FROM sensor_temperature WHERE device_id=?1 AND timestamp=?2 AND value=?3 LIMIT 1",
    [SERIES_HUMIDITY] =
        "SELECT 1 FROM sensor_humidity WHERE device_id=?1 AND timestamp=?2 AND value=?3 LIMIT 1",
    [SERIES_AUDIO] =
        "SELECT 1 FROM sensor_audio WHERE device_id=?1 AND timestamp=?2 AND audio_hash=?3 LIMIT 1",
    [SERIES_ACTION] =
        "SELECT 1 FROM window_actions WHERE device_id=?1 AND timestamp=?2 AND position=?3 LIMIT 1",
    [SERIES_PREDICTION] = "SELECT 1 FROM ml_predictions WHERE device_id=?1 AND timestamp=?2"
                          " AND prediction=?3 LIMIT 1",
};

static void bind_content(sqlite3_stmt *s, const struct series_row *row)
{
    if (row->table == SERIES_AUDIO)
        sqlite_db_bind_text(s, 3, row->audio.hash_hex);
    else if (row->table == SERIES_ACTION)
        sqlite3_bind_double(s, 3, row->action.position_pct);
    else if (row->table == SERIES_PREDICTION)
        sqlite3_bind_double(s, 3, row->prediction.prediction_pct);
    else
        sqlite3_bind_double(s, 3, row->value);
}

int series_writer_there(struct series_writer *w, const struct series_row *row)
{
    sqlite3_stmt **s = &w->there[row->table];
    int err = *s ? 0 : sqlite_db_prepare(w->db, there_sql[row->table], s);
    if (err)
        return err;
    sqlite_db_bind_text(*s, 1, row->device_id);
    sqlite3_bind_int64(*s, 2, row->unix_ms);
    bind_content(*s, row);
    int result = sqlite3_step(*s);
    err = sqlite_db_finish(w->db, *s, result);
    return err ? err : result == SQLITE_ROW;
}
