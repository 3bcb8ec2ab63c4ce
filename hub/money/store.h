/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where payments, their ledger, and the texts that belong to them are kept: an interface, so that a
 * test can fail any of it. Each call that changes something is one commit, durable when it returns;
 * it blocks for that, as payments are few. Depends on hub/money/money.h.
 *
 *     err = store->ops->put(store->ctx, &before, &step);            then step.action may be taken
 */
#ifndef ROOST_HUB_MONEY_STORE_H
#define ROOST_HUB_MONEY_STORE_H

#include "hub/money/money.h"

enum money_book_which { MONEY_BOOK_OPEN, MONEY_BOOK_ALL }; /* OPEN: not UNPAID, not DONE */

/* Newest first. Members that are 0, or NULL, filter nothing. */
struct money_query {
    uint32_t states; /* bits by enum money_state */
    const char *identity;
    int64_t before_ms; /* made earlier than this, or */
    const char *after; /* at this very time, with an id behind this one; NULL: likewise */
    uint32_t limit;
};

/* Ends with what `each` returns when that is not 0. It may not call the store. */
typedef int (*money_book_fn)(void *ctx, const struct money_payment *payment);
typedef int (*money_entry_fn)(void *ctx, const struct money_entry *entry);
typedef void (*money_book_difference_fn)(void *ctx, const struct money_difference *difference);
typedef int (*money_text_fn)(void *ctx, const char *id, const char *text);

/* X(name, label): texts that are kept beside payments, each under an id of its own kind. */
#define MONEY_TEXT_LIST(X)                                                                         \
    X(TARIFF, "tariff") /* a tariff, by its id */                                                  \
    X(PRICES, "prices") /* those that a payment was made for, by its id */                         \
    X(URL, "url")       /* where the customer pays, by the payment's id */

enum money_text {
#define X(name, label) MONEY_TEXT_##name,
    MONEY_TEXT_LIST(X)
#undef X
        MONEY_TEXTS
};

struct money_store_ops {
    /* A new one. ROOST_ERR_EXISTS. */
    int (*add)(void *ctx, const struct money_payment *payment);
    /* ROOST_ERR_STALE: the store has not `before`; nothing is changed then. */
    int (*put)(void *ctx, const struct money_payment *before, const struct money_step *step);
    /* ROOST_ERR_NOT_FOUND. */
    int (*get)(void *ctx, const char *id, struct money_payment *payment);
    int (*each)(void *ctx, enum money_book_which which, money_book_fn each, void *arg);
    int (*list)(void *ctx, const struct money_query *query, money_book_fn each, void *arg);
    int (*entries)(void *ctx, const char *id, money_entry_fn each, void *arg);
    /* How many differences there are, of which `each` was told. */
    int (*check)(void *ctx, struct money_sums *sums, money_book_difference_fn each, void *arg);
    int (*text_put)(void *ctx, enum money_text kind, const char *id, const char *text);
    int (*text_remove)(void *ctx, enum money_text kind, const char *id); /* none there is fine */
    /* ROOST_ERR_NOT_FOUND, ROOST_ERR_TOO_LONG. */
    int (*text_get)(void *ctx, enum money_text kind, const char *id, char *out, size_t size);
    int (*text_each)(void *ctx, enum money_text kind, money_text_fn each, void *arg);
};

struct money_store {
    const struct money_store_ops *ops;
    void *ctx;
};

#endif
