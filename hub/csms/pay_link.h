/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Short links to the public page: what they lead to stands in them, under HMAC-SHA-256 of a key
 * that only the hub has. A link cannot be made or altered without the key; whoever has one may use
 * it, so it is told to nobody else. Pure. Depends on OpenSSL (HMAC), core/base64.h.
 *
 *     const struct pay_link link = {.kind = PAY_LINK_PLACE, .identity = "CP1", .connector = 1};
 *     err = pay_link_write(key, &link, text);                 AQAAAAABQ1Ax4aM...
 *     err = pay_link_read(key, text, unix_ms, &link);
 */
#ifndef ROOST_HUB_CSMS_PAY_LINK_H
#define ROOST_HUB_CSMS_PAY_LINK_H

#include "hub/csms/book.h"
#include "hub/money/money.h"

enum {
    PAY_LINK_BYTES = 128, /* as text, with the NUL */
    PAY_LINK_MAC_BYTES = 16
};

enum pay_link_kind {
    PAY_LINK_PLACE = 1,  /* a connector: prices, and paying */
    PAY_LINK_PAYMENT = 2 /* a payment: its state, and its receipt */
};

struct pay_link {
    enum pay_link_kind kind;
    int64_t expires_s;                    /* unix; 0: it stays, as on a sticker */
    char identity[CSMS_IDENTITY_MAX + 1]; /* PLACE */
    int32_t connector;
    char payment_id[MONEY_ID_BYTES]; /* PAYMENT: 32 hexadecimal digits */
};

/* ROOST_ERR_RANGE: a member; ROOST_ERR_INTERNAL. */
int pay_link_write(const char *key, const struct pay_link *link, char out[PAY_LINK_BYTES]);
/* ROOST_ERR_AUTH: not one of ours, or altered; ROOST_ERR_TIMEOUT: its time is over. */
int pay_link_read(const char *key, const char *text, int64_t unix_ms, struct pay_link *out);

#endif
