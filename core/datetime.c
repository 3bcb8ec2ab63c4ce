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

struct cursor {
    const char *at, *end;
    bool bad;
};

static int32_t take_digits(struct cursor *c, int count)
{
    int32_t value = 0;
    for (; count > 0; count--, c->at++) {
        if (c->at == c->end || *c->at < '0' || *c->at > '9') {
            c->bad = true;
            return 0;
        }
        value = value * 10 + (*c->at - '0');
    }
    return value;
}

static bool take(struct cursor *c, char wanted)
{
    if (c->at == c->end || (*c->at != wanted && *c->at != wanted + ('a' - 'A')))
        return false;
    c->at++;
    return true;
}

static void expect(struct cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted)
        c->bad = true;
    else
        c->at++;
}

static int32_t take_fraction_ms(struct cursor *c)
{
    int32_t ms = 0, digits = 0;
    for (; c->at != c->end && *c->at >= '0' && *c->at <= '9'; c->at++, digits++)
        if (digits < 3)
            ms = ms * 10 + (*c->at - '0');
    c->bad = c->bad || digits == 0;
    for (; digits < 3; digits++)
        ms *= 10;
    return ms;
}

static int32_t take_offset_min(struct cursor *c, int *err)
{
    if (take(c, 'Z'))
        return 0;
    bool west = c->at != c->end && *c->at == '-';
    if (!west)
        expect(c, '+');
    else
        c->at++;
    int32_t hours = take_digits(c, 2);
    expect(c, ':');
    int32_t minutes = take_digits(c, 2);
    if (hours > 23 || minutes > 59)
        *err = ROOST_ERR_RANGE;
    return (west ? -1 : 1) * (hours * 60 + minutes);
}

int roost_datetime_parse(const char *text, size_t len, int64_t *unix_ms)
{
    struct cursor c = {text, text + len, false};
    int err = ROOST_OK;
    int32_t year = take_digits(&c, 4);
    expect(&c, '-');
    int32_t month = take_digits(&c, 2);
    expect(&c, '-');
    int32_t day = take_digits(&c, 2);
    if (!take(&c, 'T'))
        expect(&c, ' ');
    int32_t hour = take_digits(&c, 2);
    expect(&c, ':');
    int32_t minute = take_digits(&c, 2);
    expect(&c, ':');
    int32_t second = take_digits(&c, 2);
    int32_t ms = 0;
    if (c.at != c.end && *c.at == '.') {
        c.at++;
        ms = take_fraction_ms(&c);
    }
    int32_t offset_min = take_offset_min(&c, &err);
    if (c.bad || c.at != c.end)
        return ROOST_ERR_INVALID;
    if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 60)
        return ROOST_ERR_RANGE;
    if (err)
        return err;

    int64_t seconds = (int64_t)days_from_date(year, month, day) * DAY_S + hour * 3600 +
                      (minute - offset_min) * 60 + second;
    int64_t result = seconds * 1000 + ms;
    if (result < 0 || result > last_ms)
        return ROOST_ERR_RANGE;
    *unix_ms = result;
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
