/* SPDX-License-Identifier: Apache-2.0 */
/* Devices, and what their factory gave them. */
#include "hub/store/registry_statements.h"

#include <string.h>

#include "core/err.h"

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
    sqlite_db_text(s, 8, device->status_json, sizeof device->status_json);
}

int registry_device_get(struct registry_sql *r, struct registry_job *job)
{
    sqlite_db_bind_text(r->statements[S_DEVICE_GET], 1, job->request.key);
    int err = registry_get(r, job, S_DEVICE_GET, read_device, sizeof *job->answer.devices);
    job->answer.devices = job->rows;
    return err;
}

static int write_device(struct registry_sql *r, enum statement which,
                        const struct registry_device *device)
{
    sqlite3_stmt *s = r->statements[which];
    sqlite_db_bind_text(s, 1, device->id);
    sqlite_db_bind_text(s, 2, device->type);
    sqlite_db_bind_text(s, 3, device->name);
    sqlite_db_bind_text(s, 4, device->location);
    sqlite3_bind_int(s, 5, device->claimed);
    sqlite3_bind_int64(s, 6, device->registered_ms);
    sqlite3_bind_int64(s, 7, device->last_seen_ms);
    sqlite_db_bind_text(s, 8, device->config_json[0] ? device->config_json : "{}");
    return registry_run(r, which);
}

static int write_devices(struct registry_sql *r, struct registry_job *job, enum statement which)
{
    int err = 0;
    for (size_t i = 0; !err && i < job->request.count; i++)
        err = write_device(r, which, &job->request.devices[i]);
    return err;
}

int registry_devices_put(struct registry_sql *r, struct registry_job *job)
{
    return write_devices(r, job, S_DEVICE_PUT);
}

int registry_devices_meet(struct registry_sql *r, struct registry_job *job)
{
    return write_devices(r, job, S_DEVICE_MEET);
}

int registry_device_change(struct registry_sql *r, struct registry_job *job)
{
    sqlite3_bind_int64(r->statements[S_DEVICE_CHANGE], 9, job->request.fields);
    return write_device(r, S_DEVICE_CHANGE, job->request.devices);
}

int registry_devices_seen(struct registry_sql *r, struct registry_job *job)
{
    sqlite3_stmt *s = r->statements[S_DEVICE_SEEN];
    int err = 0;
    for (size_t i = 0; !err && i < job->request.count; i++) {
        sqlite_db_bind_text(s, 1, job->request.seen[i].device_id);
        sqlite3_bind_int64(s, 2, job->request.seen[i].unix_ms);
        sqlite3_bind_int(s, 3, job->request.seen[i].back);
        err = registry_run(r, S_DEVICE_SEEN);
    }
    return err;
}

int registry_devices_status(struct registry_sql *r, struct registry_job *job)
{
    sqlite3_stmt *s = r->statements[S_DEVICE_STATUS];
    int err = 0;

    for (size_t i = 0; !err && i < job->request.count; i++) {
        sqlite_db_bind_text(s, 1, job->request.statuses[i].device_id);
        sqlite_db_bind_text(s, 2, job->request.statuses[i].json);
        err = registry_run(r, S_DEVICE_STATUS);
    }
    return err;
}

/* ---- removal ---- */

static int run_of(struct registry_sql *r, enum statement which, const char *device_id)
{
    sqlite_db_bind_text(r->statements[which], 1, device_id);
    return registry_run(r, which);
}

/* All that the registry has of it, and the note that others have something, in one. */
int registry_device_delete(struct registry_sql *r, struct registry_job *job)
{
    const char *id = job->request.key;
    sqlite3_stmt *put = r->statements[S_REMOVAL_PUT];

    /* Most devices have no credential and no claim, so that it is no error here; a device that is
     * missing is. */
    int err = run_of(r, S_CREDENTIAL_DELETE, id);
    if (!err)
        err = run_of(r, S_CLAIM_DELETE, id);
    if (!err)
        err = run_of(r, S_COMMAND_DELETE, id);
    job->answer.number = err ? 0 : sqlite3_changes(r->db);
    if (err)
        return err;
    sqlite_db_bind_text(put, 1, id);
    sqlite3_bind_int(put, 2, (job->request.fields & REGISTRY_HISTORY) != 0);
    sqlite3_bind_int64(put, 3, job->request.number);
    err = registry_run(r, S_REMOVAL_PUT);
    if (err)
        return err;
    sqlite_db_bind_text(r->statements[S_DEVICE_DELETE], 1, id);
    return registry_run_found(r, S_DEVICE_DELETE);
}

int registry_removal_end(struct registry_sql *r, struct registry_job *job)
{
    int err = run_of(r, S_REMOVAL_END, job->request.key);

    sqlite3_bind_int64(r->statements[S_REMOVAL_PURGE], 1, (int64_t)job->request.count);
    return err ? err : registry_run(r, S_REMOVAL_PURGE);
}

struct removal_caller {
    registry_removal_fn fn;
    void *arg;
};

static int each_removal(const void *arg, sqlite3_stmt *s)
{
    const struct removal_caller *caller = arg;
    struct registry_removal removal;

    sqlite_db_text(s, 0, removal.device_id, sizeof removal.device_id);
    removal.history = sqlite3_column_int(s, 1) != 0;
    removal.asked_ms = sqlite3_column_int64(s, 2);
    removal.ended = sqlite3_column_int(s, 3) != 0;
    return caller->fn(caller->arg, &removal);
}

int registry_sql_load_removals(struct registry_sql *r, registry_removal_fn fn, void *arg)
{
    const struct removal_caller caller = {fn, arg};

    return registry_stream(r, S_REMOVAL_LIST, each_removal, &caller);
}

/* ---- what the factory gave ---- */

static int credential_add(struct registry_sql *r, const struct registry_credential *credential)
{
    sqlite3_stmt *s = r->statements[S_CREDENTIAL_ADD];
    sqlite_db_bind_text(s, 1, credential->device_id);
    sqlite_db_bind_text(s, 2, credential->batch);
    sqlite3_bind_int64(s, 3, credential->hardware_version);
    sqlite3_bind_blob(s, 4, credential->secret_sealed, (int)credential->sealed_len, SQLITE_STATIC);
    sqlite_db_bind_text(s, 5, credential->broker_user);
    sqlite3_bind_int64(s, 6, credential->imported_ms);
    return registry_run(r, S_CREDENTIAL_ADD);
}

int registry_devices_add(struct registry_sql *r, struct registry_job *job)
{
    const struct registry_request *request = &job->request;
    int err = 0;
    for (size_t i = 0; !err && i < request->count; i++) {
        err = write_device(r, S_DEVICE_ADD, &request->devices[i]);
        if (!err && request->credentials)
            err = credential_add(r, &request->credentials[i]);
    }
    return err;
}

void registry_read_credential(sqlite3_stmt *s, void *out)
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

int registry_credentials_get(struct registry_sql *r, struct registry_job *job)
{
    struct registry_credential *found = registry_job_rows(job, job->request.count, sizeof *found);
    int count = found ? 0 : ROOST_ERR_NO_MEMORY;
    for (size_t i = 0; count >= 0 && i < job->request.count; i++) {
        sqlite_db_bind_text(r->statements[S_CREDENTIAL_GET], 1, job->request.ids[i]);
        count = registry_get_rows(r, S_CREDENTIAL_GET, registry_read_credential,
                                  found + job->answer.count, sizeof *found, 1);
        job->answer.count += count > 0;
    }
    job->answer.credentials = found;
    return count < 0 ? count : 0;
}

struct device_caller {
    registry_device_fn fn;
    void *arg;
};

static int each_device(const void *arg, sqlite3_stmt *s)
{
    const struct device_caller *caller = arg;
    struct registry_device device;
    read_device(s, &device);
    return caller->fn(caller->arg, &device);
}

int registry_sql_load_devices(struct registry_sql *r, registry_device_fn fn, void *arg)
{
    const struct device_caller caller = {fn, arg};
    return registry_stream(r, S_DEVICE_LIST, each_device, &caller);
}
