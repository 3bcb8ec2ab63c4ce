/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/sites.h"

#include <stdio.h>
#include <stdlib.h>

#include "hub/csms/csms_internal.h"

/* An order on its way to a charger. Its site may be gone when the answer comes. */
struct order {
    struct csms *csms;
    uint32_t site; /* its number */
    struct site_order order;
    int64_t at_ms;
    enum ocpp_word status;
};

static struct csms_site *by_number(const struct csms *csms, uint32_t number)
{
    struct csms_site *at = csms->sites;

    while (at && at->number != number)
        at = at->next;
    return at;
}

static int64_t site_now(const struct csms *csms)
{
    return (int64_t)csms_now_ms(csms) + 1; /* never 0: site.h takes that for none */
}

/* ---- a profile ---- */

static int write_profile(void *ctx, struct ocpp_writer *w)
{
    const struct order *order = ctx;
    bool lease = order->order.kind == SITE_ORDER_LEASE;

    ocpp_put_int(w, OCPP_connectorId, 0);
    ocpp_put_object(w, OCPP_csChargingProfiles);
    ocpp_put_int(w, OCPP_chargingProfileId, lease ? CSMS_SITE_LEASE_ID : CSMS_SITE_FALLBACK_ID);
    ocpp_put_int(w, OCPP_stackLevel, lease ? 1 : 0);
    ocpp_put_word(w, OCPP_chargingProfilePurpose, OCPP_ChargePointMaxProfile);
    ocpp_put_word(w, OCPP_chargingProfileKind, OCPP_Absolute);
    if (lease)
        ocpp_put_time(w, OCPP_validTo, order->at_ms + (int64_t)order->order.lease_s * 1000);
    ocpp_put_object(w, OCPP_chargingSchedule);
    if (lease)
        ocpp_put_int(w, OCPP_duration, (int32_t)order->order.lease_s);
    ocpp_put_time(w, OCPP_startSchedule, order->at_ms);
    ocpp_put_word(w, OCPP_chargingRateUnit, OCPP_W);
    ocpp_put_list(w, OCPP_chargingSchedulePeriod);
    ocpp_add_object(w);
    ocpp_put_int(w, OCPP_startPeriod, 0);
    ocpp_put_scaled(w, OCPP_limit, order->order.w, 0);
    ocpp_end(w);
    ocpp_end(w);
    ocpp_end(w);
    ocpp_end(w);
    return 0;
}

static int take_status(void *ctx, const struct ocpp_value *value)
{
    struct order *order = ctx;

    if (value->field == OCPP_status && value->kind == OCPP_KIND_WORD)
        order->status = (enum ocpp_word)value->number;
    return 0;
}

/* Kept, so that after a start of the hub its fall-back is known to be there. When that fails it is
 * asked once more then. */
static void mark_told(struct csms *csms, struct csms_site *site, size_t member)
{
    const struct csms_site_store *store = csms->with ? csms->with->sites : NULL;
    bool *told = &site->row.chargers[member].charger.told;

    if (*told == site->site.members[member].told)
        return;
    *told = site->site.members[member].told;
    if (store)
        (void)store->ops->save(store->ctx, &site->row);
}

/* A CALLERROR, and what is no answer, is a refusal; what never came may have been obeyed. */
static void on_done(void *ctx, enum csms_outcome outcome, enum ocpp_error error, const char *text)
{
    struct order *order = ctx;
    struct csms_site *site = by_number(order->csms, order->site);
    enum site_answer answer = SITE_ANSWER_LOST;

    (void)error;
    (void)text;
    if (outcome == CSMS_ANSWERED)
        answer = order->status == OCPP_Accepted ? SITE_ANSWER_ACCEPTED : SITE_ANSWER_REJECTED;
    else if (outcome == CSMS_CALLERROR || outcome == CSMS_BAD_ANSWER)
        answer = SITE_ANSWER_REJECTED;
    if (site) {
        site_answered(&site->site, order->order.member, answer, site_now(order->csms));
        mark_told(order->csms, site, order->order.member);
    }
    free(order);
}

static void send(struct csms *csms, struct csms_site *site, const struct site_order *what)
{
    struct order *order = malloc(sizeof *order);
    int err = ROOST_ERR_NO_MEMORY;

    if (order) {
        *order = (struct order){.csms = csms,
                                .site = site->number,
                                .order = *what,
                                .at_ms = csms_unix_ms(csms),
                                .status = OCPP_NO_WORD};
        const struct csms_ask ask = {.message = OCPP_MSG_SetChargingProfile,
                                     .write = write_profile,
                                     .take = take_status,
                                     .done = on_done,
                                     .ctx = order};
        err = csms_ask(csms, site->row.chargers[what->member].identity, &ask);
    }
    if (err < 0) {
        free(order);
        site_answered(&site->site, what->member, SITE_ANSWER_LOST, site_now(csms));
    }
}

/* ---- what they do ---- */

/* A car is there that takes what it is given. */
static bool is_wanting(const struct csms_connector *connector)
{
    switch (connector->status) {
    case OCPP_Preparing:
    case OCPP_Charging:
    case OCPP_SuspendedEVSE:
        return true;
    case OCPP_SuspendedEV: /* it could, and does not */
        return false;
    default:
        return connector->tx != NULL;
    }
}

static void look(const struct csms *csms, struct csms_site *site, size_t at)
{
    const struct site_member *member = &site->site.members[at];
    struct csms_view view = {.online = false};
    int64_t power_mw = 0, live_ms = 0, now_ms = site_now(csms);
    bool wants = false;

    (void)csms_look(csms, site->row.chargers[at].identity, &view);
    for (size_t i = 0; i < view.connector_count; i++) {
        const struct csms_connector *connector = &view.connectors[i];
        wants = wants || is_wanting(connector);
        if (connector->power_ms == 0)
            continue;
        power_mw += connector->power_mw > 0 ? connector->power_mw : 0;
        live_ms = connector->power_ms > live_ms ? connector->power_ms : live_ms;
    }
    site_online(&site->site, at, view.online && view.accepted, now_ms);
    if (!view.online)
        return; /* as it was, until it says otherwise */
    site_wants(&site->site, at, wants, now_ms);
    int64_t age_ms = csms_unix_ms(csms) - live_ms;
    if (live_ms == 0 || age_ms < 0 || age_ms > SITE_MEASURED_MS ||
        now_ms - age_ms <= member->load_ms)
        return;
    uint64_t w = (uint64_t)power_mw / 1000;
    site_measured(&site->site, at, w < SITE_LIMIT_MAX_W ? (uint32_t)w : SITE_LIMIT_MAX_W,
                  now_ms - age_ms);
}

uint64_t csms_sites_tick(struct csms *csms, uint64_t now_ms)
{
    struct site_order order;

    if (!csms->sites || csms->stopping)
        return ROOST_NEVER;
    if (now_ms < csms->sites_ms)
        return csms->sites_ms;
    csms->sites_ms = now_ms + CSMS_SITE_TICK_MS;
    for (struct csms_site *site = csms->sites; site; site = site->next) {
        for (size_t i = 0; i < site->row.count; i++)
            look(csms, site, i);
        while (site_next(&site->site, site_now(csms), &order))
            send(csms, site, &order);
    }
    return csms->sites_ms;
}

/* ---- which there are ---- */

const struct csms_site *csms_site_find(const struct csms *csms, const char *id)
{
    const struct csms_site *at = csms->sites;

    while (at && strcmp(at->row.id, id) != 0)
        at = at->next;
    return at;
}

static bool stands_at(const struct csms_site_row *row, const char *identity, size_t before)
{
    for (size_t i = 0; i < before; i++)
        if (strcmp(row->chargers[i].identity, identity) == 0)
            return true;
    return false;
}

/* Each charger at one site, once. */
static bool is_taken(const struct csms *csms, const struct csms_site_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        const char *identity = row->chargers[i].identity;
        if (stands_at(row, identity, i))
            return true;
        for (const struct csms_site *at = csms->sites; at; at = at->next)
            if (strcmp(at->row.id, row->id) != 0 && stands_at(&at->row, identity, at->row.count))
                return true;
    }
    return false;
}

static bool is_same_house(const struct csms_site_row *a, const struct csms_site_row *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct site_charger *x = &a->chargers[i].charger, *y = &b->chargers[i].charger;
        if (strcmp(a->chargers[i].identity, b->chargers[i].identity) != 0 ||
            x->nominal_w != y->nominal_w || x->minimum_w != y->minimum_w ||
            x->fallback_w != y->fallback_w)
            return false;
    }
    return true;
}

static int build(const struct csms *csms, struct csms_site *site)
{
    const struct site_config config = {.limit_w = site->row.limit_w};
    int err = site_init(&site->site, &config);

    for (size_t i = 0; err >= 0 && i < site->row.count; i++)
        err = site_join(&site->site, &site->row.chargers[i].charger, site_now(csms));
    return err < 0 ? err : 0;
}

int csms_site_set(struct csms *csms, const struct csms_site_row *row)
{
    struct csms_site **at = &csms->sites;
    size_t count = 0;

    if (is_taken(csms, row))
        return ROOST_ERR_EXISTS;
    for (; *at && strcmp((*at)->row.id, row->id) != 0; at = &(*at)->next)
        count++;
    if (*at && is_same_house(&(*at)->row, row)) {
        int err = site_limit(&(*at)->site, row->limit_w);
        if (err == 0)
            (*at)->row.limit_w = row->limit_w;
        return err;
    }
    if (!*at && count >= CSMS_SITES_MAX)
        return ROOST_ERR_FULL;
    struct csms_site *site = calloc(1, sizeof *site);
    if (!site)
        return ROOST_ERR_NO_MEMORY;
    site->row = *row;
    site->number = ++csms->site_number;
    int err = build(csms, site);
    if (err < 0) {
        free(site);
        return err;
    }
    struct csms_site *old = *at;
    site->next = old ? old->next : NULL;
    *at = site;
    free(old);
    csms->sites_ms = 0;
    return 0;
}

int csms_site_remove(struct csms *csms, const char *id)
{
    struct csms_site **at = &csms->sites;

    while (*at && strcmp((*at)->row.id, id) != 0)
        at = &(*at)->next;
    struct csms_site *site = *at;
    if (!site)
        return ROOST_ERR_NOT_FOUND;
    *at = site->next;
    free(site);
    return 0;
}

/* ---- kept ---- */

static int load_one(void *arg, const struct csms_site_row *row)
{
    int err = csms_site_set(arg, row);

    if (err < 0)
        HOST_LOG(ROOST_LOG_WARN, "csms", "a site is left out", RF_STR("site", row->id),
                 RF_ERR("error", err));
    return 0;
}

void csms_sites_load(struct csms *csms)
{
    const struct csms_site_store *store = csms->with ? csms->with->sites : NULL;
    int err = store ? store->ops->each(store->ctx, load_one, csms) : 0;

    if (err < 0)
        HOST_LOG(ROOST_LOG_WARN, "csms", "sites cannot be read", RF_ERR("error", err));
}

/* Told by who was here before counts on, where it is the same charger with the same fall-back. */
static void keep_told(const struct csms *csms, struct csms_site_row *row)
{
    const struct csms_site *old = csms_site_find(csms, row->id);

    for (size_t i = 0; i < row->count; i++) {
        struct csms_site_charger *charger = &row->chargers[i];
        charger->charger.told = false;
        for (size_t k = 0; old && k < old->row.count; k++)
            if (strcmp(old->row.chargers[k].identity, charger->identity) == 0 &&
                old->row.chargers[k].charger.fallback_w == charger->charger.fallback_w)
                charger->charger.told = old->row.chargers[k].charger.told;
    }
}

int csms_site_keep(struct csms *csms, const struct csms_site_row *row)
{
    const struct csms_site_store *store = csms->with ? csms->with->sites : NULL;
    const struct csms_site *old = csms_site_find(csms, row->id);
    struct csms_site_row *now = malloc(2 * sizeof *now), *before = now + 1;

    if (!now)
        return ROOST_ERR_NO_MEMORY;
    *now = *row;
    keep_told(csms, now);
    bool was = old != NULL;
    if (was)
        *before = old->row;
    int err = csms_site_set(csms, now);
    if (err == 0 && store) {
        err = store->ops->save(store->ctx, now);
        if (err < 0 && was)
            (void)csms_site_set(csms, before);
        else if (err < 0)
            (void)csms_site_remove(csms, now->id);
    }
    free(now);
    return err;
}

int csms_site_forget(struct csms *csms, const char *id)
{
    const struct csms_site_store *store = csms->with ? csms->with->sites : NULL;

    if (!csms_site_find(csms, id))
        return ROOST_ERR_NOT_FOUND;
    int err = store ? store->ops->remove(store->ctx, id) : 0;
    return err < 0 ? err : csms_site_remove(csms, id);
}

void csms_sites_free(struct csms *csms)
{
    while (csms->sites)
        (void)csms_site_remove(csms, csms->sites->row.id);
}
