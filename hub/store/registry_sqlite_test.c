/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/registry_suite.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "hub/store/registry_sqlite.h"
#include "hub/store/test_file.h"

static struct registry registry;
static struct test_file file;
static uv_loop_t loop;
static bool threaded;
static char why[256];

static int open_path(struct registry *out, const char *path)
{
    return registry_sqlite_open(out, threaded ? &loop : NULL, path, why, sizeof why);
}

static void close_registry(void)
{
    registry.ops->close(registry.ctx);
    if (threaded)
        uv_run(&loop, UV_RUN_DEFAULT);
}

static int open_memory(void **state)
{
    *state = &registry;
    threaded = false;
    return open_path(&registry, ":memory:");
}

static int set_up(void **state, bool with_loop)
{
    *state = &registry;
    threaded = with_loop;
    if (test_file_make(&file, "registry.db") != 0 || (threaded && uv_loop_init(&loop) != 0))
        return -1;
    return open_path(&registry, file.path);
}

static int open_file(void **state)
{
    return set_up(state, false);
}

static int open_threaded(void **state)
{
    return set_up(state, true);
}

static int close_memory(void **state)
{
    (void)state;
    close_registry();
    return 0;
}

static int close_file(void **state)
{
    (void)state;
    close_registry();
    test_file_remove(&file);
    return threaded ? uv_loop_close(&loop) : 0;
}

static void sql(const char *text)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(file.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void everything_is_there_after_a_restart(void **state)
{
    struct registry_device device = suite_device("a");
    struct registry_device found;
    (void)state;
    assert_int_equal(ask_device_put(&registry, &device), 0);
    close_registry();
    assert_int_equal(open_path(&registry, file.path), 0);
    assert_int_equal(ask_device_get(&registry, "a", &found), 0);
    assert_string_equal(found.name, device.name);
}

static void a_newer_file_is_refused_untouched(void **state)
{
    struct registry other;
    (void)state;
    sql("INSERT INTO schema_version VALUES(99,'from the future')");
    assert_int_equal(open_path(&other, file.path), ROOST_ERR_UNSUPPORTED);
    assert_non_null(strstr(why, "newer Roost"));
    assert_non_null(strstr(why, "99"));
    assert_non_null(strstr(why, file.path));
}

static void a_foreign_file_is_refused(void **state)
{
    struct registry other;
    (void)state;
    sql("PRAGMA application_id=7");
    assert_int_equal(open_path(&other, file.path), ROOST_ERR_CORRUPT);
    assert_non_null(strstr(why, "no registry database"));
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    struct registry other;
    struct test_file text;
    (void)state;
    assert_int_equal(test_file_make(&text, "text.db"), 0);
    FILE *out = fopen(text.path, "w");
    assert_non_null(out);
    for (int i = 0; i < 300; i++)
        fputs("no database at all\n", out);
    fclose(out);
    assert_int_equal(open_path(&other, text.path), ROOST_ERR_CORRUPT);
    test_file_remove(&text);
}

static void a_path_that_cannot_be_opened_is_named(void **state)
{
    struct registry other;
    (void)state;
    assert_int_equal(open_path(&other, "/nonexistent/folder/r.db"), ROOST_ERR_IO);
    assert_non_null(strstr(why, "/nonexistent/folder/r.db"));
}

static void a_full_disk_keeps_all_or_nothing(void **state)
{
    enum { MANY = 200 };
    static struct registry_device devices[MANY];
    struct registry_device found;
    (void)state;
    for (int i = 0; i < MANY; i++) {
        char id[16];
        snprintf(id, sizeof id, "d%03d", i);
        devices[i] = suite_device(id);
        memset(devices[i].config_json, ' ', 1000);
    }
    registry_sqlite_limit(&registry, 1);
    assert_int_equal(ask_devices_put(&registry, devices, MANY), ROOST_ERR_NO_SPACE);
    assert_int_equal(ask_device_get(&registry, "d000", &found), ROOST_ERR_NOT_FOUND);
    registry_sqlite_limit(&registry, 0);
    assert_int_equal(ask_devices_put(&registry, devices, MANY), 0);
    assert_int_equal(ask_device_get(&registry, "d199", &found), 0);
}

/* One that needs more room than there is does not take the others of its round along. */
static void a_full_disk_is_for_those_that_need_room(void **state)
{
    enum { MANY = 200 };
    static struct registry_device devices[MANY];
    int small[2] = {0, 0}, large[2] = {0, 0};
    struct registry_device device = suite_device("small"), found;
    (void)state;
    assert_int_equal(ask_device_put(&registry, &device), 0);
    for (int i = 0; i < MANY; i++) {
        char id[16];
        snprintf(id, sizeof id, "d%03d", i);
        devices[i] = suite_device(id);
        memset(devices[i].config_json, ' ', 1000);
    }
    const struct registry_request put_many = {
        .op = REGISTRY_DEVICES_PUT, .devices = devices, .count = MANY};
    const struct registry_request put_one = {
        .op = REGISTRY_DEVICES_PUT, .devices = &device, .count = 1};
    registry_sqlite_limit(&registry, 1);
    strcpy(device.name, "changed");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(registry.ops->ask(registry.ctx, &put_one, suite_note_err, small), 0);
        assert_int_equal(registry.ops->ask(registry.ctx, &put_many, suite_note_err, large), 0);
    }
    registry.ops->wait(registry.ctx);
    assert_int_equal(small[1], 3);
    assert_int_equal(large[0], 3);
    assert_int_equal(ask_device_get(&registry, "small", &found), 0);
    assert_string_equal(found.name, "changed");
    assert_int_equal(ask_device_get(&registry, "d000", &found), ROOST_ERR_NOT_FOUND);
    registry_sqlite_limit(&registry, 0);
}

static void a_full_disk_imports_nothing(void **state)
{
    enum { MANY = 200 };
    static struct registry_device devices[MANY];
    static struct registry_credential credentials[MANY];
    struct registry_credential found;
    (void)state;
    for (int i = 0; i < MANY; i++) {
        char id[16];
        snprintf(id, sizeof id, "d%03d", i);
        devices[i] = suite_device(id);
        memset(devices[i].config_json, ' ', 1000);
        credentials[i] = suite_credential(id);
    }
    registry_sqlite_limit(&registry, 1);
    assert_int_equal(ask_devices_add(&registry, devices, credentials, MANY), ROOST_ERR_NO_SPACE);
    assert_int_equal(ask_credential_get(&registry, "d000", &found), ROOST_ERR_NOT_FOUND);
    registry_sqlite_limit(&registry, 0);
    assert_int_equal(ask_devices_add(&registry, devices, credentials, MANY), 0);
    assert_int_equal(ask_credential_get(&registry, "d199", &found), 0);
}

/* A file of the first schema, as it is in the field. */
static void an_older_file_gets_the_new_table(void **state)
{
    struct registry_device device = suite_device("a"), found;
    struct registry_device other = suite_device("b");
    struct registry_credential credential = suite_credential("b");
    (void)state;
    assert_int_equal(ask_device_put(&registry, &device), 0);
    close_registry();
    sql("DROP INDEX command_created; DROP TABLE device_credential; DROP TABLE removal; "
        "DROP TABLE child; DROP TABLE consent; DROP TABLE claim; DROP TABLE audit; "
        "ALTER TABLE device DROP COLUMN status; DELETE FROM schema_version WHERE version>1");
    assert_int_equal(open_path(&registry, file.path), 0);
    assert_int_equal(ask_device_get(&registry, "a", &found), 0);
    assert_int_equal(ask_devices_add(&registry, &other, &credential, 1), 0);
}

/* ---- a lock of another program ---- */

static sqlite3 *other;

static void lock(void)
{
    assert_int_equal(sqlite3_open(file.path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
}

static void unlock(void)
{
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
}

struct heard {
    bool over;
    int err;
    uint64_t after_ms, asked_ms;
};

static void hear(void *arg, int err, const struct registry_answer *answer)
{
    struct heard *heard = arg;
    (void)answer;
    assert_false(heard->over);
    *heard = (struct heard){true, err, uv_hrtime() / 1000000 - heard->asked_ms, 0};
}

static void put_later(struct heard *heard, const char *id)
{
    struct registry_device device = suite_device(id);
    struct registry_request request = {.op = REGISTRY_DEVICES_PUT, .devices = &device, .count = 1};
    *heard = (struct heard){.asked_ms = uv_hrtime() / 1000000};
    assert_int_equal(registry.ops->ask(registry.ctx, &request, hear, heard), 0);
}

static void ping_later(struct heard *heard)
{
    struct registry_request request = {.op = REGISTRY_PING};
    *heard = (struct heard){.asked_ms = uv_hrtime() / 1000000};
    assert_int_equal(registry.ops->ask(registry.ctx, &request, hear, heard), 0);
}

static void turn_until(const bool *over)
{
    while (!*over)
        uv_run(&loop, UV_RUN_ONCE);
}

/* Asking takes no time, reads go on, and what waits is written when the lock is gone, in order. */
static void a_lock_is_waited_for_but_not_by_reads(void **state)
{
    struct heard put[3], read[3];
    struct registry_device found;
    (void)state;
    lock();
    for (int i = 0; i < 3; i++) {
        char id[2] = {(char)('a' + i), '\0'};
        put_later(&put[i], id);
        ping_later(&read[i]);
        turn_until(&read[i].over);
        assert_int_equal(read[i].err, 0);
        assert_true(read[i].after_ms < 1000);
        assert_false(put[i].over);
    }
    unlock();
    turn_until(&put[2].over);
    for (int i = 0; i < 3; i++)
        assert_int_equal(put[i].err, 0);
    assert_int_equal(ask_device_get(&registry, "c", &found), 0);
}

/* What is given up says so in time and never takes place. */
static void a_lock_that_stays_is_answered_busy(void **state)
{
    struct heard put, late;
    struct registry_device found;
    struct registry_counts counts;
    (void)state;
    lock();
    put_later(&put, "a");
    turn_until(&put.over);
    assert_int_equal(put.err, ROOST_ERR_BUSY);
    assert_in_range(put.after_ms, REGISTRY_WAIT_MS, REGISTRY_WAIT_MS + 2000);
    put_later(&late, "b");
    unlock();
    turn_until(&late.over);
    assert_int_equal(late.err, 0);
    assert_int_equal(ask_device_get(&registry, "a", &found), ROOST_ERR_NOT_FOUND);
    assert_int_equal(ask_device_get(&registry, "b", &found), 0);
    registry.ops->counts(registry.ctx, &counts);
    assert_int_equal(counts.given_up, 1);
    assert_int_equal(counts.waiting, 0);
}

static void a_tool_waits_for_the_lock_too(void **state)
{
    struct registry_device device = suite_device("a");
    (void)state;
    lock();
    assert_int_equal(ask_device_put(&registry, &device), ROOST_ERR_BUSY);
    unlock();
    assert_int_equal(ask_device_put(&registry, &device), 0);
}

/* Closing does what can be done at once and answers the rest. */
static void a_close_leaves_no_question_open(void **state)
{
    struct heard put, read, more;
    (void)state;
    put_later(&put, "a");
    put_later(&more, "b");
    ping_later(&read);
    close_registry();
    assert_true(put.over && more.over && read.over);
    assert_int_equal(put.err | more.err | read.err, 0);
    assert_int_equal(open_path(&registry, file.path), 0);
    struct registry_device found;
    assert_int_equal(ask_device_get(&registry, "b", &found), 0);
    lock();
    put_later(&put, "c");
    ping_later(&read);
    close_registry();
    assert_true(put.over && read.over);
    assert_int_equal(put.err, ROOST_ERR_CLOSED);
    assert_int_equal(read.err, 0);
    unlock();
    assert_int_equal(open_path(&registry, file.path), 0);
    assert_int_equal(ask_device_get(&registry, "c", &found), ROOST_ERR_NOT_FOUND);
}

/* A loop on its way: the answer to one question asks the next. */
struct chain {
    int left, err;
    bool over;
};

static void next_link(void *arg, int err, const struct registry_answer *answer)
{
    struct chain *chain = arg;
    (void)answer;
    struct registry_device device = suite_device("a");
    struct registry_request request = {.op = REGISTRY_DEVICES_PUT, .devices = &device, .count = 1};
    chain->err |= err;
    chain->over = chain->left-- == 0;
    if (!chain->over)
        assert_int_equal(registry.ops->ask(registry.ctx, &request, next_link, chain), 0);
}

static void an_answer_may_ask_again(void **state)
{
    struct chain chain = {.left = 50};
    struct registry_request request = {.op = REGISTRY_PING};
    (void)state;
    assert_int_equal(registry.ops->ask(registry.ctx, &request, next_link, &chain), 0);
    registry.ops->wait(registry.ctx);
    assert_true(chain.over);
    assert_int_equal(chain.err, 0);
}

static void loading_waits_for_nothing(void **state)
{
    struct heard put;
    (void)state;
    put_later(&put, "a");
    struct suite_list list = {.stop_at = -1};
    assert_int_equal(registry.ops->load_devices(registry.ctx, suite_list_device, &list),
                     ROOST_ERR_BUSY);
    registry.ops->wait(registry.ctx);
    assert_int_equal(registry.ops->load_devices(registry.ctx, suite_list_device, &list), 0);
    assert_int_equal(list.count, 1);
}

/* ---- the end of the process ---- */

struct writer {
    int number, pipe;
};

static void report(void *arg, int err, const struct registry_answer *answer)
{
    struct writer *writer = arg;
    (void)answer;
    if (err != 0 || write(writer->pipe, &writer->number, sizeof writer->number) !=
                        (ssize_t)sizeof writer->number)
        _exit(1);
}

/* Writes devices without a pause, many under way at any time, and says which are stored. */
static void write_until_killed(int pipe, int first)
{
    static struct writer writers[100000];
    if (uv_loop_fork(&loop) != 0 || open_path(&registry, file.path) != 0)
        _exit(1);
    for (int i = first;; i++) {
        char id[16];
        snprintf(id, sizeof id, "d%06d", i);
        struct registry_device device = suite_device(id);
        struct registry_request request = {
            .op = REGISTRY_DEVICES_PUT, .devices = &device, .count = 1};
        writers[i] = (struct writer){i, pipe};
        if (registry.ops->ask(registry.ctx, &request, report, &writers[i]) != 0)
            _exit(1);
        uv_run(&loop, i % 20 == 0 ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    }
}

static void what_was_answered_survives_a_kill(void **state)
{
    enum { KILLS = 5 };
    int reported = 0, most = -1, number;
    (void)state;
    close_registry();
    for (int round = 0; round < KILLS; round++) {
        int reports[2];
        assert_int_equal(pipe(reports), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            write_until_killed(reports[1], most + 1);
        close(reports[1]);
        for (int i = 0; i < 40 + 30 * round; i++, reported++) {
            assert_int_equal(read(reports[0], &number, sizeof number), sizeof number);
            assert_int_equal(number, ++most);
        }
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(reports[0], &number, sizeof number) == sizeof number)
            assert_int_equal(number, ++most);
        close(reports[0]);
        assert_int_equal(open_path(&registry, file.path), 0);
        for (int i = 0; i <= most; i++) {
            char id[16];
            struct registry_device found;
            snprintf(id, sizeof id, "d%06d", i);
            assert_int_equal(ask_device_get(&registry, id, &found), 0);
        }
        close_registry();
    }
    assert_int_equal(open_path(&registry, file.path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGISTRY_SUITE(open_memory, close_memory),
        REGISTRY_SUITE(open_file, close_file),
        REGISTRY_SUITE(open_threaded, close_file),
        REGISTRY_SUITE_TEST(everything_is_there_after_a_restart, open_file, close_file),
        REGISTRY_SUITE_TEST(a_newer_file_is_refused_untouched, open_file, close_file),
        REGISTRY_SUITE_TEST(a_foreign_file_is_refused, open_file, close_file),
        cmocka_unit_test(a_file_that_is_no_database_is_refused),
        cmocka_unit_test(a_path_that_cannot_be_opened_is_named),
        REGISTRY_SUITE_TEST(a_full_disk_keeps_all_or_nothing, open_file, close_file),
        REGISTRY_SUITE_TEST(a_full_disk_keeps_all_or_nothing, open_threaded, close_file),
        REGISTRY_SUITE_TEST(a_full_disk_imports_nothing, open_file, close_file),
        REGISTRY_SUITE_TEST(a_full_disk_is_for_those_that_need_room, open_threaded, close_file),
        REGISTRY_SUITE_TEST(an_older_file_gets_the_new_table, open_file, close_file),
        REGISTRY_SUITE_TEST(a_lock_is_waited_for_but_not_by_reads, open_threaded, close_file),
        REGISTRY_SUITE_TEST(a_lock_that_stays_is_answered_busy, open_threaded, close_file),
        REGISTRY_SUITE_TEST(a_tool_waits_for_the_lock_too, open_file, close_file),
        REGISTRY_SUITE_TEST(a_close_leaves_no_question_open, open_threaded, close_file),
        REGISTRY_SUITE_TEST(a_close_leaves_no_question_open, open_file, close_file),
        REGISTRY_SUITE_TEST(an_answer_may_ask_again, open_threaded, close_file),
        REGISTRY_SUITE_TEST(an_answer_may_ask_again, open_file, close_file),
        REGISTRY_SUITE_TEST(loading_waits_for_nothing, open_threaded, close_file),
        REGISTRY_SUITE_TEST(what_was_answered_survives_a_kill, open_threaded, close_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
