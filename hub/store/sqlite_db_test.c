/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "hub/store/sqlite_db.h"
#include "hub/store/test_file.h"

static const struct sqlite_migration steps[] = {
    {"first", "CREATE TABLE a(x INTEGER); INSERT INTO a VALUES(1);"},
    {"second", "ALTER TABLE a ADD COLUMN y INTEGER NOT NULL DEFAULT 7;"},
    {"broken", "CREATE TABLE b(x); INSERT INTO b VALUES(1); INSERT INTO no_such_table VALUES(1);"},
};

static struct test_file file;
static char why[256];

static int set_up(void **state)
{
    (void)state;
    why[0] = '\0';
    return test_file_make(&file, "a.db");
}

static int tear_down(void **state)
{
    (void)state;
    test_file_remove(&file);
    return 0;
}

static sqlite3 *open_db(void)
{
    sqlite3 *db;
    assert_int_equal(sqlite_db_open(&db, file.path, SQLITE_DB_SYNCED, 100, why, sizeof why), 0);
    return db;
}

static int migrate(sqlite3 *db, size_t count)
{
    struct sqlite_schema schema = {
        .kind = "test", .application_id = 77, .migrations = steps, .migration_count = count};
    return sqlite_db_migrate(db, &schema, why, sizeof why);
}

static int64_t number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite_db_prepare(db, sql, &statement), 0);
    int result = sqlite3_step(statement);
    assert_int_equal(result, SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static void an_older_file_is_brought_up_to_date(void **state)
{
    (void)state;
    sqlite3 *db = open_db();
    assert_int_equal(migrate(db, 1), 0);
    assert_int_equal(migrate(db, 1), 0);
    sqlite3_close(db);
    db = open_db();
    assert_int_equal(migrate(db, 2), 0);
    assert_int_equal(number(db, "SELECT y FROM a WHERE x=1"), 7);
    assert_int_equal(number(db, "SELECT count(*) FROM a"), 1);
    assert_int_equal(number(db, "SELECT max(version) FROM schema_version"), 2);
    assert_int_equal(number(db, "PRAGMA application_id"), 77);
    sqlite3_close(db);
}

static void a_migration_that_fails_leaves_the_one_before(void **state)
{
    (void)state;
    sqlite3 *db = open_db();
    assert_true(migrate(db, 3) < 0);
    assert_non_null(strstr(why, "schema 3 (broken)"));
    assert_non_null(strstr(why, "no_such_table"));
    assert_int_equal(number(db, "SELECT max(version) FROM schema_version"), 2);
    assert_int_equal(number(db, "SELECT count(*) FROM sqlite_schema WHERE name='b'"), 0);
    assert_int_equal(migrate(db, 2), 0);
    sqlite3_close(db);
}

static void a_newer_file_is_refused(void **state)
{
    (void)state;
    sqlite3 *db = open_db();
    assert_int_equal(migrate(db, 2), 0);
    assert_int_equal(migrate(db, 1), ROOST_ERR_UNSUPPORTED);
    assert_non_null(strstr(why, "test schema 2, this program knows 1"));
    sqlite3_close(db);
}

static void commits_are_synced(void **state)
{
    (void)state;
    sqlite3 *db = open_db();
    assert_int_equal(number(db, "PRAGMA synchronous"), 2); /* FULL */
    assert_int_equal(number(db, "SELECT journal_mode='wal' FROM pragma_journal_mode"), 1);
    sqlite3_close(db);
}

static void a_reader_cannot_write(void **state)
{
    sqlite3 *reader;
    (void)state;
    sqlite3 *db = open_db();
    assert_int_equal(migrate(db, 1), 0);
    assert_int_equal(sqlite_db_open(&reader, file.path, SQLITE_DB_READER, 100, NULL, 0), 0);
    assert_int_equal(number(reader, "SELECT x FROM a"), 1);
    assert_int_equal(sqlite_db_exec(reader, "DELETE FROM a"), ROOST_ERR_IO);
    sqlite3_close(reader);
    sqlite3_close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* A hub that was stopped starts on a disk that filled up meanwhile: what it needs is there. */
static void closing_keeps_the_places_on_the_disk(void **state)
{
    static const char *const beside[] = {"-wal", "-shm"};
    char path[320];
    struct stat info;

    (void)state;
    sqlite3 *db = open_db();
    assert_int_equal(sqlite_db_exec(db, "CREATE TABLE a(x); INSERT INTO a VALUES(1)"), 0);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s%s", file.path, beside[i]);
        assert_int_equal(stat(path, &info), 0);
        if (i == 0)
            assert_int_equal(info.st_size, 0); /* all is in the database: that alone is a copy */
        else
            assert_true(info.st_size >= 32768);
        assert_int_equal(info.st_mode & 077, 0);
    }
    db = open_db();
    assert_int_equal(number(db, "SELECT count(*) FROM a"), 1);
    sqlite3_close(db);
}

static void a_full_disk_is_named(void **state)
{
    char path[320];
    struct rlimit before, low;
    sqlite3 *db = open_db();

    (void)state;
    assert_int_equal(sqlite_db_exec(db, "CREATE TABLE a(x)"), 0);
    sqlite3_close(db);
    snprintf(path, sizeof path, "%s-shm", file.path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    low = before;
    low.rlim_cur = 1024; /* not even the first page of the index */
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    int err = sqlite_db_open(&db, file.path, SQLITE_DB_SYNCED, 100, why, sizeof why);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(err, ROOST_ERR_NO_SPACE);
    assert_non_null(strstr(why, file.path));
    assert_non_null(strstr(why, "the disk is full"));
    assert_non_null(strstr(why, "make room"));
    sqlite3_close(open_db());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(closing_keeps_the_places_on_the_disk),
        TEST(a_full_disk_is_named),
        TEST(an_older_file_is_brought_up_to_date),
        TEST(a_migration_that_fails_leaves_the_one_before),
        TEST(a_newer_file_is_refused),
        TEST(commits_are_synced),
        TEST(a_reader_cannot_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
