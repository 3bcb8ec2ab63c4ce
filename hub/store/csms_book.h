/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The central system's book (hub/csms/book.h) on SQLite 3, in a file of its own (WAL, synchronous
 * FULL: what was answered with 0 survives a power cut). Everything that waits when a round is over
 * shares the next round, one transaction and one fsync; one that fails in it undoes no other. When
 * the transaction as a whole fails, each is tried alone; when it cannot even begin, all of the
 * round fail with what that says.
 *
 *     err = csms_book_open(&store, loop, "/var/lib/roost/charging.db", why, sizeof why);
 *     const struct csms_book book = csms_book_of(store);
 *
 * loop NULL is the mode of tools and of pure tests: no thread is used. What is asked is worked on
 * by the call that asks or by `csms_book_wait`, and answered by csms_book_wait. Depends on libuv,
 * sqlite3, hub/csms/book.h.
 */
#ifndef ROOST_HUB_STORE_CSMS_BOOK_H
#define ROOST_HUB_STORE_CSMS_BOOK_H

#include "hub/csms/book.h"
#include "hub/store/series.h"

enum { CSMS_BOOK_QUEUE_MAX = 16384 }; /* beyond that ROOST_ERR_FULL */

struct csms_book_store;
struct uv_loop_s;

/* Opens or creates the file and runs the migrations, blocking. Errors as registry_sqlite_open has
 * them. `loop` is borrowed until close. */
int csms_book_open(struct csms_book_store **out, struct uv_loop_s *loop, const char *path,
                   char *why, size_t why_size);

/* Whoever has asked is answered before it returns. */
void csms_book_close(struct csms_book_store *store);

struct csms_book csms_book_of(struct csms_book_store *store);

/* Makes one or changes it: a charger's registration, password and switches (never whether it has
 * booted), a tag. Copied. ROOST_ERR_INVALID: the tag or its parent is no text of 20 characters at
 * most. As csms_book_ops.put otherwise. */
int csms_book_set_charger(struct csms_book_store *store, const struct csms_charger_row *row,
                          csms_stored_fn done, void *arg);
int csms_book_set_tag(struct csms_book_store *store, const struct csms_tag *tag,
                      csms_stored_fn done, void *arg);

/* Likewise, of what is not there yet: by `done` ROOST_ERR_EXISTS. */
int csms_book_add_charger(struct csms_book_store *store, const struct csms_charger_row *row,
                          csms_stored_fn done, void *arg);
int csms_book_add_tag(struct csms_book_store *store, const struct csms_tag *tag,
                      csms_stored_fn done, void *arg);

/* Its transactions stay; those that are open are LEFT. By `done` ROOST_ERR_NOT_FOUND. */
int csms_book_remove_charger(struct csms_book_store *store, const char *identity,
                             csms_stored_fn done, void *arg);
int csms_book_remove_tag(struct csms_book_store *store, const char *id_tag, csms_stored_fn done,
                         void *arg);

/* What hub/ingest/retention.h needs to delete samples past their time by its own rules, and nothing
 * else: newest_ms, note, load_note, survey, retain; the other members are NULL. A row is a sample.
 * retain deletes whole days (UTC) before before_ms, in steps between rounds. Transactions stay. */
struct series csms_book_series(struct csms_book_store *store);

struct csms_book_counts {
    uint64_t commits, done; /* transactions of the file, and what was answered by them */
    uint64_t finds_cut;     /* finds that left transactions out: csms_found.more */
    uint64_t packs_failed;  /* steps from the journal into curves that are tried again */
    uint64_t damaged;       /* rows of the journal or of curves that could not be read */
    int64_t newest_ms;      /* of the samples stored with a time of their own; 0: none yet */
    size_t waiting;
};
void csms_book_count(const struct csms_book_store *store, struct csms_book_counts *counts);

/* Until nothing waits. */
void csms_book_wait(struct csms_book_store *store);

#endif
