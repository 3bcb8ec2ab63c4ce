/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps payments and their ledger (hub/money/money.h) in an SQLite file of their own: a step is
 * there whole or not at all, and is durable when money_book_put has returned. Blocks for one
 * commit; payments are few. Entries are never changed or removed. Depends on sqlite3,
 * hub/money/store.h.
 *
 *     err = money_book_open(&book, "/var/lib/roost/money.db", why, sizeof why);
 *     err = money_book_put(book, &step);                            then step.action may be taken
 *     err = money_book_each(book, MONEY_BOOK_OPEN, on_payment, ctx);           after a start
 */
#ifndef ROOST_HUB_STORE_MONEY_BOOK_H
#define ROOST_HUB_STORE_MONEY_BOOK_H

#include "hub/money/store.h"

struct money_book;
struct sqlite_schema; /* sqlite_db.h */
extern const struct sqlite_schema money_book_schema;

/* On error *out is NULL and `why` says what is wrong. */
int money_book_open(struct money_book **out, const char *path, char *why, size_t why_size);
void money_book_close(struct money_book *book); /* NULL is fine */

/* A new one. ROOST_ERR_EXISTS. */
int money_book_add(struct money_book *book, const struct money_payment *payment);
/* The state before it has to be what the file has (by the count of its entries and its state
 * before; `before`): ROOST_ERR_STALE otherwise, and nothing is changed. */
int money_book_put(struct money_book *book, const struct money_payment *before,
                   const struct money_step *step);
/* ROOST_ERR_NOT_FOUND. */
int money_book_get(struct money_book *book, const char *id, struct money_payment *payment);
/* The one that this tag was made for. ROOST_ERR_NOT_FOUND. */
int money_book_of_tag(struct money_book *book, const char *id_tag, struct money_payment *payment);

/* By id. Stops with what `each` returns when that is not 0. `each` may not call the book. */
int money_book_each(struct money_book *book, enum money_book_which which, money_book_fn each,
                    void *ctx);

/* Every difference of every payment, and what all accounts have; how many differences there are, of
 * which `each` was told. */
int money_book_check(struct money_book *book, struct money_sums *sums,
                     money_book_difference_fn each, void *ctx);

/* All of it, as the payment desk asks for it: lists, entries, and texts (hub/money/store.h), too.
 */
struct money_store money_book_of(struct money_book *book);

#endif
