/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/birth.h"

#include "core/datetime.h"

unsigned birth_age(unsigned year, unsigned month, int64_t unix_ms)
{
    char now[ROOST_DATETIME_LEN + 1];

    roost_datetime_write(now, unix_ms); /* "2026-11-..." */
    unsigned this_year = 0, this_month = (unsigned)(now[5] - '0') * 10 + (unsigned)(now[6] - '0');
    for (int i = 0; i < 4; i++)
        this_year = this_year * 10 + (unsigned)(now[i] - '0');
    if (month < 1 || month > 12 || year > this_year || (year == this_year && month > this_month))
        return 0;
    return this_year - year - (this_month < month);
}
