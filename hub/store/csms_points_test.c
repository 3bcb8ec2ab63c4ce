/* SPDX-License-Identifier: Apache-2.0 */
/* Measured values as bytes: what comes back, and what any bytes come to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/store/csms_rows.h"

static const struct csms_want all = CSMS_WANT_ALL;
static struct csms_bytes bytes;
static struct csms_points points;

static int setup(void **state)
{
    (void)state;
    memset(&points, 0, sizeof points);
    bytes.len = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(bytes.data);
    memset(&bytes, 0, sizeof bytes);
    return 0;
}

static struct csms_row row_of(int64_t at_ms, uint16_t measurand, int64_t number)
{
    return (struct csms_row){.at_ms = at_ms,
                             .arrived_ms = at_ms + 150,
                             .number = number,
                             .connector = 1,
                             .tx = 7,
                             .said_id = 7,
                             .words = {measurand, 2, 3, 4, 5, 6}};
}

static void add(const struct csms_row *row)
{
    assert_int_equal(csms_points_add(&points, &bytes, row), 0);
}

static void assert_same(const struct csms_row *a, const struct csms_row *b)
{
    assert_int_equal(a->at_ms, b->at_ms);
    assert_int_equal(a->arrived_ms, b->arrived_ms);
    assert_int_equal(a->number, b->number);
    assert_int_equal(a->connector, b->connector);
    assert_int_equal(a->tx, b->tx);
    assert_int_equal(a->said_id, b->said_id);
    assert_int_equal(a->flags, b->flags);
    assert_memory_equal(a->words, b->words, sizeof a->words);
    assert_int_equal(a->text_len, b->text_len);
    if (a->text_len > 0)
        assert_memory_equal(a->text, b->text, a->text_len);
}

/* Any rows, among them the least and the greatest numbers, and points of more values than are
 * remembered. */
static struct csms_row any_row(unsigned n)
{
    static const int64_t ends[] = {INT64_MIN, INT64_MAX, 0, -1, 1796029200000};
    static const uint8_t text[] = "signed data";
    struct csms_row row = row_of(ends[n / 90 % 5] ^ (int64_t)(n / 45), (uint16_t)(n % 45), n);

    row.arrived_ms = n % 3 ? row.at_ms ^ 5 : ends[n % 5];
    row.number = n % 7 ? (int64_t)n * 1000 : ends[n % 5];
    row.connector = (int32_t)(n / 200);
    row.tx = n % 200 < 100 ? INT32_MAX : 0;
    row.said_id = n % 200 < 50 ? INT32_MIN : -1;
    row.words[CSMS_UNIT] = n % 11 ? 6 : UINT16_MAX;
    row.flags = (uint8_t)(n % 13 ? 0 : CSMS_ROW_DOUBTFUL | CSMS_ROW_ODD);
    if (n % 17 == 0) {
        row.flags |= CSMS_ROW_TEXT;
        row.number = 0;
        row.text = text;
        row.text_len = n % 12;
    }
    return row;
}

static void what_is_written_comes_back(void **state)
{
    enum { ROWS = 3000 };
    struct csms_points_reader reader;
    struct csms_row row, expected;

    (void)state;
    for (unsigned i = 0; i < ROWS; i++) {
        row = any_row(i);
        add(&row);
    }
    csms_points_read(&reader, bytes.data, bytes.len);
    for (unsigned i = 0; i < ROWS; i++) {
        expected = any_row(i);
        assert_int_equal(csms_points_next(&reader, &row), 1);
        assert_same(&row, &expected);
    }
    assert_int_equal(csms_points_next(&reader, &row), 0);
}

/* Seven measurands again and again: 4 bytes a value at most, with the time. */
static void a_curve_is_small(void **state)
{
    (void)state;
    for (int i = 0; i < 700; i++) {
        struct csms_row row = row_of(1000000 + i / 7 * 10000, (uint16_t)(i % 7), i * 917);
        add(&row);
    }
    assert_true(bytes.len < 700 * 5);
}

static void bytes_cut_short_are_corrupt_or_less(void **state)
{
    struct csms_rows rows = {0};

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        struct csms_row row = any_row(i);
        add(&row);
    }
    for (size_t len = 0; len < bytes.len; len++) {
        uint8_t *cut = malloc(len + 1); /* so that a read behind the end is seen */
        assert_non_null(cut);
        memcpy(cut, bytes.data, len);
        int err = csms_rows_read(&rows, cut, len, &all);
        free(cut);
        assert_true(err == 0 || err == ROOST_ERR_CORRUPT);
        assert_true(rows.count <= 100);
        csms_rows_free(&rows);
    }
}

static void any_bytes_are_rows_or_corrupt(void **state)
{
    uint32_t seed = 20261130;
    uint8_t noise[64];

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct csms_rows rows = {0};
        size_t len = (size_t)i % sizeof noise;
        for (size_t j = 0; j < len; j++) {
            seed = seed * 1664525 + 1013904223;
            noise[j] = (uint8_t)(seed >> 24 & (i % 2 ? 0xFF : 0x07));
        }
        int err = csms_rows_read(&rows, noise, len, &all);
        assert_true(err == 0 || err == ROOST_ERR_CORRUPT);
        csms_rows_free(&rows);
    }
}

static void numbers_end(void **state)
{
    static const uint8_t most[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1};
    static const uint8_t more[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2};
    uint64_t number;

    (void)state;
    assert_ptr_equal(csms_varint_read(most, most + 10, &number), most + 10);
    assert_true(number == UINT64_MAX);
    assert_null(csms_varint_read(more, more + 10, &number));
    assert_null(csms_varint_read(most, most + 9, &number));
    assert_null(csms_varint_read(most, most, &number));
}

/* ---- rows ---- */

static void read_all(struct csms_rows *rows)
{
    assert_int_equal(csms_rows_read(rows, bytes.data, bytes.len, &all), 0);
}

static void the_first_of_equals_counts_unless_one_has_a_transaction(void **state)
{
    struct csms_rows rows = {0};
    struct csms_row row = row_of(2000, 1, 10);

    (void)state;
    row.tx = 0;
    add(&row);
    row.number = 11;
    add(&row);
    row = row_of(1000, 1, 20);
    row.tx = 0;
    add(&row);
    row.tx = 7;
    row.number = 21;
    row.words[CSMS_UNIT] = 9; /* not what makes it another value */
    add(&row);
    row.words[CSMS_FORMAT] = 9; /* but this is */
    add(&row);
    read_all(&rows);
    csms_rows_unique(&rows);
    csms_rows_by_time(&rows);
    assert_int_equal(rows.count, 3);
    assert_int_equal(rows.all[0].row.number, 21);
    assert_int_equal(rows.all[1].row.number, 21);
    assert_int_equal(rows.all[2].row.number, 10);
    csms_rows_free(&rows);
}

static void doubtful_times_stand_where_they_arrived(void **state)
{
    const struct csms_want want = {.connector = 1, .tx = 7, .from_ms = 5000, .to_ms = 6000};
    struct csms_rows rows = {0};
    struct csms_row row = row_of(10, 1, 1);

    (void)state;
    row.arrived_ms = 5500;
    row.flags = CSMS_ROW_DOUBTFUL;
    add(&row);
    row = row_of(5100, 1, 2);
    add(&row);
    row = row_of(6000, 1, 3);
    add(&row);
    row = row_of(5200, 1, 3);
    row.connector = 2;
    add(&row);
    assert_int_equal(csms_rows_read(&rows, bytes.data, bytes.len, &want), 0);
    csms_rows_by_time(&rows);
    assert_int_equal(rows.count, 2);
    assert_int_equal(rows.all[0].row.number, 2);
    assert_int_equal(rows.all[1].row.number, 1);
    csms_rows_free(&rows);
}

static void days_begin_at_midnight(void **state)
{
    (void)state;
    assert_int_equal(csms_day(0), 0);
    assert_int_equal(csms_day(CSMS_DAY_MS - 1), 0);
    assert_int_equal(csms_day(CSMS_DAY_MS), 1);
    assert_int_equal(csms_day(-1), -1);
    assert_int_equal(csms_day(-CSMS_DAY_MS), -1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_is_written_comes_back),
        T(a_curve_is_small),
        T(bytes_cut_short_are_corrupt_or_less),
        T(any_bytes_are_rows_or_corrupt),
        T(numbers_end),
        T(the_first_of_equals_counts_unless_one_has_a_transaction),
        T(doubtful_times_stand_where_they_arrived),
        T(days_begin_at_midnight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
