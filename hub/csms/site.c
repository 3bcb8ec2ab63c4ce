/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/site_internal.h"

#include <string.h>

#include "core/err.h"

static const int64_t never = INT64_MAX;

/* ---- what it may take ---- */

static bool lives(const struct site *site, const struct site_lease *lease, int64_t now_ms)
{
    return lease->until_ms == never || now_ms < lease->until_ms + site->config.margin_ms;
}

static uint32_t lease_ms(const struct site *site, const struct site_member *m, uint32_t w)
{
    return w > m->charger.fallback_w ? site->config.lease_ms : 2 * site->config.lease_ms;
}

/* Its lease may end before it gets another: then it is back at its fall-back. That is reserved so
 * long before that whoever took it has come down by then, cut off or not: a lease above the
 * fall-back, its margin, and the time to obey. */
static bool may_fall_back(const struct site *site, const struct site_member *m, int64_t now_ms)
{
    int64_t ahead_ms = (int64_t)site->config.lease_ms + site->config.lease_ms / 4;

    if (!m->online || !m->is_held || !lives(site, &m->held, now_ms))
        return true;
    if (m->held.w > m->charger.fallback_w)
        return false; /* counted as more already */
    return now_ms >= m->held.until_ms - ahead_ms;
}

uint32_t site_may_take_w(const struct site *site, size_t member, int64_t now_ms)
{
    const struct site_member *m = &site->members[member];
    uint32_t w = 0;

    if (!m->told || m->refused)
        return m->charger.nominal_w;
    if (may_fall_back(site, m, now_ms))
        w = m->charger.fallback_w;
    if (m->is_held && lives(site, &m->held, now_ms) && m->held.w > w)
        w = m->held.w;
    if (m->is_sent && lives(site, &m->sent, now_ms) && m->sent.w > w)
        w = m->sent.w;
    if (now_ms < m->fading.until_ms && m->fading.w > w)
        w = m->fading.w;
    return w;
}

static uint64_t reserved_w(const struct site *site, int64_t now_ms)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < site->count; i++)
        if (site->members[i].used)
            sum += site_may_take_w(site, i, now_ms);
    return sum;
}

/* ---- what is sent ---- */

static bool may_send(const struct site_member *m, int64_t now_ms)
{
    return m->used && m->online && !m->flying && now_ms >= m->retry_ms;
}

static void fly(struct site *site, size_t member, uint32_t w, int64_t now_ms,
                struct site_order *order)
{
    struct site_member *m = &site->members[member];
    uint32_t ms = lease_ms(site, m, w);
    struct site_lease lease = {.w = w, .until_ms = now_ms + ms};

    /* One that was never answered may be in force still. */
    if (m->is_sent && m->sent.w > lease.w && lives(site, &m->sent, now_ms)) {
        if (m->sent.w > m->fading.w || now_ms >= m->fading.until_ms)
            m->fading.w = m->sent.w;
        if (m->sent.until_ms + site->config.margin_ms > m->fading.until_ms)
            m->fading.until_ms = m->sent.until_ms + site->config.margin_ms;
    }
    m->sent = lease;
    m->is_sent = true;
    m->flying = true;
    m->flying_fallback = false;
    m->sent_ms = now_ms;
    *order = (struct site_order){
        .member = member, .kind = SITE_ORDER_LEASE, .w = w, .lease_s = ms / 1000};
}

static bool fly_fallback(struct site *site, size_t member, int64_t now_ms, struct site_order *order)
{
    struct site_member *m = &site->members[member];

    m->flying = true;
    m->flying_fallback = true;
    m->sent_ms = now_ms;
    *order = (struct site_order){
        .member = member, .kind = SITE_ORDER_FALLBACK, .w = m->charger.fallback_w};
    return true;
}

/* How urgently somebody is to have more than he has. */
enum waited { NOBODY, FOR_MORE, TO_START };

static enum waited is_waited_for(const struct site *site)
{
    enum waited waited = NOBODY;

    for (size_t i = 0; i < site->count; i++) {
        const struct site_member *m = &site->members[i];
        uint32_t held = m->is_held ? m->held.w : 0;
        if (!site_joins(m) || m->target_w <= held)
            continue;
        if (held < m->charger.minimum_w)
            return TO_START;
        if (m->target_w - held >= site->config.step_w)
            waited = FOR_MORE;
    }
    return waited;
}

/* Before half of its time is over it gets its lease anew. */
static bool is_ending(const struct site *site, const struct site_member *m, int64_t now_ms)
{
    return !m->is_held || m->held.until_ms == never ||
           now_ms >=
               m->held.until_ms - (int64_t)lease_ms(site, m, m->held.w) + site->config.lease_ms / 2;
}

static bool is_to_lower(const struct site *site, const struct site_member *m, bool over,
                        enum waited waited, int64_t now_ms)
{
    uint32_t held = m->is_held ? m->held.w : m->charger.nominal_w;

    if (m->target_w >= held)
        return false;
    /* Many that each keep a little too much may be what keeps one from starting. */
    if (over || m->target_w == 0 || waited == TO_START)
        return true;
    return held - m->target_w >= site->config.step_w &&
           (waited != NOBODY || now_ms - m->sent_ms >= SITE_SETTLE_MS);
}

/* Less, and what only has to be said again. */
static bool next_lower(struct site *site, int64_t now_ms, uint64_t reserved,
                       struct site_order *order)
{
    bool over = reserved > site->config.limit_w;
    enum waited waited = is_waited_for(site);

    for (size_t i = 0; i < site->count; i++) {
        struct site_member *m = &site->members[i];
        if (!may_send(m, now_ms) || !site_obeys(m))
            continue;
        bool lower = is_to_lower(site, m, over, waited, now_ms);
        if (!lower && !is_ending(site, m, now_ms))
            continue;
        /* What ran out is not given again: there may be no room for it. And while more is reserved
         * than there is, as nobody knows what each was told, any of it may be too much. */
        uint32_t most = m->is_held ? m->held.w : over ? 0 : site_may_take_w(site, i, now_ms);
        uint32_t w = site_least(most, m->target_w);
        if (!lower && !over && m->is_held)
            w = m->held.w; /* less by so little is no reason */
        fly(site, i, w, now_ms, order);
        return true;
    }
    return false;
}

/* More, as far as there is room for it, to who has least first. */
static bool next_raise(struct site *site, int64_t now_ms, uint64_t reserved,
                       struct site_order *order)
{
    size_t best = site->count;

    if (reserved >= site->config.limit_w)
        return false;
    uint64_t room = site->config.limit_w - reserved;
    uint32_t best_w = 0;
    for (size_t i = 0; i < site->count; i++) {
        struct site_member *m = &site->members[i];
        if (!may_send(m, now_ms) || !site_joins(m) || !m->is_held || m->target_w <= m->held.w)
            continue;
        uint64_t most = site_may_take_w(site, i, now_ms) + room;
        uint32_t w = most < m->target_w ? (uint32_t)most : m->target_w;
        bool starts = m->held.w < m->charger.minimum_w;
        if (w < m->charger.minimum_w || w <= m->held.w)
            continue;
        if (!starts &&
            (w - m->held.w < site->config.step_w || now_ms - m->sent_ms < SITE_SETTLE_MS))
            continue;
        if (best == site->count || m->held.w < site->members[best].held.w) {
            best = i;
            best_w = w;
        }
    }
    if (best == site->count)
        return false;
    fly(site, best, best_w, now_ms, order);
    return true;
}

bool site_next(struct site *site, int64_t now_ms, struct site_order *order)
{
    for (size_t i = 0; i < site->count; i++)
        if (!lives(site, &site->members[i].held, now_ms))
            site->members[i].is_held = false;
    for (size_t i = 0; i < site->count; i++) {
        const struct site_member *m = &site->members[i];
        if (may_send(m, now_ms) && (!m->told || m->refused))
            return fly_fallback(site, i, now_ms, order);
    }
    site_share(site, now_ms);
    uint64_t reserved = reserved_w(site, now_ms);
    return next_lower(site, now_ms, reserved, order) || next_raise(site, now_ms, reserved, order);
}

/* ---- answers ---- */

static void accepted(struct site *site, size_t member, int64_t now_ms)
{
    struct site_member *m = &site->members[member];
    uint32_t may = site_may_take_w(site, member, now_ms);

    if (m->flying_fallback) {
        /* Of the leases before it nothing is known when it was never told. */
        if (!m->told || m->refused)
            m->fading =
                (struct site_lease){may, now_ms + site->config.lease_ms + site->config.margin_ms};
        m->told = true;
        m->refused = false;
        return;
    }
    if (may > m->sent.w)
        m->fading = (struct site_lease){may, now_ms + site->config.obey_ms};
    else
        m->fading.until_ms = 0;
    if (!m->is_held || m->sent.w > m->held.w)
        m->given_ms = now_ms;
    m->held = m->sent;
    m->is_held = true;
    m->is_sent = false;
}

void site_answered(struct site *site, size_t member, enum site_answer answer, int64_t now_ms)
{
    struct site_member *m = &site->members[member];

    if (!m->used || !m->flying)
        return;
    m->flying = false;
    switch (answer) {
    case SITE_ANSWER_ACCEPTED:
        m->retry_ms = now_ms;
        accepted(site, member, now_ms);
        break;
    case SITE_ANSWER_REJECTED:
        m->refused = true;
        m->why = SITE_REFUSED;
        m->is_sent = m->is_sent && m->flying_fallback;
        m->retry_ms = now_ms + SITE_REFUSED_MS;
        break;
    case SITE_ANSWER_LOST:
        m->retry_ms = now_ms + SITE_RETRY_MS;
        break;
    }
}

/* ---- what comes in ---- */

static bool is_margin(const struct site_config *config)
{
    return config->lease_ms <= 86400000 && config->margin_ms <= config->lease_ms / 8 &&
           config->obey_ms <= config->lease_ms / 16;
}

static bool is_limit(uint32_t limit_w)
{
    return limit_w > 0 && limit_w <= SITE_LIMIT_MAX_W;
}

int site_init(struct site *site, const struct site_config *config)
{
    memset(site, 0, sizeof *site);
    site->config = *config;
    struct site_config *c = &site->config;
    c->step_w = c->step_w ? c->step_w : SITE_STEP_W;
    c->lease_ms = c->lease_ms ? c->lease_ms : SITE_LEASE_MS;
    c->turn_ms = c->turn_ms ? c->turn_ms : SITE_TURN_MS;
    c->obey_ms = c->obey_ms ? c->obey_ms : SITE_OBEY_MS;
    c->margin_ms = c->margin_ms ? c->margin_ms : SITE_MARGIN_MS;
    return is_limit(c->limit_w) && is_margin(c) ? 0 : ROOST_ERR_RANGE;
}

static uint64_t fallbacks_w(const struct site *site)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < site->count; i++)
        sum += site->members[i].used ? site->members[i].charger.fallback_w : 0;
    return sum;
}

int site_limit(struct site *site, uint32_t limit_w)
{
    if (!is_limit(limit_w))
        return ROOST_ERR_RANGE;
    if (fallbacks_w(site) > limit_w)
        return ROOST_ERR_STATE;
    site->config.limit_w = limit_w;
    return 0;
}

static bool is_charger(const struct site_charger *c)
{
    return c->minimum_w > 0 && c->minimum_w <= c->nominal_w && c->nominal_w <= SITE_LIMIT_MAX_W &&
           (c->fallback_w == 0 || (c->fallback_w >= c->minimum_w && c->fallback_w <= c->nominal_w));
}

int site_join(struct site *site, const struct site_charger *charger, int64_t now_ms)
{
    size_t at = 0;

    if (!is_charger(charger))
        return ROOST_ERR_RANGE;
    if (fallbacks_w(site) + charger->fallback_w > site->config.limit_w)
        return ROOST_ERR_STATE;
    while (at < site->count && site->members[at].used)
        at++;
    if (at == SITE_CHARGERS_MAX)
        return ROOST_ERR_FULL;
    if (at == site->count)
        site->count++;
    site->members[at] = (struct site_member){
        .used = true,
        .told = charger->told,
        .charger = *charger,
        .fading = {charger->nominal_w, now_ms + site->config.lease_ms + site->config.margin_ms},
        .wait_ms = now_ms,
    };
    return (int)at;
}

void site_leave(struct site *site, size_t member)
{
    memset(&site->members[member], 0, sizeof site->members[member]);
}

void site_online(struct site *site, size_t member, bool online, int64_t now_ms)
{
    struct site_member *m = &site->members[member];

    if (m->online == online)
        return;
    m->online = online;
    m->retry_ms = now_ms;
    if (!online && m->flying)
        site_answered(site, member, SITE_ANSWER_LOST, now_ms);
}

void site_wants(struct site *site, size_t member, bool wants, int64_t now_ms)
{
    struct site_member *m = &site->members[member];

    if (wants && !m->wants) {
        m->wait_ms = now_ms;
        m->measured = false;
    }
    m->wants = wants;
}

void site_measured(struct site *site, size_t member, uint32_t load_w, int64_t now_ms)
{
    struct site_member *m = &site->members[member];

    m->load_w = load_w;
    m->load_ms = now_ms;
    m->measured = true;
}

/* ---- what people see ---- */

void site_look(const struct site *site, int64_t now_ms, struct site_view *view)
{
    *view = (struct site_view){.reserved_w = reserved_w(site, now_ms)};
    if (view->reserved_w > site->config.limit_w)
        view->over_w = view->reserved_w - site->config.limit_w;
    for (size_t i = 0; i < site->count; i++) {
        const struct site_member *m = &site->members[i];
        if (!m->used)
            continue;
        view->load_w += m->measured && now_ms - m->load_ms <= SITE_MEASURED_MS ? m->load_w : 0;
        view->refused += m->refused;
        view->offline += !m->online;
        view->waiting += m->online && (m->why == SITE_WAITING || m->why == SITE_TOO_SMALL);
    }
}

const char *site_why_text(enum site_why why)
{
    static const char *const texts[SITE_WHYS] = {
#define X(name, label) [SITE_##name] = (label),
        SITE_WHY_LIST(X)
#undef X
    };

    return (unsigned)why < SITE_WHYS ? texts[why] : "";
}

const char *site_why_name(enum site_why why)
{
    static const char *const names[SITE_WHYS] = {
        [SITE_IDLE] = "idle",       [SITE_FULL] = "full",       [SITE_MEASURED] = "measured",
        [SITE_SHARED] = "shared",   [SITE_WAITING] = "waiting", [SITE_TOO_SMALL] = "too_small",
        [SITE_OFFLINE] = "offline", [SITE_REFUSED] = "refused", [SITE_UNTOLD] = "untold",
    };

    return (unsigned)why < SITE_WHYS ? names[why] : "";
}
