/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <dirent.h>
#include <sys/stat.h>

#include "core/err.h"
#include "hub/store/registry_sqlite.h"
#include "hub/store/series_sqlite.h"
#include "hub/store/sqlite_db.h"
#include "hub/store/sqlite_try.h"
#include "hub/store/test_file.h"

static struct test_file file;
static char why[256];

static int set_up(void **state)
{
    (void)state;
    why[0] = '\0';
    return test_file_make(&file, "a #1?.db");
}

static int tear_down(void **state)
{
    (void)state;
    test_file_remove(&file);
    return 0;
}

/* How many files are in the folder. */
static size_t entries(void)
{
    DIR *dir = opendir(file.folder);
    size_t count = 0;

    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void make_registry(void)
{
    struct registry registry;

    assert_int_equal(registry_sqlite_open(&registry, NULL, file.path, why, sizeof why), 0);
    registry.ops->close(registry.ctx);
    assert_int_equal(entries(), 3); /* it, its log and the index: see hub/store/sqlite_db.c */
}

static void exec(const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite_db_open(&db, file.path, SQLITE_DB_SYNCED, 100, why, sizeof why), 0);
    assert_int_equal(sqlite_db_exec(db, sql), 0);
    sqlite3_close(db);
}

static void looking_makes_nothing(void **state)
{
    (void)state;
    assert_int_equal(sqlite_try_registry(file.path, why, sizeof why), 0);
    assert_int_equal(sqlite_try_series(file.path, why, sizeof why), 0);
    assert_int_equal(sqlite_try_charging(file.path, why, sizeof why), 0);
    assert_int_equal(sqlite_try_sites(file.path, why, sizeof why), 0);
    assert_int_equal(sqlite_try_money(file.path, why, sizeof why), 0);
    assert_int_equal(entries(), 0);
    make_registry();
    struct stat before, after;
    assert_int_equal(stat(file.path, &before), 0);
    assert_int_equal(sqlite_try_registry(file.path, why, sizeof why), 0);
    assert_int_equal(stat(file.path, &after), 0);
    assert_int_equal(entries(), 3);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    assert_int_equal(before.st_size, after.st_size);
}

static void looking_beside_a_hub(void **state)
{
    struct registry registry;

    (void)state;
    assert_int_equal(registry_sqlite_open(&registry, NULL, file.path, why, sizeof why), 0);
    size_t with_hub = entries();
    assert_int_equal(sqlite_try_registry(file.path, why, sizeof why), 0);
    assert_int_equal(sqlite_try_write(file.path, why, sizeof why), 0);
    assert_int_equal(entries(), with_hub);
    registry.ops->close(registry.ctx);
}

static void what_a_hub_would_refuse_is_named(void **state)
{
    char folder[320];
    (void)state;
    make_registry();
    assert_int_equal(sqlite_try_series(file.path, why, sizeof why), ROOST_ERR_CORRUPT);
    assert_non_null(strstr(why, "no series database"));
    exec("INSERT INTO schema_version VALUES(9999,'later')");
    assert_int_equal(sqlite_try_registry(file.path, why, sizeof why), ROOST_ERR_UNSUPPORTED);
    assert_non_null(strstr(why, "newer Roost"));
    FILE *text = fopen(file.path, "w");
    assert_true(text &&
                fputs("this is no database, and long enough to be told from one", text) > 0);
    assert_int_equal(fclose(text), 0);
    assert_int_equal(sqlite_try_registry(file.path, why, sizeof why), ROOST_ERR_CORRUPT);
    assert_non_null(strstr(why, file.path));
    snprintf(folder, sizeof folder, "%s/nowhere/a.db", file.folder);
    assert_int_equal(sqlite_try_registry(folder, why, sizeof why), ROOST_ERR_NOT_FOUND);
    assert_int_equal(sqlite_try_write(folder, why, sizeof why), ROOST_ERR_NOT_FOUND);
    assert_non_null(strstr(why, "gone"));
}

/* A database of an older program stays what it is until a hub opens it. */
static void an_older_schema_is_left_alone(void **state)
{
    sqlite3_stmt *statement;
    sqlite3 *db;

    (void)state;
    make_registry();
    exec("DELETE FROM schema_version WHERE version > 1");
    assert_int_equal(sqlite_try_registry(file.path, why, sizeof why), 0);
    assert_int_equal(sqlite_db_open(&db, file.path, SQLITE_DB_READER, 100, why, sizeof why), 0);
    assert_int_equal(sqlite_db_prepare(db, "SELECT max(version) FROM schema_version", &statement),
                     0);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(statement, 0), 1);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

static void a_write_is_tried(void **state)
{
    sqlite3 *other;

    (void)state;
    make_registry();
    assert_int_equal(sqlite_try_write(file.path, why, sizeof why), 0);
    assert_int_equal(entries(), 3);
    assert_int_equal(sqlite_db_open(&other, file.path, SQLITE_DB_SYNCED, 100, why, sizeof why), 0);
    assert_int_equal(sqlite_db_exec(other, "BEGIN IMMEDIATE"), 0);
    assert_int_equal(sqlite_try_write(file.path, why, sizeof why), ROOST_ERR_BUSY);
    assert_non_null(strstr(why, "locked"));
    assert_int_equal(sqlite_db_exec(other, "ROLLBACK"), 0);
    assert_int_equal(sqlite_try_write(file.path, why, sizeof why), 0);
    sqlite3_close(other);
    assert_int_equal(unlink(file.path), 0);
    assert_int_equal(sqlite_try_write(file.path, why, sizeof why), ROOST_ERR_NOT_FOUND);
    assert_int_equal(entries(), 2); /* nothing was made in its place */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(looking_makes_nothing),
        TEST(looking_beside_a_hub),
        TEST(what_a_hub_would_refuse_is_named),
        TEST(an_older_schema_is_left_alone),
        TEST(a_write_is_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
