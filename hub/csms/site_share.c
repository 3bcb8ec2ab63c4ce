/* SPDX-License-Identifier: Apache-2.0 */
/* What each charger of a site is to have: the minimum in turns, then the rest in equal parts. */
#include "hub/csms/site_internal.h"

/* What its car can use. */
static uint32_t use_w(const struct site_member *m, int64_t now_ms)
{
    uint32_t granted = m->is_held ? m->held.w : 0;

    if (!m->measured || now_ms - m->load_ms > SITE_MEASURED_MS || granted < m->charger.minimum_w ||
        now_ms - m->given_ms < SITE_LOOK_MS || m->load_w >= granted - granted / 10)
        return m->charger.nominal_w;
    uint32_t w = m->load_w + m->load_w / 5 + SITE_STEP_W;
    if (w < m->charger.minimum_w)
        w = m->charger.minimum_w;
    return site_least(w, m->charger.nominal_w);
}

static int64_t budget_w(const struct site *site, int64_t now_ms)
{
    int64_t budget = site->config.limit_w;

    for (size_t i = 0; i < site->count; i++)
        if (site->members[i].used && !site_obeys(&site->members[i]))
            budget -= site_may_take_w(site, i, now_ms);
    return budget > 0 ? budget : 0;
}

static bool has_turn(const struct site *site, const struct site_member *m, int64_t now_ms)
{
    return m->turn_ms != 0 && now_ms - m->turn_ms < site->config.turn_ms;
}

/* Before `b` in the order of turns: who is at it goes on, then who waits longest. */
static bool is_before(const struct site *site, size_t a, size_t b, int64_t now_ms)
{
    const struct site_member *x = &site->members[a], *y = &site->members[b];
    bool x_turn = has_turn(site, x, now_ms), y_turn = has_turn(site, y, now_ms);

    if (x_turn != y_turn)
        return x_turn;
    if (x->wait_ms != y->wait_ms)
        return x->wait_ms < y->wait_ms;
    return x->turns != y->turns ? x->turns < y->turns : a < b;
}

/* Those that want, in the order of turns. */
static size_t line_up(const struct site *site, int64_t now_ms, size_t order[SITE_CHARGERS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < site->count; i++) {
        if (!site_joins(&site->members[i]))
            continue;
        size_t at = count++;
        for (; at > 0 && is_before(site, i, order[at - 1], now_ms); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return count;
}

/* Minimum for as many as it is enough for. Nobody is passed by a smaller one behind: its turn would
 * never come. Returns what is left. */
static int64_t give_minimum(struct site *site, int64_t budget, const size_t *order, size_t count,
                            int64_t now_ms)
{
    const int64_t all = budget;
    bool closed = false;

    for (size_t i = 0; i < count; i++) {
        struct site_member *m = &site->members[order[i]];
        if (m->charger.minimum_w > all) {
            m->why = SITE_TOO_SMALL;
            m->turn_ms = 0;
            continue;
        }
        if (closed || m->charger.minimum_w > budget) {
            closed = true;
            m->why = SITE_WAITING;
            m->wait_ms = site_least_ms(m->wait_ms, now_ms); /* its turn may have ended early */
            m->turn_ms = 0;
            continue;
        }
        m->target_w = m->charger.minimum_w;
        m->why = SITE_SHARED;
        budget -= m->target_w;
        /* Afterwards it waits from the end of its turn on: behind those that waited meanwhile. */
        if (!has_turn(site, m, now_ms)) {
            m->turn_ms = now_ms;
            m->wait_ms = now_ms + site->config.turn_ms;
            m->turns++;
        }
    }
    return budget;
}

/* The rest in equal parts, as far as each can use it. */
static void give_rest(struct site *site, int64_t rest, const size_t *order, size_t count,
                      int64_t now_ms)
{
    for (bool more = true; more && rest > 0;) {
        uint32_t open = 0;
        more = false;
        for (size_t i = 0; i < count; i++) {
            const struct site_member *m = &site->members[order[i]];
            open += m->target_w > 0 && m->target_w < use_w(m, now_ms);
        }
        int64_t part = open > 0 ? rest / open : 0;
        for (size_t i = 0; i < count && part > 0; i++) {
            struct site_member *m = &site->members[order[i]];
            uint32_t use = use_w(m, now_ms);
            if (m->target_w == 0 || m->target_w >= use)
                continue;
            uint32_t w = site_least((uint32_t)part, use - m->target_w);
            m->target_w += w;
            rest -= w;
            more = true;
        }
    }
    for (size_t i = 0; i < count; i++) {
        struct site_member *m = &site->members[order[i]];
        if (m->target_w > 0 && m->target_w >= m->charger.nominal_w)
            m->why = SITE_FULL;
        else if (m->target_w > 0 && m->target_w >= use_w(m, now_ms))
            m->why = SITE_MEASURED;
    }
}

void site_share(struct site *site, int64_t now_ms)
{
    size_t order[SITE_CHARGERS_MAX];

    for (size_t i = 0; i < site->count; i++) {
        struct site_member *m = &site->members[i];
        m->target_w = 0;
        m->why = m->refused   ? SITE_REFUSED
                 : !m->told   ? SITE_UNTOLD
                 : !m->online ? SITE_OFFLINE
                              : SITE_IDLE;
        if (site_joins(m))
            continue;
        m->turn_ms = 0;
        m->wait_ms = site_least_ms(m->wait_ms, now_ms);
    }
    size_t count = line_up(site, now_ms, order);
    int64_t rest = give_minimum(site, budget_w(site, now_ms), order, count, now_ms);
    give_rest(site, rest, order, count, now_ms);
}
