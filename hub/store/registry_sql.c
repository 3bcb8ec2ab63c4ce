/* SPDX-License-Identifier: Apache-2.0 */
/* The registry's file and its rounds: many requests, one commit. */
#include "hub/store/registry_sql.h"

#include <string.h>

#include "core/err.h"

static const struct sqlite_migration migrations[] = {
    {"first",
     "CREATE TABLE device(id TEXT PRIMARY KEY, type TEXT NOT NULL, name TEXT NOT NULL,"
     " location TEXT NOT NULL, claimed INTEGER NOT NULL, registered_at INTEGER NOT NULL,"
     " last_seen INTEGER NOT NULL, config TEXT NOT NULL) WITHOUT ROWID;"
     "CREATE TABLE operator(id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE COLLATE NOCASE,"
     " password_hash TEXT NOT NULL, role TEXT NOT NULL, created_at INTEGER NOT NULL);"
     "CREATE TABLE refresh_token(hash TEXT PRIMARY KEY, family TEXT NOT NULL,"
     " operator_id INTEGER NOT NULL, expires_at INTEGER NOT NULL, used INTEGER NOT NULL)"
     " WITHOUT ROWID;"
     "CREATE INDEX refresh_token_family ON refresh_token(family);"
     "CREATE INDEX refresh_token_expires ON refresh_token(expires_at);"
     "CREATE TABLE command(id TEXT PRIMARY KEY, device_id TEXT NOT NULL, name TEXT NOT NULL,"
     " args TEXT NOT NULL, state TEXT NOT NULL, answer TEXT NOT NULL, created_at INTEGER NOT NULL,"
     " finished_at INTEGER NOT NULL, operator_id INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE INDEX command_device ON command(device_id, created_at);"
     "CREATE INDEX command_sent ON command(created_at) WHERE state='sent';"},
    {"credentials",
     "CREATE TABLE device_credential(device_id TEXT PRIMARY KEY, batch TEXT NOT NULL,"
     " hardware_version INTEGER NOT NULL, secret_sealed BLOB NOT NULL, broker_user TEXT NOT NULL,"
     " imported_ms INTEGER NOT NULL) WITHOUT ROWID;"},
    {"recent commands", "CREATE INDEX command_created ON command(created_at);"},
    {"removals and health",
     "CREATE TABLE removal(device_id TEXT PRIMARY KEY, history INTEGER NOT NULL,"
     " asked_at INTEGER NOT NULL, ended INTEGER NOT NULL) WITHOUT ROWID;"
     "ALTER TABLE device ADD COLUMN status TEXT NOT NULL DEFAULT '';"},
    {"children",
     "CREATE TABLE child(id TEXT PRIMARY KEY, name_sealed BLOB NOT NULL, birth_year INTEGER NOT"
     " NULL, birth_month INTEGER NOT NULL, language TEXT NOT NULL, created_at INTEGER NOT NULL)"
     " WITHOUT ROWID;"
     "CREATE TABLE consent(id INTEGER PRIMARY KEY, child_id TEXT NOT NULL, kind INTEGER NOT NULL,"
     " provider TEXT NOT NULL, method TEXT NOT NULL, notice TEXT NOT NULL, given_at INTEGER NOT"
     " NULL, revoked_at INTEGER NOT NULL, operator_id INTEGER NOT NULL);"
     "CREATE INDEX consent_child ON consent(child_id);"
     "CREATE TABLE claim(device_id TEXT PRIMARY KEY, child_id TEXT NOT NULL, session_id TEXT NOT"
     " NULL, claimed_at INTEGER NOT NULL, refresh_hash TEXT NOT NULL, used_hash TEXT NOT NULL,"
     " refresh_expires_at INTEGER NOT NULL, used_at INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE INDEX claim_child ON claim(child_id);"
     "CREATE INDEX claim_refresh ON claim(refresh_hash);"
     "CREATE INDEX claim_used ON claim(used_hash);"
     "CREATE TABLE audit(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, operator_id INTEGER NOT NULL,"
     " what TEXT NOT NULL, child_id TEXT NOT NULL, device_id TEXT NOT NULL);"
     "CREATE INDEX audit_child ON audit(child_id, id);"},
};

const struct sqlite_schema registry_schema = {
    .kind = "registry",
    .application_id = 0x524f5247, /* "RORG" */
    .migrations = migrations,
    .migration_count = sizeof migrations / sizeof migrations[0],
};

int registry_sql_open(struct registry_sql *sql, const char *path, char *why, size_t why_size)
{
    enum { CACHE_KIB = 2048 };
    memset(sql, 0, sizeof *sql);
    int err = sqlite_db_open(&sql->db, path, SQLITE_DB_SYNCED, CACHE_KIB, why, why_size);
    if (!err)
        err = sqlite_db_migrate(sql->db, &registry_schema, why, why_size);
    if (!err)
        err = registry_sql_prepare(sql);
    if (err)
        registry_sql_close(sql);
    else
        sqlite3_busy_timeout(sql->db, 0);
    return err;
}

void registry_sql_close(struct registry_sql *sql)
{
    for (size_t i = 0; i < REGISTRY_STATEMENTS_MAX; i++)
        sqlite3_finalize(sql->statements[i]);
    sqlite3_close(sql->db);
    memset(sql, 0, sizeof *sql);
}

/* ---- rounds ---- */

/* A lock of another program leaves a request where it is. */
static void settle(struct registry_job *job, int err)
{
    job->err = err;
    job->settled = err != ROOST_ERR_BUSY;
}

static bool in_transaction(const struct registry_sql *sql)
{
    return !sqlite3_get_autocommit(sql->db);
}

/* What reads, and asks for nothing that is not committed. */
static void do_reads(struct registry_sql *sql, struct registry_job *first)
{
    for (struct registry_job *job = first; job; job = job->next)
        if (!registry_op_writes(job->request.op))
            settle(job, registry_sql_do(sql, job));
}

/* One request within the round's transaction: its failure undoes nothing else, unless it ended the
 * transaction, as a full disk may. */
static int do_saved(struct registry_sql *sql, struct registry_job *job)
{
    int err = registry_sql_step(sql, REGISTRY_SQL_SAVE);
    if (!err)
        err = registry_sql_do(sql, job);
    if (!in_transaction(sql))
        return err;
    int undone = err ? registry_sql_step(sql, REGISTRY_SQL_UNDO) : 0;
    int released = registry_sql_step(sql, REGISTRY_SQL_RELEASE);
    if (undone || released)
        registry_sql_step(sql, REGISTRY_SQL_ROLLBACK);
    return err ? err : released;
}

static int commit(struct registry_sql *sql)
{
    int err = registry_sql_step(sql, REGISTRY_SQL_COMMIT);
    if (err && in_transaction(sql))
        registry_sql_step(sql, REGISTRY_SQL_ROLLBACK);
    sql->commits += err == 0;
    return err;
}

/* All in one transaction. False when it could not be committed: nothing of it took place. */
static bool do_together(struct registry_sql *sql, struct registry_job *first)
{
    for (struct registry_job *job = first; job; job = job->next) {
        settle(job, do_saved(sql, job));
        if (!in_transaction(sql))
            return false;
    }
    return commit(sql) == 0;
}

/* Each in a transaction of its own, so that every one learns what is wrong with itself. */
static void do_each(struct registry_sql *sql, struct registry_job *first)
{
    for (struct registry_job *job = first; job; job = job->next)
        registry_job_reset(job);
    for (struct registry_job *job = first; job; job = job->next) {
        if (!registry_op_writes(job->request.op)) {
            settle(job, registry_sql_do(sql, job));
            continue;
        }
        int err = registry_sql_step(sql, REGISTRY_SQL_BEGIN);
        if (err == ROOST_ERR_BUSY)
            return;
        if (!err)
            err = registry_sql_do(sql, job);
        if (!err)
            err = commit(sql);
        else if (in_transaction(sql))
            registry_sql_step(sql, REGISTRY_SQL_ROLLBACK);
        settle(job, err);
    }
}

void registry_sql_round(struct registry_sql *sql, struct registry_job *first)
{
    bool writes = false;
    for (struct registry_job *job = first; job; job = job->next)
        writes |= registry_op_writes(job->request.op);
    int err = writes ? registry_sql_step(sql, REGISTRY_SQL_BEGIN) : 0;
    if (!writes || err) {
        do_reads(sql, first);
        for (struct registry_job *job = first; job && err; job = job->next)
            if (registry_op_writes(job->request.op))
                settle(job, err);
        return;
    }
    if (!do_together(sql, first))
        do_each(sql, first);
}
