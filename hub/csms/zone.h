/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a clock on the wall shows at a site: a time zone in the form of POSIX ("TZ"), as the last
 * line of every file in /usr/share/zoneinfo has it. Pure: neither files nor the process's own zone,
 * which another thread may read. Depends on core/err.h.
 *
 *     err = zone_parse(&zone, "CET-1CEST,M3.5.0,M10.5.0/3");
 *     zone_offset_s(&zone, unix_s);                                   3600, in summer 7200
 */
#ifndef ROOST_HUB_CSMS_ZONE_H
#define ROOST_HUB_CSMS_ZONE_H

#include <stdbool.h>
#include <stdint.h>

enum { ZONE_TEXT_BYTES = 64 };

/* The week'th `weekday` (0: Sunday) of the month, week 5: the last; at time_s of the day. */
struct zone_rule {
    int month, week, weekday;
    int32_t time_s;
};

struct zone {
    bool summer;
    int32_t standard_s, summer_s; /* east of Greenwich */
    struct zone_rule begin, end;  /* of summer time */
};

/* Only the rules of months ("M3.5.0"), which all zones of today use. ROOST_ERR_INVALID. */
int zone_parse(struct zone *zone, const char *text);
int32_t zone_offset_s(const struct zone *zone, int64_t unix_s);

/* The weekday (0: Monday) and the second of the day there. */
void zone_local(const struct zone *zone, int64_t unix_s, int *weekday, int32_t *second);
/* The next instant after unix_s at which its clock was set. INT64_MAX: it never is. */
int64_t zone_next_change_s(const struct zone *zone, int64_t unix_s);

#endif
