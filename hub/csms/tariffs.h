/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tariffs at work, inside of hub/csms: which there are, in memory and kept as JSON, where each
 * holds, and the same JSON for people. What a session costs is reckoned in tariff.h; the prices
 * that hold when it starts are stored with it as text, so that a tariff that is changed or removed
 * changes no session that runs. Depends on tariff.h, core/json_*.h, hub/money/store.h.
 *
 *     err = csms_tariff_take(&doc, &row, why);                      what a person sent
 *     err = csms_tariff_keep(csms, &row);                           from the next session on
 *     const struct csms_prices *prices = csms_prices_for(csms, "CP1", 2);
 *     err = csms_prices_text(prices, text, sizeof text);            frozen
 */
#ifndef ROOST_HUB_CSMS_TARIFFS_H
#define ROOST_HUB_CSMS_TARIFFS_H

#include "core/json_read.h"
#include "core/json_write.h"
#include "hub/csms/sites.h"
#include "hub/csms/tariff.h"

struct csms;

enum {
    CSMS_TARIFFS_MAX = 64,
    CSMS_TARIFF_PLACES_MAX = 128, /* of one tariff */
    CSMS_TARIFF_TOKENS = 2048,
    CSMS_TARIFF_BYTES = 32768, /* of one with its places, as JSON */
    CSMS_PRICES_BYTES = 8192,  /* of its prices alone */
    CSMS_TARIFF_WHY = 128
};

/* A tariff, and the clock by which its parts hold. */
struct csms_prices {
    struct tariff tariff;
    char zone_text[ZONE_TEXT_BYTES];
    struct zone zone;
};

/* Where it holds: a connector before its charger, a charger before its site, a site before
 * everywhere (all members empty). */
struct csms_tariff_place {
    char site_id[CSMS_SITE_ID_BYTES];
    char identity[CSMS_IDENTITY_MAX + 1];
    int32_t connector; /* 0: all of the charger */
};

struct csms_tariff_row {
    struct csms_prices prices;
    struct csms_tariff_place places[CSMS_TARIFF_PLACES_MAX];
    size_t place_count;
};

struct csms_tariff {
    struct csms_tariff *next;
    struct csms_tariff_row row;
};

/* ---- as JSON: tariff_json.c ---- */

/* All but tariff_id, which is set before. ROOST_ERR_INVALID, ROOST_ERR_RANGE: `why` names the
 * member and its limit. */
int csms_tariff_take(const struct roost_json *doc, struct csms_tariff_row *row,
                     char why[CSMS_TARIFF_WHY]);
/* Members of the innermost object. */
void csms_prices_write(struct roost_json_writer *w, const struct csms_prices *prices);
void csms_tariff_write(struct roost_json_writer *w, const struct csms_tariff_row *row);
/* One object, NUL-terminated. ROOST_ERR_TOO_LONG. */
int csms_prices_text(const struct csms_prices *prices, char *out, size_t size);
/* What csms_prices_text or the store had. ROOST_ERR_NO_MEMORY, ROOST_ERR_CORRUPT. */
int csms_prices_parse(const char *text, struct csms_prices *prices);
int csms_tariff_parse(const char *text, struct csms_tariff_row *row);

/* ---- which there are: tariffs.c ---- */

const struct csms_tariff *csms_tariff_find(const struct csms *csms, const char *id);
/* What holds there from now on; NULL: none does. Borrowed until a tariff is changed. */
const struct csms_prices *csms_prices_for(const struct csms *csms, const char *identity,
                                          int32_t connector);

/* Makes it or sets it whole, and keeps it. ROOST_ERR_EXISTS: another one holds at one of its places
 * already, or a place is there twice; ROOST_ERR_STATE: the others have another currency;
 * ROOST_ERR_FULL; ROOST_ERR_CLOSED: nothing is kept here; what
 * the store says. Nothing is changed then. */
int csms_tariff_keep(struct csms *csms, const struct csms_tariff_row *row);
int csms_tariff_forget(struct csms *csms, const char *id); /* ROOST_ERR_NOT_FOUND */

/* Those that are kept; one that cannot be read is left out, and logged. */
void csms_tariffs_load(struct csms *csms);
void csms_tariffs_free(struct csms *csms);

#endif
