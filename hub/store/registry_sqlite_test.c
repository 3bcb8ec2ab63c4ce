/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/registry_suite.h"

#include <sqlite3.h>

#include "hub/store/registry_sqlite.h"
#include "hub/store/test_file.h"

static struct registry registry;
static struct test_file file;
static char why[256];

static int open_memory(void **state)
{
    *state = &registry;
    return registry_sqlite_open(&registry, ":memory:", why, sizeof why);
}

static int open_file(void **state)
{
    *state = &registry;
    if (test_file_make(&file, "registry.db") != 0)
        return -1;
    return registry_sqlite_open(&registry, file.path, why, sizeof why);
}

static int close_memory(void **state)
{
    (void)state;
    registry.ops->close(registry.ctx);
    return 0;
}

static int close_file(void **state)
{
    close_memory(state);
    test_file_remove(&file);
    return 0;
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
    assert_int_equal(registry.ops->device_put(registry.ctx, &device), 0);
    registry.ops->close(registry.ctx);
    assert_int_equal(registry_sqlite_open(&registry, file.path, NULL, 0), 0);
    assert_int_equal(registry.ops->device_get(registry.ctx, "a", &found), 0);
    assert_string_equal(found.name, device.name);
}

static void a_newer_file_is_refused_untouched(void **state)
{
    struct registry other;
    (void)state;
    sql("INSERT INTO schema_version VALUES(99,'from the future')");
    assert_int_equal(registry_sqlite_open(&other, file.path, why, sizeof why),
                     ROOST_ERR_UNSUPPORTED);
    assert_non_null(strstr(why, "newer Roost"));
    assert_non_null(strstr(why, "99"));
    assert_non_null(strstr(why, file.path));
}

static void a_foreign_file_is_refused(void **state)
{
    struct registry other;
    (void)state;
    sql("PRAGMA application_id=7");
    assert_int_equal(registry_sqlite_open(&other, file.path, why, sizeof why), ROOST_ERR_CORRUPT);
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
    assert_int_equal(registry_sqlite_open(&other, text.path, why, sizeof why), ROOST_ERR_CORRUPT);
    test_file_remove(&text);
}

static void a_path_that_cannot_be_opened_is_named(void **state)
{
    struct registry other;
    (void)state;
    assert_int_equal(registry_sqlite_open(&other, "/nonexistent/folder/r.db", why, sizeof why),
                     ROOST_ERR_IO);
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
    assert_int_equal(registry.ops->devices_put(registry.ctx, devices, MANY), ROOST_ERR_NO_SPACE);
    assert_int_equal(registry.ops->device_get(registry.ctx, "d000", &found), ROOST_ERR_NOT_FOUND);
    registry_sqlite_limit(&registry, 0);
    assert_int_equal(registry.ops->devices_put(registry.ctx, devices, MANY), 0);
    assert_int_equal(registry.ops->device_get(registry.ctx, "d199", &found), 0);
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
    assert_int_equal(registry.ops->devices_import(registry.ctx, devices, credentials, MANY),
                     ROOST_ERR_NO_SPACE);
    assert_int_equal(registry.ops->credential_get(registry.ctx, "d000", &found),
                     ROOST_ERR_NOT_FOUND);
    registry_sqlite_limit(&registry, 0);
    assert_int_equal(registry.ops->devices_import(registry.ctx, devices, credentials, MANY), 0);
    assert_int_equal(registry.ops->credential_get(registry.ctx, "d199", &found), 0);
}

/* A file of the first schema, as it is in the field. */
static void an_older_file_gets_the_new_table(void **state)
{
    struct registry_device device = suite_device("a"), found;
    struct registry_device other = suite_device("b");
    struct registry_credential credential = suite_credential("b");
    (void)state;
    assert_int_equal(registry.ops->device_put(registry.ctx, &device), 0);
    registry.ops->close(registry.ctx);
    sql("DROP TABLE device_credential; DELETE FROM schema_version WHERE version>1");
    assert_int_equal(registry_sqlite_open(&registry, file.path, why, sizeof why), 0);
    assert_int_equal(registry.ops->device_get(registry.ctx, "a", &found), 0);
    assert_int_equal(registry.ops->devices_import(registry.ctx, &other, &credential, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGISTRY_SUITE(open_memory, close_memory),
        REGISTRY_SUITE(open_file, close_file),
        cmocka_unit_test_setup_teardown(everything_is_there_after_a_restart, open_file, close_file),
        cmocka_unit_test_setup_teardown(a_newer_file_is_refused_untouched, open_file, close_file),
        cmocka_unit_test_setup_teardown(a_foreign_file_is_refused, open_file, close_file),
        cmocka_unit_test(a_file_that_is_no_database_is_refused),
        cmocka_unit_test(a_path_that_cannot_be_opened_is_named),
        cmocka_unit_test_setup_teardown(a_full_disk_keeps_all_or_nothing, open_file, close_file),
        cmocka_unit_test_setup_teardown(a_full_disk_imports_nothing, open_file, close_file),
        cmocka_unit_test_setup_teardown(an_older_file_gets_the_new_table, open_file, close_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
