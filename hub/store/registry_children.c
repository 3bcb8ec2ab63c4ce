/* SPDX-License-Identifier: Apache-2.0 */
/* Children, what their parents agreed to, and whose a device is. */
#include "hub/store/registry_statements.h"

#include <string.h>

#include "core/err.h"

/* ---- who did what ---- */

static int note(struct registry_sql *r, const struct registry_audit *audit)
{
    sqlite3_stmt *s = r->statements[S_AUDIT_ADD];

    if (!audit)
        return 0;
    sqlite3_bind_int64(s, 1, audit->at_ms);
    sqlite3_bind_int64(s, 2, audit->operator_id);
    sqlite_db_bind_text(s, 3, audit->what);
    sqlite_db_bind_text(s, 4, audit->child_id);
    sqlite_db_bind_text(s, 5, audit->device_id);
    int err = registry_run(r, S_AUDIT_ADD);
    if (err)
        return err;
    sqlite3_bind_int64(r->statements[S_AUDIT_TRIM], 1,
                       sqlite3_last_insert_rowid(r->db) - REGISTRY_AUDIT_MAX);
    return registry_run(r, S_AUDIT_TRIM);
}

int registry_audit_add(struct registry_sql *r, struct registry_job *job)
{
    return note(r, job->request.audit);
}

static void read_audit(sqlite3_stmt *s, void *out)
{
    struct registry_audit *audit = out;

    audit->id = sqlite3_column_int64(s, 0);
    audit->at_ms = sqlite3_column_int64(s, 1);
    audit->operator_id = sqlite3_column_int64(s, 2);
    sqlite_db_text(s, 3, audit->what, sizeof audit->what);
    sqlite_db_text(s, 4, audit->child_id, sizeof audit->child_id);
    sqlite_db_text(s, 5, audit->device_id, sizeof audit->device_id);
}

int registry_audit_list(struct registry_sql *r, struct registry_job *job)
{
    const struct registry_request *request = &job->request;
    enum statement which = request->key ? S_AUDIT_OF_CHILD : S_AUDIT_LIST;
    sqlite3_stmt *s = r->statements[which];
    struct registry_audit *rows = registry_job_rows(job, request->count, sizeof *rows);

    if (!rows)
        return ROOST_ERR_NO_MEMORY;
    sqlite3_bind_int64(s, 1, (int64_t)request->count);
    if (request->key)
        sqlite_db_bind_text(s, 2, request->key);
    int count = registry_get_rows(r, which, read_audit, rows, sizeof *rows, request->count);
    if (count < 0)
        return count;
    job->answer.audit = rows;
    job->answer.count = (size_t)count;
    return 0;
}

/* A change that was made, with its line. */
static int noted(struct registry_sql *r, const struct registry_job *job, int err)
{
    return err ? err : note(r, job->request.audit);
}

/* ---- children ---- */

static void read_child(sqlite3_stmt *s, void *out)
{
    struct registry_child *child = out;
    const void *sealed = sqlite3_column_blob(s, 1);
    size_t len = (size_t)sqlite3_column_bytes(s, 1);

    sqlite_db_text(s, 0, child->id, sizeof child->id);
    child->sealed_len = len <= sizeof child->name_sealed ? len : 0; /* opens never */
    if (child->sealed_len > 0)
        memcpy(child->name_sealed, sealed, child->sealed_len);
    child->birth_year = (unsigned)sqlite3_column_int(s, 2);
    child->birth_month = (unsigned)sqlite3_column_int(s, 3);
    sqlite_db_text(s, 4, child->language, sizeof child->language);
    child->created_ms = sqlite3_column_int64(s, 5);
    child->consents = (unsigned)sqlite3_column_int(s, 6);
    child->devices = (unsigned)sqlite3_column_int(s, 7);
}

static int write_child(struct registry_sql *r, enum statement which,
                       const struct registry_child *child)
{
    sqlite3_stmt *s = r->statements[which];

    sqlite_db_bind_text(s, 1, child->id);
    sqlite3_bind_blob(s, 2, child->name_sealed, (int)child->sealed_len, SQLITE_STATIC);
    sqlite3_bind_int64(s, 3, child->birth_year);
    sqlite3_bind_int64(s, 4, child->birth_month);
    sqlite_db_bind_text(s, 5, child->language);
    if (which == S_CHILD_ADD)
        sqlite3_bind_int64(s, 6, child->created_ms);
    return registry_run_found(r, which);
}

int registry_child_add(struct registry_sql *r, struct registry_job *job)
{
    return noted(r, job, write_child(r, S_CHILD_ADD, job->request.child));
}

int registry_child_change(struct registry_sql *r, struct registry_job *job)
{
    return noted(r, job, write_child(r, S_CHILD_CHANGE, job->request.child));
}

int registry_child_list(struct registry_sql *r, struct registry_job *job)
{
    const struct registry_request *request = &job->request;
    sqlite3_stmt *s = r->statements[S_CHILD_LIST];
    struct registry_child *rows = registry_job_rows(job, request->count, sizeof *rows);

    if (!rows)
        return ROOST_ERR_NO_MEMORY;
    sqlite_db_bind_text(s, 1, request->key ? request->key : "");
    sqlite3_bind_int64(s, 2, (int64_t)request->count);
    int count = registry_get_rows(r, S_CHILD_LIST, read_child, rows, sizeof *rows, request->count);
    if (count < 0)
        return count;
    job->answer.children = rows;
    job->answer.count = (size_t)count;
    return 0;
}

static int run_of(struct registry_sql *r, enum statement which, const char *id)
{
    sqlite_db_bind_text(r->statements[which], 1, id);
    return registry_run(r, which);
}

int registry_child_delete(struct registry_sql *r, struct registry_job *job)
{
    const char *id = job->request.key;
    int err = run_of(r, S_CONSENT_DELETE, id);

    if (!err)
        err = run_of(r, S_CLAIM_DELETE_CHILD, id);
    if (err)
        return err;
    sqlite_db_bind_text(r->statements[S_CHILD_DELETE], 1, id);
    return noted(r, job, registry_run_found(r, S_CHILD_DELETE));
}

/* ---- consents ---- */

static void read_consent(sqlite3_stmt *s, void *out)
{
    struct registry_consent *consent = out;

    sqlite_db_text(s, 0, consent->child_id, sizeof consent->child_id);
    consent->kind = (unsigned)sqlite3_column_int(s, 1);
    sqlite_db_text(s, 2, consent->provider, sizeof consent->provider);
    sqlite_db_text(s, 3, consent->method, sizeof consent->method);
    sqlite_db_text(s, 4, consent->notice, sizeof consent->notice);
    consent->given_ms = sqlite3_column_int64(s, 5);
    consent->revoked_ms = sqlite3_column_int64(s, 6);
    consent->operator_id = sqlite3_column_int64(s, 7);
}

/* 0, or ROOST_ERR_NOT_FOUND. */
static int find_child(struct registry_sql *r, struct registry_job *job, const char *id)
{
    sqlite_db_bind_text(r->statements[S_CHILD_THERE], 1, id);
    return registry_get_number(r, job, S_CHILD_THERE);
}

int registry_consent_add(struct registry_sql *r, struct registry_job *job)
{
    const struct registry_consent *consent = job->request.consent;
    sqlite3_stmt *replace = r->statements[S_CONSENT_REPLACE], *add = r->statements[S_CONSENT_ADD];
    sqlite3_stmt *trim = r->statements[S_CONSENT_TRIM];
    int err = find_child(r, job, consent->child_id);

    if (err)
        return err;
    sqlite_db_bind_text(replace, 1, consent->child_id);
    sqlite3_bind_int64(replace, 2, consent->kind);
    sqlite_db_bind_text(replace, 3, consent->provider);
    sqlite3_bind_int64(replace, 4, consent->given_ms);
    err = registry_run(r, S_CONSENT_REPLACE);
    if (err)
        return err;
    sqlite_db_bind_text(add, 1, consent->child_id);
    sqlite3_bind_int64(add, 2, consent->kind);
    sqlite_db_bind_text(add, 3, consent->provider);
    sqlite_db_bind_text(add, 4, consent->method);
    sqlite_db_bind_text(add, 5, consent->notice);
    sqlite3_bind_int64(add, 6, consent->given_ms);
    sqlite3_bind_int64(add, 7, consent->operator_id);
    err = registry_run(r, S_CONSENT_ADD);
    if (err)
        return err;
    sqlite_db_bind_text(trim, 1, consent->child_id);
    sqlite3_bind_int64(trim, 2, REGISTRY_CONSENTS_MAX);
    return noted(r, job, registry_run(r, S_CONSENT_TRIM));
}

int registry_consent_revoke(struct registry_sql *r, struct registry_job *job)
{
    const struct registry_consent *consent = job->request.consent;
    sqlite3_stmt *s = r->statements[S_CONSENT_REVOKE];

    sqlite_db_bind_text(s, 1, consent->child_id);
    sqlite3_bind_int64(s, 2, consent->kind);
    sqlite3_bind_int64(s, 3, consent->revoked_ms);
    return noted(r, job, registry_run_found(r, S_CONSENT_REVOKE));
}

/* ---- whose a device is ---- */

static void read_claim(sqlite3_stmt *s, void *out)
{
    struct registry_claim *claim = out;

    sqlite_db_text(s, 0, claim->device_id, sizeof claim->device_id);
    sqlite_db_text(s, 1, claim->child_id, sizeof claim->child_id);
    sqlite_db_text(s, 2, claim->session_id, sizeof claim->session_id);
    claim->claimed_ms = sqlite3_column_int64(s, 3);
    sqlite_db_text(s, 4, claim->refresh_hash, sizeof claim->refresh_hash);
    sqlite_db_text(s, 5, claim->used_hash, sizeof claim->used_hash);
    claim->refresh_expires_ms = sqlite3_column_int64(s, 6);
    claim->used_ms = sqlite3_column_int64(s, 7);
}

/* Everything of one child, in one block of rows. */
struct whole {
    struct registry_child child;
    struct registry_consent consents[REGISTRY_CONSENTS_MAX];
    struct registry_claim claims[REGISTRY_CLAIMS_MAX];
};

int registry_child_get(struct registry_sql *r, struct registry_job *job)
{
    const char *id = job->request.key;
    struct whole *whole = registry_job_rows(job, 1, sizeof *whole);

    if (!whole)
        return ROOST_ERR_NO_MEMORY;
    sqlite_db_bind_text(r->statements[S_CHILD_GET], 1, id);
    int count = registry_get_rows(r, S_CHILD_GET, read_child, &whole->child, 0, 1);
    if (count <= 0)
        return count < 0 ? count : ROOST_ERR_NOT_FOUND;
    sqlite_db_bind_text(r->statements[S_CONSENT_LIST], 1, id);
    int consents = registry_get_rows(r, S_CONSENT_LIST, read_consent, whole->consents,
                                     sizeof *whole->consents, REGISTRY_CONSENTS_MAX);
    if (consents < 0)
        return consents;
    sqlite_db_bind_text(r->statements[S_CLAIM_OF_CHILD], 1, id);
    int claims = registry_get_rows(r, S_CLAIM_OF_CHILD, read_claim, whole->claims,
                                   sizeof *whole->claims, REGISTRY_CLAIMS_MAX);
    if (claims < 0)
        return claims;
    job->answer.children = &whole->child;
    job->answer.consents = whole->consents;
    job->answer.claims = whole->claims;
    job->answer.count = 1;
    job->answer.consent_count = (size_t)consents;
    job->answer.claim_count = (size_t)claims;
    return 0;
}

struct pair {
    struct registry_claim claim;
    struct registry_credential credential;
    struct registry_child child;
};

static int get_one(struct registry_sql *r, enum statement which, registry_read_fn read,
                   const char *id, void *row)
{
    sqlite_db_bind_text(r->statements[which], 1, id);
    return registry_get_rows(r, which, read, row, 0, 1);
}

int registry_pair_get(struct registry_sql *r, struct registry_job *job)
{
    const char(*ids)[65] = job->request.ids;
    struct pair *pair = registry_job_rows(job, 1, sizeof *pair);

    if (!pair)
        return ROOST_ERR_NO_MEMORY;
    int claim = get_one(r, S_CLAIM_GET, read_claim, ids[0], &pair->claim);
    int credential =
        get_one(r, S_CREDENTIAL_GET, registry_read_credential, ids[0], &pair->credential);
    int child = get_one(r, S_CHILD_GET, read_child, ids[1], &pair->child);
    if (claim < 0 || credential < 0 || child < 0)
        return claim < 0 ? claim : credential < 0 ? credential : child;
    job->answer.claims = claim ? &pair->claim : NULL;
    job->answer.credentials = credential ? &pair->credential : NULL;
    job->answer.children = child ? &pair->child : NULL;
    job->answer.claim_count = (size_t)claim;
    job->answer.count = 1;
    return 0;
}

int registry_claim_put(struct registry_sql *r, struct registry_job *job)
{
    const struct registry_claim *claim = job->request.claim;
    sqlite3_stmt *s = r->statements[S_CLAIM_PUT], *others = r->statements[S_CLAIM_OTHERS];
    int err = find_child(r, job, claim->child_id);

    if (err)
        return err;
    sqlite_db_bind_text(others, 1, claim->child_id);
    sqlite_db_bind_text(others, 2, claim->device_id);
    err = registry_get_number(r, job, S_CLAIM_OTHERS);
    if (err || job->answer.number >= REGISTRY_CLAIMS_MAX)
        return err ? err : ROOST_ERR_FULL;
    sqlite_db_bind_text(s, 1, claim->device_id);
    sqlite_db_bind_text(s, 2, claim->child_id);
    sqlite_db_bind_text(s, 3, claim->session_id);
    sqlite3_bind_int64(s, 4, claim->claimed_ms);
    sqlite_db_bind_text(s, 5, claim->refresh_hash);
    sqlite3_bind_int64(s, 6, claim->refresh_expires_ms);
    return noted(r, job, registry_run(r, S_CLAIM_PUT));
}

static int run_renewal(struct registry_sql *r, enum statement which,
                       const struct registry_request *request)
{
    sqlite3_stmt *s = r->statements[which];

    sqlite_db_bind_text(s, 1, request->key);
    sqlite3_bind_int64(s, 2, request->number);
    sqlite_db_bind_text(s, 3, request->claim->refresh_hash);
    sqlite3_bind_int64(s, 4, request->claim->refresh_expires_ms);
    if (which == S_CLAIM_RENEW_AGAIN)
        sqlite3_bind_int(s, 5, REGISTRY_TOKEN_GRACE_MS);
    return registry_run_found(r, which);
}

/* A used token that comes back too late was somebody else's: answered as that, and ended, so that
 * this is no failure which would undo it. */
static int end_stolen(struct registry_sql *r, struct registry_job *job)
{
    sqlite_db_bind_text(r->statements[S_CLAIM_STOLEN], 1, job->request.key);
    int err = registry_run_found(r, S_CLAIM_STOLEN);
    job->answer.number = err == 0;
    return err;
}

int registry_claim_renew(struct registry_sql *r, struct registry_job *job)
{
    const struct registry_request *request = &job->request;
    struct registry_claim *claim = registry_job_rows(job, 1, sizeof *claim);

    if (!claim)
        return ROOST_ERR_NO_MEMORY;
    int err = run_renewal(r, S_CLAIM_RENEW, request);
    if (err == ROOST_ERR_NOT_FOUND)
        err = run_renewal(r, S_CLAIM_RENEW_AGAIN, request);
    if (err == ROOST_ERR_NOT_FOUND)
        return end_stolen(r, job);
    if (err)
        return err;
    sqlite_db_bind_text(r->statements[S_CLAIM_BY_TOKEN], 1, request->claim->refresh_hash);
    int count = registry_get_rows(r, S_CLAIM_BY_TOKEN, read_claim, claim, 0, 1);
    if (count <= 0)
        return count < 0 ? count : ROOST_ERR_INTERNAL;
    job->answer.claims = claim;
    job->answer.count = job->answer.claim_count = 1;
    return 0;
}
