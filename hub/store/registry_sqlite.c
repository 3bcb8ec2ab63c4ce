/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/registry_sqlite.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/store/sqlite_db.h"

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
};

static const struct sqlite_schema schema = {
    .kind = "registry",
    .application_id = 0x524f5247, /* "RORG" */
    .migrations = migrations,
    .migration_count = sizeof migrations / sizeof migrations[0],
};

#define DEVICE_COLUMNS   "id,type,name,location,claimed,registered_at,last_seen,config"
#define OPERATOR_COLUMNS "id,email,password_hash,role,created_at"
#define COMMAND_COLUMNS  "id,device_id,name,args,state,answer,created_at,finished_at,operator_id"

#define CREDENTIAL_COLUMNS "device_id,batch,hardware_version,secret_sealed,broker_user,imported_ms"

#define STATEMENT_LIST(X)                                                                          \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    X(DEVICE_GET, "SELECT " DEVICE_COLUMNS " FROM device WHERE id=?1")                             \
    X(DEVICE_PUT,                                                                                  \
      "INSERT OR REPLACE INTO device(" DEVICE_COLUMNS ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8)")         \
    X(DEVICE_ADD, "INSERT INTO device(" DEVICE_COLUMNS ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8)")        \
    X(CREDENTIAL_ADD,                                                                              \
      "INSERT INTO device_credential(" CREDENTIAL_COLUMNS ") VALUES(?1,?2,?3,?4,?5,?6)")           \
    X(CREDENTIAL_GET, "SELECT " CREDENTIAL_COLUMNS " FROM device_credential WHERE device_id=?1")   \
    X(CREDENTIAL_DELETE, "DELETE FROM device_credential WHERE device_id=?1")                       \
    X(DEVICE_DELETE, "DELETE FROM device WHERE id=?1")                                             \
    X(DEVICE_LIST, "SELECT " DEVICE_COLUMNS " FROM device ORDER BY id")                            \
    X(DEVICE_SEEN, "UPDATE device SET last_seen=max(last_seen,?2) WHERE id=?1")                    \
    X(OPERATOR_GET, "SELECT " OPERATOR_COLUMNS " FROM operator WHERE email=?1")                    \
    X(OPERATOR_BY_ID, "SELECT " OPERATOR_COLUMNS " FROM operator WHERE id=?1")                     \
    X(OPERATOR_ADD,                                                                                \
      "INSERT INTO operator(email,password_hash,role,created_at) VALUES(?1,?2,?3,?4)")             \
    X(OPERATOR_COUNT, "SELECT count(*) FROM operator")                                             \
    X(TOKEN_ADD, "INSERT INTO refresh_token(hash,family,operator_id,expires_at,used)"              \
                 " VALUES(?1,?2,?3,?4,?5)")                                                        \
    X(TOKEN_GET, "SELECT hash,family,operator_id,expires_at,used FROM refresh_token"               \
                 " WHERE hash=?1")                                                                 \
    X(TOKEN_USE, "UPDATE refresh_token SET used=1 WHERE hash=?1 AND used=0")                       \
    X(TOKEN_END_FAMILY, "DELETE FROM refresh_token WHERE family=?1")                               \
    X(TOKEN_PURGE, "DELETE FROM refresh_token WHERE expires_at<?1")                                \
    X(COMMAND_PUT, "INSERT OR REPLACE INTO command(" COMMAND_COLUMNS ")"                           \
                   " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)")                                          \
    X(COMMAND_GET, "SELECT " COMMAND_COLUMNS " FROM command WHERE id=?1")                          \
    X(COMMAND_EXPIRE, "UPDATE command SET state='timeout', finished_at=?1"                         \
                      " WHERE state='sent' AND created_at<?1")                                     \
    X(COMMAND_LIST, "SELECT " COMMAND_COLUMNS " FROM command WHERE device_id=?1"                   \
                    " ORDER BY created_at DESC, id LIMIT ?2")                                      \
    X(PING, "SELECT max(version) FROM schema_version")

enum statement {
#define X(name, sql) S_##name,
    STATEMENT_LIST(X)
#undef X
        STATEMENT_COUNT
};

static const char *const statement_sql[STATEMENT_COUNT] = {
#define X(name, sql) [S_##name] = (sql),
    STATEMENT_LIST(X)
#undef X
};

struct registry_sqlite {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
};

static void bind_text(sqlite3_stmt *s, int index, const char *text)
{
    sqlite3_bind_text(s, index, text, -1, SQLITE_STATIC);
}

static int run(struct registry_sqlite *r, enum statement which)
{
    return sqlite_db_run(r->db, r->statements[which]);
}

/* As run(), and no row touched is ROOST_ERR_NOT_FOUND. */
static int run_found(struct registry_sqlite *r, enum statement which)
{
    int err = run(r, which);
    if (!err && sqlite3_changes(r->db) == 0)
        return ROOST_ERR_NOT_FOUND;
    return err;
}

/* The one row of a look-up through `read`. */
static int get(struct registry_sqlite *r, enum statement which,
               void (*read)(sqlite3_stmt *s, void *out), void *out)
{
    sqlite3_stmt *s = r->statements[which];
    int result = sqlite3_step(s);
    if (result == SQLITE_ROW)
        read(s, out);
    int err = sqlite_db_finish(r->db, s, result);
    return !err && result == SQLITE_DONE ? ROOST_ERR_NOT_FOUND : err;
}

/* Devices. */

static void read_device(sqlite3_stmt *s, void *out)
{
    struct registry_device *device = out;
    sqlite_db_text(s, 0, device->id, sizeof device->id);
    sqlite_db_text(s, 1, device->type, sizeof device->type);
    sqlite_db_text(s, 2, device->name, sizeof device->name);
    sqlite_db_text(s, 3, device->location, sizeof device->location);
    device->claimed = sqlite3_column_int(s, 4) != 0;
    device->registered_ms = sqlite3_column_int64(s, 5);
    device->last_seen_ms = sqlite3_column_int64(s, 6);
    sqlite_db_text(s, 7, device->config_json, sizeof device->config_json);
}

static int device_get(void *ctx, const char *id, struct registry_device *out)
{
    struct registry_sqlite *r = ctx;
    bind_text(r->statements[S_DEVICE_GET], 1, id);
    return get(r, S_DEVICE_GET, read_device, out);
}

static int write_device(struct registry_sqlite *r, enum statement which,
                        const struct registry_device *device)
{
    sqlite3_stmt *s = r->statements[which];
    bind_text(s, 1, device->id);
    bind_text(s, 2, device->type);
    bind_text(s, 3, device->name);
    bind_text(s, 4, device->location);
    sqlite3_bind_int(s, 5, device->claimed);
    sqlite3_bind_int64(s, 6, device->registered_ms);
    sqlite3_bind_int64(s, 7, device->last_seen_ms);
    bind_text(s, 8, device->config_json[0] ? device->config_json : "{}");
    return run(r, which);
}

static int device_put(void *ctx, const struct registry_device *device)
{
    return write_device(ctx, S_DEVICE_PUT, device);
}

/* Ends what S_BEGIN began: all of it, or after an error none. */
static int end_transaction(struct registry_sqlite *r, int err)
{
    if (!err)
        err = run(r, S_COMMIT);
    if (err && !sqlite3_get_autocommit(r->db))
        run(r, S_ROLLBACK);
    return err;
}

static int devices_put(void *ctx, const struct registry_device *devices, size_t count)
{
    struct registry_sqlite *r = ctx;
    int err = run(r, S_BEGIN);
    for (size_t i = 0; !err && i < count; i++)
        err = device_put(r, &devices[i]);
    return end_transaction(r, err);
}

static int device_delete(void *ctx, const char *id)
{
    struct registry_sqlite *r = ctx;
    int err = run(r, S_BEGIN);
    bind_text(r->statements[S_CREDENTIAL_DELETE], 1, id);
    if (!err)
        err = run(r, S_CREDENTIAL_DELETE);
    bind_text(r->statements[S_DEVICE_DELETE], 1, id);
    if (!err)
        err = run_found(r, S_DEVICE_DELETE);
    return end_transaction(r, err);
}

/* What the factory gave. */

static int credential_add(struct registry_sqlite *r, const struct registry_credential *credential)
{
    sqlite3_stmt *s = r->statements[S_CREDENTIAL_ADD];
    bind_text(s, 1, credential->device_id);
    bind_text(s, 2, credential->batch);
    sqlite3_bind_int64(s, 3, credential->hardware_version);
    sqlite3_bind_blob(s, 4, credential->secret_sealed, (int)credential->sealed_len, SQLITE_STATIC);
    bind_text(s, 5, credential->broker_user);
    sqlite3_bind_int64(s, 6, credential->imported_ms);
    return run(r, S_CREDENTIAL_ADD);
}

static int devices_import(void *ctx, const struct registry_device *devices,
                          const struct registry_credential *credentials, size_t count)
{
    struct registry_sqlite *r = ctx;
    int err = run(r, S_BEGIN);
    for (size_t i = 0; !err && i < count; i++) {
        err = write_device(r, S_DEVICE_ADD, &devices[i]);
        if (!err)
            err = credential_add(r, &credentials[i]);
    }
    return end_transaction(r, err);
}

static void read_credential(sqlite3_stmt *s, void *out)
{
    struct registry_credential *credential = out;
    const void *sealed = sqlite3_column_blob(s, 3);
    size_t len = (size_t)sqlite3_column_bytes(s, 3);
    sqlite_db_text(s, 0, credential->device_id, sizeof credential->device_id);
    sqlite_db_text(s, 1, credential->batch, sizeof credential->batch);
    credential->hardware_version = (uint32_t)sqlite3_column_int64(s, 2);
    credential->sealed_len = len <= sizeof credential->secret_sealed ? len : 0; /* opens never */
    if (credential->sealed_len > 0)
        memcpy(credential->secret_sealed, sealed, credential->sealed_len);
    sqlite_db_text(s, 4, credential->broker_user, sizeof credential->broker_user);
    credential->imported_ms = sqlite3_column_int64(s, 5);
}

static int credential_get(void *ctx, const char *device_id, struct registry_credential *out)
{
    struct registry_sqlite *r = ctx;
    bind_text(r->statements[S_CREDENTIAL_GET], 1, device_id);
    return get(r, S_CREDENTIAL_GET, read_credential, out);
}

static int device_list(void *ctx, registry_device_fn fn, void *arg)
{
    struct registry_sqlite *r = ctx;
    sqlite3_stmt *s = r->statements[S_DEVICE_LIST];
    struct registry_device device;
    int stop = 0;
    int result;
    while ((result = sqlite3_step(s)) == SQLITE_ROW && !stop) {
        read_device(s, &device);
        stop = fn(arg, &device);
    }
    return sqlite_db_finish(r->db, s, result);
}

static int devices_seen(void *ctx, const char (*ids)[65], const int64_t *seen_ms, size_t count)
{
    struct registry_sqlite *r = ctx;
    sqlite3_stmt *s = r->statements[S_DEVICE_SEEN];
    int err = run(r, S_BEGIN);
    for (size_t i = 0; !err && i < count; i++) {
        bind_text(s, 1, ids[i]);
        sqlite3_bind_int64(s, 2, seen_ms[i]);
        err = run(r, S_DEVICE_SEEN);
    }
    return end_transaction(r, err);
}

/* Operators. */

static void read_operator(sqlite3_stmt *s, void *out)
{
    struct registry_operator *op = out;
    op->id = sqlite3_column_int64(s, 0);
    sqlite_db_text(s, 1, op->email, sizeof op->email);
    sqlite_db_text(s, 2, op->password_hash, sizeof op->password_hash);
    sqlite_db_text(s, 3, op->role, sizeof op->role);
    op->created_ms = sqlite3_column_int64(s, 4);
}

static int operator_get(void *ctx, const char *email, struct registry_operator *out)
{
    struct registry_sqlite *r = ctx;
    bind_text(r->statements[S_OPERATOR_GET], 1, email);
    return get(r, S_OPERATOR_GET, read_operator, out);
}

static int operator_by_id(void *ctx, int64_t id, struct registry_operator *out)
{
    struct registry_sqlite *r = ctx;
    sqlite3_bind_int64(r->statements[S_OPERATOR_BY_ID], 1, id);
    return get(r, S_OPERATOR_BY_ID, read_operator, out);
}

static int operator_add(void *ctx, struct registry_operator *op)
{
    struct registry_sqlite *r = ctx;
    sqlite3_stmt *s = r->statements[S_OPERATOR_ADD];
    bind_text(s, 1, op->email);
    bind_text(s, 2, op->password_hash);
    bind_text(s, 3, op->role);
    sqlite3_bind_int64(s, 4, op->created_ms);
    int err = run(r, S_OPERATOR_ADD);
    if (!err)
        op->id = sqlite3_last_insert_rowid(r->db);
    return err;
}

static void read_count(sqlite3_stmt *s, void *out)
{
    *(int64_t *)out = sqlite3_column_int64(s, 0);
}

static int operator_count(void *ctx, int64_t *count)
{
    return get(ctx, S_OPERATOR_COUNT, read_count, count);
}

/* Refresh tokens. */

static void read_token(sqlite3_stmt *s, void *out)
{
    struct registry_token *token = out;
    sqlite_db_text(s, 0, token->hash_hex, sizeof token->hash_hex);
    sqlite_db_text(s, 1, token->family, sizeof token->family);
    token->operator_id = sqlite3_column_int64(s, 2);
    token->expires_ms = sqlite3_column_int64(s, 3);
    token->used = sqlite3_column_int(s, 4) != 0;
}

static int token_add(void *ctx, const struct registry_token *token)
{
    struct registry_sqlite *r = ctx;
    sqlite3_stmt *s = r->statements[S_TOKEN_ADD];
    bind_text(s, 1, token->hash_hex);
    bind_text(s, 2, token->family);
    sqlite3_bind_int64(s, 3, token->operator_id);
    sqlite3_bind_int64(s, 4, token->expires_ms);
    sqlite3_bind_int(s, 5, token->used);
    return run(r, S_TOKEN_ADD);
}

static int token_get(void *ctx, const char *hash_hex, struct registry_token *out)
{
    struct registry_sqlite *r = ctx;
    bind_text(r->statements[S_TOKEN_GET], 1, hash_hex);
    return get(r, S_TOKEN_GET, read_token, out);
}

/* One statement decides who used it first. */
static int token_use(void *ctx, const char *hash_hex)
{
    struct registry_sqlite *r = ctx;
    struct registry_token token;
    bind_text(r->statements[S_TOKEN_USE], 1, hash_hex);
    int err = run_found(r, S_TOKEN_USE);
    if (err != ROOST_ERR_NOT_FOUND)
        return err;
    err = token_get(r, hash_hex, &token);
    return err ? err : ROOST_ERR_EXISTS;
}

static int token_end_family(void *ctx, const char *family)
{
    struct registry_sqlite *r = ctx;
    bind_text(r->statements[S_TOKEN_END_FAMILY], 1, family);
    return run(r, S_TOKEN_END_FAMILY);
}

static int token_purge(void *ctx, int64_t before_ms)
{
    struct registry_sqlite *r = ctx;
    sqlite3_bind_int64(r->statements[S_TOKEN_PURGE], 1, before_ms);
    return run(r, S_TOKEN_PURGE);
}

/* Commands. */

static void read_command(sqlite3_stmt *s, void *out)
{
    struct registry_command *command = out;
    sqlite_db_text(s, 0, command->id, sizeof command->id);
    sqlite_db_text(s, 1, command->device_id, sizeof command->device_id);
    sqlite_db_text(s, 2, command->name, sizeof command->name);
    sqlite_db_text(s, 3, command->args_json, sizeof command->args_json);
    sqlite_db_text(s, 4, command->state, sizeof command->state);
    sqlite_db_text(s, 5, command->answer_json, sizeof command->answer_json);
    command->created_ms = sqlite3_column_int64(s, 6);
    command->finished_ms = sqlite3_column_int64(s, 7);
    command->operator_id = sqlite3_column_int64(s, 8);
}

static int command_put(void *ctx, const struct registry_command *command)
{
    struct registry_sqlite *r = ctx;
    sqlite3_stmt *s = r->statements[S_COMMAND_PUT];
    bind_text(s, 1, command->id);
    bind_text(s, 2, command->device_id);
    bind_text(s, 3, command->name);
    bind_text(s, 4, command->args_json);
    bind_text(s, 5, command->state);
    bind_text(s, 6, command->answer_json);
    sqlite3_bind_int64(s, 7, command->created_ms);
    sqlite3_bind_int64(s, 8, command->finished_ms);
    sqlite3_bind_int64(s, 9, command->operator_id);
    return run(r, S_COMMAND_PUT);
}

static int command_get(void *ctx, const char *id, struct registry_command *out)
{
    struct registry_sqlite *r = ctx;
    bind_text(r->statements[S_COMMAND_GET], 1, id);
    return get(r, S_COMMAND_GET, read_command, out);
}

static int command_expire(void *ctx, int64_t before_ms)
{
    struct registry_sqlite *r = ctx;
    sqlite3_bind_int64(r->statements[S_COMMAND_EXPIRE], 1, before_ms);
    return run(r, S_COMMAND_EXPIRE);
}

static int command_list(void *ctx, const char *device_id, uint32_t limit, registry_command_fn fn,
                        void *arg)
{
    struct registry_sqlite *r = ctx;
    sqlite3_stmt *s = r->statements[S_COMMAND_LIST];
    struct registry_command command;
    int stop = 0;
    int result;
    bind_text(s, 1, device_id);
    sqlite3_bind_int64(s, 2, limit);
    while ((result = sqlite3_step(s)) == SQLITE_ROW && !stop) {
        read_command(s, &command);
        stop = fn(arg, &command);
    }
    return sqlite_db_finish(r->db, s, result);
}

static int ping(void *ctx)
{
    int64_t version;
    return get(ctx, S_PING, read_count, &version);
}

static void close_registry(void *ctx)
{
    struct registry_sqlite *r = ctx;
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(r->statements[i]);
    sqlite3_close(r->db);
    free(r);
}

static const struct registry_ops ops = {
    .device_get = device_get,
    .device_put = device_put,
    .devices_put = devices_put,
    .devices_import = devices_import,
    .credential_get = credential_get,
    .device_delete = device_delete,
    .device_list = device_list,
    .devices_seen = devices_seen,
    .operator_get = operator_get,
    .operator_by_id = operator_by_id,
    .operator_add = operator_add,
    .operator_count = operator_count,
    .token_add = token_add,
    .token_get = token_get,
    .token_use = token_use,
    .token_end_family = token_end_family,
    .token_purge = token_purge,
    .command_put = command_put,
    .command_get = command_get,
    .command_expire = command_expire,
    .command_list = command_list,
    .ping = ping,
    .close = close_registry,
};

int registry_sqlite_open(struct registry *out, const char *path, char *why, size_t why_size)
{
    enum { CACHE_KIB = 2048 };
    struct registry_sqlite *r = calloc(1, sizeof *r);
    if (!r)
        return ROOST_ERR_NO_MEMORY;
    int err = sqlite_db_open(&r->db, path, SQLITE_DB_SYNCED, CACHE_KIB, why, why_size);
    if (!err)
        err = sqlite_db_migrate(r->db, &schema, why, why_size);
    for (size_t i = 0; !err && i < STATEMENT_COUNT; i++)
        err = sqlite_db_prepare(r->db, statement_sql[i], &r->statements[i]);
    if (err) {
        close_registry(r);
        return err;
    }
    *out = (struct registry){.ops = &ops, .ctx = r};
    return 0;
}

void registry_sqlite_limit(const struct registry *registry, uint64_t bytes)
{
    struct registry_sqlite *r = registry->ctx;
    sqlite_db_limit(r->db, bytes);
}
