/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps sites (hub/csms/sites.h) in an SQLite file of their own: they are few, and changed by hand.
 * Each change is one commit, durable when it returns. Depends on sqlite3, hub/csms/sites.h.
 *
 *     err = site_book_open(&book, "/var/lib/roost/charging.db.sites", why, sizeof why);
 *     parts.sites = &(struct csms_site_store){site_book_of(book)};
 */
#ifndef ROOST_HUB_STORE_SITE_BOOK_H
#define ROOST_HUB_STORE_SITE_BOOK_H

#include "hub/csms/sites.h"

struct site_book;
struct sqlite_schema; /* sqlite_db.h */
extern const struct sqlite_schema site_book_schema;

/* On error *out is NULL and `why` says what is wrong. */
int site_book_open(struct site_book **out, const char *path, char *why, size_t why_size);
void site_book_close(struct site_book *book); /* NULL is fine */
struct csms_site_store site_book_of(struct site_book *book);

#endif
