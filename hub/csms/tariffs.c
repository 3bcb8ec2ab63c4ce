/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/tariffs.h"

#include <stdlib.h>

#include "hub/csms/csms_internal.h"
#include "hub/csms/till.h"

static const struct money_store *store_of(const struct csms *csms)
{
    return csms->with && csms->with->till ? csms->with->till->store : NULL;
}

const struct csms_tariff *csms_tariff_find(const struct csms *csms, const char *id)
{
    const struct csms_tariff *at = csms->tariffs;

    while (at && strcmp(at->row.prices.tariff.id, id) != 0)
        at = at->next;
    return at;
}

/* ---- where it holds ---- */

/* How near a place is; 0: it is elsewhere. */
static int nearness(const struct csms_tariff_place *place, const char *identity, int32_t connector,
                    const char *site_id)
{
    if (place->identity[0]) {
        if (strcmp(place->identity, identity) != 0)
            return 0;
        return place->connector == 0 ? 3 : place->connector == connector ? 4 : 0;
    }
    if (place->site_id[0])
        return site_id && strcmp(place->site_id, site_id) == 0 ? 2 : 0;
    return 1;
}

static const char *site_of(const struct csms *csms, const char *identity)
{
    for (const struct csms_site *site = csms->sites; site; site = site->next)
        for (size_t i = 0; i < site->row.count; i++)
            if (strcmp(site->row.chargers[i].identity, identity) == 0)
                return site->row.id;
    return NULL;
}

const struct csms_prices *csms_prices_for(const struct csms *csms, const char *identity,
                                          int32_t connector)
{
    const char *site_id = site_of(csms, identity);
    const struct csms_prices *found = NULL;
    int nearest = 0;

    for (const struct csms_tariff *at = csms->tariffs; at; at = at->next)
        for (size_t i = 0; i < at->row.place_count; i++) {
            int near = nearness(&at->row.places[i], identity, connector, site_id);
            if (near > nearest) {
                nearest = near;
                found = &at->row.prices;
            }
        }
    return found;
}

static bool is_same_place(const struct csms_tariff_place *a, const struct csms_tariff_place *b)
{
    return strcmp(a->site_id, b->site_id) == 0 && strcmp(a->identity, b->identity) == 0 &&
           a->connector == b->connector;
}

/* By another tariff, or twice by this one. */
static bool is_taken(const struct csms *csms, const struct csms_tariff_row *row)
{
    for (size_t i = 0; i < row->place_count; i++) {
        for (size_t k = 0; k < i; k++)
            if (is_same_place(&row->places[i], &row->places[k]))
                return true;
        for (const struct csms_tariff *at = csms->tariffs; at; at = at->next)
            for (size_t k = 0; k < at->row.place_count; k++)
                if (strcmp(at->row.prices.tariff.id, row->prices.tariff.id) != 0 &&
                    is_same_place(&row->places[i], &at->row.places[k]))
                    return true;
    }
    return false;
}

/* The ledger's accounts are sums: of one currency. */
static bool is_other_currency(const struct csms *csms, const struct csms_tariff_row *row)
{
    const struct tariff *tariff = &row->prices.tariff;

    for (const struct csms_tariff *at = csms->tariffs; at; at = at->next)
        if (strcmp(at->row.prices.tariff.id, tariff->id) != 0 &&
            strcmp(at->row.prices.tariff.currency, tariff->currency) != 0)
            return true;
    return false;
}

/* ---- kept ---- */

static struct csms_tariff **place_of(struct csms *csms, const char *id, size_t *count)
{
    struct csms_tariff **at = &csms->tariffs;

    for (*count = 0; *at && strcmp((*at)->row.prices.tariff.id, id) != 0; at = &(*at)->next)
        (*count)++;
    return at;
}

static int set(struct csms *csms, const struct csms_tariff_row *row)
{
    size_t count;
    struct csms_tariff **at = place_of(csms, row->prices.tariff.id, &count);

    if (*at) {
        (*at)->row = *row;
        return 0;
    }
    struct csms_tariff *tariff = calloc(1, sizeof *tariff);
    if (!tariff)
        return ROOST_ERR_NO_MEMORY;
    tariff->row = *row;
    *at = tariff;
    return 0;
}

static int save(const struct money_store *store, const struct csms_tariff_row *row)
{
    struct roost_json_writer w;
    char *text = malloc(CSMS_TARIFF_BYTES);

    if (!text)
        return ROOST_ERR_NO_MEMORY;
    roost_json_begin(&w, text, CSMS_TARIFF_BYTES - 1);
    roost_json_object(&w);
    csms_tariff_write(&w, row);
    roost_json_end(&w);
    int len = roost_json_finish(&w);
    if (len >= 0) {
        text[len] = '\0';
        len = store->ops->text_put(store->ctx, MONEY_TEXT_TARIFF, row->prices.tariff.id, text);
    }
    free(text);
    return len < 0 ? len : 0;
}

int csms_tariff_keep(struct csms *csms, const struct csms_tariff_row *row)
{
    const struct money_store *store = store_of(csms);
    size_t count;

    if (!store)
        return ROOST_ERR_CLOSED;
    if (is_taken(csms, row))
        return ROOST_ERR_EXISTS;
    if (is_other_currency(csms, row))
        return ROOST_ERR_STATE;
    bool is_new = *place_of(csms, row->prices.tariff.id, &count) == NULL;
    if (is_new && count >= CSMS_TARIFFS_MAX)
        return ROOST_ERR_FULL;
    int err = save(store, row);
    return err < 0 ? err : set(csms, row);
}

int csms_tariff_forget(struct csms *csms, const char *id)
{
    const struct money_store *store = store_of(csms);
    size_t count;
    struct csms_tariff **at = place_of(csms, id, &count), *gone = *at;

    if (!gone)
        return ROOST_ERR_NOT_FOUND;
    int err = store ? store->ops->text_remove(store->ctx, MONEY_TEXT_TARIFF, id) : 0;
    if (err < 0)
        return err;
    *at = gone->next;
    free(gone);
    return 0;
}

static int load_one(void *ctx, const char *id, const char *text)
{
    struct csms_tariff_row *row = malloc(sizeof *row);
    int err = row ? csms_tariff_parse(text, row) : ROOST_ERR_NO_MEMORY;

    if (err == 0)
        err = set(ctx, row);
    if (err < 0)
        HOST_LOG(ROOST_LOG_WARN, "csms", "a tariff is left out", RF_STR("tariff", id),
                 RF_ERR("error", err));
    free(row);
    return 0;
}

void csms_tariffs_load(struct csms *csms)
{
    const struct money_store *store = store_of(csms);
    int err = store ? store->ops->text_each(store->ctx, MONEY_TEXT_TARIFF, load_one, csms) : 0;

    if (err < 0)
        HOST_LOG(ROOST_LOG_WARN, "csms", "tariffs cannot be read", RF_ERR("error", err));
}

void csms_tariffs_free(struct csms *csms)
{
    while (csms->tariffs) {
        struct csms_tariff *tariff = csms->tariffs;
        csms->tariffs = tariff->next;
        free(tariff);
    }
}
