/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQL of the registry on SQLite: one connection that works through rounds of requests. Knows no
 * thread and no loop; hub/store/registry_sqlite.c owns those. Depends on hub/store/sqlite_db.h,
 * hub/store/registry_job.h.
 */
#ifndef ROOST_HUB_STORE_REGISTRY_SQL_H
#define ROOST_HUB_STORE_REGISTRY_SQL_H

#include "hub/store/registry_job.h"
#include "hub/store/sqlite_db.h"

#define REGISTRY_STATEMENTS_MAX 96

extern const struct sqlite_schema registry_schema;

struct registry_sql {
    sqlite3 *db;
    sqlite3_stmt *statements[REGISTRY_STATEMENTS_MAX];
    uint64_t commits; /* transactions that wrote */
};

/* Opens, migrates and prepares; see hub/store/registry_sqlite.h. */
int registry_sql_open(struct registry_sql *sql, const char *path, char *why, size_t why_size);
void registry_sql_close(struct registry_sql *sql);

/* Works through the requests in their order: those that write share one transaction, with a
 * savepoint each. Settles each, with its error and its answer; where the database is locked by
 * another program those that have to wait stay unsettled. Nothing here waits for a lock. */
void registry_sql_round(struct registry_sql *sql, struct registry_job *first);

/* As in struct registry_ops. */
int registry_sql_load_devices(struct registry_sql *sql, registry_device_fn fn, void *arg);
int registry_sql_load_commands(struct registry_sql *sql, size_t limit, registry_command_fn fn,
                               void *arg);

int registry_sql_load_removals(struct registry_sql *sql, registry_removal_fn fn, void *arg);

/* hub/store/registry_statements.h: what a request does, within a transaction when it writes. */
int registry_sql_prepare(struct registry_sql *sql);
int registry_sql_do(struct registry_sql *sql, struct registry_job *job);

enum registry_sql_step {
    REGISTRY_SQL_BEGIN,
    REGISTRY_SQL_COMMIT,
    REGISTRY_SQL_ROLLBACK,
    REGISTRY_SQL_SAVE,
    REGISTRY_SQL_UNDO,
    REGISTRY_SQL_RELEASE
};
int registry_sql_step(struct registry_sql *sql, enum registry_sql_step step);

#endif
