/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How old a child is, by the year and month of its birth: the day is not known, so that a year is
 * full on the first of the month. Years of UTC. Depends on core/datetime.h.
 *
 *     birth_age(2019, 6, unix_ms)    7 from 2026-06-01, 6 before
 */
#ifndef ROOST_HUB_BIRTH_H
#define ROOST_HUB_BIRTH_H

#include <stdint.h>

/* In years; 0 for a birth that is still to come, or a month that is none. */
unsigned birth_age(unsigned year, unsigned month, int64_t unix_ms);

#endif
