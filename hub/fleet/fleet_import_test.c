/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hub/fleet/fleet_import.h"
#include "hub/fleet/parts_fake.h"
#include "hub/store/registry_sqlite.h"
#include "hub/store/test_ask.h"
#include "hub/store/test_file.h"

enum { COUNT = 5 };

static struct parts_fake fake;
static struct registry registry;
static struct test_file file;
static struct fleet *fleet;
static struct fleet_config config;
static struct factory_batch *batch;
static struct fleet_import result;
static uint8_t key[SEAL_KEY_BYTES] = "a key for the registry of a test";

static void start(void)
{
    assert_int_equal(registry_sqlite_open(&registry, NULL, file.path, NULL, 0), 0);
    fleet = fleet_new(&config, &registry, &fake.bus, &fake.clock, &fake.feed, fake.metrics);
    assert_non_null(fleet);
    assert_int_equal(fleet_load(fleet), 0);
}

static void stop(void)
{
    registry.ops->wait(registry.ctx);
    fleet_free(fleet);
    registry.ops->close(registry.ctx);
}

static int set_up(void **state)
{
    (void)state;
    fake_init(&fake);
    config = (struct fleet_config){.policy = FLEET_POLICY_CLOSED,
                                   .inactive_after_ms = 300000,
                                   .command_timeout_ms = 10000,
                                   .device_max = 1000};
    batch = calloc(1, sizeof *batch + COUNT * sizeof batch->devices[0]);
    if (!batch || test_file_make(&file, "registry.db") != 0)
        return -1;
    *batch = (struct factory_batch){.id = "b-7", .product = "window", .count = COUNT};
    for (size_t i = 0; i < COUNT; i++) {
        struct factory_device *device = &batch->devices[i];
        snprintf(device->id, sizeof device->id, "window-%04zu", i);
        snprintf(device->broker_user, sizeof device->broker_user, "user-%zu", i);
        device->hardware_version = 3;
        snprintf((char *)device->secret, sizeof device->secret, "the very own secret of no. %zu",
                 i);
    }
    start();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stop();
    test_file_remove(&file);
    factory_batch_free(batch);
    fake_deinit(&fake);
    return 0;
}

struct imported {
    int err;
    struct fleet_import result;
};

static void note_imported(void *arg, int err, const struct fleet_import *of)
{
    struct imported *imported = arg;
    imported->err = err;
    imported->result = *of;
}

static int import_it(void)
{
    struct imported imported = {.err = 1};
    assert_int_equal(fleet_import(fleet, batch, key, note_imported, &imported), 0);
    assert_int_equal(imported.err, 1); /* not from inside the call */
    registry.ops->wait(registry.ctx);
    result = imported.result;
    return imported.err;
}

static int remove_it(const char *id)
{
    int err = fleet_remove(fleet, id, true, NULL, NULL);
    registry.ops->wait(registry.ctx);
    return err;
}

static void an_imported_device_may_speak_under_any_policy(void **state)
{
    (void)state;
    for (int policy = FLEET_POLICY_OPEN; policy <= FLEET_POLICY_CLOSED; policy++) {
        int err = 7;
        stop();
        config.policy = (enum fleet_policy)policy;
        start();
        assert_int_equal(import_it(), 0);
        assert_int_equal(result.imported + result.unchanged, COUNT);
        const struct fleet_device *device = fleet_find(fleet, "window-0003");
        assert_non_null(device);
        assert_true(device->claimed);
        assert_false(device->active);
        assert_int_equal(device->last_seen_ms, 0);
        assert_string_equal(device->type, "window");
        assert_ptr_equal(fleet_meet(fleet, "window-0003", false, &err), device);
        assert_int_equal(err, 0);
    }
}

static void an_import_outlives_a_restart_and_can_be_repeated(void **state)
{
    struct registry_credential credential;
    uint8_t secret[32];
    (void)state;
    assert_int_equal(import_it(), 0);
    assert_int_equal(result.imported, COUNT);
    assert_int_equal(result.unchanged, 0);
    stop();
    start();
    assert_int_equal(fleet_count(fleet), COUNT);
    assert_int_equal(ask_credential_get(&registry, "window-0002", &credential), 0);
    assert_string_equal(credential.batch, "b-7");
    assert_int_equal(
        seal_open(secret, key, "window-0002", credential.secret_sealed, credential.sealed_len), 0);
    assert_memory_equal(secret, batch->devices[2].secret, sizeof secret);
    assert_int_equal(import_it(), 0);
    assert_int_equal(result.imported, 0);
    assert_int_equal(result.unchanged, COUNT);
    /* One was removed: it alone comes back. */
    assert_int_equal(remove_it("window-0002"), 0);
    assert_int_equal(import_it(), 0);
    assert_int_equal(result.imported, 1);
    assert_int_equal(result.unchanged, COUNT - 1);
}

static void expect_refused(int err, const char *device_id)
{
    size_t before = fleet_count(fleet);
    assert_int_equal(import_it(), err);
    assert_string_equal(result.device_id, device_id);
    assert_int_equal(result.imported, 0);
    assert_int_equal(fleet_count(fleet), before);
}

static void what_is_there_otherwise_stops_all_of_it(void **state)
{
    (void)state;
    assert_int_equal(fleet_add(fleet, "window-0003", "window", "", NULL, NULL), 0);
    registry.ops->wait(registry.ctx);
    expect_refused(ROOST_ERR_EXISTS, "window-0003");
    assert_null(fleet_find(fleet, "window-0000"));
    assert_int_equal(remove_it("window-0003"), 0);
    assert_int_equal(import_it(), 0);

    batch->devices[1].secret[0] ^= 1;
    expect_refused(ROOST_ERR_EXISTS, "window-0001");
    batch->devices[1].secret[0] ^= 1;
    batch->devices[4].hardware_version++;
    expect_refused(ROOST_ERR_EXISTS, "window-0004");
    batch->devices[4].hardware_version--;
    batch->devices[0].broker_user[0] = 'x';
    expect_refused(ROOST_ERR_EXISTS, "window-0000");
    batch->devices[0].broker_user[0] = 'u';
    strcpy(batch->id, "b-8");
    expect_refused(ROOST_ERR_EXISTS, "window-0000");
    strcpy(batch->id, "b-7");
    key[0] ^= 1;
    expect_refused(ROOST_ERR_CRYPTO, "window-0000");
    key[0] ^= 1;
    assert_int_equal(import_it(), 0);
}

static void the_number_of_devices_stays_bounded(void **state)
{
    (void)state;
    stop();
    config.device_max = COUNT - 1;
    start();
    expect_refused(ROOST_ERR_FULL, "");
    batch->count = COUNT - 1;
    assert_int_equal(import_it(), 0);
    batch->count = COUNT;
    expect_refused(ROOST_ERR_FULL, "");
}

static void a_full_disk_imports_nothing(void **state)
{
    (void)state;
    registry_sqlite_limit(&registry, 1);
    while (import_it() == 0) /* what room the file has left is used up first */
        for (size_t i = 0; i < COUNT; i++)
            snprintf(batch->devices[i].id, sizeof batch->devices[i].id, "w-%zu-%zu",
                     fleet_count(fleet), i);
    expect_refused(ROOST_ERR_NO_SPACE, "");
    registry_sqlite_limit(&registry, 0);
    assert_int_equal(import_it(), 0);
    assert_int_equal(result.imported, COUNT);
}

/* Whoever gets the file gets no secret. */
static void the_database_file_holds_no_secret(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    static char bytes[1 << 20];
    size_t total = 0;
    (void)state;
    assert_int_equal(import_it(), 0);
    stop();
    start();
    for (size_t e = 0; e < sizeof ends / sizeof ends[0]; e++) {
        char path[320];
        snprintf(path, sizeof path, "%s%s", file.path, ends[e]);
        FILE *in = fopen(path, "r");
        size_t len = in ? fread(bytes, 1, sizeof bytes, in) : 0;
        assert_true(len < sizeof bytes);
        if (in)
            fclose(in);
        total += len;
        assert_null(memmem(bytes, len, "the very own secret", 19));
        assert_null(memmem(bytes, len, key, sizeof key));
        if (e == 0)
            assert_non_null(memmem(bytes, len, "window-0004", 11));
    }
    assert_true(total > 0);
}

static void one_import_at_a_time(void **state)
{
    struct imported first = {.err = 1}, second = {.err = 1};
    (void)state;
    assert_int_equal(fleet_import(fleet, batch, key, note_imported, &first), 0);
    assert_int_equal(fleet_import(fleet, batch, key, note_imported, &second), ROOST_ERR_BUSY);
    registry.ops->wait(registry.ctx);
    assert_int_equal(first.err, 0);
    assert_int_equal(second.err, 1);
    assert_int_equal(first.result.imported, COUNT);
    assert_int_equal(import_it(), 0);
}

/* A device of the batch speaks while it is being imported: one device, and claimed. */
static void a_device_may_speak_while_it_is_imported(void **state)
{
    struct imported imported = {.err = 1};
    int err;
    (void)state;
    stop();
    config.policy = FLEET_POLICY_CLAIM;
    start();
    assert_int_equal(fleet_import(fleet, batch, key, note_imported, &imported), 0);
    assert_null(fleet_meet(fleet, "window-0001", true, &err));
    assert_int_equal(err, ROOST_ERR_AUTH);
    registry.ops->wait(registry.ctx);
    assert_int_equal(imported.err, 0);
    assert_int_equal(fleet_count(fleet), COUNT);
    assert_non_null(fleet_meet(fleet, "window-0001", true, &err));
    assert_true(fleet_find(fleet, "window-0001")->claimed);

    /* Registered before the import was asked: it stands in the way by name. */
    snprintf(batch->devices[0].id, sizeof batch->devices[0].id, "new-0");
    snprintf(batch->devices[1].id, sizeof batch->devices[1].id, "new-1");
    batch->count = 2;
    imported.err = 1;
    assert_int_equal(fleet_import(fleet, batch, key, note_imported, &imported), 0);
    fleet_meet(fleet, "new-1", true, &err);
    fleet_tick(fleet, fake.now_ms + 1000);
    registry.ops->wait(registry.ctx);
    assert_int_equal(imported.err, ROOST_ERR_EXISTS);
    assert_string_equal(imported.result.device_id, "new-1");
    batch->count = COUNT;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_imported_device_may_speak_under_any_policy),
        TEST(an_import_outlives_a_restart_and_can_be_repeated),
        TEST(what_is_there_otherwise_stops_all_of_it),
        TEST(the_number_of_devices_stays_bounded),
        TEST(a_full_disk_imports_nothing),
        TEST(the_database_file_holds_no_secret),
        TEST(one_import_at_a_time),
        TEST(a_device_may_speak_while_it_is_imported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
