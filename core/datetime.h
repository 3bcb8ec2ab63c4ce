/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 3339 timestamps <-> milliseconds since 1970-01-01T00:00:00Z. Depends on core/err.h only.
 *
 *     err = roost_datetime_parse("2026-11-21T09:00:00+01:00", 25, &ms);
 *     roost_datetime_write(text, ms);                -> "2026-11-21T08:00:00.000Z"
 */
#ifndef ROOST_CORE_DATETIME_H
#define ROOST_CORE_DATETIME_H

#include <stddef.h>
#include <stdint.h>

enum { ROOST_DATETIME_LEN = 24 }; /* "2026-11-21T08:00:00.000Z", without the NUL */

/* Accepts 'T' or a space, any number of fraction digits (cut to ms), 'Z' or an offset; years
 * 1970-2199. A leap second (":60") is the first instant of the next minute, as in POSIX. One of 1970
 * that is before 1970 in UTC is 0: a clock that was never set, in a zone. Returns 0,
 * ROOST_ERR_INVALID or ROOST_ERR_RANGE (month 13, hour 24, the year 1969, ...). */
int roost_datetime_parse(const char *text, size_t len, int64_t *unix_ms);

/* Writes ROOST_DATETIME_LEN characters and a NUL. A time outside the years above is written as the
 * nearest one inside. */
void roost_datetime_write(char out[ROOST_DATETIME_LEN + 1], int64_t unix_ms);

#endif
