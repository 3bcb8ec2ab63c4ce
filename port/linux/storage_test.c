/* SPDX-License-Identifier: Apache-2.0 */
/* What the conformance suite cannot see: files that were damaged, cannot grow, or are another's. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"
#include "port/linux/crypto.h"
#include "port/linux/flash.h"
#include "port/linux/key_file.h"
#include "port/linux/kv.h"

enum { HEADER = 36 }; /* bytes of a file in front of the value */

static char dir[64], file[sizeof dir + 256];
static struct linux_disk disk;
static struct linux_crypto sums;
static struct roost_crypto crypto;
static struct linux_kv kv;
static struct roost_kv ops;
static uint8_t secret[LINUX_KEY_BYTES];

static int open_kv(void)
{
    const struct linux_kv_options options = {.dir = dir, .secret = secret, .crypto = &crypto};

    return linux_kv_init(&kv, &disk, &options, &ops);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/roost-storage-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    disk = (struct linux_disk){0};
    memset(secret, 7, sizeof secret);
    return linux_crypto_init(&sums, &crypto) || open_kv();
}

static int tear_down(void **state)
{
    (void)state;
    linux_kv_deinit(&kv);
    linux_crypto_deinit(&sums);
    (void)ops.ops->erase_all(ops.ctx);
    return rmdir(dir);
}

static const char *path_of(const char *name)
{
    snprintf(file, sizeof file, "%s/%s", dir, name);
    return file;
}

static void change_byte(const char *path, off_t offset)
{
    int fd = open(path, O_RDWR);
    uint8_t byte;

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, offset), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
    close(fd);
}

static void test_damaged_values(void **state)
{
    char value[32];

    (void)state;
    for (off_t offset = 0; offset < HEADER + 5; offset++) {
        assert_int_equal(ops.ops->set(ops.ctx, "key", "value", 5), 0);
        change_byte(path_of("key.kv"), offset);
        assert_int_equal(ops.ops->get(ops.ctx, "key", value, sizeof value), ROOST_ERR_CORRUPT);
    }
    for (off_t len = 0; len < HEADER + 5; len++) {
        assert_int_equal(ops.ops->set(ops.ctx, "key", "value", 5), 0);
        assert_int_equal(truncate(path_of("key.kv"), len), 0);
        assert_int_equal(ops.ops->get(ops.ctx, "key", value, sizeof value), ROOST_ERR_CORRUPT);
    }
    assert_int_equal(ops.ops->set(ops.ctx, "key", "new", 3), 0);
    assert_int_equal(ops.ops->get(ops.ctx, "key", value, sizeof value), 3);
}

/* No key leaves the directory, and none is taken for another. */
static void test_odd_keys(void **state)
{
    static const char *const keys[] = {"../up", "a/b", "..",    ".", "a b",     "A",
                                       "a",     "%41", "x.new", "x", "\xc3\xa9"};
    enum { COUNT = sizeof keys / sizeof keys[0] };
    char value[32];

    (void)state;
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(ops.ops->set(ops.ctx, keys[i], keys[i], strlen(keys[i])), 0);
    for (int i = 0; i < COUNT; i++) {
        int len = ops.ops->get(ops.ctx, keys[i], value, sizeof value);
        assert_int_equal(len, strlen(keys[i]));
        assert_memory_equal(value, keys[i], (size_t)len);
    }
    assert_true(ops.ops->set(ops.ctx, "", "x", 1) < 0);
    snprintf(file, sizeof file, "%s/../up.kv", dir);
    assert_int_equal(access(file, F_OK), -1);
}

/* Whether any file of the directory holds these bytes. */
static bool flash_holds(const void *bytes, size_t len)
{
    DIR *folder = opendir(dir);
    uint8_t content[8192];
    bool found = false;

    for (struct dirent *entry; (entry = readdir(folder));) {
        int got = linux_disk_read_file(path_of(entry->d_name), content, sizeof content);
        found |= got > 0 && memmem(content, (size_t)got, bytes, len) != NULL;
    }
    closedir(folder);
    return found;
}

/* The flash does not tell what the device was told. */
static void test_sealed(void **state)
{
    static const char passphrase[] = "correct horse battery staple";
    unsigned values, corrupt;
    char value[64];
    uint8_t first[HEADER + 64], second[HEADER + 64];

    (void)state;
    assert_false(linux_kv_sealed(dir));
    assert_int_equal(ops.ops->set(ops.ctx, "w.0", passphrase, strlen(passphrase)), 0);
    assert_int_equal(ops.ops->set(ops.ctx, "none", "", 0), 0);
    assert_int_equal(ops.ops->get(ops.ctx, "none", value, sizeof value), 0);
    assert_true(linux_kv_sealed(dir));
    assert_true(flash_holds("RKV2", 4));
    for (size_t at = 0; at + 4 <= strlen(passphrase); at++)
        assert_false(flash_holds(passphrase + at, 4));
    assert_false(flash_holds(secret, 4));
    /* The same value twice is not the same file. */
    int len = linux_disk_read_file(path_of("w.0.kv"), first, sizeof first);
    assert_int_equal(len, HEADER + strlen(passphrase));
    assert_int_equal(ops.ops->set(ops.ctx, "w.0", passphrase, strlen(passphrase)), 0);
    assert_int_equal(linux_disk_read_file(file, second, sizeof second), len);
    assert_memory_not_equal(first + 8, second + 8, (size_t)len - 8);
    /* One key's value is not another's. */
    char from[sizeof file];
    snprintf(from, sizeof from, "%s", file);
    assert_int_equal(link(from, path_of("w.1.kv")), 0);
    assert_int_equal(ops.ops->get(ops.ctx, "w.1", value, sizeof value), ROOST_ERR_CORRUPT);
    linux_kv_count(&kv, &values, &corrupt);
    assert_int_equal(values, 3);
    assert_int_equal(corrupt, 1);
    /* Another key opens nothing, and the right one still does. */
    linux_kv_deinit(&kv);
    secret[31] ^= 1;
    assert_int_equal(open_kv(), 0);
    assert_int_equal(ops.ops->get(ops.ctx, "w.0", value, sizeof value), ROOST_ERR_CORRUPT);
    linux_kv_count(&kv, &values, &corrupt);
    assert_int_equal(corrupt, 3);
    linux_kv_deinit(&kv);
    secret[31] ^= 1;
    assert_int_equal(open_kv(), 0);
    assert_int_equal(ops.ops->get(ops.ctx, "w.0", value, sizeof value), strlen(passphrase));
    assert_memory_equal(value, passphrase, strlen(passphrase));
}

static void test_key_file(void **state)
{
    uint8_t key[LINUX_KEY_BYTES], again[LINUX_KEY_BYTES];
    char why[256], beside[80], inside[80];
    struct stat info;

    (void)state;
    snprintf(beside, sizeof beside, "%s.key", dir);
    snprintf(inside, sizeof inside, "%s/../%s/key", dir, strrchr(dir, '/') + 1);
#define KEY(path, make, out) linux_key_file(path, dir, make, &disk, out, why, sizeof why)
    assert_int_equal(KEY(NULL, false, key), ROOST_ERR_NOT_FOUND);
    assert_non_null(strstr(why, "missing"));
    assert_int_equal(KEY(NULL, true, key), 0);
    assert_int_equal(stat(beside, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(KEY(beside, false, again), 0);
    assert_memory_equal(key, again, sizeof key);
    assert_int_equal(KEY(inside, true, again), ROOST_ERR_INVALID);
    assert_non_null(strstr(why, "lies in the state directory"));
    assert_int_equal(chmod(beside, 0640), 0);
    assert_int_equal(KEY(NULL, true, again), ROOST_ERR_AUTH);
    assert_non_null(strstr(why, "0640"));
    assert_int_equal(chmod(beside, 0600), 0);
    assert_int_equal(truncate(beside, 31), 0);
    assert_int_equal(KEY(NULL, true, again), ROOST_ERR_INVALID);
    assert_non_null(strstr(why, "has 31 bytes; allowed are 32"));
    assert_int_equal(KEY("/dev/null", true, again), ROOST_ERR_INVALID);
    assert_int_equal(KEY("/nowhere/key", true, again), ROOST_ERR_NOT_FOUND);
    assert_non_null(strstr(why, "key file /nowhere/key"));
    assert_int_equal(unlink(beside), 0);
    /* The power goes while it is made: there is a whole one, or none. */
    for (uint32_t n = 1; n < 8; n++) {
        disk = (struct linux_disk){.steps_left = n};
        int err = KEY(NULL, true, key);
        disk = (struct linux_disk){0};
        assert_int_equal(KEY(NULL, true, again), 0);
        if (!err)
            assert_memory_equal(key, again, sizeof key);
        assert_int_equal(unlink(beside), 0);
    }
#undef KEY
}

/* A medium that takes no more keeps what it has. */
static void test_medium_full(void **state)
{
    struct rlimit before, none;
    char value[64];

    (void)state;
    assert_int_equal(ops.ops->set(ops.ctx, "key", "old", 3), 0);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    none = (struct rlimit){8, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
    int err = ops.ops->set(ops.ctx, "key", "a new and longer value", 22);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(err, ROOST_ERR_IO);
    assert_int_equal(ops.ops->get(ops.ctx, "key", value, sizeof value), 3);
    assert_memory_equal(value, "old", 3);
    assert_int_equal(access(path_of("key.kv.new"), F_OK), -1);
    assert_int_equal(linux_disk_error(ENOSPC), ROOST_ERR_NO_SPACE);
}

static void test_memory_is_bounded(void **state)
{
    struct linux_kv small;
    struct roost_kv memory;
    char value[64] = "0123456789";

    (void)state;
    const struct linux_kv_options options = {.memory_bytes = 64};
    assert_int_equal(linux_kv_init(&small, &disk, &options, &memory), 0);
    assert_int_equal(memory.ops->set(memory.ctx, "a", value, 40), 0);
    assert_int_equal(memory.ops->set(memory.ctx, "b", value, 40), ROOST_ERR_NO_SPACE);
    assert_int_equal(memory.ops->get(memory.ctx, "b", value, sizeof value), ROOST_ERR_NOT_FOUND);
    assert_int_equal(memory.ops->set(memory.ctx, "a", value, 60), 0); /* in place of the old one */
    assert_int_equal(memory.ops->set(memory.ctx, "a", value, 61), ROOST_ERR_NO_SPACE);
    assert_int_equal(memory.ops->get(memory.ctx, "a", value, sizeof value), 60);
    assert_int_equal(memory.ops->erase(memory.ctx, "a"), 0);
    assert_int_equal(memory.ops->set(memory.ctx, "b", value, 40), 0);
    linux_kv_deinit(&small);
}

static void test_region_of_another_size(void **state)
{
    struct linux_flash flash;
    struct roost_flash out;

    (void)state;
    assert_int_equal(linux_flash_init(&flash, &disk, dir, path_of("journal"), 4, &out), 0);
    assert_int_equal(out.ops->program(out.ctx, 0, "kept", 4), 0);
    linux_flash_deinit(&flash);
    assert_int_equal(linux_flash_init(&flash, &disk, dir, file, 5, &out), ROOST_ERR_INVALID);
    assert_int_equal(linux_flash_init(&flash, &disk, dir, file, 3, &out), ROOST_ERR_INVALID);
    assert_int_equal(linux_flash_init(&flash, &disk, dir, file, 4, &out), 0);
    char back[4];
    assert_int_equal(out.ops->read(out.ctx, 0, back, 4), 0);
    assert_memory_equal(back, "kept", 4);
    linux_flash_deinit(&flash);
    assert_int_equal(unlink(file), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_damaged_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_odd_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sealed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_key_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_medium_full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_region_of_another_size, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("storage", tests, NULL, NULL);
}
