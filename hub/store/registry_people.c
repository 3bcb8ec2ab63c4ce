/* SPDX-License-Identifier: Apache-2.0 */
/* Operators and their refresh tokens. */
#include "hub/store/registry_statements.h"

#include "core/err.h"

/* ---- operators ---- */

static void read_operator(sqlite3_stmt *s, void *out)
{
    struct registry_operator *op = out;
    op->id = sqlite3_column_int64(s, 0);
    sqlite_db_text(s, 1, op->email, sizeof op->email);
    sqlite_db_text(s, 2, op->password_hash, sizeof op->password_hash);
    sqlite_db_text(s, 3, op->role, sizeof op->role);
    op->created_ms = sqlite3_column_int64(s, 4);
}

static int get_operator(struct registry_sql *r, struct registry_job *job, enum statement which)
{
    int err = registry_get(r, job, which, read_operator, sizeof *job->answer.person);
    job->answer.person = job->rows;
    return err;
}

int registry_operator_get(struct registry_sql *r, struct registry_job *job)
{
    sqlite_db_bind_text(r->statements[S_OPERATOR_GET], 1, job->request.key);
    return get_operator(r, job, S_OPERATOR_GET);
}

int registry_operator_by_id(struct registry_sql *r, struct registry_job *job)
{
    sqlite3_bind_int64(r->statements[S_OPERATOR_BY_ID], 1, job->request.number);
    return get_operator(r, job, S_OPERATOR_BY_ID);
}

int registry_operator_add(struct registry_sql *r, struct registry_job *job)
{
    const struct registry_operator *op = job->request.person;
    sqlite3_stmt *s = r->statements[S_OPERATOR_ADD];
    struct registry_operator *added = registry_job_rows(job, 1, sizeof *added);
    if (!added)
        return ROOST_ERR_NO_MEMORY;
    sqlite_db_bind_text(s, 1, op->email);
    sqlite_db_bind_text(s, 2, op->password_hash);
    sqlite_db_bind_text(s, 3, op->role);
    sqlite3_bind_int64(s, 4, op->created_ms);
    int err = registry_run(r, S_OPERATOR_ADD);
    *added = *op;
    added->id = sqlite3_last_insert_rowid(r->db);
    job->answer.person = added;
    job->answer.count = 1;
    return err;
}

int registry_operator_count(struct registry_sql *r, struct registry_job *job)
{
    return registry_get_number(r, job, S_OPERATOR_COUNT);
}

int registry_operator_list(struct registry_sql *r, struct registry_job *job)
{
    sqlite3_stmt *s = r->statements[S_OPERATOR_LIST];
    struct registry_operator *rows = registry_job_rows(job, REGISTRY_LIST_MAX, sizeof *rows);
    if (!rows)
        return ROOST_ERR_NO_MEMORY;
    sqlite3_bind_int64(s, 1, REGISTRY_LIST_MAX);
    int count =
        registry_get_rows(r, S_OPERATOR_LIST, read_operator, rows, sizeof *rows, REGISTRY_LIST_MAX);
    if (count < 0)
        return count;
    job->answer.person = rows;
    job->answer.count = (size_t)count;
    return 0;
}

/* ---- refresh tokens ---- */

static void read_token(sqlite3_stmt *s, void *out)
{
    struct registry_token *token = out;
    sqlite_db_text(s, 0, token->hash_hex, sizeof token->hash_hex);
    sqlite_db_text(s, 1, token->family, sizeof token->family);
    token->operator_id = sqlite3_column_int64(s, 2);
    token->expires_ms = sqlite3_column_int64(s, 3);
    token->used_ms = sqlite3_column_int64(s, 4);
}

int registry_token_add(struct registry_sql *r, struct registry_job *job)
{
    const struct registry_token *token = job->request.token;
    sqlite3_stmt *s = r->statements[S_TOKEN_ADD];
    sqlite_db_bind_text(s, 1, token->hash_hex);
    sqlite_db_bind_text(s, 2, token->family);
    sqlite3_bind_int64(s, 3, token->operator_id);
    sqlite3_bind_int64(s, 4, token->expires_ms);
    sqlite3_bind_int64(s, 5, token->used_ms);
    return registry_run(r, S_TOKEN_ADD);
}

int registry_token_get(struct registry_sql *r, struct registry_job *job)
{
    sqlite_db_bind_text(r->statements[S_TOKEN_GET], 1, job->request.key);
    int err = registry_get(r, job, S_TOKEN_GET, read_token, sizeof *job->answer.token);
    job->answer.token = job->rows;
    return err;
}

static void bind_use(sqlite3_stmt *s, const struct registry_request *request)
{
    sqlite_db_bind_text(s, 1, request->key);
    sqlite3_bind_int64(s, 2, request->number);
}

/* One statement decides who used it first, a second one whether this is who asks again. */
int registry_token_use(struct registry_sql *r, struct registry_job *job)
{
    bind_use(r->statements[S_TOKEN_USE], &job->request);
    int err = registry_run_found(r, S_TOKEN_USE);
    if (err != ROOST_ERR_NOT_FOUND)
        return err;
    err = registry_token_get(r, job);
    if (err)
        return err;
    bind_use(r->statements[S_TOKEN_REPEAT], &job->request);
    sqlite3_bind_int(r->statements[S_TOKEN_REPEAT], 3, REGISTRY_TOKEN_GRACE_MS);
    err = registry_get_number(r, job, S_TOKEN_REPEAT);
    return err == ROOST_ERR_NOT_FOUND ? ROOST_ERR_EXISTS : err;
}

int registry_token_end_family(struct registry_sql *r, struct registry_job *job)
{
    sqlite_db_bind_text(r->statements[S_TOKEN_END_FAMILY], 1, job->request.key);
    return registry_run(r, S_TOKEN_END_FAMILY);
}

int registry_token_families(struct registry_sql *r, struct registry_job *job)
{
    const struct registry_request *request = &job->request;
    sqlite3_stmt *s = r->statements[S_TOKEN_FAMILIES];
    struct registry_token *rows = registry_job_rows(job, request->count, sizeof *rows);
    if (!rows)
        return ROOST_ERR_NO_MEMORY;
    sqlite3_bind_int64(s, 1, request->number);
    sqlite3_bind_int64(s, 2, (int64_t)request->count);
    int count =
        registry_get_rows(r, S_TOKEN_FAMILIES, read_token, rows, sizeof *rows, request->count);
    if (count < 0)
        return count;
    job->answer.token = rows;
    job->answer.count = (size_t)count;
    return 0;
}

int registry_token_purge(struct registry_sql *r, struct registry_job *job)
{
    sqlite3_bind_int64(r->statements[S_TOKEN_PURGE], 1, job->request.number);
    int err = registry_run(r, S_TOKEN_PURGE);
    job->answer.number = err ? 0 : sqlite3_changes(r->db);
    return err;
}

/* ---- an operator's end, and a new password ---- */

/* Whoever signed in before is out. */
static int end_sign_ins(struct registry_sql *r, struct registry_job *job, int64_t operator_id)
{
    sqlite3_stmt *s = r->statements[S_TOKEN_FAMILIES_OF];
    struct registry_token *rows = registry_job_rows(job, REGISTRY_LIST_MAX, sizeof *rows);
    if (!rows)
        return ROOST_ERR_NO_MEMORY;
    sqlite3_bind_int64(s, 1, operator_id);
    sqlite3_bind_int64(s, 2, REGISTRY_LIST_MAX);
    int count = registry_get_rows(r, S_TOKEN_FAMILIES_OF, read_token, rows, sizeof *rows,
                                  REGISTRY_LIST_MAX);
    if (count < 0)
        return count;
    job->answer.token = rows;
    job->answer.count = (size_t)count;
    sqlite3_bind_int64(r->statements[S_TOKEN_END_OPERATOR], 1, operator_id);
    return registry_run(r, S_TOKEN_END_OPERATOR);
}

int registry_operator_remove(struct registry_sql *r, struct registry_job *job)
{
    int64_t id = job->request.number;
    sqlite3_bind_int64(r->statements[S_OPERATOR_REMOVE], 1, id);
    int err = registry_run_found(r, S_OPERATOR_REMOVE);
    if (err == 0)
        err = registry_get_number(r, job, S_OPERATOR_COUNT);
    if (err == 0 && job->answer.number == 0)
        err = ROOST_ERR_STATE; /* a hub that nobody can sign in at; the request is undone */
    return err ? err : end_sign_ins(r, job, id);
}

int registry_operator_secret(struct registry_sql *r, struct registry_job *job)
{
    const struct registry_operator *op = job->request.person;
    sqlite3_bind_int64(r->statements[S_OPERATOR_SECRET], 1, op->id);
    sqlite_db_bind_text(r->statements[S_OPERATOR_SECRET], 2, op->password_hash);
    int err = registry_run_found(r, S_OPERATOR_SECRET);
    return err ? err : end_sign_ins(r, job, op->id);
}
