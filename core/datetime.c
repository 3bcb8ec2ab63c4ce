/* SPDX-License-Identifier: Apache-2.0 */
#include "core/datetime.h"

#include <stdbool.h>

#include "core/err.h"

enum { DAY_S = 86400, YEAR_MIN = 1970, YEAR_MAX = 2199 };

static const int64_t last_ms = INT64_C(7258118399999); /* 2199-12-31T23:59:59.999Z */

/* Days since 1970-01-01. The year is taken to begin in March, so that the leap day is its last. */
static int32_t days_from_date(int32_t year, int32_t month, int32_t day)
{
    year -= month <= 2;
    int32_t march_month = month + (month > 2 ? -3 : 9);
    int32_t day_of_year = (153 * march_month + 2) / 5 + day - 1;
    return year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719468;
}

static void date_from_days(int32_t days, int32_t *year, int32_t *month, int32_t *day)
{
    days += 719468;
    int32_t era = days / 146097; /* 400 years */
    int32_t day_of_era = days % 146097;
    int32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int32_t march_month = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * march_month + 2) / 5 + 1;
    *month = march_month + (march_month < 10 ? 3 : -9);
    *year = era * 400 + year_of_era + (*month <= 2);
}

static int32_t days_in_month(int32_t year, int32_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

enum { FIXED_LEN = 19, OFFSET_LEN = 6 }; /* "2026-11-21T08:00:00" and "+01:00" */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Two digits, or a negative value. */
static int32_t two(const char *p)
{
    return is_digit(p[0]) && is_digit(p[1]) ? (p[0] - '0') * 10 + (p[1] - '0') : -1;
}

/* "Z" or "+hh:mm", to the end of the text. */
static int parse_offset(const char *text, size_t len, int32_t *offset_min)
{
    *offset_min = 0;
    if (len == 1)
        return *text == 'Z' || *text == 'z' ? ROOST_OK : ROOST_ERR_INVALID;
    if (len != OFFSET_LEN || (*text != '+' && *text != '-') || text[3] != ':')
        return ROOST_ERR_INVALID;
    int32_t hours = two(text + 1), minutes = two(text + 4);
    if ((hours | minutes) < 0)
        return ROOST_ERR_INVALID;
    *offset_min = (*text == '-' ? -1 : 1) * (hours * 60 + minutes);
    return hours > 23 || minutes > 59 ? ROOST_ERR_RANGE : ROOST_OK;
}

int roost_datetime_parse(const char *text, size_t len, int64_t *unix_ms)
{
    size_t at = FIXED_LEN;
    if (len <= FIXED_LEN || text[4] != '-' || text[7] != '-' || text[13] != ':' ||
        text[16] != ':' || (text[10] != 'T' && text[10] != 't' && text[10] != ' '))
        return ROOST_ERR_INVALID;
    int32_t century = two(text), year = two(text + 2), month = two(text + 5), day = two(text + 8);
    int32_t hour = two(text + 11), minute = two(text + 14), second = two(text + 17);
    if ((century | year | month | day | hour | minute | second) < 0)
        return ROOST_ERR_INVALID;
    year += century * 100;

    int32_t ms = 0, digits = 0, offset_min;
    if (text[at] == '.') {
        for (at++; at < len && is_digit(text[at]); at++, digits++)
            if (digits < 3)
                ms = ms * 10 + (text[at] - '0');
        if (digits == 0)
            return ROOST_ERR_INVALID;
        for (; digits < 3; digits++)
            ms *= 10;
    }
    int err = parse_offset(text + at, len - at, &offset_min);
    if (err == ROOST_ERR_INVALID)
        return err;
    if (err || year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 60)
        return ROOST_ERR_RANGE;

    int32_t day_s = (hour * 60 + minute - offset_min) * 60 + second;
    int64_t result = ((int64_t)days_from_date(year, month, day) * DAY_S + day_s) * 1000 + ms;
    if (result > last_ms)
        return ROOST_ERR_RANGE;
    *unix_ms = result < 0 ? 0 : result; /* only by its offset: a clock without a time, in a zone */
    return ROOST_OK;
}

static char *put(char *out, int32_t value, int digits, char after)
{
    for (int i = digits - 1; i >= 0; i--, value /= 10)
        out[i] = (char)('0' + value % 10);
    out[digits] = after;
    return out + digits + 1;
}

void roost_datetime_write(char out[ROOST_DATETIME_LEN + 1], int64_t unix_ms)
{
    int32_t year, month, day;
    unix_ms = unix_ms < 0 ? 0 : unix_ms > last_ms ? last_ms : unix_ms;
    int32_t days = (int32_t)(unix_ms / (DAY_S * INT64_C(1000)));
    int32_t ms = (int32_t)(unix_ms % (DAY_S * INT64_C(1000)));
    date_from_days(days, &year, &month, &day);
    out = put(out, year, 4, '-');
    out = put(out, month, 2, '-');
    out = put(out, day, 2, 'T');
    out = put(out, ms / 3600000, 2, ':');
    out = put(out, ms / 60000 % 60, 2, ':');
    out = put(out, ms / 1000 % 60, 2, '.');
    out = put(out, ms % 1000, 3, 'Z');
    *out = '\0';
}
