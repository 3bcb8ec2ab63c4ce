/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The central system's desk (hub/csms/desk.h) on the book's file: questions on a connection and a
 * thread of their own that only reads, changes through the book, so that one writes. Depends on
 * libuv, sqlite3, hub/store/csms_book.h.
 *
 *     err = csms_desk_open(&store, loop, "/var/lib/roost/charging.db", book, why, sizeof why);
 *     const struct csms_desk desk = csms_desk_of(store);
 */
#ifndef ROOST_HUB_STORE_CSMS_DESK_H
#define ROOST_HUB_STORE_CSMS_DESK_H

#include "hub/csms/desk.h"
#include "hub/store/csms_book.h"

struct csms_desk_store;

/* Of a book that is open, and is closed after it. loop NULL: as with csms_book_open. */
int csms_desk_open(struct csms_desk_store **out, struct uv_loop_s *loop, const char *path,
                   struct csms_book_store *book, char *why, size_t why_size);

/* Whoever has asked is answered before it returns. NULL is fine. */
void csms_desk_close(struct csms_desk_store *store);

struct csms_desk csms_desk_of(struct csms_desk_store *store);

/* Without a loop: answers what was asked. */
void csms_desk_wait(struct csms_desk_store *store);

#endif
