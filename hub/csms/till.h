/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The payment desk, inside of hub/csms: it drives payments (hub/money/money.h) from the order to
 * the refund. Each step is stored before anything is done about it; what is done is asked again
 * after a crash, and whoever is asked (provider, charger) takes the payment's id or its tag for the
 * same thing. Payments that are open are in memory, at most TILL_OPEN_MAX of them.
 *
 *     order --> provider --notice--> tag, DataTransfer Allowance, RemoteStart --Start--> watched
 *        --limit: RemoteStop--> Stop --> price (cost.h) --> refund
 *
 * A payment's tag is known to nobody but this desk: it is Accepted while its payment is PAID, at
 * its own charger, for one transaction.
 *
 *     err = till_order(csms, &order, &payment);                   from the public page
 *     err = till_notice(csms, &notice);                           from the provider
 */
#ifndef ROOST_HUB_CSMS_TILL_H
#define ROOST_HUB_CSMS_TILL_H

#include "hub/csms/tariffs.h"
#include "hub/money/provider.h"
#include "hub/money/store.h"

struct till;

enum {
    TILL_OPEN_MAX = 2048, /* payments that are open; beyond that no order is taken */
    TILL_PLACE_MAX = 4,   /* of them at one connector, not paid yet */
    TILL_PAY_S = 1800,    /* for the customer, to pay */
    TILL_START_S = 300,   /* for the charger, to start */
    TILL_RETRY_MS = 5000, /* of what could not be done, doubled up to */
    TILL_RETRY_MOST_MS = 300000,
    TILL_STOP_RETRY_MS = 30000, /* RemoteStop of what runs on */
    TILL_AMOUNT_MIN = 100,
    TILL_LIMIT_WH_MAX = 1000000,
    TILL_LIMIT_S_MAX = 86400
};

/* All borrowed for the service's life. */
struct csms_till_parts {
    const struct money_store *store;
    const struct money_provider *provider; /* NULL: none is connected, nobody can pay */
    const char *link_key;                  /* secret: signs links */
    const char *origin;                    /* "https://hub.example/base": begins every link */
    uint32_t pay_s, start_s;               /* 0: as above */
};

#endif
