/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/csms_points.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"

enum { HEAD_POINT = 1, HEAD_OWNER = 2, HEAD_WORDS = 4, HEAD_BITS = 7 };
enum { VARINT_MAX = 10, ROW_MAX = 2 + 12 * VARINT_MAX }; /* bytes, a text not counted */

/* ---- bytes ---- */

static int reserve(struct csms_bytes *bytes, size_t more)
{
    if (bytes->room - bytes->len >= more)
        return 0;
    size_t room = 2 * (bytes->len + more);
    uint8_t *data = realloc(bytes->data, room);
    if (!data)
        return ROOST_ERR_NO_MEMORY;
    bytes->data = data;
    bytes->room = room;
    return 0;
}

int csms_bytes_add(struct csms_bytes *bytes, const void *data, size_t len)
{
    int err = reserve(bytes, len);

    if (err || len == 0)
        return err;
    memcpy(bytes->data + bytes->len, data, len);
    bytes->len += len;
    return 0;
}

static uint8_t *varint(uint8_t *at, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        *at++ = (uint8_t)(number | 0x80);
    *at++ = (uint8_t)number;
    return at;
}

int csms_bytes_varint(struct csms_bytes *bytes, uint64_t number)
{
    int err = reserve(bytes, VARINT_MAX);

    if (err)
        return err;
    bytes->len = (size_t)(varint(bytes->data + bytes->len, number) - bytes->data);
    return 0;
}

const uint8_t *csms_varint_read(const uint8_t *at, const uint8_t *end, uint64_t *number)
{
    *number = 0;
    for (unsigned shift = 0; at < end && shift < 64; shift += 7) {
        uint8_t byte = *at++;
        if (shift == 63 && byte > 1)
            return NULL;
        *number |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return at;
    }
    return NULL;
}

/* Differences wrap: any two times and values have one. */
static uint64_t zigzag(uint64_t difference)
{
    return difference << 1 ^ (0 - (difference >> 63));
}

static uint64_t unzigzag(uint64_t number)
{
    return number >> 1 ^ (0 - (number & 1));
}

static uint64_t minus(int64_t a, int64_t b)
{
    return (uint64_t)a - (uint64_t)b;
}

static uint8_t *difference(uint8_t *at, int64_t a, int64_t b)
{
    return varint(at, zigzag(minus(a, b)));
}

/* ---- what both sides know ---- */

void csms_points_begin(struct csms_points *points)
{
    points->begun = false;
    points->counts[0] = points->counts[1] = 0;
    points->now = 0;
    points->last = (struct csms_row){0};
}

static void next_point(struct csms_points *points)
{
    points->now ^= 1U;
    points->counts[points->now] = 0;
}

static const struct csms_row *expected(const struct csms_points *points)
{
    unsigned place = points->counts[points->now];

    return place < points->counts[points->now ^ 1U] ? &points->rows[points->now ^ 1U][place]
                                                    : &points->last;
}

static void remember(struct csms_points *points, const struct csms_row *row)
{
    unsigned *count = &points->counts[points->now];

    points->begun = true;
    points->last = *row;
    if (*count < CSMS_POINT_ROWS)
        points->rows[points->now][(*count)++] = *row;
}

static bool is_told_apart(const struct csms_row *a, const struct csms_row *b)
{
    return a->flags != b->flags || memcmp(a->words, b->words, sizeof a->words) != 0;
}

/* ---- writing ---- */

static unsigned head_of(const struct csms_points *points, const struct csms_row *row)
{
    const struct csms_row *last = &points->last;
    unsigned head = 0;

    if (row->connector != last->connector || row->tx != last->tx || row->said_id != last->said_id)
        head |= HEAD_OWNER | HEAD_POINT;
    if (!points->begun || row->at_ms != last->at_ms || row->arrived_ms != last->arrived_ms)
        head |= HEAD_POINT;
    return head;
}

static uint8_t *write_words(uint8_t *at, const struct csms_row *row, const struct csms_row *as)
{
    uint8_t *mask = at++;

    *mask = 0;
    *at++ = row->flags;
    for (int i = 0; i < CSMS_WORDS; i++)
        if (row->words[i] != as->words[i]) {
            *mask = (uint8_t)(*mask | 1U << i);
            at = varint(at, row->words[i]);
        }
    return at;
}

int csms_points_add(struct csms_points *points, struct csms_bytes *bytes,
                    const struct csms_row *row)
{
    const struct csms_row *last = &points->last;
    bool text = row->flags & CSMS_ROW_TEXT;
    int err = reserve(bytes, ROW_MAX + (text ? row->text_len : 0));

    if (err)
        return err;
    unsigned head = head_of(points, row);
    if (head & HEAD_POINT)
        next_point(points);
    const struct csms_row *as = expected(points);
    bool apart = is_told_apart(row, as);
    uint8_t *at = bytes->data + bytes->len;
    *at++ = (uint8_t)(head | (apart ? HEAD_WORDS : 0));
    if (head & HEAD_POINT) {
        at = difference(at, row->at_ms, last->at_ms);
        at = difference(at, (int64_t)minus(row->arrived_ms, row->at_ms),
                        (int64_t)minus(last->arrived_ms, last->at_ms));
    }
    if (head & HEAD_OWNER) {
        at = difference(at, row->connector, 0);
        at = difference(at, row->tx, 0);
        at = difference(at, row->said_id, 0);
    }
    if (apart)
        at = write_words(at, row, as);
    if (text) {
        at = varint(at, row->text_len);
        memcpy(at, row->text, row->text_len);
        at += row->text_len;
    } else {
        at = difference(at, row->number, apart ? 0 : as->number);
    }
    bytes->len = (size_t)(at - bytes->data);
    remember(points, row);
    return 0;
}

/* ---- reading ---- */

void csms_points_read(struct csms_points_reader *reader, const void *bytes, size_t len)
{
    csms_points_begin(&reader->points);
    reader->at = bytes;
    reader->end = len > 0 ? reader->at + len : reader->at;
}

static bool read_varint(struct csms_points_reader *r, uint64_t *number)
{
    const uint8_t *next = csms_varint_read(r->at, r->end, number);

    if (next)
        r->at = next;
    return next != NULL;
}

static bool read_difference(struct csms_points_reader *r, int64_t from, int64_t *number)
{
    uint64_t read;

    if (!read_varint(r, &read))
        return false;
    *number = (int64_t)((uint64_t)from + unzigzag(read));
    return true;
}

static bool read_int(struct csms_points_reader *r, int32_t *number)
{
    int64_t read;

    if (!read_difference(r, 0, &read) || read < INT32_MIN || read > INT32_MAX)
        return false;
    *number = (int32_t)read;
    return true;
}

static bool read_point(struct csms_points_reader *r, unsigned head, struct csms_row *row)
{
    const struct csms_row *last = &r->points.last;
    int64_t delay;

    if ((head & HEAD_POINT) &&
        (!read_difference(r, last->at_ms, &row->at_ms) ||
         !read_difference(r, (int64_t)minus(last->arrived_ms, last->at_ms), &delay)))
        return false;
    if (head & HEAD_POINT)
        row->arrived_ms = (int64_t)((uint64_t)row->at_ms + (uint64_t)delay);
    return !(head & HEAD_OWNER) ||
           (read_int(r, &row->connector) && read_int(r, &row->tx) && read_int(r, &row->said_id));
}

static bool read_words(struct csms_points_reader *r, struct csms_row *row)
{
    if (r->end - r->at < 2)
        return false;
    unsigned mask = *r->at++;
    row->flags = *r->at++;
    if (mask >> CSMS_WORDS != 0 || row->flags > CSMS_ROW_FLAGS)
        return false;
    for (int i = 0; i < CSMS_WORDS; i++) {
        uint64_t word;
        if (!(mask & 1U << i))
            continue;
        if (!read_varint(r, &word) || word > UINT16_MAX)
            return false;
        row->words[i] = (uint16_t)word;
    }
    return true;
}

static bool read_value(struct csms_points_reader *r, int64_t from, struct csms_row *row)
{
    uint64_t len;

    row->text = NULL;
    row->text_len = 0;
    if (!(row->flags & CSMS_ROW_TEXT))
        return read_difference(r, from, &row->number);
    row->number = 0;
    if (!read_varint(r, &len) || len > (uint64_t)(r->end - r->at) || len > UINT32_MAX)
        return false;
    row->text = r->at;
    row->text_len = (uint32_t)len;
    r->at += len;
    return true;
}

int csms_points_next(struct csms_points_reader *r, struct csms_row *row)
{
    if (r->at == r->end)
        return 0;
    unsigned head = *r->at++;
    if (head > HEAD_BITS || (!r->points.begun && !(head & HEAD_POINT)) ||
        ((head & HEAD_OWNER) && !(head & HEAD_POINT)))
        return ROOST_ERR_CORRUPT;
    *row = r->points.last;
    if (!read_point(r, head, row))
        return ROOST_ERR_CORRUPT;
    if (head & HEAD_POINT)
        next_point(&r->points);
    const struct csms_row *as = expected(&r->points);
    row->flags = as->flags;
    memcpy(row->words, as->words, sizeof row->words);
    if ((head & HEAD_WORDS) && !read_words(r, row))
        return ROOST_ERR_CORRUPT;
    if (!read_value(r, head & HEAD_WORDS ? 0 : as->number, row))
        return ROOST_ERR_CORRUPT;
    remember(&r->points, row);
    return 1;
}
