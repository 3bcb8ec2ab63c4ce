/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry on a disk that fails at the n-th change of a file (hub/store/test_disk.h), for each
 * n until a run is clean. Whatever n is, a request of a round took place when it was answered with
 * 0, and did not when it was answered with an error.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/store/registry_sqlite.h"
#include "hub/store/test_ask.h"
#include "hub/store/test_disk.h"
#include "hub/store/test_file.h"

enum { ROUNDS = 3, TOGETHER = 4, DEVICES = 40, ALL = ROUNDS * TOGETHER };

/* What became of each request; 1: not answered. */
static int answers[ALL];

static void note(void *arg, int err, const struct registry_answer *answer)
{
    (void)answer;
    *(int *)arg = err;
}

/* Request n adds a family of devices: all of them, or none. */
static void add_family(const struct registry *registry, int n, int *out)
{
    static struct registry_device devices[DEVICES];
    struct registry_request request = {
        .op = REGISTRY_DEVICES_ADD, .devices = devices, .count = DEVICES};
    for (int i = 0; i < DEVICES; i++) {
        snprintf(devices[i].id, sizeof devices[i].id, "f%d-%d", n, i);
        memset(devices[i].config_json, ' ', 200);
    }
    *out = 1;
    assert_int_equal(registry->ops->ask(registry->ctx, &request, note, out), 0);
}

/* The family is there whole, or not at all. */
static bool is_there(const struct registry *registry, int n)
{
    int found = 0;
    for (int i = 0; i < DEVICES; i++) {
        char id[32];
        struct registry_device device;
        snprintf(id, sizeof id, "f%d-%d", n, i);
        int err = ask_device_get(registry, id, &device);
        assert_true(err == 0 || err == ROOST_ERR_NOT_FOUND);
        found += err == 0;
    }
    assert_true(found == 0 || found == DEVICES);
    return found > 0;
}

/* The first of a round is under way while the others gather. */
static void ask_rounds(const struct registry *registry)
{
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < TOGETHER; i++)
            add_family(registry, round * TOGETHER + i, &answers[round * TOGETHER + i]);
        registry->ops->wait(registry->ctx);
    }
}

/* One run with the fault at change n of the writes. Returns false when it was not met any more. */
static bool run(enum fault fault, long n)
{
    struct test_file file;
    struct registry registry;
    int after = 1;
    assert_int_equal(test_file_make(&file, "registry.db"), 0);
    disk_work();
    assert_int_equal(registry_sqlite_open(&registry, NULL, file.path, NULL, 0), 0);
    disk_fail(fault, n);
    ask_rounds(&registry);
    bool met = disk.met;
    if (fault != FAULT_END) {
        disk_work();
        for (int i = 0; i < ALL; i++)
            assert_int_equal(is_there(&registry, i), answers[i] == 0);
        add_family(&registry, ALL, &after); /* recovers by itself */
        registry.ops->wait(registry.ctx);
        assert_int_equal(after, 0);
    }
    registry.ops->close(registry.ctx); /* FAULT_END: nothing of it reaches the disk */
    disk_work();
    assert_int_equal(registry_sqlite_open(&registry, NULL, file.path, NULL, 0), 0);
    for (int i = 0; i < ALL; i++) {
        assert_true(answers[i] <= 0);
        /* A commit that the process did not live to report may be there. */
        assert_true(is_there(&registry, i) == (answers[i] == 0) ||
                    (fault == FAULT_END && answers[i] < 0));
    }
    registry.ops->close(registry.ctx);
    test_file_remove(&file);
    return met;
}

int main(void)
{
    return disk_run("registry on a failing disk", run);
}
