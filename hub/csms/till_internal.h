/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the payment desk:
 *   till.c        payments in memory, events, orders, what others ask
 *   till_act.c    what is done about a payment: provider, charger, book
 *   till_watch.c  tags, transactions, limits
 */
#ifndef ROOST_HUB_CSMS_TILL_INTERNAL_H
#define ROOST_HUB_CSMS_TILL_INTERNAL_H

#include "hub/csms/csms_internal.h"
#include "hub/csms/till.h"

#define TILL_TAG_BEGIN "PAY"

enum { TILL_RELOOK_MS = 300000 };

struct till_payment {
    struct till_payment *next;
    struct till *till;
    struct money_payment row;
    struct csms_prices prices;
    bool has_prices;
    char url[MONEY_URL_BYTES];
    bool asking;     /* somebody is asked; the answer moves it on */
    bool looked;     /* the book was asked what became of its transaction */
    bool allowed;    /* the charger was told its allowance, or knows none */
    bool ends;       /* its transaction is to be stopped */
    uint64_t due_ms; /* when it is looked at again */
    uint32_t tries;
    /* Of its transaction, as far as it was measured. */
    bool watched;
    int64_t relook_ms; /* the book is asked again: it may have been closed without a Stop */
    struct tariff_bill bill;
    int64_t begun_ms;
    int64_t begun_mwh;
};

struct till {
    struct csms *csms;
    struct till_payment *first;
    size_t count;
    uint64_t due_ms;
    struct metric *events[MONEY_EVENTS], *open, *full;
};

/* ---- till.c ---- */
const struct csms_till_parts *till_parts(const struct csms *csms); /* NULL: not served any more */
/* Stores what follows of an event. As money_happens, and what the store says: it is tried again. */
int till_happens(struct till_payment *payment, struct money_event event);
struct till_payment *till_find(const struct csms *csms, const char *id);
struct till_payment *till_of_tag(const struct csms *csms, const char *id_tag);
void till_due(struct till_payment *payment, uint64_t in_ms); /* looked at then, at the latest */
void till_again(struct till_payment *payment);               /* later each time */
/* An answer came: whether it still counts. Frees one that is over. */
bool till_is_answered(struct till_payment *payment);

/* ---- till_act.c ---- */
void till_act(struct till_payment *payment);

/* ---- till_watch.c ---- */
void till_watch(struct till_payment *payment, const struct csms_tx *tx);
/* What it used by now, and whether that is all it may. */
bool till_used_up(const struct till_payment *payment, int64_t unix_ms);
void till_lines(const struct till_payment *payment, struct tariff_lines *lines);
/* Bounds of energy and time that its money is enough for by the prices of now; 0: none. */
void till_bounds(const struct till_payment *payment, int64_t unix_ms, int32_t *wh, int32_t *s);

#endif
