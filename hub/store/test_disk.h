/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk under SQLite that fails at the n-th change of a file: once (a bad moment), from then on (a
 * full disk), or with the process ending there. A test is one run with the fault at change n, and
 * is run for each n and each kind of fault until the fault is met no more. Included after
 * <cmocka.h>; one thread.
 *
 *     static bool run(enum fault fault, long n)
 *     {
 *         open();             as the disk works
 *         disk_fail(fault, n);
 *         write();
 *         bool met = disk.met;
 *         disk_work();
 *         check();
 *         return met;
 *     }
 *
 *     int main(void) { return disk_run("a store on a failing disk", run); }
 */
#ifndef ROOST_HUB_STORE_TEST_DISK_H
#define ROOST_HUB_STORE_TEST_DISK_H

#include <stdbool.h>
#include <string.h>
#include <sqlite3.h>

enum fault { FAULT_ONCE, FAULT_STAYS, FAULT_END };

/* The disk: changes are counted down to the fault. */
static struct {
    sqlite3_vfs *real;
    long left; /* changes that still work; below 0: no fault */
    enum fault fault;
    bool met;
    bool (*run)(enum fault fault, long n);
} disk;

static void disk_fail(enum fault fault, long n)
{
    disk.left = n;
    disk.fault = fault;
    disk.met = false;
}

static void disk_work(void)
{
    disk.left = -1;
}

struct faulty_file {
    sqlite3_file base;
    sqlite3_file *real;
};

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct faulty_file *)file)->real;
}

static bool fails(void)
{
    if (disk.left < 0)
        return false;
    if (disk.left > 0) {
        disk.left--;
        return false;
    }
    disk.met = true;
    if (disk.fault == FAULT_ONCE)
        disk.left = -1;
    return true;
}

static int file_close(sqlite3_file *file)
{
    int result = real_of(file)->pMethods->xClose(real_of(file));
    sqlite3_free(real_of(file));
    return result;
}

static int file_read(sqlite3_file *file, void *out, int amount, sqlite3_int64 offset)
{
    return real_of(file)->pMethods->xRead(real_of(file), out, amount, offset);
}

static int file_write(sqlite3_file *file, const void *bytes, int amount, sqlite3_int64 offset)
{
    if (!fails())
        return real_of(file)->pMethods->xWrite(real_of(file), bytes, amount, offset);
    if (amount > 1) /* torn */
        real_of(file)->pMethods->xWrite(real_of(file), bytes, amount / 2, offset);
    return disk.fault == FAULT_STAYS ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return fails() ? SQLITE_IOERR_TRUNCATE
                   : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

/* Nothing here is about the machine's power: what was written is there for the next to open it. */
static int file_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    return fails() ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int file_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int file_check_lock(sqlite3_file *file, int *locked)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), locked);
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}

static int file_sector_size(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int file_device(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int file_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), region, size, extend, out);
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int file_shm_unmap(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *out_flags)
{
    static const sqlite3_io_methods methods = {
        .iVersion = 2,
        .xClose = file_close,
        .xRead = file_read,
        .xWrite = file_write,
        .xTruncate = file_truncate,
        .xSync = file_sync,
        .xFileSize = file_size,
        .xLock = file_lock,
        .xUnlock = file_unlock,
        .xCheckReservedLock = file_check_lock,
        .xFileControl = file_control,
        .xSectorSize = file_sector_size,
        .xDeviceCharacteristics = file_device,
        .xShmMap = file_shm_map,
        .xShmLock = file_shm_lock,
        .xShmBarrier = file_shm_barrier,
        .xShmUnmap = file_shm_unmap,
    };
    struct faulty_file *faulty = (struct faulty_file *)file;
    (void)vfs;
    faulty->base.pMethods = NULL;
    faulty->real = sqlite3_malloc(disk.real->szOsFile);
    memset(faulty->real, 0, (size_t)disk.real->szOsFile);
    int result = disk.real->xOpen(disk.real, name, faulty->real, flags, out_flags);
    if (result == SQLITE_OK)
        faulty->base.pMethods = &methods;
    else
        sqlite3_free(faulty->real);
    return result;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    return fails() ? SQLITE_IOERR_DELETE : disk.real->xDelete(disk.real, name, sync);
}

static int install_disk(void **state)
{
    static sqlite3_vfs vfs;
    (void)state;
    if (disk.real)
        return 0; /* by a run before this */
    disk.real = sqlite3_vfs_find(NULL);
    disk_work();
    vfs = *disk.real;
    vfs.szOsFile = sizeof(struct faulty_file);
    vfs.zName = "faulty";
    vfs.pNext = NULL;
    vfs.xOpen = disk_open;
    vfs.xDelete = disk_delete;
    return sqlite3_vfs_register(&vfs, 1);
}

/* ---- every fault at every change ---- */

static void run_all(enum fault fault)
{
    long n = 0;
    while (disk.run(fault, n))
        n++;
    assert_true(n > 20); /* the faults were where they belong */
}

static void a_change_fails_once(void **state)
{
    (void)state;
    run_all(FAULT_ONCE);
}

static void the_disk_is_full_from_there_on(void **state)
{
    (void)state;
    run_all(FAULT_STAYS);
}

static void the_process_ends_there(void **state)
{
    (void)state;
    run_all(FAULT_END);
}

static int disk_run(const char *name, bool (*run)(enum fault fault, long n))
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_fails_once),
        cmocka_unit_test(the_disk_is_full_from_there_on),
        cmocka_unit_test(the_process_ends_there),
    };
    disk.run = run;
    return cmocka_run_group_tests_name(name, tests, install_disk, NULL);
}

#endif
