/* SPDX-License-Identifier: Apache-2.0 */
/* Sites on a real file: what is kept is there after it was closed, whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hub/store/site_book.h"
#include "hub/store/test_file.h"

static struct test_file file;
static struct site_book *book;
static struct csms_site_store store;
static struct csms_site_row rows[4];
static size_t row_count;

static void open_it(void)
{
    char why[256];

    assert_int_equal(site_book_open(&book, file.path, why, sizeof why), 0);
    store = site_book_of(book);
}

static int take(void *arg, const struct csms_site_row *row)
{
    (void)arg;
    rows[row_count++] = *row;
    return 0;
}

static void read_all(void)
{
    row_count = 0;
    assert_int_equal(store.ops->each(store.ctx, take, NULL), 0);
}

static void kept_and_gone(void **state)
{
    struct csms_site_row row = {.id = "yard", .limit_w = 50000, .count = SITE_CHARGERS_MAX};

    (void)state;
    assert_int_equal(test_file_make(&file, "sites.db"), 0);
    open_it();
    for (size_t i = 0; i < row.count; i++) {
        snprintf(row.chargers[i].identity, sizeof row.chargers[i].identity, "CP%zu", i);
        row.chargers[i].charger = (struct site_charger){
            .nominal_w = 22000, .minimum_w = 4140, .fallback_w = i ? 0 : 6000, .told = i == 3};
    }
    assert_int_equal(store.ops->save(store.ctx, &row), 0);
    row.limit_w = 60000;
    assert_int_equal(store.ops->save(store.ctx, &row), 0);
    site_book_close(book);
    open_it();
    read_all();
    assert_int_equal(row_count, 1);
    assert_memory_equal(&rows[0], &row, sizeof row);
    /* One charger at two sites: nothing of the second is kept. */
    struct csms_site_row other = row;
    memcpy(other.id, "hall", 5);
    assert_true(store.ops->save(store.ctx, &other) < 0);
    read_all();
    assert_int_equal(row_count, 1);
    row.count = 1;
    assert_int_equal(store.ops->save(store.ctx, &row), 0);
    read_all();
    assert_int_equal(rows[0].count, 1);
    assert_int_equal(store.ops->remove(store.ctx, "yard"), 0);
    assert_int_equal(store.ops->remove(store.ctx, "yard"), 0);
    read_all();
    assert_int_equal(row_count, 0);
    site_book_close(book);
    test_file_remove(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kept_and_gone)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
