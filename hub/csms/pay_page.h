/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public page as HTML: prices and the order form of a connector, the state and receipt of a
 * payment. Whole without scripts. Pure: knows no request and no store. Depends on till.h, cost.h.
 *
 *     struct pay_page page = {0};
 *     pay_page_place(&page, &place);
 *     ... page.text, page.len; the caller frees text; page.failed: there was no memory
 */
#ifndef ROOST_HUB_CSMS_PAY_PAGE_H
#define ROOST_HUB_CSMS_PAY_PAGE_H

#include "hub/csms/cost.h"
#include "hub/csms/till.h"

struct pay_page {
    char *text;
    size_t len, room;
    bool failed;
    const char *base; /* path before "/pay/..."; set by the caller */
};

/* X(name, label, text): how a connector is, for whoever wants to charge there. */
#define PAY_PLACE_LIST(X)                                                                          \
    X(FREE, "Ready", "Plug in your car, then pay.")                                                \
    X(IN_USE, "In use", "Somebody charges here, or has paid for it.")                              \
    X(OFFLINE, "Not reachable", "Nobody can pay for it now.")                                      \
    X(FAULTED, "Out of order", "Nobody can pay for it now.")                                       \
    X(NOT_SERVED, "No payment here", "This charger cannot be paid for by link.")

enum pay_place_state {
#define X(name, label, text) PAY_PLACE_##name,
    PAY_PLACE_LIST(X)
#undef X
        PAY_PLACE_STATES
};

struct pay_place {
    const char *identity;
    int32_t connector;
    enum pay_place_state state;
    const struct csms_prices *prices; /* NULL: charging is free */
    int64_t unix_ms;
    const char *wrong; /* with the order that was sent; NULL */
};

struct pay_receipt {
    const struct till_view *view;
    const struct cost *cost; /* NULL: not known, or not over */
    uint32_t start_s;
    int64_t unix_ms;
};

void pay_page_place(struct pay_page *page, const struct pay_place *place);
void pay_page_payment(struct pay_page *page, const struct pay_receipt *receipt);
/* A heading and a sentence. */
void pay_page_message(struct pay_page *page, const char *heading, const char *text);

/* Beside it. */
extern const char pay_page_style[], pay_page_script[];

/* 12.34 EUR */
enum { PAY_AMOUNT_BYTES = 40 };
const char *pay_amount(int64_t amount, const char *currency, char out[PAY_AMOUNT_BYTES]);

#endif
