/* SPDX-License-Identifier: Apache-2.0 */
/* Commands and what became of them. */
#include "hub/store/registry_statements.h"

#include "core/err.h"

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

int registry_command_put(struct registry_sql *r, struct registry_job *job)
{
    const struct registry_command *command = job->request.command;
    sqlite3_stmt *s = r->statements[S_COMMAND_PUT];
    sqlite_db_bind_text(s, 1, command->id);
    sqlite_db_bind_text(s, 2, command->device_id);
    sqlite_db_bind_text(s, 3, command->name);
    sqlite_db_bind_text(s, 4, command->args_json);
    sqlite_db_bind_text(s, 5, command->state);
    sqlite_db_bind_text(s, 6, command->answer_json);
    sqlite3_bind_int64(s, 7, command->created_ms);
    sqlite3_bind_int64(s, 8, command->finished_ms);
    sqlite3_bind_int64(s, 9, command->operator_id);
    return registry_run(r, S_COMMAND_PUT);
}

static int get_command(struct registry_sql *r, struct registry_job *job, const char *id)
{
    sqlite_db_bind_text(r->statements[S_COMMAND_GET], 1, id);
    int err = registry_get(r, job, S_COMMAND_GET, read_command, sizeof *job->answer.commands);
    job->answer.commands = job->rows;
    return err;
}

int registry_command_get(struct registry_sql *r, struct registry_job *job)
{
    return get_command(r, job, job->request.key);
}

int registry_command_finish(struct registry_sql *r, struct registry_job *job)
{
    const struct registry_command *command = job->request.command;
    sqlite3_stmt *s = r->statements[S_COMMAND_FINISH];
    sqlite_db_bind_text(s, 1, command->id);
    sqlite_db_bind_text(s, 2, command->state);
    sqlite_db_bind_text(s, 3, command->answer_json);
    sqlite3_bind_int64(s, 4, command->finished_ms);
    int err = registry_run_found(r, S_COMMAND_FINISH);
    if (err && err != ROOST_ERR_NOT_FOUND)
        return err;
    /* No row touched: one that is finished already, or none of this id; reading it tells which. */
    int missing = get_command(r, job, command->id);
    return missing ? missing : err ? ROOST_ERR_EXISTS : 0;
}

int registry_command_expire(struct registry_sql *r, struct registry_job *job)
{
    sqlite3_bind_int64(r->statements[S_COMMAND_EXPIRE], 1, job->request.number);
    return registry_run(r, S_COMMAND_EXPIRE);
}

int registry_command_list(struct registry_sql *r, struct registry_job *job)
{
    size_t limit = job->request.count;
    struct registry_command *rows = registry_job_rows(job, limit, sizeof *rows);
    sqlite3_stmt *s = r->statements[S_COMMAND_LIST];
    /* Before the bindings, which a statement that does not run would keep. */
    if (!rows)
        return ROOST_ERR_NO_MEMORY;
    sqlite_db_bind_text(s, 1, job->request.key);
    sqlite3_bind_int64(s, 2, (int64_t)limit);
    int count = registry_get_rows(r, S_COMMAND_LIST, read_command, rows, sizeof *rows, limit);
    if (count < 0)
        return count;
    job->answer.commands = rows;
    job->answer.count = (size_t)count;
    return 0;
}

struct command_caller {
    registry_command_fn fn;
    void *arg;
};

static int each_command(const void *arg, sqlite3_stmt *s)
{
    const struct command_caller *caller = arg;
    struct registry_command command;
    read_command(s, &command);
    return caller->fn(caller->arg, &command);
}

int registry_sql_load_commands(struct registry_sql *r, size_t limit, registry_command_fn fn,
                               void *arg)
{
    const struct command_caller caller = {fn, arg};
    sqlite3_bind_int64(r->statements[S_COMMAND_NEWEST], 1, (int64_t)limit);
    return registry_stream(r, S_COMMAND_NEWEST, each_command, &caller);
}
