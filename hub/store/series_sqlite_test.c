/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/series_suite.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <uv.h>

#include "hub/store/series_sqlite.h"
#include "hub/store/test_file.h"

static struct series_rig rig;
static struct test_file file;
static uv_loop_t loop;
static bool threaded;
static char why[256];

static int open_store(void)
{
    return series_sqlite_open(&rig.series, threaded ? &loop : NULL, file.path, why, sizeof why);
}

static void close_store(void)
{
    rig.series.ops->close(rig.series.ctx);
    if (threaded)
        uv_run(&loop, UV_RUN_DEFAULT);
}

static void turn(struct series_rig *unused)
{
    (void)unused;
    if (threaded)
        uv_run(&loop, UV_RUN_ONCE);
    else
        series_sqlite_pump(&rig.series);
}

static void reopen(struct series_rig *unused)
{
    (void)unused;
    close_store();
    assert_int_equal(open_store(), 0);
}

static int set_up(void **state, bool with_loop)
{
    *state = &rig;
    threaded = with_loop;
    rig.turn = turn;
    rig.reopen = reopen;
    if (test_file_make(&file, "series.db") != 0 || (threaded && uv_loop_init(&loop) != 0))
        return -1;
    return open_store();
}

static int set_up_threaded(void **state)
{
    return set_up(state, true);
}

static int set_up_inline(void **state)
{
    return set_up(state, false);
}

static int tear_down(void **state)
{
    (void)state;
    close_store();
    test_file_remove(&file);
    return threaded ? uv_loop_close(&loop) : 0;
}

static void fill_batch(struct series_row *rows, size_t count, int64_t first_ms)
{
    for (size_t i = 0; i < count; i++)
        rows[i] = suite_reading("window-with-a-rather-long-name", first_ms + (int64_t)i, 20);
}

static int64_t rows_stored(void)
{
    struct suite_result all = suite_history(
        &rig, SERIES_METRIC_TEMPERATURE, "window-with-a-rather-long-name", 0, INT64_C(1) << 40, 1);
    return all.count ? all.points[0].count : 0;
}

static void a_full_disk_keeps_all_or_nothing(void **state)
{
    enum { ROWS = 5000 };
    static struct series_row rows[ROWS];
    struct series_batch batch = {.rows = rows, .row_count = ROWS};
    int err = 0;
    int64_t stored = 0;
    (void)state;
    series_sqlite_limit(&rig.series, 2 << 20);
    for (int i = 0; i < 50 && !err; i++) {
        fill_batch(rows, ROWS, stored);
        err = suite_write(&rig, &batch);
        stored += err ? 0 : ROWS;
    }
    assert_int_equal(err, ROOST_ERR_NO_SPACE);
    assert_int_equal(rig.series.ops->ping(rig.series.ctx), ROOST_ERR_NO_SPACE);
    assert_true(stored > 0);
    assert_int_equal(rows_stored(), stored);
    series_sqlite_limit(&rig.series, 0);
    assert_int_equal(suite_write(&rig, &batch), 0);
    assert_int_equal(rows_stored(), stored + ROWS);
    assert_int_equal(rig.series.ops->ping(rig.series.ctx), 0);
}

/* The same with the system refusing to lengthen files: the log fills before the database does. */
static void a_full_medium_keeps_all_or_nothing(void **state)
{
    enum { ROWS = 5000 };
    static struct series_row rows[ROWS];
    struct series_batch batch = {.rows = rows, .row_count = ROWS};
    struct rlimit before;
    int err = 0;
    int64_t stored = 0;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit low = {.rlim_cur = 2 << 20, .rlim_max = before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    for (int i = 0; i < 50 && !err; i++) {
        fill_batch(rows, ROWS, stored);
        err = suite_write(&rig, &batch);
        stored += err ? 0 : ROWS;
    }
    int64_t counted = rows_stored();
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(err, ROOST_ERR_NO_SPACE);
    assert_true(stored > 0);
    assert_int_equal(counted, stored);
    assert_int_equal(suite_write(&rig, &batch), 0);
    assert_int_equal(rows_stored(), stored + ROWS);
}

/* A process that writes and is killed: each batch it reported is there, and no half of one. */
static void what_was_reported_survives_a_kill(void **state)
{
    enum { ROWS = 100, KILLS = 5 };
    static struct series_row rows[ROWS];
    (void)state;
    close_store();
    int64_t least = 0;
    for (int round = 0; round < KILLS; round++) {
        int reports[2];
        assert_int_equal(pipe(reports), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct series_batch batch = {.rows = rows, .row_count = ROWS};
            if (uv_loop_fork(&loop) != 0 || open_store() != 0)
                _exit(1);
            for (;;) {
                fill_batch(rows, ROWS, 0);
                if (suite_write(&rig, &batch) != 0 || write(reports[1], "x", 1) != 1)
                    _exit(1);
            }
        }
        close(reports[1]);
        char byte;
        for (int i = 0; i < 3 + 7 * round; i++) {
            assert_int_equal(read(reports[0], &byte, 1), 1);
            least += ROWS;
        }
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(reports[0], &byte, 1) == 1)
            least += ROWS;
        close(reports[0]);
        assert_int_equal(open_store(), 0);
        int64_t stored = rows_stored();
        assert_true(stored >= least);
        assert_int_equal(stored % ROWS, 0);
        least = stored;
        close_store();
    }
    assert_int_equal(open_store(), 0);
}

static void sql(const char *text)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(file.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void a_newer_file_is_refused(void **state)
{
    struct series other;
    (void)state;
    sql("INSERT INTO schema_version VALUES(99,'from the future')");
    assert_int_equal(
        series_sqlite_open(&other, threaded ? &loop : NULL, file.path, why, sizeof why),
        ROOST_ERR_UNSUPPORTED);
    assert_non_null(strstr(why, "newer Roost"));
}

static void damaged_spans_are_found_at_the_start(void **state)
{
    static const char *const damaged[] = {"1-",      "-3",   "a",     "5-3",
                                          "1-3,2-4", "1,,2", "1-2-3", "1 2",
                                          "1,1",     "3,1",  "1-2 ",  "99999999999999999999999"};
    struct suite_streams found;
    (void)state;
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "INSERT OR REPLACE INTO ingest_stream VALUES('a',0,0,0,'%s',NULL)", damaged[i]);
        sql(text);
        found.count = 0;
        assert_int_equal(rig.series.ops->load_streams(rig.series.ctx, suite_note_stream, &found),
                         ROOST_ERR_CORRUPT);
    }
}

static void damaged_recent_readings_are_found_at_the_start(void **state)
{
    static const char *const damaged[] = {"00", "0000000001", "0200000001000000aabbccdd"};
    struct suite_streams found;
    (void)state;
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "INSERT OR REPLACE INTO ingest_stream VALUES('a',0,0,0,'1',x'%s')", damaged[i]);
        sql(text);
        found.count = 0;
        assert_int_equal(rig.series.ops->load_streams(rig.series.ctx, suite_note_stream, &found),
                         ROOST_ERR_CORRUPT);
    }
    sql("INSERT OR REPLACE INTO ingest_stream VALUES('a',0,0,0,'1',x'0100000001000000aabbccdd')");
    assert_int_equal(rig.series.ops->load_streams(rig.series.ctx, suite_note_stream, &found), 0);
}

static void block_pool(uv_work_t *work)
{
    uv_sem_wait(work->data);
}

static void pool_free(uv_work_t *work, int status)
{
    assert_int_equal(status, 0);
    work->data = NULL;
}

/* libuv's pool resolves names and reads files, for as long as it takes. */
static void a_busy_pool_holds_up_no_query(void **state)
{
    struct series_row row = suite_reading("a", 1, 1);
    struct series_batch batch = {.rows = &row, .row_count = 1};
    uv_sem_t gate;
    uv_work_t blocker = {.data = &gate};
    (void)state;
    uv_sem_init(&gate, 0);
    assert_int_equal(uv_queue_work(&loop, &blocker, block_pool, pool_free), 0);
    assert_int_equal(suite_write(&rig, &batch), 0);
    assert_int_equal(suite_newest(&rig, SERIES_TEMPERATURE, "a", 10).count, 1);
    uv_sem_post(&gate);
    while (blocker.data)
        uv_run(&loop, UV_RUN_ONCE);
    uv_sem_destroy(&gate);
}

static long log_bytes(void)
{
    char path[sizeof file.path + 8];
    struct stat about;
    snprintf(path, sizeof path, "%s-wal", file.path);
    return stat(path, &about) == 0 ? (long)about.st_size : 0;
}

/* Rows of many devices touch as many pages. */
static void write_wide(int64_t unix_ms)
{
    enum { ROWS = 4000 };
    static struct series_row rows[ROWS];
    static char ids[ROWS][16];
    struct series_batch batch = {.rows = rows, .row_count = ROWS};
    for (int i = 0; i < ROWS; i++) {
        snprintf(ids[i], sizeof ids[i], "window-%05d", i);
        rows[i] = suite_reading(ids[i], unix_ms, i);
    }
    assert_int_equal(suite_write(&rig, &batch), 0);
}

/* Somebody reads for long, as a backup does, while much is written. */
static void a_log_that_grew_is_given_back(void **state)
{
    enum { GROWN = 80 << 20 };
    sqlite3 *reader;
    int64_t now_ms = 0;
    (void)state;
    write_wide(now_ms++);
    assert_int_equal(sqlite3_open(file.path, &reader), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM sensor_temperature", NULL, NULL, NULL),
        SQLITE_OK);
    while (log_bytes() < GROWN)
        write_wide(now_ms++);
    sqlite3_exec(reader, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(reader);
    for (int i = 0; i < 3; i++) {
        write_wide(now_ms++);
        suite_newest(&rig, SERIES_TEMPERATURE, "window-00001", 1);
    }
    for (int turns = 0; log_bytes() >= GROWN && turns < 100; turns++)
        uv_run(&loop, UV_RUN_NOWAIT), uv_sleep(20);
    assert_true(log_bytes() < GROWN / 2);
}

/* Grafana and people read these tables: names and columns are a contract. */
static void tables_have_the_columns_of_the_contract(void **state)
{
    (void)state;
    sql("SELECT timestamp, device_id, value FROM sensor_temperature;"
        "SELECT timestamp, device_id, value FROM sensor_humidity;"
        "SELECT timestamp, device_id, sample_rate, duration, format, audio_hash, features"
        " FROM sensor_audio;"
        "SELECT timestamp, device_id, position, confidence, temperature, humidity, sound_volume"
        " FROM window_actions;"
        "SELECT timestamp, device_id, prediction, confidence, inference_time_ms, model_version"
        " FROM ml_predictions;"
        "SELECT device_id, name, location, registered_at, last_seen, is_active, config"
        " FROM device_registry;"
        "SELECT timestamp, device_id, readings, time_before_2020, time_ahead, hub_clock_in_doubt"
        " FROM marked_readings;");
    sql("INSERT INTO sensor_temperature VALUES(1,'w1',20.5)"); /* as other programs do */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERIES_SUITE(set_up_threaded, tear_down),
        SERIES_SUITE(set_up_inline, tear_down),
        SERIES_SUITE_TEST(a_full_disk_keeps_all_or_nothing, set_up_threaded, tear_down),
        SERIES_SUITE_TEST(a_full_disk_keeps_all_or_nothing, set_up_inline, tear_down),
        SERIES_SUITE_TEST(a_full_medium_keeps_all_or_nothing, set_up_threaded, tear_down),
        SERIES_SUITE_TEST(what_was_reported_survives_a_kill, set_up_threaded, tear_down),
        SERIES_SUITE_TEST(a_newer_file_is_refused, set_up_threaded, tear_down),
        SERIES_SUITE_TEST(damaged_spans_are_found_at_the_start, set_up_threaded, tear_down),
        SERIES_SUITE_TEST(damaged_recent_readings_are_found_at_the_start, set_up_threaded,
                          tear_down),
        SERIES_SUITE_TEST(a_busy_pool_holds_up_no_query, set_up_threaded, tear_down),
        SERIES_SUITE_TEST(a_log_that_grew_is_given_back, set_up_threaded, tear_down),
        SERIES_SUITE_TEST(tables_have_the_columns_of_the_contract, set_up_threaded, tear_down),
    };
    setenv("UV_THREADPOOL_SIZE", "1", 1); /* so that one piece of work holds up all others */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
