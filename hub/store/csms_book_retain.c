/* SPDX-License-Identifier: Apache-2.0 */
/* Samples past their time, in steps between rounds: first everything in the journal is packed, then
 * whole curves go. Transactions stay, they are billed. */
#include "core/err.h"
#include "hub/store/csms_book_sql.h"
#include "hub/store/csms_rows.h"

enum { STEP_BYTES = 128 * 1024, STEP_CURVES = 200 };

static int old_curves(struct csms_sql *sql, struct csms_job *job, int64_t ids[STEP_CURVES],
                      int *count)
{
    sqlite3_stmt *s = sql->statements[CSMS_S_CURVE_OLD];
    int result = SQLITE_DONE;

    *count = 0;
    sqlite3_bind_int64(s, 1, csms_day(job->before_ms) * CSMS_DAY_MS);
    sqlite3_bind_int(s, 2, STEP_CURVES);
    while (*count < STEP_CURVES && (result = sqlite3_step(s)) == SQLITE_ROW) {
        ids[(*count)++] = sqlite3_column_int64(s, 0);
        job->step_rows += (uint64_t)sqlite3_column_int64(s, 1);
    }
    return sqlite_db_finish(sql->db, s, result);
}

int csms_sql_retain(struct csms_sql *sql, struct csms_job *job)
{
    int64_t ids[STEP_CURVES];
    int count;

    job->step_rows = 0;
    job->again = true;
    if (!job->packed) {
        int err = csms_sql_pack(sql, STEP_BYTES, true);
        job->packed = !err && (sql->pack.until == 0 || sql->pack.over);
        return err;
    }
    int err = old_curves(sql, job, ids, &count);
    for (int i = 0; !err && i < count; i++) {
        sqlite3_stmt *s = sql->statements[CSMS_S_CURVE_GONE];
        sqlite3_bind_int64(s, 1, ids[i]);
        err = sqlite_db_run(sql->db, s);
    }
    job->again = count == STEP_CURVES;
    return err;
}

int csms_sql_survey(struct csms_sql *sql, struct csms_job *job)
{
    sqlite3_stmt *s = sql->statements[CSMS_S_SURVEY];

    sqlite3_bind_int64(s, 1, csms_day(job->before_ms) * CSMS_DAY_MS);
    int result = sqlite3_step(s);
    if (result == SQLITE_ROW) {
        job->survey.rows = (uint64_t)sqlite3_column_int64(s, 0);
        job->survey.older = (uint64_t)sqlite3_column_int64(s, 1);
    }
    return sqlite_db_finish(sql->db, s, result);
}
