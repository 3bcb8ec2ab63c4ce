/* SPDX-License-Identifier: Apache-2.0 */
/* The central system's book in a file of a test's own, and what it answered last. */
#ifndef ROOST_HUB_STORE_TEST_CSMS_BOOK_H
#define ROOST_HUB_STORE_TEST_CSMS_BOOK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/store/csms_book.h"
#include "hub/store/csms_book_sql.h"
#include "hub/store/csms_desk.h"
#include "hub/store/test_file.h"

static struct test_file file;
static struct csms_book_store *store;
static struct csms_book book;
static struct csms_desk_store *desk_store;
static struct csms_desk desk;

static struct {
    size_t count;
    int err;
    int32_t tx_id;
    struct csms_charger_row charger;
    struct csms_tag tag;
    bool has_charger, has_tag;
    uint32_t open;
    struct csms_tx txs[CSMS_FOUND_MAX];
    size_t tx_count;
    bool more;
} got;

/* The samples that were read last; what they point to is copied. */
static struct {
    size_t count;
    struct csms_sample samples[CSMS_DESK_SAMPLES_MAX];
    struct csms_desk_origin origins[CSMS_DESK_SAMPLES_MAX];
    char text[64]; /* of the first sample that has one, or of the newest note */
    int64_t last_ms;
    bool more;
    int err;
} page;

static inline void on_stored(void *arg, int err, int32_t tx_id)
{
    (void)arg;
    got.count++;
    got.err = err;
    got.tx_id = tx_id;
}

static inline void on_found(void *arg, int err, const struct csms_found *found)
{
    (void)arg;
    got.count++;
    got.err = err;
    if (err)
        return;
    got.has_charger = found->charger != NULL;
    got.has_tag = found->tag != NULL;
    if (found->charger)
        got.charger = *found->charger;
    if (found->tag)
        got.tag = *found->tag;
    got.open = found->open;
    got.tx_count = found->tx_count;
    got.more = found->more;
    if (found->tx_count > 0)
        memcpy(got.txs, found->txs, found->tx_count * sizeof *found->txs);
}

static inline void open_book(void)
{
    char why[160] = "";

    assert_int_equal(csms_book_open(&store, NULL, file.path, why, sizeof why), 0);
    assert_int_equal(csms_desk_open(&desk_store, NULL, file.path, store, why, sizeof why), 0);
    book = csms_book_of(store);
    desk = csms_desk_of(desk_store);
}

static inline void on_read(void *arg, int err, const struct csms_desk_found *f)
{
    (void)arg;
    memset(&page, 0, sizeof page);
    page.err = err;
    if (err)
        return;
    page.count = f->sample_count + f->note_count;
    page.last_ms = f->last_ms;
    page.more = f->more;
    assert_true(f->sample_count <= CSMS_DESK_SAMPLES_MAX);
    for (size_t i = 0; i < f->sample_count; i++) {
        page.samples[i] = f->samples[i];
        page.origins[i] = f->origins[i];
        if (page.text[0] == '\0' && f->samples[i].text_len > 0)
            snprintf(page.text, sizeof page.text, "%.*s", (int)f->samples[i].text_len,
                     f->texts + f->samples[i].text_at);
    }
    if (f->note_count > 0)
        snprintf(page.text, sizeof page.text, "%s", f->notes[0].text);
}

/* The count of samples or notes. */
static inline size_t read_page(const struct csms_desk_query *query)
{
    assert_int_equal(desk.ops->read(desk.ctx, query, on_read, NULL), 0);
    csms_desk_wait(desk_store);
    assert_int_equal(page.err, 0);
    return page.count;
}

static inline size_t samples_of(const char *identity)
{
    return read_page(&(struct csms_desk_query){
        .what = CSMS_DESK_SAMPLES, .identity = identity, .limit = CSMS_DESK_SAMPLES_MAX});
}

static inline size_t curve_of(int32_t tx)
{
    return read_page(
        &(struct csms_desk_query){.what = CSMS_DESK_TX, .id = tx, .limit = CSMS_DESK_SAMPLES_MAX});
}

static inline void close_book(void)
{
    csms_desk_close(desk_store);
    csms_book_close(store);
    desk_store = NULL;
    store = NULL; /* for a teardown after a failure */
}

static inline int setup(void **state)
{
    (void)state;
    memset(&got, 0, sizeof got);
    if (test_file_make(&file, "charging.db") < 0)
        return -1;
    open_book();
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    close_book();
    test_file_remove(&file);
    return 0;
}

static inline void reopen(void)
{
    close_book();
    open_book();
}

static inline void put(const struct csms_change *change)
{
    assert_int_equal(book.ops->put(book.ctx, change, on_stored, NULL), 0);
    csms_book_wait(store);
}

static inline int64_t count_of(const char *table)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    char text[300];

    assert_int_equal(sqlite3_open(file.path, &db), SQLITE_OK);
    snprintf(text, sizeof text, "SELECT count(*) FROM %s", table);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t count = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return count;
}

static inline struct csms_tx tx_of(const char *identity, int32_t connector)
{
    struct csms_tx tx = {.state = CSMS_TX_OPEN,
                         .connector = connector,
                         .id_tag = "Abc",
                         .started_ms = 1000 + connector,
                         .start_arrived_ms = 5,
                         .meter_start_wh = 10,
                         .verdict = OCPP_ConcurrentTx,
                         .flags = CSMS_TX_TAG_REFUSED};

    snprintf(tx.identity, sizeof tx.identity, "%s", identity);
    return tx;
}

#endif
