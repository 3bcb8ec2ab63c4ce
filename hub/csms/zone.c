/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/zone.h"

#include <string.h>

#include "core/err.h"

enum { DAY_S = 86400, HOUR_S = 3600 };

/* ---- the text ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "CET" or "<+0330>". */
static const char *skip_name(const char *at)
{
    const char *begin = at;

    if (*at == '<') {
        while (*at && *at != '>')
            at++;
        return *at == '>' && at - begin > 1 ? at + 1 : NULL;
    }
    while (is_letter(*at))
        at++;
    return at - begin >= 3 ? at : NULL;
}

static const char *take_number(const char *at, int most, int *out)
{
    int value = 0;

    if (!at || *at < '0' || *at > '9')
        return NULL;
    for (; *at >= '0' && *at <= '9'; at++) {
        value = value * 10 + (*at - '0');
        if (value > most)
            return NULL;
    }
    *out = value;
    return at;
}

/* [+-]hh[:mm[:ss]] */
static const char *take_time(const char *at, int32_t *out)
{
    const int units[] = {HOUR_S, 60, 1};
    int32_t sum = 0;
    bool minus = at && *at == '-';

    if (at && (*at == '-' || *at == '+'))
        at++;
    for (int i = 0; at && i < 3; i++) {
        int value = 0;
        at = take_number(at, i == 0 ? 167 : 59, &value);
        sum += value * units[i];
        if (!at || *at != ':')
            break;
        at++;
    }
    *out = minus ? -sum : sum;
    return at;
}

/* ,Mm.w.d[/time] */
static const char *take_rule(const char *at, struct zone_rule *rule)
{
    rule->time_s = 2 * HOUR_S;
    if (!at || at[0] != ',' || at[1] != 'M')
        return NULL;
    at = take_number(at + 2, 12, &rule->month);
    at = at && *at == '.' ? take_number(at + 1, 5, &rule->week) : NULL;
    at = at && *at == '.' ? take_number(at + 1, 6, &rule->weekday) : NULL;
    if (!at || rule->month < 1 || rule->week < 1)
        return NULL;
    return *at == '/' ? take_time(at + 1, &rule->time_s) : at;
}

int zone_parse(struct zone *zone, const char *text)
{
    int32_t west_s;
    const char *at = strlen(text) < ZONE_TEXT_BYTES ? skip_name(text) : NULL;

    memset(zone, 0, sizeof *zone);
    at = at ? take_time(at, &west_s) : NULL;
    if (!at)
        return ROOST_ERR_INVALID;
    zone->standard_s = -west_s;
    if (*at) {
        zone->summer = true;
        zone->summer_s = zone->standard_s + HOUR_S;
        at = skip_name(at);
        if (at && *at != ',') {
            at = take_time(at, &west_s);
            zone->summer_s = -west_s;
        }
        at = take_rule(at, &zone->begin);
        at = take_rule(at, &zone->end);
    }
    return at && !*at && zone->standard_s > -DAY_S && zone->standard_s < DAY_S ? 0
                                                                               : ROOST_ERR_INVALID;
}

/* ---- days ---- */

/* Days since 1970 of a date, in the calendar that repeats after 400 years; years begin in March. */
static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t day_of(int64_t s)
{
    return s >= 0 ? s / DAY_S : -((DAY_S - 1 - s) / DAY_S);
}

static int64_t year_of(int64_t s)
{
    int64_t days = day_of(s), year = 1970 + days / 366;

    while (days_of(year + 1, 1, 1) <= days)
        year++;
    while (days_of(year, 1, 1) > days)
        year--;
    return year;
}

static int weekday_of(int64_t days) /* 0: Sunday */
{
    return (int)(((days + 4) % 7 + 7) % 7);
}

/* When the rule strikes in that year; its time is of the clock that goes `offset_s` before. */
static int64_t strikes_s(const struct zone_rule *rule, int64_t year, int32_t offset_s)
{
    int64_t first = days_of(year, rule->month, 1);
    int64_t next = rule->month == 12 ? days_of(year + 1, 1, 1) : days_of(year, rule->month + 1, 1);
    int64_t day = first + (rule->weekday - weekday_of(first) + 7) % 7 + (rule->week - 1) * 7;

    while (day >= next)
        day -= 7;
    return day * DAY_S + rule->time_s - offset_s;
}

int32_t zone_offset_s(const struct zone *zone, int64_t unix_s)
{
    if (!zone->summer)
        return zone->standard_s;
    int64_t year = year_of(unix_s + zone->standard_s);
    int64_t begin = strikes_s(&zone->begin, year, zone->standard_s);
    int64_t end = strikes_s(&zone->end, year, zone->summer_s);
    bool summer = begin < end ? unix_s >= begin && unix_s < end : unix_s >= begin || unix_s < end;

    return summer ? zone->summer_s : zone->standard_s;
}

int64_t zone_next_change_s(const struct zone *zone, int64_t unix_s)
{
    int64_t next = INT64_MAX, year = year_of(unix_s + zone->standard_s);

    for (int64_t y = year; zone->summer && y <= year + 1; y++) {
        int64_t begin = strikes_s(&zone->begin, y, zone->standard_s);
        int64_t end = strikes_s(&zone->end, y, zone->summer_s);
        if (begin > unix_s && begin < next)
            next = begin;
        if (end > unix_s && end < next)
            next = end;
    }
    return next;
}

void zone_local(const struct zone *zone, int64_t unix_s, int *weekday, int32_t *second)
{
    int64_t local = unix_s + zone_offset_s(zone, unix_s), day = day_of(local);

    *weekday = (weekday_of(day) + 6) % 7;
    *second = (int32_t)(local - day * DAY_S);
}
