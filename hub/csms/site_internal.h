/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of a site:
 *   site.c        what each may take, what is sent, answers
 *   site_share.c  what each is to have
 */
#ifndef ROOST_HUB_CSMS_SITE_INTERNAL_H
#define ROOST_HUB_CSMS_SITE_INTERNAL_H

#include "hub/csms/site.h"

/* Sets target_w and why of all, and whose turn it is. */
void site_share(struct site *site, int64_t now_ms);

static inline uint32_t site_least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static inline int64_t site_least_ms(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* It answers, and does as it is told. */
static inline bool site_obeys(const struct site_member *m)
{
    return m->used && m->online && m->told && !m->refused;
}

static inline bool site_joins(const struct site_member *m)
{
    return site_obeys(m) && m->wants;
}

#endif
