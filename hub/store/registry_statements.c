/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/registry_statements.h"

#include "core/err.h"

static const char *const statement_sql[STATEMENT_COUNT] = {
#define X(name, sql) [S_##name] = (sql),
    STATEMENT_LIST(X)
#undef X
};

_Static_assert(STATEMENT_COUNT <= REGISTRY_STATEMENTS_MAX, "room for every statement");

int registry_sql_prepare(struct registry_sql *r)
{
    int err = 0;
    for (size_t i = 0; !err && i < STATEMENT_COUNT; i++)
        err = sqlite_db_prepare(r->db, statement_sql[i], &r->statements[i]);
    return err;
}

int registry_run(struct registry_sql *r, enum statement which)
{
    return sqlite_db_run(r->db, r->statements[which]);
}

/* As registry_run(), and no row touched is ROOST_ERR_NOT_FOUND. */
int registry_run_found(struct registry_sql *r, enum statement which)
{
    int err = registry_run(r, which);
    if (!err && sqlite3_changes(r->db) == 0)
        return ROOST_ERR_NOT_FOUND;
    return err;
}

int registry_sql_step(struct registry_sql *r, enum registry_sql_step step)
{
    static const enum statement steps[] = {
        [REGISTRY_SQL_BEGIN] = S_BEGIN,       [REGISTRY_SQL_COMMIT] = S_COMMIT,
        [REGISTRY_SQL_ROLLBACK] = S_ROLLBACK, [REGISTRY_SQL_SAVE] = S_SAVE,
        [REGISTRY_SQL_UNDO] = S_UNDO,         [REGISTRY_SQL_RELEASE] = S_RELEASE,
    };
    return registry_run(r, steps[step]);
}

int registry_get_rows(struct registry_sql *r, enum statement which, registry_read_fn read,
                      void *rows, size_t row_size, size_t max)
{
    sqlite3_stmt *s = r->statements[which];
    size_t count = 0;
    int result;
    while ((result = sqlite3_step(s)) == SQLITE_ROW && count < max)
        read(s, (char *)rows + row_size * count++);
    int err = sqlite_db_finish(r->db, s, result);
    return err ? err : (int)count;
}

int registry_get(struct registry_sql *r, struct registry_job *job, enum statement which,
                 registry_read_fn read, size_t row_size)
{
    void *row = registry_job_rows(job, 1, row_size);
    if (!row) {
        /* They are borrowed from the request, which ends with this. */
        sqlite3_clear_bindings(r->statements[which]);
        return ROOST_ERR_NO_MEMORY;
    }
    int count = registry_get_rows(r, which, read, row, row_size, 1);
    if (count <= 0)
        return count < 0 ? count : ROOST_ERR_NOT_FOUND;
    job->answer.count = 1;
    return 0;
}

static void read_number(sqlite3_stmt *s, void *out)
{
    *(int64_t *)out = sqlite3_column_int64(s, 0);
}

int registry_get_number(struct registry_sql *r, struct registry_job *job, enum statement which)
{
    int count = registry_get_rows(r, which, read_number, &job->answer.number, 0, 1);
    return count < 0 ? count : count == 0 ? ROOST_ERR_NOT_FOUND : 0;
}

int registry_ping(struct registry_sql *r, struct registry_job *job)
{
    return registry_get_number(r, job, S_PING);
}

int registry_stream(struct registry_sql *r, enum statement which,
                    int (*each)(const void *caller, sqlite3_stmt *s), const void *caller)
{
    sqlite3_stmt *s = r->statements[which];
    int stop = 0;
    int result;
    /* Loading blocks its caller anyway: it may wait for another program, as a round must not. */
    sqlite3_busy_timeout(r->db, SQLITE_DB_BUSY_MS);
    while ((result = sqlite3_step(s)) == SQLITE_ROW && !stop)
        stop = each(caller, s);
    int err = sqlite_db_finish(r->db, s, result);
    sqlite3_busy_timeout(r->db, 0);
    return stop < 0 ? stop : err;
}

static int (*const operations[REGISTRY_OP_COUNT])(struct registry_sql *r,
                                                  struct registry_job *job) = {
    [REGISTRY_PING] = registry_ping,
    [REGISTRY_DEVICE_GET] = registry_device_get,
    [REGISTRY_DEVICES_PUT] = registry_devices_put,
    [REGISTRY_DEVICES_ADD] = registry_devices_add,
    [REGISTRY_DEVICES_MEET] = registry_devices_meet,
    [REGISTRY_DEVICE_CHANGE] = registry_device_change,
    [REGISTRY_DEVICES_SEEN] = registry_devices_seen,
    [REGISTRY_DEVICES_STATUS] = registry_devices_status,
    [REGISTRY_DEVICE_DELETE] = registry_device_delete,
    [REGISTRY_REMOVAL_END] = registry_removal_end,
    [REGISTRY_CREDENTIALS_GET] = registry_credentials_get,
    [REGISTRY_OPERATOR_GET] = registry_operator_get,
    [REGISTRY_OPERATOR_BY_ID] = registry_operator_by_id,
    [REGISTRY_OPERATOR_ADD] = registry_operator_add,
    [REGISTRY_OPERATOR_COUNT] = registry_operator_count,
    [REGISTRY_OPERATOR_LIST] = registry_operator_list,
    [REGISTRY_OPERATOR_REMOVE] = registry_operator_remove,
    [REGISTRY_OPERATOR_SECRET] = registry_operator_secret,
    [REGISTRY_TOKEN_ADD] = registry_token_add,
    [REGISTRY_TOKEN_GET] = registry_token_get,
    [REGISTRY_TOKEN_USE] = registry_token_use,
    [REGISTRY_TOKEN_END_FAMILY] = registry_token_end_family,
    [REGISTRY_TOKEN_FAMILIES] = registry_token_families,
    [REGISTRY_TOKEN_PURGE] = registry_token_purge,
    [REGISTRY_COMMAND_PUT] = registry_command_put,
    [REGISTRY_COMMAND_GET] = registry_command_get,
    [REGISTRY_COMMAND_FINISH] = registry_command_finish,
    [REGISTRY_COMMAND_EXPIRE] = registry_command_expire,
    [REGISTRY_COMMAND_LIST] = registry_command_list,
    [REGISTRY_CHILD_ADD] = registry_child_add,
    [REGISTRY_CHILD_CHANGE] = registry_child_change,
    [REGISTRY_CHILD_GET] = registry_child_get,
    [REGISTRY_CHILD_LIST] = registry_child_list,
    [REGISTRY_CHILD_DELETE] = registry_child_delete,
    [REGISTRY_CONSENT_ADD] = registry_consent_add,
    [REGISTRY_CONSENT_REVOKE] = registry_consent_revoke,
    [REGISTRY_PAIR_GET] = registry_pair_get,
    [REGISTRY_CLAIM_PUT] = registry_claim_put,
    [REGISTRY_CLAIM_RENEW] = registry_claim_renew,
    [REGISTRY_AUDIT_ADD] = registry_audit_add,
    [REGISTRY_AUDIT_LIST] = registry_audit_list,
};

int registry_sql_do(struct registry_sql *r, struct registry_job *job)
{
    return operations[job->request.op](r, job);
}
