/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The payment desk, inside of hub/csms: it drives payments (hub/money/money.h) from the order to
 * the refund. Each step is stored before anything is done about it; what is done is asked again
 * after a crash, and whoever is asked (provider, charger) takes the payment's id or its tag for the
 * same thing. Payments that are open are in memory, at most TILL_OPEN_MAX of them.
 *
 *     order --> provider --notice--> DataTransfer Allowance, RemoteStart --Start--> watched
 *        --limit: RemoteStop--> Stop --> price (cost.h) --> refund
 *
 * A payment's tag is known to nobody but this desk: it is Accepted while its payment is PAID, at
 * its own connector, for one transaction.
 *
 *     err = till_order(csms, &order, id, &why);                   from the public page
 *     err = till_notice(csms, &notice);                           from the provider
 */
#ifndef ROOST_HUB_CSMS_TILL_H
#define ROOST_HUB_CSMS_TILL_H

#include "hub/csms/tariffs.h"
#include "hub/money/provider.h"
#include "hub/money/store.h"

struct csms_call;
struct till;

enum {
    TILL_OPEN_MAX = 2048, /* payments that are open; beyond that no order is taken */
    TILL_PLACE_MAX = 4,   /* of them at one connector, not paid yet */
    TILL_PAY_S = 1800,    /* for the customer, to pay */
    TILL_START_S = 300,   /* for the charger, to start */
    TILL_RETRY_MS = 2000, /* of what could not be done, doubled up to */
    TILL_RETRY_MOST_MS = 300000,
    TILL_AGAIN_MS = 30000, /* RemoteStart, RemoteStop of what obeyed and did nothing */
    TILL_AMOUNT_MIN = 100, /* of one order; minor units */
    TILL_AMOUNT_MAX = 100000,
    TILL_LIMIT_WH_MAX = 1000000,
    TILL_LIMIT_S_MAX = 86400
};

/* All borrowed for the service's life. */
struct csms_till_parts {
    const struct money_store *store;
    const struct money_provider *provider; /* NULL: none is connected, nobody can pay */
    const char *link_key;                  /* secret: signs links; NULL: there are none */
    const char *origin;                    /* "https://hub.example/base"; "": not known */
    uint32_t pay_s, start_s;               /* 0: as above */
};

struct till_order {
    const char *identity;
    int32_t connector;
    int64_t amount;            /* of money, reserved; what is not used goes back */
    int32_t limit_wh, limit_s; /* beside it; 0: none */
};

/* A payment for a page: as it is stored, and how it goes. */
struct till_view {
    struct money_payment row;
    struct csms_prices prices;
    bool has_prices;
    char url[MONEY_URL_BYTES]; /* where it is paid; "": not known */
    /* Of what runs, by the newest measurement; 0 before. */
    int64_t live_wh, live_s, live_amount;
    bool stopping;
};

/* Makes a payment of it and its id. ROOST_ERR_CLOSED: nobody can pay here; ROOST_ERR_NOT_FOUND: no
 * tariff holds there; ROOST_ERR_RANGE: `why` names field and limit; ROOST_ERR_BUSY: the connector
 * is in use, or paid for; ROOST_ERR_FULL; what the store says. */
int till_order(struct csms *csms, const struct till_order *order, char id[MONEY_ID_BYTES],
               const char **why);
/* 0: taken, and durable; 1: known before; ROOST_ERR_NOT_FOUND, ROOST_ERR_STATE, ROOST_ERR_RANGE;
 * what the store says: it has to come again. */
int till_notice(struct csms *csms, const struct money_notice *notice);
/* What a person says that a held one costs. Results likewise. */
int till_decide(struct csms *csms, const char *id, int64_t amount);
/* The customer wants no more: RemoteStop of what runs. ROOST_ERR_STATE: nothing does. */
int till_stop(struct csms *csms, const char *id);
/* ROOST_ERR_NOT_FOUND. */
int till_look(struct csms *csms, const char *id, struct till_view *view);
/* A link with its origin before it; "" where that is not known. ROOST_ERR_CLOSED: no key. */
int till_link(const struct csms *csms, const char *identity, int32_t connector, int64_t expires_s,
              char *out, size_t size);
int till_payment_link(const struct csms *csms, const char *id, char *out, size_t size);
bool till_is_served(const struct csms *csms); /* somebody can pay */
/* Somebody charges there, or has paid for it; or too many are about to. */
bool till_is_in_use(const struct csms *csms, const char *identity, int32_t connector);

/* ---- what the central system tells it ---- */

/* Sets the verdict on a tag that is a payment's; false: it is none's. */
bool till_judge(const struct csms *csms, struct csms_call *call);
/* What the payment with this tag was made for; NULL: it is none's. */
const struct csms_prices *till_prices(const struct csms *csms, const char *id_tag);
void till_tx(struct csms *csms, const struct csms_tx *tx); /* it was stored */
void till_metered(struct csms *csms, const struct csms_tx *tx, const struct csms_sample *sample);

/* ---- life ---- */

/* Goes on with what is open in the store. */
int till_open(struct csms *csms);
void till_free(struct csms *csms);
uint64_t till_tick(struct csms *csms, uint64_t now_ms);

#endif
