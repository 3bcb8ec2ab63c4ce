/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry's statements, shared by the files that run them: registry_statements.c (how they
 * are run), registry_devices.c, registry_people.c, registry_commands.c, registry_children.c.
 * Depends on hub/store/registry_sql.h.
 */
#ifndef ROOST_HUB_STORE_REGISTRY_STATEMENTS_H
#define ROOST_HUB_STORE_REGISTRY_STATEMENTS_H

#include "hub/store/registry_sql.h"

#define DEVICE_COLUMNS   "id,type,name,location,claimed,registered_at,last_seen,config"
#define OPERATOR_COLUMNS "id,email,password_hash,role,created_at"
#define COMMAND_COLUMNS  "id,device_id,name,args,state,answer,created_at,finished_at,operator_id"

/* What holds of the child's consents: enum registry_consent_kind, combined. */
#define CONSENT_HOLDS(kind)                                                                        \
    "EXISTS(SELECT 1 FROM consent c WHERE c.child_id=child.id AND c.kind=" kind                    \
    " AND c.revoked_at=0)"
#define CHILD_COLUMNS "id,name_sealed,birth_year,birth_month,language,created_at"
#define CHILD_SELECT                                                                               \
    "SELECT " CHILD_COLUMNS "," CONSENT_HOLDS("1") "+2*" CONSENT_HOLDS(                            \
        "2") ",(SELECT count(*) FROM claim m WHERE m.child_id=child.id) FROM child"
#define CONSENT_COLUMNS "child_id,kind,provider,method,notice,given_at,revoked_at,operator_id"
#define CLAIM_SELECT                                                                               \
    "SELECT device_id,child_id,session_id,claimed_at,refresh_hash,used_hash,refresh_expires_at,"   \
    "used_at FROM claim"
#define AUDIT_SELECT "SELECT id,at,operator_id,what,child_id,device_id FROM audit"

#define CREDENTIAL_COLUMNS "device_id,batch,hardware_version,secret_sealed,broker_user,imported_ms"

#define DEVICE_ADD "INSERT INTO device(" DEVICE_COLUMNS ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8)"
/* ?9 says which fields: enum registry_field. */
#define CHANGED(column, field)                                                                     \
    column "=CASE WHEN ?9&" field " THEN excluded." column " ELSE " column " END"

#define STATEMENT_LIST(X)                                                                          \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    X(SAVE, "SAVEPOINT request")                                                                   \
    X(UNDO, "ROLLBACK TO request")                                                                 \
    X(RELEASE, "RELEASE request")                                                                  \
    X(PING, "SELECT max(version) FROM schema_version")                                             \
    X(DEVICE_GET, "SELECT " DEVICE_COLUMNS ",status FROM device WHERE id=?1")                      \
    X(DEVICE_PUT,                                                                                  \
      "INSERT OR REPLACE INTO device(" DEVICE_COLUMNS ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8)")         \
    X(DEVICE_ADD, DEVICE_ADD)                                                                      \
    X(DEVICE_MEET,                                                                                 \
      DEVICE_ADD " ON CONFLICT(id) DO UPDATE SET last_seen=max(last_seen,excluded.last_seen),"     \
                 " type=CASE WHEN excluded.type<>'' THEN excluded.type ELSE type END")             \
    X(DEVICE_CHANGE,                                                                               \
      DEVICE_ADD " ON CONFLICT(id) DO UPDATE SET " CHANGED("claimed", "1") "," CHANGED(            \
          "name", "2") "," CHANGED("location", "4") "," CHANGED("config", "8"))                    \
    X(DEVICE_SEEN, "UPDATE device SET last_seen=CASE WHEN ?3 THEN ?2 ELSE max(last_seen,?2) END"   \
                   " WHERE id=?1")                                                                 \
    X(DEVICE_STATUS, "UPDATE device SET status=?2 WHERE id=?1")                                    \
    X(DEVICE_DELETE, "DELETE FROM device WHERE id=?1")                                             \
    X(DEVICE_LIST, "SELECT " DEVICE_COLUMNS ",status FROM device ORDER BY id")                     \
    X(REMOVAL_PUT, "INSERT OR REPLACE INTO removal(device_id,history,asked_at,ended)"              \
                   " VALUES(?1,?2,?3,0)")                                                          \
    X(REMOVAL_END, "UPDATE removal SET ended=1 WHERE device_id=?1")                                \
    X(REMOVAL_PURGE, "DELETE FROM removal WHERE ended=1 AND device_id NOT IN (SELECT device_id"    \
                     " FROM removal WHERE ended=1 ORDER BY asked_at DESC, device_id LIMIT ?1)")    \
    X(REMOVAL_LIST,                                                                                \
      "SELECT device_id,history,asked_at,ended FROM removal ORDER BY asked_at,device_id")          \
    X(CREDENTIAL_ADD,                                                                              \
      "INSERT INTO device_credential(" CREDENTIAL_COLUMNS ") VALUES(?1,?2,?3,?4,?5,?6)")           \
    X(CREDENTIAL_GET, "SELECT " CREDENTIAL_COLUMNS " FROM device_credential WHERE device_id=?1")   \
    X(CREDENTIAL_DELETE, "DELETE FROM device_credential WHERE device_id=?1")                       \
    X(OPERATOR_GET, "SELECT " OPERATOR_COLUMNS " FROM operator WHERE email=?1")                    \
    X(OPERATOR_BY_ID, "SELECT " OPERATOR_COLUMNS " FROM operator WHERE id=?1")                     \
    /* What a removed operator did is not another one's: the id is not given again. */             \
    X(OPERATOR_ADD, "INSERT INTO operator(id,email,password_hash,role,created_at) VALUES("         \
                    "1+max((SELECT coalesce(max(id),0) FROM operator),"                            \
                    "(SELECT coalesce(max(operator_id),0) FROM command),"                          \
                    "(SELECT coalesce(max(operator_id),0) FROM consent),"                          \
                    "(SELECT coalesce(max(operator_id),0) FROM audit)),?1,?2,?3,?4)")              \
    X(OPERATOR_COUNT, "SELECT count(*) FROM operator")                                             \
    X(OPERATOR_LIST, "SELECT " OPERATOR_COLUMNS " FROM operator ORDER BY id LIMIT ?1")             \
    X(OPERATOR_REMOVE, "DELETE FROM operator WHERE id=?1")                                         \
    X(OPERATOR_SECRET, "UPDATE operator SET password_hash=?2 WHERE id=?1")                         \
    X(TOKEN_FAMILIES_OF, "SELECT '',family,operator_id,max(expires_at),0 FROM refresh_token"       \
                         " WHERE operator_id=?1 GROUP BY family ORDER BY 4 DESC LIMIT ?2")         \
    X(TOKEN_END_OPERATOR, "DELETE FROM refresh_token WHERE operator_id=?1")                        \
    X(TOKEN_ADD, "INSERT INTO refresh_token(hash,family,operator_id,expires_at,used)"              \
                 " VALUES(?1,?2,?3,?4,?5)")                                                        \
    X(TOKEN_GET, "SELECT hash,family,operator_id,expires_at,used FROM refresh_token"               \
                 " WHERE hash=?1")                                                                 \
    /* The times of use of a family rise, also within a millisecond. */                            \
    X(TOKEN_USE, "UPDATE refresh_token SET used=max(?2,1+(SELECT max(s.used) FROM refresh_token s" \
                 " WHERE s.family=refresh_token.family)) WHERE hash=?1 AND used=0")                \
    X(TOKEN_REPEAT, "SELECT 1 FROM refresh_token t WHERE hash=?1 AND abs(used-?2)<=?3 AND NOT"     \
                    " EXISTS(SELECT 1 FROM refresh_token s WHERE s.family=t.family"                \
                    " AND s.used>t.used)")                                                         \
    X(TOKEN_END_FAMILY, "DELETE FROM refresh_token WHERE family=?1")                               \
    X(TOKEN_FAMILIES, "SELECT '',family,operator_id,max(expires_at),0 FROM refresh_token"          \
                      " WHERE expires_at>?1 AND operator_id IN (SELECT id FROM operator)"          \
                      " GROUP BY family ORDER BY 4 DESC, family LIMIT ?2")                         \
    X(TOKEN_PURGE, "DELETE FROM refresh_token WHERE expires_at<?1")                                \
    X(COMMAND_PUT, "INSERT OR REPLACE INTO command(" COMMAND_COLUMNS ")"                           \
                   " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)")                                          \
    X(COMMAND_GET, "SELECT " COMMAND_COLUMNS " FROM command WHERE id=?1")                          \
    X(COMMAND_FINISH, "UPDATE command SET state=?2, answer=?3, finished_at=?4"                     \
                      " WHERE id=?1 AND state IN ('sent','timeout')")                              \
    X(COMMAND_DELETE, "DELETE FROM command WHERE device_id=?1")                                    \
    X(COMMAND_EXPIRE, "UPDATE command SET state='timeout', finished_at=?1"                         \
                      " WHERE state='sent' AND created_at<?1")                                     \
    X(COMMAND_LIST, "SELECT " COMMAND_COLUMNS " FROM command WHERE device_id=?1"                   \
                    " ORDER BY created_at DESC, id LIMIT ?2")                                      \
    X(COMMAND_NEWEST,                                                                              \
      "SELECT " COMMAND_COLUMNS " FROM command ORDER BY created_at DESC, id LIMIT ?1")             \
    X(CHILD_ADD, "INSERT INTO child(" CHILD_COLUMNS ") VALUES(?1,?2,?3,?4,?5,?6)")                 \
    X(CHILD_CHANGE, "UPDATE child SET name_sealed=?2, birth_year=?3, birth_month=?4, language=?5"  \
                    " WHERE id=?1")                                                                \
    X(CHILD_GET, CHILD_SELECT " WHERE id=?1")                                                      \
    X(CHILD_THERE, "SELECT 1 FROM child WHERE id=?1")                                              \
    X(CHILD_LIST, CHILD_SELECT " WHERE id>?1 ORDER BY id LIMIT ?2")                                \
    X(CHILD_DELETE, "DELETE FROM child WHERE id=?1")                                               \
    X(CONSENT_REPLACE, "UPDATE consent SET revoked_at=?4 WHERE child_id=?1 AND kind=?2"            \
                       " AND provider=?3 AND revoked_at=0")                                        \
    X(CONSENT_ADD, "INSERT INTO consent(" CONSENT_COLUMNS ") VALUES(?1,?2,?3,?4,?5,?6,0,?7)")      \
    X(CONSENT_TRIM, "DELETE FROM consent WHERE child_id=?1 AND revoked_at<>0 AND id NOT IN"        \
                    " (SELECT id FROM consent WHERE child_id=?1 ORDER BY revoked_at=0 DESC,"       \
                    " id DESC LIMIT ?2)")                                                          \
    X(CONSENT_REVOKE, "UPDATE consent SET revoked_at=?3 WHERE child_id=?1 AND kind=?2"             \
                      " AND revoked_at=0")                                                         \
    X(CONSENT_LIST, "SELECT " CONSENT_COLUMNS " FROM consent WHERE child_id=?1 ORDER BY id DESC")  \
    X(CONSENT_DELETE, "DELETE FROM consent WHERE child_id=?1")                                     \
    X(CLAIM_GET, CLAIM_SELECT " WHERE device_id=?1")                                               \
    X(CLAIM_BY_TOKEN, CLAIM_SELECT " WHERE refresh_hash=?1")                                       \
    X(CLAIM_OF_CHILD, CLAIM_SELECT " WHERE child_id=?1 ORDER BY claimed_at, device_id")            \
    X(CLAIM_OTHERS, "SELECT count(*) FROM claim WHERE child_id=?1 AND device_id<>?2")              \
    X(CLAIM_PUT, "INSERT OR REPLACE INTO claim(device_id,child_id,session_id,claimed_at,"          \
                 "refresh_hash,used_hash,refresh_expires_at,used_at)"                              \
                 " VALUES(?1,?2,?3,?4,?5,'',?6,0)")                                                \
    X(CLAIM_RENEW, "UPDATE claim SET used_hash=refresh_hash, used_at=?2, refresh_hash=?3,"         \
                   " refresh_expires_at=?4 WHERE refresh_hash=?1 AND refresh_hash<>''"             \
                   " AND refresh_expires_at>?2")                                                   \
    /* The answer that brought the next one was lost. */                                           \
    X(CLAIM_RENEW_AGAIN, "UPDATE claim SET refresh_hash=?3, refresh_expires_at=?4"                 \
                         " WHERE used_hash=?1 AND used_hash<>'' AND abs(?2-used_at)<=?5")          \
    X(CLAIM_STOLEN, "UPDATE claim SET refresh_hash='', used_hash='' WHERE used_hash=?1"            \
                    " AND used_hash<>''")                                                          \
    X(CLAIM_DELETE, "DELETE FROM claim WHERE device_id=?1")                                        \
    X(CLAIM_DELETE_CHILD, "DELETE FROM claim WHERE child_id=?1")                                   \
    X(AUDIT_ADD, "INSERT INTO audit(at,operator_id,what,child_id,device_id)"                       \
                 " VALUES(?1,?2,?3,?4,?5)")                                                        \
    X(AUDIT_TRIM, "DELETE FROM audit WHERE id<=?1")                                                \
    X(AUDIT_LIST, AUDIT_SELECT " ORDER BY id DESC LIMIT ?1")                                       \
    X(AUDIT_OF_CHILD, AUDIT_SELECT " WHERE child_id=?2 ORDER BY id DESC LIMIT ?1")

enum statement {
#define X(name, sql) S_##name,
    STATEMENT_LIST(X)
#undef X
        STATEMENT_COUNT
};

int registry_run(struct registry_sql *r, enum statement which);
/* As registry_run(), and no row touched is ROOST_ERR_NOT_FOUND. */
int registry_run_found(struct registry_sql *r, enum statement which);

typedef void (*registry_read_fn)(sqlite3_stmt *s, void *row);

/* Reads at most `max` rows. Returns how many or an error. */
int registry_get_rows(struct registry_sql *r, enum statement which, registry_read_fn read,
                      void *rows, size_t row_size, size_t max);
/* The one row of a look-up, as the job's answer. */
int registry_get(struct registry_sql *r, struct registry_job *job, enum statement which,
                 registry_read_fn read, size_t row_size);
int registry_get_number(struct registry_sql *r, struct registry_job *job, enum statement which);

/* A row of CREDENTIAL_GET into a struct registry_credential. */
void registry_read_credential(sqlite3_stmt *s, void *out);

/* Blocking: calls `each` for every row until it returns non-zero; below 0 is the result then. */
int registry_stream(struct registry_sql *r, enum statement which,
                    int (*each)(const void *caller, sqlite3_stmt *s), const void *caller);

/* What each request does. */
#define REGISTRY_DO(name) int registry_##name(struct registry_sql *r, struct registry_job *job)
REGISTRY_DO(ping);
REGISTRY_DO(device_get);
REGISTRY_DO(devices_put);
REGISTRY_DO(devices_add);
REGISTRY_DO(devices_meet);
REGISTRY_DO(device_change);
REGISTRY_DO(devices_seen);
REGISTRY_DO(devices_status);
REGISTRY_DO(device_delete);
REGISTRY_DO(removal_end);
REGISTRY_DO(credentials_get);
REGISTRY_DO(operator_get);
REGISTRY_DO(operator_by_id);
REGISTRY_DO(operator_add);
REGISTRY_DO(operator_count);
REGISTRY_DO(operator_list);
REGISTRY_DO(operator_remove);
REGISTRY_DO(operator_secret);
REGISTRY_DO(token_add);
REGISTRY_DO(token_get);
REGISTRY_DO(token_use);
REGISTRY_DO(token_end_family);
REGISTRY_DO(token_families);
REGISTRY_DO(token_purge);
REGISTRY_DO(command_put);
REGISTRY_DO(command_get);
REGISTRY_DO(command_finish);
REGISTRY_DO(command_expire);
REGISTRY_DO(command_list);
REGISTRY_DO(child_add);
REGISTRY_DO(child_change);
REGISTRY_DO(child_get);
REGISTRY_DO(child_list);
REGISTRY_DO(child_delete);
REGISTRY_DO(consent_add);
REGISTRY_DO(consent_revoke);
REGISTRY_DO(pair_get);
REGISTRY_DO(claim_put);
REGISTRY_DO(claim_renew);
REGISTRY_DO(audit_add);
REGISTRY_DO(audit_list);
#undef REGISTRY_DO

#endif
