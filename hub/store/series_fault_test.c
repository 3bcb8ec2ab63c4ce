/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The series store on a disk that fails at the n-th change of a file, for each n until a run is
 * clean: once (a bad moment), from then on (a full disk), or with the process ending there.
 * Whatever n is, a batch is stored whole when it was reported stored, and not at all when it was
 * reported failed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "core/err.h"
#include "hub/store/series_sqlite.h"
#include "hub/store/test_file.h"

enum fault { FAULT_ONCE, FAULT_STAYS, FAULT_END };

/* The disk: changes are counted down to the fault. */
static struct {
    sqlite3_vfs *real;
    long left; /* changes that still work; below 0: no fault */
    enum fault fault;
    bool met;
} disk;

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

static int file_sync(sqlite3_file *file, int flags)
{
    return fails() ? SQLITE_IOERR_FSYNC : real_of(file)->pMethods->xSync(real_of(file), flags);
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
    disk.real = sqlite3_vfs_find(NULL);
    disk.left = -1;
    vfs = *disk.real;
    vfs.szOsFile = sizeof(struct faulty_file);
    vfs.zName = "faulty";
    vfs.pNext = NULL;
    vfs.xOpen = disk_open;
    vfs.xDelete = disk_delete;
    return sqlite3_vfs_register(&vfs, 1);
}

enum { ROWS = 400, BATCHES = 3 };

static struct series_row rows[ROWS];
static struct series_span span;

static void note(void *arg, int err)
{
    *(int *)arg = err;
}

/* The batch's number is in its rows and in the stream that it stores. */
static int write_batch(const struct series *series, uint64_t number)
{
    struct series_stream stream = {.device_id = "w1", .spans = &span, .span_count = 1};
    struct series_batch batch = {
        .rows = rows, .row_count = ROWS, .streams = &stream, .stream_count = 1};
    int err = 1;
    span = (struct series_span){1, number};
    for (size_t i = 0; i < ROWS; i++)
        rows[i] = (struct series_row){.table = SERIES_TEMPERATURE,
                                      .device_id = "w1",
                                      .unix_ms = (int64_t)(number * ROWS + i)};
    assert_int_equal(series->ops->write(series->ctx, &batch, note, &err), 0);
    series_sqlite_pump(series);
    assert_true(err <= 0);
    return err;
}

static int read_stream(void *arg, const struct series_stream *stream)
{
    *(uint64_t *)arg = stream->spans[0].last;
    return 0;
}

static void count_rows(void *arg, int err, const struct series_point *points, size_t count)
{
    assert_int_equal(err, 0);
    *(uint64_t *)arg = count > 0 ? points[0].count : 0;
}

/* How many batches are stored; rows and stream have to agree. */
static uint64_t batches_stored(const struct series *series)
{
    struct series_history_query query = {.device_id = "w1", .to_ms = 1000000, .max_points = 1};
    uint64_t last = 0;
    uint64_t count = 0;
    assert_int_equal(series->ops->load_streams(series->ctx, read_stream, &last), 0);
    assert_int_equal(series->ops->history(series->ctx, &query, count_rows, &count), 0);
    series_sqlite_pump(series);
    assert_int_equal(count, last * ROWS);
    return last;
}

/* One run with the fault at change n of the writes. Returns false when it was not met any more. */
static bool run(enum fault fault, long n)
{
    struct test_file file;
    struct series series;
    uint64_t reported = 0;
    int last_err = 0;
    assert_int_equal(test_file_make(&file, "series.db"), 0);
    disk.left = -1;
    assert_int_equal(series_sqlite_open(&series, NULL, file.path, NULL, 0), 0);
    disk.left = n;
    disk.fault = fault;
    disk.met = false;
    for (int i = 0; i < BATCHES && !last_err; i++) {
        last_err = write_batch(&series, reported + 1);
        reported += last_err == 0;
    }
    bool met = disk.met;
    if (fault == FAULT_STAYS && last_err)
        assert_int_equal(last_err, ROOST_ERR_NO_SPACE);
    if (fault != FAULT_END) {
        disk.left = -1;
        assert_int_equal(batches_stored(&series), reported);
        assert_int_equal(write_batch(&series, reported + 1), 0); /* recovers by itself */
        reported++;
        assert_int_equal(batches_stored(&series), reported);
    }
    series.ops->close(series.ctx); /* FAULT_END: nothing of it reaches the disk */
    disk.left = -1;
    assert_int_equal(series_sqlite_open(&series, NULL, file.path, NULL, 0), 0);
    uint64_t stored = batches_stored(&series);
    /* A commit that the process did not live to report may be there. */
    assert_true(stored == reported || (fault == FAULT_END && stored == reported + 1));
    series.ops->close(series.ctx);
    test_file_remove(&file);
    return met;
}

static void run_all(enum fault fault)
{
    long n = 0;
    while (run(fault, n))
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_fails_once),
        cmocka_unit_test(the_disk_is_full_from_there_on),
        cmocka_unit_test(the_process_ends_there),
    };
    return cmocka_run_group_tests_name("series on a failing disk", tests, install_disk, NULL);
}
