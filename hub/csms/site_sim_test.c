/* SPDX-License-Identifier: Apache-2.0 */
/* Twenty chargers behind one limit, in virtual time, a second a tick: they answer late or never,
 * obey with delay, are cut off one by one and all at once, boot (profiles survive), refuse; their
 * clocks are wrong; and the hub is started anew, knowing nothing of leases. At every tick the sum
 * of what they may take is at most the limit; and whoever is connected and wants gets his turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hub/csms/site.h"

enum {
    CHARGERS = 20,
    NOMINAL_W = 22000,
    MINIMUM_W = 4140,
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE,
    NOTICED_MS = 60 * SECOND, /* until a dead socket is closed */
    ANSWER_MS = 25 * SECOND,
    OLDS = 8
};

struct model {
    bool linked, stubborn;
    int64_t cut_until_ms, noticed_ms; /* noticed_ms: when the hub will know; 0 */
    int64_t skew_ms, booting_until_ms;
    uint32_t fallback_w;
    uint32_t lease_w; /* kept over a boot */
    int64_t lease_until_ms, starts_ms;
    uint32_t old_w[OLDS]; /* still obeyed until then */
    int64_t old_until_ms[OLDS];
    size_t old;
    bool flying, came; /* one order at a time */
    struct site_order order;
    int64_t due_ms, answer_ms, given_up_ms, written_ms;
    enum site_answer answer;
    bool car;
    int64_t car_ms, hungry_ms; /* since when it has not charged */
    uint32_t car_w;
    int64_t need_wms;
};

static struct site site;
static struct model models[CHARGERS];
static uint64_t rng;
static uint32_t limit_w;
static int64_t now_ms, hungriest_ms;
static uint64_t orders, given_wms, wanted_ticks, busy_wms;

static uint32_t dice(uint32_t sides)
{
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return (uint32_t)((rng >> 11) % sides);
}

static bool up(const struct model *m)
{
    return m->linked && now_ms >= m->booting_until_ms;
}

/* The profile that counts by its own clock. */
static uint32_t profile_w(const struct model *m)
{
    return now_ms + m->skew_ms < m->lease_until_ms ? m->lease_w : m->fallback_w;
}

static uint32_t may_take(const struct model *m)
{
    uint32_t w = profile_w(m);

    for (size_t i = 0; i < OLDS; i++)
        if (now_ms < m->old_until_ms[i] && m->old_w[i] > w)
            w = m->old_w[i];
    return w;
}

/* ---- the line ---- */

static void take_order(struct model *m)
{
    m->came = true;
    m->answer = SITE_ANSWER_ACCEPTED;
    if (m->stubborn) {
        m->answer = SITE_ANSWER_REJECTED;
        return;
    }
    m->old_w[m->old % OLDS] = profile_w(m);
    m->old_until_ms[m->old++ % OLDS] = now_ms + dice(8 * SECOND);
    if (m->order.kind == SITE_ORDER_LEASE) {
        m->lease_w = m->order.w;
        m->lease_until_ms = m->written_ms + (int64_t)m->order.lease_s * SECOND;
    } else {
        m->fallback_w = m->order.w;
    }
}

static void step_line(size_t i)
{
    struct model *m = &models[i];

    if (!m->flying)
        return;
    if (!m->came && now_ms >= m->due_ms && up(m))
        take_order(m);
    if (m->came && now_ms >= m->answer_ms && up(m)) {
        m->flying = false;
        site_answered(&site, i, m->answer, now_ms);
    } else if (now_ms >= m->given_up_ms) {
        m->flying = false;
        site_answered(&site, i, SITE_ANSWER_LOST, now_ms);
    }
}

static void send(const struct site_order *order)
{
    struct model *m = &models[order->member];

    assert_false(m->flying);
    m->flying = true;
    m->came = false;
    m->order = *order;
    m->written_ms = now_ms;
    m->due_ms = now_ms + dice(3 * SECOND);
    m->answer_ms = m->due_ms + dice(5 * SECOND);
    /* Some answers do not come, though it did as it was told. */
    if (dice(50) == 0)
        m->answer_ms = now_ms + HOUR;
    m->given_up_ms = now_ms + ANSWER_MS;
    orders++;
}

/* ---- what happens to it ---- */

static void cut(struct model *m, int64_t for_ms)
{
    if (!m->linked)
        return;
    m->linked = false;
    m->cut_until_ms = now_ms + for_ms;
    m->noticed_ms = now_ms + NOTICED_MS;
}

static void step_link(size_t i)
{
    struct model *m = &models[i];

    if (dice(4 * 3600) == 0)
        cut(m, (int64_t)dice(HOUR));
    if (dice(6 * 3600) == 0)
        m->booting_until_ms = now_ms + 40 * SECOND;
    if (m->linked)
        return;
    if (m->noticed_ms != 0 && now_ms >= m->noticed_ms) {
        m->noticed_ms = 0;
        m->flying = false;
        site_online(&site, i, false, now_ms);
    }
    if (now_ms >= m->cut_until_ms) {
        m->linked = true;
        m->noticed_ms = 0;
        if (m->flying) {
            m->flying = false;
            site_answered(&site, i, SITE_ANSWER_LOST, now_ms);
        }
        site_online(&site, i, true, now_ms);
    }
}

static void step_car(size_t i)
{
    struct model *m = &models[i];
    uint32_t w = may_take(m);
    uint32_t takes = m->car && w >= MINIMUM_W ? (w < m->car_w ? w : m->car_w) : 0;

    if (!m->car && now_ms >= m->car_ms) {
        m->car = true;
        m->car_w = 4200 + dice(NOMINAL_W - 4200);
        m->need_wms = (int64_t)(3 + dice(40)) * 1000 * HOUR;
        m->hungry_ms = now_ms;
    }
    m->need_wms -= (int64_t)takes * SECOND;
    given_wms += (uint64_t)takes * SECOND;
    if (m->car && m->need_wms <= 0) {
        m->car = false;
        m->car_ms = now_ms + 10 * MINUTE + dice(HOUR);
    }
    if (!m->car || takes > 0 || !up(m) || m->stubborn)
        m->hungry_ms = now_ms;
    if (now_ms - m->hungry_ms > hungriest_ms)
        hungriest_ms = now_ms - m->hungry_ms;
    if (!up(m))
        return;
    site_wants(&site, i, m->car, now_ms);
    if (now_ms / SECOND % 30 == (int64_t)i)
        site_measured(&site, i, takes, now_ms);
}

static void check_tick(void)
{
    uint64_t sum = 0;
    size_t cars = 0;

    for (size_t i = 0; i < CHARGERS; i++) {
        sum += may_take(&models[i]);
        cars += models[i].car && up(&models[i]);
    }
    if (sum > limit_w)
        fail_msg("%llu W at %lld s", (unsigned long long)sum, (long long)(now_ms / SECOND));
    wanted_ticks += cars > CHARGERS / 2;
    busy_wms += cars > CHARGERS / 2 ? sum * SECOND : 0;
}

static void hub_starts(uint32_t fallback_w)
{
    const struct site_config config = {.limit_w = limit_w};
    const struct site_charger charger = {
        .nominal_w = NOMINAL_W, .minimum_w = MINIMUM_W, .fallback_w = fallback_w, .told = true};

    assert_int_equal(site_init(&site, &config), 0);
    for (size_t i = 0; i < CHARGERS; i++) {
        assert_int_equal(site_join(&site, &charger, now_ms), i);
        models[i].flying = false;
        site_online(&site, i, models[i].linked, now_ms);
        models[i].noticed_ms = models[i].linked ? 0 : models[i].noticed_ms;
    }
}

static void run(uint64_t seed, int64_t for_ms, uint32_t limit, uint32_t fallback_w)
{
    struct site_order order;

    limit_w = limit;
    rng = seed * 0x9E3779B97F4A7C15u + 1;
    now_ms = 1000000;
    hungriest_ms = 0;
    orders = given_wms = wanted_ticks = busy_wms = 0;
    memset(models, 0, sizeof models);
    for (size_t i = 0; i < CHARGERS; i++)
        models[i] = (struct model){.linked = true,
                                   .fallback_w = fallback_w,
                                   .skew_ms = (int64_t)dice(40 * SECOND) - 20 * SECOND,
                                   .car_ms = now_ms + dice(HOUR)};
    hub_starts(fallback_w);
    for (int64_t end = now_ms + for_ms; now_ms < end; now_ms += SECOND) {
        if (dice(5 * 3600) == 0) /* the site's own network */
            for (size_t i = 0; i < CHARGERS; i++)
                cut(&models[i], (int64_t)dice(HOUR));
        if (dice(7 * 3600) == 0)
            hub_starts(fallback_w);
        if (dice(3 * 3600) == 0)
            models[dice(2)].stubborn ^= true; /* two are, from time to time */
        for (size_t i = 0; i < CHARGERS; i++) {
            step_link(i);
            step_line(i);
            step_car(i);
        }
        check_tick();
        while (site_next(&site, now_ms, &order))
            send(&order);
    }
    printf("seed %llu, limit %u W, fall-back %u W: %llu kWh, of the limit %llu %% while more than "
           "half wanted, "
           "waited at most %lld s, %.2f orders/charger/min\n",
           (unsigned long long)seed, limit_w, fallback_w,
           (unsigned long long)(given_wms / 1000 / HOUR),
           (unsigned long long)(wanted_ticks ? busy_wms / 10 / wanted_ticks / limit_w : 0),
           (long long)(hungriest_ms / SECOND),
           (double)orders / CHARGERS / ((double)for_ms / MINUTE));
    assert_true(hungriest_ms < 2 * HOUR);
    assert_true(orders / CHARGERS < (uint64_t)(for_ms / MINUTE));
}

static void never_above_and_nobody_starves(void **state)
{
    const char *seeds = getenv("ROOST_SITE_SEEDS");
    uint64_t count = seeds ? strtoull(seeds, NULL, 10) : 6;

    (void)state;
    for (uint64_t seed = 1; seed <= count; seed++) {
        run(seed, 24 * HOUR, 70000, 0);
        /* The fall-backs of eighteen, and all that the two can take who may refuse. */
        run(seed, 24 * HOUR, 120000, 4200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(never_above_and_nobody_starves)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
