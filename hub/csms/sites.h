/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sites at work, inside of hub/csms: which chargers stand at which site; each second what they do
 * is looked at, and each is told its share (site.h) by SetChargingProfile. All of it is
 * ChargePointMaxProfile: the fall-back at level 0 for good, the lease at level 1 with its end.
 *
 *     err = csms_site_set(csms, &row);                    from now on
 *     const struct csms_site *site = csms_site_find(csms, "yard");
 */
#ifndef ROOST_HUB_CSMS_SITES_H
#define ROOST_HUB_CSMS_SITES_H

#include "hub/csms/book.h"
#include "hub/csms/site.h"

struct csms;

enum {
    CSMS_SITES_MAX = 64,
    CSMS_SITE_ID_BYTES = 33,
    CSMS_SITE_TICK_MS = 1000,
    /* Ids of profiles that no operator uses; one charger has one of each. */
    CSMS_SITE_FALLBACK_ID = 1900000001,
    CSMS_SITE_LEASE_ID = 1900000002
};

struct csms_site_charger {
    char identity[CSMS_IDENTITY_MAX + 1];
    struct site_charger charger;
};

struct csms_site_row {
    char id[CSMS_SITE_ID_BYTES];
    uint32_t limit_w;
    struct csms_site_charger chargers[SITE_CHARGERS_MAX];
    size_t count;
};

struct csms_site {
    struct csms_site *next;
    struct csms_site_row row; /* chargers by the index of site.members */
    struct site site;
    uint32_t number; /* a later one of the same id is another */
};

/* Makes it or sets it whole; what is known of chargers that stay as they were stays known only
 * where nothing but the limit changed. ROOST_ERR_RANGE, ROOST_ERR_STATE, ROOST_ERR_FULL: as
 * site_join and site_limit say; ROOST_ERR_EXISTS: one of them stands at another site, or twice;
 * nothing is changed then. ROOST_ERR_NO_MEMORY. */
int csms_site_set(struct csms *csms, const struct csms_site_row *row);
int csms_site_remove(struct csms *csms, const char *id); /* ROOST_ERR_NOT_FOUND */
const struct csms_site *csms_site_find(const struct csms *csms, const char *id);

/* Where they are kept. All of it blocks for one commit: sites are changed by hand, and marked when
 * a charger accepts its fall-back for the first time. */
typedef int (*csms_site_fn)(void *arg, const struct csms_site_row *row);
struct csms_site_store_ops {
    int (*each)(void *ctx, csms_site_fn each, void *arg); /* ends with what `each` returns, not 0 */
    int (*save)(void *ctx, const struct csms_site_row *row); /* a new one, or whole */
    int (*remove)(void *ctx, const char *id);
};
struct csms_site_store {
    const struct csms_site_store_ops *ops;
    void *ctx;
};

/* Those that are kept; one that cannot be any more is left out, and logged. */
void csms_sites_load(struct csms *csms);
/* csms_site_set, csms_site_remove, and kept. */
int csms_site_keep(struct csms *csms, const struct csms_site_row *row);
int csms_site_forget(struct csms *csms, const char *id);

/* When it is to be called again. */
uint64_t csms_sites_tick(struct csms *csms, uint64_t now_ms);
void csms_sites_free(struct csms *csms);

#endif
