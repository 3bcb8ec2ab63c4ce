/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry's statements, shared by the files that run them: registry_statements.c (how they
 * are run), registry_devices.c, registry_people.c, registry_commands.c. Depends on
 * hub/store/registry_sql.h.
 */
#ifndef ROOST_HUB_STORE_REGISTRY_STATEMENTS_H
#define ROOST_HUB_STORE_REGISTRY_STATEMENTS_H

#include "hub/store/registry_sql.h"

#define DEVICE_COLUMNS   "id,type,name,location,claimed,registered_at,last_seen,config"
#define OPERATOR_COLUMNS "id,email,password_hash,role,created_at"
#define COMMAND_COLUMNS  "id,device_id,name,args,state,answer,created_at,finished_at,operator_id"

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
    X(DEVICE_SEEN, "UPDATE device SET last_seen=CASE WHEN ?3 THEN ?2 ELSE max(last_seen,?2) END"  \
      " WHERE id=?1")                                                                              \
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
                    "(SELECT coalesce(max(operator_id),0) FROM command)),?1,?2,?3,?4)")            \
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
      "SELECT " COMMAND_COLUMNS " FROM command ORDER BY created_at DESC, id LIMIT ?1")

enum statement {
#define X(name, sql) S_##name,
    STATEMENT_LIST(X)
#undef X
        STATEMENT_COUNT
};

/* Borrowed until the statement ran. */
void registry_bind_text(sqlite3_stmt *s, int index, const char *text);

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
#undef REGISTRY_DO

#endif
