/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/series_sql.h"

#include <stdio.h>

const enum series_table series_metric_tables[SERIES_METRIC_COUNT] = {
    [SERIES_METRIC_TEMPERATURE] = SERIES_TEMPERATURE,
    [SERIES_METRIC_HUMIDITY] = SERIES_HUMIDITY,
    [SERIES_METRIC_SOUND] = SERIES_AUDIO,
    [SERIES_METRIC_POSITION] = SERIES_ACTION,
    [SERIES_METRIC_CONFIDENCE] = SERIES_ACTION,
};

int series_rollup_keep_place(struct series_writer *w, enum series_table table)
{
    char sql[320];
    const char *name = series_table_names[table];
    snprintf(sql, sizeof sql,
             "UPDATE rollup_state SET (done_rowid,timestamp,device_id)=(SELECT"
             " coalesce(max(rowid),0),coalesce(timestamp,0),coalesce(device_id,'') FROM %s"
             " WHERE rowid<=done_rowid) WHERE tab=%d",
             name, (int)table);
    return sqlite_db_exec(w->db, sql);
}
