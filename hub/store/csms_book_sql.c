/* SPDX-License-Identifier: Apache-2.0 */
/* The central system's file and its rounds: many chargers, one commit. */
#include "hub/store/csms_book_sql.h"

#include <string.h>

#include "core/err.h"
#include "proto/ocpp/schema.h"

static const struct sqlite_migration migrations[] = {
    {"first",
     "CREATE TABLE charger(identity TEXT PRIMARY KEY, registration INTEGER NOT NULL,"
     " booted INTEGER NOT NULL, basic INTEGER NOT NULL, salt BLOB NOT NULL, hash BLOB NOT NULL,"
     " lenient INTEGER NOT NULL, vendor TEXT NOT NULL DEFAULT '', model TEXT NOT NULL DEFAULT '',"
     " serial TEXT NOT NULL DEFAULT '', firmware TEXT NOT NULL DEFAULT '',"
     " booted_at INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
     "CREATE TABLE tag(id_tag TEXT PRIMARY KEY COLLATE NOCASE, parent TEXT NOT NULL,"
     " blocked INTEGER NOT NULL, expiry INTEGER NOT NULL, at_once INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE TABLE tx(id INTEGER PRIMARY KEY AUTOINCREMENT, identity TEXT NOT NULL,"
     " state INTEGER NOT NULL, connector INTEGER NOT NULL, id_tag TEXT NOT NULL COLLATE NOCASE,"
     " stop_id_tag TEXT NOT NULL, started INTEGER NOT NULL, stopped INTEGER NOT NULL,"
     " start_arrived INTEGER NOT NULL, stop_arrived INTEGER NOT NULL, meter_start INTEGER NOT NULL,"
     " meter_stop INTEGER NOT NULL, reservation INTEGER NOT NULL, said_id INTEGER NOT NULL,"
     " reason TEXT NOT NULL, verdict TEXT NOT NULL, flags INTEGER NOT NULL);"
     "CREATE INDEX tx_identity ON tx(identity, id);"
     "CREATE INDEX tx_live ON tx(identity, id) WHERE state=0;"
     "CREATE INDEX tx_unmatched ON tx(identity, id) WHERE state=3;"
     "CREATE INDEX tx_started ON tx(identity, started);"
     "CREATE INDEX tx_stopped ON tx(identity, stopped);"
     "CREATE INDEX tx_tag ON tx(id_tag, id);"
     "CREATE INDEX tx_tag_open ON tx(id_tag) WHERE state=0;"
     /* What is measured is most of the file: csms_book_curve.c. */
     "CREATE TABLE name(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);"
     "CREATE TABLE journal(id INTEGER PRIMARY KEY, points BLOB NOT NULL);"
     "CREATE TABLE curve(id INTEGER PRIMARY KEY, charger INTEGER NOT NULL, day INTEGER NOT NULL,"
     " tx INTEGER NOT NULL, doubtful INTEGER NOT NULL, first INTEGER NOT NULL,"
     " last INTEGER NOT NULL, newest INTEGER NOT NULL, count INTEGER NOT NULL,"
     " points BLOB NOT NULL);"
     "CREATE INDEX curve_charger ON curve(charger, day);"
     "CREATE INDEX curve_tx ON curve(tx, day) WHERE tx>0;"
     "CREATE INDEX curve_newest ON curve(newest, doubtful, count);"
     "CREATE TABLE status(identity TEXT NOT NULL, connector INTEGER NOT NULL, status TEXT NOT NULL,"
     " error TEXT NOT NULL, info TEXT NOT NULL, vendor_error TEXT NOT NULL, at INTEGER NOT NULL,"
     " arrived INTEGER NOT NULL, PRIMARY KEY(identity, connector)) WITHOUT ROWID;"
     "CREATE TABLE note(identity TEXT NOT NULL, n INTEGER NOT NULL, action TEXT NOT NULL,"
     " what TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL, arrived INTEGER NOT NULL,"
     " PRIMARY KEY(identity, n)) WITHOUT ROWID;"
     "CREATE TABLE memo(name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;"},
    {"prices", "CREATE TABLE price(tx INTEGER PRIMARY KEY, text TEXT NOT NULL);"},
    {"documents",
     "CREATE TABLE document(kind INTEGER NOT NULL, key TEXT NOT NULL, text TEXT NOT NULL,"
     " PRIMARY KEY(kind, key));"},
    {"certificates", "ALTER TABLE charger ADD COLUMN certificate INTEGER NOT NULL DEFAULT 0;"
                     "ALTER TABLE charger ADD COLUMN certificate_name TEXT NOT NULL DEFAULT '';"},
    {"calendar",
     "CREATE TABLE certificate(id INTEGER PRIMARY KEY, identity TEXT NOT NULL, serial TEXT NOT"
     " NULL, name TEXT NOT NULL, until INTEGER NOT NULL, state INTEGER NOT NULL,"
     " signed INTEGER NOT NULL, shown INTEGER NOT NULL, UNIQUE(identity, serial));"
     "CREATE INDEX certificate_until ON certificate(until, id);"},
    /* Nearly all transactions are CLOSED, and found without an index. */
    {"lists", "CREATE INDEX tx_state ON tx(state, id) WHERE state<>1;"
              "CREATE INDEX tx_time ON tx(iif(start_arrived>0,started,stopped), id);"},
};

const struct sqlite_schema csms_schema = {
    .kind = "charging",
    .application_id = 0x524f4353, /* "ROCS" */
    .migrations = migrations,
    .migration_count = sizeof migrations / sizeof migrations[0],
};

/* States by number: 0 OPEN, 3 UNMATCHED, as in the indices. */
_Static_assert(CSMS_CERTIFICATE_TAKEN == 1 && CSMS_CERTIFICATE_SHOWN == 3,
               "part of the stored format");
_Static_assert(CSMS_TX_OPEN == 0 && CSMS_TX_CLOSED == 1 && CSMS_TX_LEFT == 2 &&
                   CSMS_TX_UNMATCHED == 3,
               "part of the stored format");

static const char *const texts[CSMS_S_COUNT] = {
    [CSMS_S_BEGIN] = "BEGIN IMMEDIATE",
    [CSMS_S_COMMIT] = "COMMIT",
    [CSMS_S_ROLLBACK] = "ROLLBACK",
    [CSMS_S_SAVE] = "SAVEPOINT one",
    [CSMS_S_UNDO] = "ROLLBACK TO one",
    [CSMS_S_RELEASE] = "RELEASE one",
    [CSMS_S_CHARGER_GET] = "SELECT "
                           "identity,registration,booted,basic,salt,hash,lenient,certificate,"
                           "certificate_name FROM charger WHERE identity=?1",
    [CSMS_S_CHARGER_SET] =
        "INSERT INTO charger("
        "identity,registration,booted,basic,salt,hash,lenient,certificate,certificate_name"
        ")"
        " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9) ON CONFLICT DO UPDATE SET registration=?2,basic=?4,"
        "salt=?5,hash=?6,lenient=?7,certificate=?8,certificate_name=?9",
    [CSMS_S_BOOT] =
        "UPDATE charger SET booted=booted OR ?2,vendor=?3,model=?4,serial=?5,firmware=?6,"
        "booted_at=?7 WHERE identity=?1",
    [CSMS_S_TAG_GET] = "SELECT "
                       "id_tag,parent,blocked,expiry,at_once"
                       " FROM tag WHERE id_tag=?1",
    [CSMS_S_TAG_SET] = "INSERT INTO tag VALUES(?1,?2,?3,?4,?5) ON CONFLICT DO UPDATE SET parent=?2,"
                       "blocked=?3,expiry=?4,at_once=?5",
    [CSMS_S_TAG_OPEN] = "SELECT count(*) FROM tx INDEXED BY tx_tag_open WHERE state=0 AND "
                        "verdict='Accepted' AND id_tag=?1"
                        " AND NOT (identity=?2 AND (?3=0 OR connector=?3))",
    /* The indices are used where their own condition stands word by word. */
    [CSMS_S_TX_OPEN] =
        "SELECT " CSMS_TX_COLUMNS " FROM tx INDEXED BY tx_live WHERE identity=?1 AND state=0"
        " ORDER BY id DESC LIMIT ?2",
    [CSMS_S_TX_FIND] =
        "SELECT " CSMS_TX_COLUMNS " FROM (SELECT *, 2 AS rank FROM tx WHERE id=?2 AND identity=?1"
        " UNION SELECT *, 2 FROM (SELECT * FROM tx WHERE identity=?1 AND started=?3"
        " AND meter_start=?4 AND start_arrived>0 LIMIT ?5)"
        " UNION SELECT *, 2 FROM (SELECT * FROM tx WHERE identity=?1 AND stopped=?3"
        " AND meter_stop=?4 AND stop_arrived>0 LIMIT ?5)"
        " UNION SELECT *, 1 FROM (SELECT * FROM tx INDEXED BY tx_live WHERE identity=?1"
        " AND state=0 ORDER BY id DESC LIMIT ?5)"
        " UNION SELECT *, 0 FROM (SELECT * FROM tx INDEXED BY tx_unmatched WHERE identity=?1"
        " AND state=3 ORDER BY id DESC LIMIT ?5))"
        " GROUP BY id ORDER BY max(rank) DESC, id DESC LIMIT ?5",
    [CSMS_S_TX_ADD] =
        "INSERT INTO tx(" CSMS_TX_COLUMNS ") VALUES(NULL,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,"
        "?12,?13,?14,?15,?16,?17)",
    [CSMS_S_TX_SET] = "UPDATE tx SET state=?3,connector=?4,id_tag=?5,stop_id_tag=?6,started=?7,"
                      "stopped=?8,start_arrived=?9,stop_arrived=?10,meter_start=?11,meter_stop=?12,"
                      "reservation=?13,said_id=?14,reason=?15,verdict=?16,flags=?17 WHERE id=?1 AND"
                      " identity=?2",
    [CSMS_S_TX_PRICE] = "INSERT OR IGNORE INTO price VALUES(?1,?2)",
    [CSMS_S_TX_IS] = "SELECT 1 FROM tx WHERE id=?1 AND identity=?2",
    [CSMS_S_NAME_ADD] = "INSERT OR IGNORE INTO name(text) VALUES(?1)",
    [CSMS_S_NAME_GET] = "SELECT id FROM name WHERE text=?1",
    [CSMS_S_STATUS] = "INSERT OR REPLACE INTO status VALUES(?1,?2,?3,?4,?5,?6,?7,?8)",
    [CSMS_S_NOTE] = "INSERT INTO note VALUES(?1,(SELECT coalesce(max(n),0)+1 FROM note WHERE"
                    " identity=?1),?2,?3,?4,?5,?6)",
    [CSMS_S_NOTES_TRIM] = "DELETE FROM note WHERE identity=?1 AND n<=(SELECT max(n)-?2 FROM note"
                          " WHERE identity=?1)",
    [CSMS_S_CHARGER_REMOVE] = "DELETE FROM charger WHERE identity=?1",
    [CSMS_S_CHARGER_TXS] = "UPDATE tx SET state=2 WHERE identity=?1 AND state=0",
    [CSMS_S_STATUS_REMOVE] = "DELETE FROM status WHERE identity=?1",
    [CSMS_S_DOCUMENT] = "INSERT OR REPLACE INTO document VALUES(?1,?2,?3)",
    [CSMS_S_DOCUMENT_GONE] = "DELETE FROM document WHERE kind=?1 AND key=?2",
    [CSMS_S_CERTIFICATE] =
        "INSERT INTO certificate VALUES(NULL,?1,?2,?3,?4,?5,?6,?7) ON CONFLICT(identity,serial)"
        " DO UPDATE SET until=?4,state=max(?5,state*(state=3)),signed=max(signed,?6),"
        "shown=max(shown,?7)",
    [CSMS_S_CERTIFICATES_TRIM] = "DELETE FROM certificate WHERE identity=?1 AND id NOT IN (SELECT"
                                 " id FROM certificate WHERE identity=?1 ORDER BY id DESC"
                                 " LIMIT ?2)",
    [CSMS_S_CERTIFICATES_REMOVE] = "DELETE FROM certificate WHERE identity=?1",
    [CSMS_S_TAG_REMOVE] = "DELETE FROM tag WHERE id_tag=?1",
    [CSMS_S_JOURNAL_ADD] = "INSERT INTO journal(points) VALUES(?1)",
    [CSMS_S_JOURNAL_ALL] = "SELECT id,points FROM journal ORDER BY id",
    [CSMS_S_JOURNAL_GONE] = "DELETE FROM journal WHERE id<=?1",
    [CSMS_S_CURVE_ADD] = "INSERT INTO curve VALUES(NULL,?1,?2,?3,?4,?5,?6,?7,?8,?9)",
    [CSMS_S_CURVE_NEAR] = "SELECT points FROM curve WHERE charger=?1 AND day BETWEEN ?2 AND ?3"
                          " AND first<=?5 AND last>=?4 ORDER BY id",
    [CSMS_S_CURVE_OLD] = "SELECT id,count FROM curve WHERE newest<?1 LIMIT ?2",
    [CSMS_S_CURVE_GONE] = "DELETE FROM curve WHERE id=?1",
    /* By an index that has the counts. What is in the journal is not past its time. */
    [CSMS_S_SURVEY] = "SELECT coalesce(sum(count),0),coalesce(sum(CASE WHEN newest<?1 THEN count"
                      " END),0) FROM curve",
    [CSMS_S_MEMO] = "INSERT OR REPLACE INTO memo VALUES(?1,?2)",
};

static int step(struct csms_sql *sql, enum csms_statement which)
{
    return sqlite_db_run(sql->db, sql->statements[which]);
}

/* A full disk ends the transaction by itself. */
static void roll_back(struct csms_sql *sql)
{
    if (!sqlite3_get_autocommit(sql->db))
        (void)step(sql, CSMS_S_ROLLBACK);
}

static int name_set(struct csms_sql *sql, enum ocpp_set set)
{
    size_t count;
    const uint16_t *words = ocpp_set_words(set, &count);
    int err = 0;

    for (size_t i = 0; !err && i < count; i++)
        err = csms_sql_name(sql, ocpp_word_text((enum ocpp_word)words[i]), &sql->names[words[i]]);
    return err;
}

/* Those of samples, before any is put: what a round names may be undone. */
static int name_words(struct csms_sql *sql)
{
    static const enum ocpp_set sets[] = {OCPP_SET_Measurand, OCPP_SET_Phase,
                                         OCPP_SET_Location,  OCPP_SET_ReadingContext,
                                         OCPP_SET_Unit,      OCPP_SET_ValueFormat};
    int err = step(sql, CSMS_S_BEGIN);

    if (!err)
        err = csms_sql_name(sql, "", &sql->names[OCPP_NO_WORD]);
    for (size_t i = 0; !err && i < sizeof sets / sizeof sets[0]; i++)
        err = name_set(sql, sets[i]);
    if (!err)
        err = step(sql, CSMS_S_COMMIT);
    if (err)
        roll_back(sql);
    return err;
}

static int journal_length(struct csms_sql *sql)
{
    sqlite3_stmt *s = NULL;
    int err = sqlite_db_prepare(sql->db, "SELECT coalesce(sum(length(points)),0) FROM journal", &s);

    if (err)
        return err;
    int result = sqlite3_step(s);
    if (result == SQLITE_ROW)
        sql->journal_bytes = (size_t)sqlite3_column_int64(s, 0);
    err = sqlite_db_error(sql->db, result);
    sqlite3_finalize(s);
    return err;
}

int csms_sql_open(struct csms_sql *sql, const char *path, char *why, size_t why_size)
{
    enum { CACHE_KIB = 8192 };
    int err = sqlite_db_open(&sql->db, path, SQLITE_DB_SYNCED, CACHE_KIB, why, why_size);

    if (!err)
        err = sqlite_db_migrate(sql->db, &csms_schema, why, why_size);
    for (int i = 0; !err && i < CSMS_S_COUNT; i++)
        err = sqlite_db_prepare(sql->db, texts[i], &sql->statements[i]);
    if (!err)
        err = name_words(sql);
    return err ? err : journal_length(sql);
}

void csms_sql_close(struct csms_sql *sql)
{
    for (int i = 0; i < CSMS_S_COUNT; i++)
        sqlite3_finalize(sql->statements[i]);
    sqlite3_close(sql->db);
    memset(sql->statements, 0, sizeof sql->statements);
    csms_sql_curve_close(sql);
    sql->db = NULL;
}

/* ---- rounds ---- */

/* What only reads, or only measures, leaves nothing in the file to undo. */
static bool is_light(const struct csms_job *job)
{
    const struct csms_change *change = &job->change;

    return job->kind == CSMS_JOB_FIND ||
           (job->kind == CSMS_JOB_PUT && !change->boot && !change->status && !change->note &&
            !change->document && !change->certificate && !change->tx && !change->left);
}

/* Back to the mark, if the transaction is still there. */
static int undo(struct csms_sql *sql, const struct csms_pack *pack, size_t round_len)
{
    sql->round.len = round_len;
    sql->pack.done = pack->done;
    sql->pack.over = pack->over;
    csms_sql_forget(sql);
    return step(sql, CSMS_S_UNDO);
}

/* One that fails undoes what it did and no more. Returns an error when the whole is lost. */
static int do_one(struct csms_sql *sql, struct csms_job *job)
{
    const struct csms_pack pack = sql->pack;
    size_t round_len = sql->round.len;

    if (is_light(job)) {
        job->err = csms_sql_do(sql, job);
        return job->err && sqlite3_get_autocommit(sql->db) ? job->err : 0;
    }
    int err = step(sql, CSMS_S_SAVE);
    if (err)
        return err;
    job->err = csms_sql_do(sql, job);
    if (job->err && sqlite3_get_autocommit(sql->db))
        return job->err;
    if (job->err)
        err = undo(sql, &pack, round_len);
    return err ? err : step(sql, CSMS_S_RELEASE);
}

/* Packing may fail: what was measured stays in the journal, but not more and more of it. */
static int pack_some(struct csms_sql *sql)
{
    const struct csms_pack pack = sql->pack;
    int err = step(sql, CSMS_S_SAVE);

    if (err)
        return err;
    int packed = csms_sql_pack_some(sql);
    if (packed) {
        sql->packs_failed++;
        if (sqlite3_get_autocommit(sql->db) || sql->journal_bytes > 4 * CSMS_JOURNAL_BYTES)
            return packed;
        err = undo(sql, &pack, sql->round.len);
    }
    return err ? err : step(sql, CSMS_S_RELEASE);
}

static bool is_packing(const struct csms_sql *sql)
{
    return sql->pack.until != 0 || sql->journal_bytes >= CSMS_JOURNAL_BYTES;
}

static int do_all(struct csms_sql *sql, struct csms_job *first, const struct csms_job *end,
                  bool *begun)
{
    int err = step(sql, CSMS_S_BEGIN);

    *begun = err == 0;
    for (struct csms_job *job = first; !err && job != end; job = job->next)
        err = do_one(sql, job);
    if (!err && !end && is_packing(sql)) /* not where each is tried alone */
        err = pack_some(sql);
    if (!err)
        err = csms_sql_journal(sql);
    if (!err)
        err = step(sql, CSMS_S_COMMIT);
    if (err)
        roll_back(sql);
    else
        sql->commits++;
    csms_sql_round_over(sql, err == 0);
    return err;
}

void csms_sql_round(struct csms_sql *sql, struct csms_job *first)
{
    bool begun;
    int err = do_all(sql, first, NULL, &begun);

    if (!err)
        return;
    for (struct csms_job *job = first; job; job = job->next) {
        if (begun) /* otherwise nothing can be, and each would wait for the lock in its turn */
            err = do_all(sql, job, job->next, &begun);
        if (err)
            job->err = err;
    }
}
