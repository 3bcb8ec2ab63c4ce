/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whoever takes the customers' money: an interface. Each request carries the payment's id as its
 * key, and asking again with the same key does nothing twice. What became of a payment is said by
 * the provider's notices, which may come more than once and in any order. Depends on
 * hub/money/money.h.
 *
 *     err = provider->ops->begin(provider->ctx, &order, on_begun, work);
 *     ...
 *     err = provider->ops->notice(provider->ctx, body, len, signature, &notice);
 */
#ifndef ROOST_HUB_MONEY_PROVIDER_H
#define ROOST_HUB_MONEY_PROVIDER_H

#include "hub/money/money.h"

enum {
    MONEY_URL_BYTES = 512,        /* with the NUL */
    MONEY_PROVIDER_QUEUE_MAX = 64 /* requests at once; beyond that ROOST_ERR_FULL */
};

/* Copied by the call. */
struct money_order {
    const char *payment_id;
    int64_t amount; /* minor units */
    const char *currency, *description;
    const char *return_url; /* where the customer goes when he is done there */
    const char *notice_url; /* where notices go */
};

struct money_refund {
    const char *payment_id, *reference, *currency;
    int64_t amount;
};

/* Once, on the hub's thread, never from inside the call that asked. ROOST_ERR_REFUSED: the provider
 * will not, whenever it is asked; any other error: ask again later. Strings are borrowed. */
typedef void (*money_begun_fn)(void *arg, int err, const char *reference, const char *url);
/* 0: it is given back; 1: it is under way, a notice will say so. */
typedef void (*money_refunded_fn)(void *arg, int err);

struct money_notice {
    char payment_id[MONEY_ID_BYTES];
    struct money_event event; /* PAID, FAILED or REFUNDED; at_ms is not set */
};

struct money_provider_ops {
    /* Both return 0, ROOST_ERR_FULL, ROOST_ERR_CLOSED, ROOST_ERR_NO_MEMORY; `done` is called for 0
     * only. */
    int (*begin)(void *ctx, const struct money_order *order, money_begun_fn done, void *arg);
    int (*refund)(void *ctx, const struct money_refund *refund, money_refunded_fn done, void *arg);
    /* Pure. ROOST_ERR_AUTH: the signature is not the provider's; ROOST_ERR_INVALID: no notice.
     * signature NULL: none came. */
    int (*notice)(void *ctx, const char *body, size_t len, const char *signature,
                  struct money_notice *out);
};

struct money_provider {
    const struct money_provider_ops *ops;
    void *ctx;
};

#endif
