/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measured values of one charger as bytes: about 3 a value. A value is told by what differs from
 * the one in the same place of the point before, for a charger sends the same measurands again and
 * again. Pure: any bytes in, values or ROOST_ERR_CORRUPT out. Words are numbers of the file's
 * `name` table. Depends on core/err.h.
 *
 *     struct csms_points points = {0};                 of one charger, in the order of storing
 *     err = csms_points_add(&points, &bytes, &row);
 *
 *     struct csms_points_reader reader;
 *     csms_points_read(&reader, blob, len);
 *     while ((err = csms_points_next(&reader, &row)) > 0)
 *         ...
 *
 *     value   head [at, arrived-at] [connector, tx, said] [which words, flags, words] number | text
 *             head says which of the brackets are there; numbers are varints, signed ones zigzag
 */
#ifndef ROOST_HUB_STORE_CSMS_POINTS_H
#define ROOST_HUB_STORE_CSMS_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CSMS_MEASURAND,
    CSMS_PHASE,
    CSMS_LOCATION,
    CSMS_CONTEXT,
    CSMS_FORMAT,
    CSMS_UNIT,
    CSMS_WORDS
};
enum { CSMS_ROW_DOUBTFUL = 1, CSMS_ROW_ODD = 2, CSMS_ROW_TEXT = 4, CSMS_ROW_FLAGS = 7 };

struct csms_row {
    int64_t at_ms, arrived_ms, number; /* number: value_milli */
    const uint8_t *text;               /* with CSMS_ROW_TEXT; borrowed */
    uint32_t text_len;
    int32_t connector, tx, said_id;
    uint16_t words[CSMS_WORDS];
    uint8_t flags;
};

/* Bytes that grow. free(bytes.data) by whoever owns it. */
struct csms_bytes {
    uint8_t *data;
    size_t len, room;
};

/* Both return 0 or ROOST_ERR_NO_MEMORY, and then nothing was added. */
int csms_bytes_add(struct csms_bytes *bytes, const void *data, size_t len);
int csms_bytes_varint(struct csms_bytes *bytes, uint64_t number);
/* Where what follows begins, or NULL: there is none, or it has more than 64 bits. */
const uint8_t *csms_varint_read(const uint8_t *at, const uint8_t *end, uint64_t *number);

enum { CSMS_POINT_ROWS = 32 }; /* of a point; what is beyond is told by the value before */

/* What both sides know of the values before. {0}: nothing. */
struct csms_points {
    struct csms_row rows[2][CSMS_POINT_ROWS], last;
    unsigned counts[2], now;
    bool begun;
};

/* Returns 0 or ROOST_ERR_NO_MEMORY. */
int csms_points_add(struct csms_points *points, struct csms_bytes *bytes,
                    const struct csms_row *row);
/* As before the first value; cheaper than {0}. */
void csms_points_begin(struct csms_points *points);

struct csms_points_reader {
    struct csms_points points;
    const uint8_t *at, *end;
};

/* The bytes are borrowed. */
void csms_points_read(struct csms_points_reader *reader, const void *bytes, size_t len);
/* 1: a value; 0: no more; ROOST_ERR_CORRUPT. */
int csms_points_next(struct csms_points_reader *reader, struct csms_row *row);

#endif
