/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/csms_rows.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"

static bool is_wanted(const struct csms_row *row, const struct csms_want *want)
{
    int64_t time_ms = csms_row_time(row);

    return (want->connector < 0 || row->connector == want->connector) &&
           (want->tx < 0 || row->tx == want->tx) && time_ms >= want->from_ms &&
           time_ms < want->to_ms;
}

static int add(struct csms_rows *rows, const struct csms_row *row)
{
    if (rows->count == rows->room) {
        size_t room = rows->room ? 2 * rows->room : 256;
        struct csms_rows_one *all = realloc(rows->all, room * sizeof *all);
        if (!all)
            return ROOST_ERR_NO_MEMORY;
        rows->all = all;
        rows->room = room;
    }
    struct csms_rows_one *one = &rows->all[rows->count];
    *one = (struct csms_rows_one){.row = *row,
                                  .text_at = rows->texts.len,
                                  .number = (uint32_t)rows->count,
                                  .kept = rows->reads_kept};
    int err = csms_bytes_add(&rows->texts, row->text, row->text_len);
    rows->count += err == 0;
    return err;
}

int csms_rows_read(struct csms_rows *rows, const void *bytes, size_t len,
                   const struct csms_want *want)
{
    struct csms_points_reader reader;
    struct csms_row row;
    int err = 1;

    csms_points_read(&reader, bytes, len);
    while (err > 0 && (err = csms_points_next(&reader, &row)) > 0)
        if (is_wanted(&row, want) && (err = add(rows, &row)) == 0)
            err = 1;
    return err;
}

void csms_rows_free(struct csms_rows *rows)
{
    free(rows->all);
    free(rows->texts.data);
    *rows = (struct csms_rows){0};
}

/* ---- each once ---- */

static int by(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Everything that makes a value itself; not its unit. */
static int by_key(const struct csms_row *a, const struct csms_row *b)
{
    int order = by(a->at_ms, b->at_ms);

    if (order == 0)
        order = by(a->connector, b->connector);
    for (int i = 0; order == 0 && i < CSMS_UNIT; i++)
        order = by(a->words[i], b->words[i]);
    return order;
}

static int by_key_and_age(const void *pa, const void *pb)
{
    const struct csms_rows_one *a = pa, *b = pb;
    int order = by_key(&a->row, &b->row);

    if (order == 0)
        order = (a->row.tx <= 0) - (b->row.tx <= 0);
    if (order == 0)
        order = b->kept - a->kept;
    return order ? order : by(a->number, b->number);
}

/* What a charger sends in order and once, as nearly all is, needs no sorting. */
static bool is_in_order(const struct csms_rows *rows)
{
    size_t point = 0;

    for (size_t i = 1; i < rows->count; i++) {
        const struct csms_row *row = &rows->all[i].row, *before = &rows->all[i - 1].row;
        if (row->at_ms < before->at_ms || i - point >= CSMS_POINT_ROWS)
            return false;
        if (row->at_ms > before->at_ms) {
            point = i;
            continue;
        }
        for (size_t j = point; j < i; j++)
            if (by_key(&rows->all[j].row, row) == 0)
                return false;
    }
    return true;
}

void csms_rows_unique(struct csms_rows *rows)
{
    size_t count = 0;

    if (is_in_order(rows))
        return;
    qsort(rows->all, rows->count, sizeof *rows->all, by_key_and_age);
    for (size_t i = 0; i < rows->count; i++)
        if (i == 0 || by_key(&rows->all[count - 1].row, &rows->all[i].row) != 0)
            rows->all[count++] = rows->all[i];
    rows->count = count;
}

/* ---- in the order of time ---- */

static int by_time(const void *pa, const void *pb)
{
    const struct csms_rows_one *a = pa, *b = pb;
    int order = by(csms_row_time(&a->row), csms_row_time(&b->row));

    return order ? order : by(a->number, b->number);
}

void csms_rows_by_time(struct csms_rows *rows)
{
    if (rows->count > 0)
        qsort(rows->all, rows->count, sizeof *rows->all, by_time);
}
