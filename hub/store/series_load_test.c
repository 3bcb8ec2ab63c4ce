/* SPDX-License-Identifier: Apache-2.0 */
/* Half a million rows of one device, on the store's real threads: long histories, who waits for
 * whom, and what ends when nobody waits any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <uv.h>

#include "core/err.h"
#include "hub/store/series_sqlite.h"
#include "hub/store/test_file.h"

enum { ROWS = 500000, EVERY_MS = 10000, DEAR = 8 };
#define FIRST_MS INT64_C(1790000000000)
#define LAST_MS  (FIRST_MS + (int64_t)ROWS * EVERY_MS)

static struct test_file file;
static uv_loop_t loop;
static struct series series;

struct answer {
    bool done;
    int err;
    size_t count;
    uint64_t rows;
};

static void take(void *arg, int err, const struct series_point *points, size_t count)
{
    struct answer *answer = arg;
    answer->done = true;
    answer->err = err;
    answer->count = count;
    for (size_t i = 0; i < count; i++)
        answer->rows += points[i].count;
}

static void ask(struct answer *answer, const char *device_id, int64_t client, uint32_t points)
{
    struct series_history_query query = {
        .from_ms = FIRST_MS, .to_ms = LAST_MS, .max_points = points, .client = client};
    snprintf(query.device_id, sizeof query.device_id, "%s", device_id);
    *answer = (struct answer){0};
    assert_int_equal(series.ops->history(series.ctx, &query, take, answer), 0);
}

static double wait_for(struct answer *answer)
{
    uint64_t start_ns = uv_hrtime();
    while (!answer->done)
        uv_run(&loop, UV_RUN_ONCE);
    return (double)(uv_hrtime() - start_ns) / 1e6;
}

/* By another hand, while the store is closed: no sums. */
static void fill(void)
{
    sqlite3 *db;
    char sql[512];
    assert_int_equal(sqlite3_open(file.path, &db), SQLITE_OK);
    snprintf(sql, sizeof sql,
             "PRAGMA synchronous=OFF; WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n"
             " WHERE i<%d) INSERT INTO sensor_temperature SELECT %lld+i*%d,'big',20+i%%100/20.0"
             " FROM n; INSERT INTO sensor_temperature VALUES(%lld,'small',1)",
             ROWS - 1, (long long)FIRST_MS, EVERY_MS, (long long)FIRST_MS);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void open_store(void)
{
    char why[256] = "";
    assert_int_equal(series_sqlite_open(&series, &loop, file.path, why, sizeof why), 0);
}

static void close_store(void)
{
    series.ops->close(series.ctx);
    uv_run(&loop, UV_RUN_DEFAULT);
}

static int set_up(void **state)
{
    (void)state;
    if (test_file_make(&file, "series.db") != 0 || uv_loop_init(&loop) != 0)
        return -1;
    open_store();
    close_store();
    fill();
    open_store();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close_store();
    test_file_remove(&file);
    return uv_loop_close(&loop);
}

static void a_long_history_is_read_from_sums(void **state)
{
    struct answer answer;
    (void)state;
    ask(&answer, "big", 1, 1000); /* buckets of two hours */
    double took_ms = wait_for(&answer);
    assert_int_equal(answer.err, 0);
    assert_int_equal(answer.rows, ROWS);
    printf("%d rows in %zu points: %.1f ms\n", ROWS, answer.count, took_ms);
}

static void a_cheap_query_waits_for_no_dear_one(void **state)
{
    struct answer dear[DEAR], cheap;
    size_t done = 0;
    (void)state;
    for (int i = 0; i < DEAR; i++)
        ask(&dear[i], "big", 1, 5000); /* under an hour each: every row is read */
    ask(&cheap, "small", 2, 5000);
    double took_ms = wait_for(&cheap);
    assert_int_equal(cheap.err, 0);
    assert_int_equal(cheap.rows, 1);
    for (int i = 0; i < DEAR; i++)
        done += dear[i].done;
    assert_true(done < DEAR / 2);
    printf("beside %d dear ones: %.1f ms\n", DEAR, took_ms);
    for (int i = 0; i < DEAR; i++) {
        wait_for(&dear[i]);
        assert_int_equal(dear[i].err, 0);
        assert_int_equal(dear[i].rows, ROWS);
    }
}

static void what_nobody_waits_for_ends(void **state)
{
    struct answer dear[DEAR], kept;
    (void)state;
    for (int i = 0; i < DEAR; i++)
        ask(&dear[i], "big", 1, 5000);
    ask(&kept, "big", 1, 5000);
    for (int i = 0; i < 20; i++) /* some are under way, on either lane */
        uv_run(&loop, UV_RUN_NOWAIT), uv_sleep(10);
    for (int i = 0; i < DEAR; i++)
        series.ops->cancel(series.ctx, &dear[i]);
    for (int i = 0; i < DEAR; i++) {
        wait_for(&dear[i]);
        assert_true(dear[i].err == ROOST_ERR_CLOSED || (dear[i].err == 0 && i == 0));
    }
    wait_for(&kept);
    assert_int_equal(kept.err, 0);
    assert_int_equal(kept.rows, ROWS);
}

static void note_forgotten(void *arg, int err, const struct series_forgotten *forgotten)
{
    struct answer *answer = arg;
    answer->done = true;
    answer->err = err;
    answer->rows = forgotten->rows;
}

/* The program ends while a device's rows go: the next start goes on with them. */
static void forgetting_goes_on_after_a_restart(void **state)
{
    struct answer answer = {0};
    (void)state;
    assert_int_equal(series.ops->forget(series.ctx, "big", true, note_forgotten, &answer), 0);
    wait_for(&answer);
    assert_int_equal(answer.err, 0);
    answer = (struct answer){0};
    assert_int_equal(series.ops->sweep(series.ctx, "big", note_forgotten, &answer), 0);
    for (int i = 0; i < 5; i++)
        uv_run(&loop, UV_RUN_NOWAIT), uv_sleep(10);
    close_store();
    assert_true(answer.done);
    assert_true(answer.rows < ROWS);
    open_store();
    for (int i = 0; i < 600; i++) {
        ask(&answer, "big", 1, 10);
        wait_for(&answer);
        if (answer.rows == 0)
            break;
        uv_run(&loop, UV_RUN_NOWAIT);
        uv_sleep(50);
    }
    assert_int_equal(answer.rows, 0);
    ask(&answer, "small", 1, 10);
    wait_for(&answer);
    assert_int_equal(answer.rows, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_history_is_read_from_sums),
        cmocka_unit_test(a_cheap_query_waits_for_no_dear_one),
        cmocka_unit_test(what_nobody_waits_for_ends),
        cmocka_unit_test(forgetting_goes_on_after_a_restart),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
