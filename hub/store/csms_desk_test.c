/* SPDX-License-Identifier: Apache-2.0 */
/* The desk on a real file, without a loop: what is entered is found, listed, counted and cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>

#include "core/err.h"
#include "hub/store/csms_desk.h"
#include "hub/store/csms_desk_sql.h"
#include "hub/store/test_file.h"

static struct test_file file;
static struct csms_book_store *book;
static struct csms_desk_store *store;
static struct csms_desk desk;
static struct csms_book ops;

static int set_up(void **state)
{
    char why[256];

    (void)state;
    assert_int_equal(test_file_make(&file, "charging.db"), 0);
    assert_int_equal(csms_book_open(&book, NULL, file.path, why, sizeof why), 0);
    assert_int_equal(csms_desk_open(&store, NULL, file.path, book, why, sizeof why), 0);
    desk = csms_desk_of(store);
    ops = csms_book_of(book);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    csms_desk_close(store);
    csms_book_close(book);
    test_file_remove(&file);
    return 0;
}

/* ---- what is entered ---- */

static int stored_err;
static int32_t stored_id;

static void on_stored(void *arg, int err, int32_t tx_id)
{
    (void)arg;
    stored_err = err;
    stored_id = tx_id;
}

static int add_charger(const char *identity, bool add)
{
    struct csms_charger_row row = {.registration = CSMS_PENDING, .basic = true, .lenient = 5};

    snprintf(row.identity, sizeof row.identity, "%s", identity);
    memset(row.hash, 7, sizeof row.hash);
    assert_int_equal(desk.ops->charger(desk.ctx, &row, add, on_stored, NULL), 0);
    csms_book_wait(book);
    return stored_err;
}

static int add_tag(const char *id_tag, bool add)
{
    struct csms_tag tag = {.blocked = true, .expiry_ms = 5000, .limit = 2};

    snprintf(tag.id_tag, sizeof tag.id_tag, "%s", id_tag);
    assert_int_equal(desk.ops->tag(desk.ctx, &tag, add, on_stored, NULL), 0);
    csms_book_wait(book);
    return stored_err;
}

static int put(const struct csms_change *change)
{
    assert_int_equal(ops.ops->put(ops.ctx, change, on_stored, NULL), 0);
    csms_book_wait(book);
    assert_int_equal(stored_err, 0);
    return stored_id;
}

static int put_tx(const char *identity, int32_t connector, const char *tag,
                  enum csms_tx_state state, int64_t at_ms)
{
    struct csms_tx tx = {.state = state,
                         .connector = connector,
                         .start_arrived_ms = at_ms,
                         .started_ms = at_ms,
                         .reason = OCPP_NO_WORD,
                         .verdict = OCPP_Accepted};

    snprintf(tx.identity, sizeof tx.identity, "%s", identity);
    snprintf(tx.id_tag, sizeof tx.id_tag, "%s", tag);
    return put(&(struct csms_change){.identity = identity, .arrived_ms = at_ms, .tx = &tx});
}

static int take_away(enum csms_desk_thing thing, const char *key)
{
    assert_int_equal(desk.ops->remove(desk.ctx, thing, key, on_stored, NULL), 0);
    csms_book_wait(book);
    return stored_err;
}

/* ---- what is asked ---- */

/* What came of a question, as one line. */
static char line[2048];

static void on_found(void *arg, int err, const struct csms_desk_found *found)
{
    char *at = line, *end = line + sizeof line;

    (void)arg;
    assert_int_equal(err, 0);
    line[0] = '\0';
    for (size_t i = 0; i < found->charger_count; i++)
        at += snprintf(at, (size_t)(end - at), "%s/%d ", found->chargers[i].row.identity,
                       (int)found->chargers[i].row.registration);
    for (size_t i = 0; i < found->status_count; i++)
        at += snprintf(at, (size_t)(end - at), "%s:%d=%s ", found->statuses[i].identity,
                       found->statuses[i].status.connector,
                       ocpp_word_text(found->statuses[i].status.status));
    for (size_t i = 0; i < found->tag_count; i++)
        at += snprintf(at, (size_t)(end - at), "%s ", found->tags[i].id_tag);
    for (size_t i = 0; i < found->tx_count; i++)
        at += snprintf(at, (size_t)(end - at), "%d ", found->txs[i].id);
    for (size_t i = 0; i < found->sample_count; i++)
        at += snprintf(
            at, (size_t)(end - at), "%lld:%s=%lld%s%.*s ", (long long)found->samples[i].at_ms,
            ocpp_word_text(found->samples[i].measurand), (long long)found->samples[i].value_milli,
            ocpp_word_text(found->samples[i].unit), (int)found->samples[i].text_len,
            found->samples[i].text_len ? found->texts + found->samples[i].text_at : "");
    for (size_t i = 0; i < found->note_count; i++)
        at += snprintf(at, (size_t)(end - at), "%s/%s/%s ", found->notes[i].action,
                       found->notes[i].what, found->notes[i].text);
    at += snprintf(at, (size_t)(end - at), "#%llu,%llu", (unsigned long long)found->count,
                   (unsigned long long)found->open);
    if (found->more)
        snprintf(at, (size_t)(end - at), "+");
}

static const char *ask(struct csms_desk_query query)
{
    if (query.limit == 0)
        query.limit = 100;
    assert_int_equal(desk.ops->read(desk.ctx, &query, on_found, NULL), 0);
    csms_desk_wait(store);
    return line;
}
#define ASK(...) ask((struct csms_desk_query){__VA_ARGS__})

static void say_status(const char *identity, int32_t connector, enum ocpp_word word)
{
    const struct csms_status status = {
        .connector = connector, .status = word, .error_code = OCPP_NoError, .at_ms = 1};

    put(&(struct csms_change){.identity = identity, .arrived_ms = 2, .status = &status});
}

/* ---- tests ---- */

static void chargers_are_listed_page_by_page_with_their_connectors(void **state)
{
    (void)state;
    assert_string_equal(ASK(.what = CSMS_DESK_CHARGERS), "#0,0");
    assert_int_equal(add_charger("B", true), 0);
    assert_int_equal(add_charger("A", true), 0);
    assert_int_equal(add_charger("C", true), 0);
    say_status("A", 1, OCPP_Charging);
    say_status("B", 0, OCPP_Available);
    say_status("B", 2, OCPP_Faulted);
    assert_string_equal(ASK(.what = CSMS_DESK_CHARGERS),
                        "A/1 B/1 C/1 A:1=Charging B:0=Available B:2=Faulted #0,0");
    assert_string_equal(ASK(.what = CSMS_DESK_CHARGERS, .limit = 1),
                        "A/1 A:1=Charging B:0=Available "
                        "B:2=Faulted #0,0+");
    assert_string_equal(ASK(.what = CSMS_DESK_CHARGERS, .after = "B"), "C/1 #0,0");
    assert_string_equal(ASK(.what = CSMS_DESK_CHARGER, .identity = "a"), "#0,0");
}

static void one_is_added_once_and_removed_once(void **state)
{
    (void)state;
    assert_int_equal(add_charger("A", true), 0);
    assert_int_equal(add_charger("A", true), ROOST_ERR_EXISTS);
    assert_int_equal(add_charger("A", false), 0);
    say_status("A", 1, OCPP_Charging);
    int tx = put_tx("A", 1, "abc", CSMS_TX_OPEN, 1000);
    assert_int_equal(take_away(CSMS_DESK_A_CHARGER, "A"), 0);
    assert_int_equal(take_away(CSMS_DESK_A_CHARGER, "A"), ROOST_ERR_NOT_FOUND);
    assert_string_equal(ASK(.what = CSMS_DESK_CHARGERS), "#0,0");
    assert_int_equal(add_charger("A", true), 0); /* as new, and what was charged is still known */
    char text[64];
    snprintf(text, sizeof text, "A/1 %d #0,0", tx);
    assert_string_equal(ASK(.what = CSMS_DESK_CHARGER, .identity = "A"), text);
}

static void tags_are_found_without_case_and_counted(void **state)
{
    (void)state;
    assert_int_equal(add_tag("abc", true), 0);
    assert_int_equal(add_tag("ABC", true), ROOST_ERR_EXISTS);
    assert_int_equal(add_tag("zz", true), 0);
    put_tx("A", 1, "ABC", CSMS_TX_OPEN, 1000);
    put_tx("A", 2, "abc", CSMS_TX_CLOSED, 1000);
    put_tx("A", 2, "zz", CSMS_TX_CLOSED, 1000);
    assert_string_equal(ASK(.what = CSMS_DESK_TAG, .id_tag = "aBc"), "abc #2,1");
    assert_string_equal(ASK(.what = CSMS_DESK_TAGS, .limit = 1), "abc #0,0+");
    assert_string_equal(ASK(.what = CSMS_DESK_TAGS, .after = "ABC"), "zz #0,0");
    assert_int_equal(take_away(CSMS_DESK_A_TAG, "ABC"), 0);
    assert_int_equal(take_away(CSMS_DESK_A_TAG, "ABC"), ROOST_ERR_NOT_FOUND);
    assert_string_equal(ASK(.what = CSMS_DESK_TAG, .id_tag = "abc"), "#2,1");
}

static void transactions_are_filtered_by_all_that_is_said(void **state)
{
    (void)state;
    for (int i = 1; i <= 6; i++)
        assert_int_equal(put_tx(i % 2 ? "A" : "B", i % 3, i < 4 ? "abc" : "xyz",
                                i < 6 ? CSMS_TX_CLOSED : CSMS_TX_OPEN, 1000 * i),
                         i);
    assert_string_equal(ASK(.what = CSMS_DESK_TXS), "6 5 4 3 2 1 #0,0");
    assert_string_equal(ASK(.what = CSMS_DESK_TXS, .limit = 2), "6 5 #0,0+");
    assert_string_equal(ASK(.what = CSMS_DESK_TXS, .limit = 2, .before = 5), "4 3 #0,0+");
    assert_string_equal(ASK(.what = CSMS_DESK_TXS, .identity = "A"), "5 3 1 #0,0");
    assert_string_equal(ASK(.what = CSMS_DESK_TXS, .identity = "A", .id_tag = "ABC"), "3 1 #0,0");
    assert_string_equal(ASK(.what = CSMS_DESK_TXS, .states = 1 << CSMS_TX_OPEN), "6 #0,0");
    assert_string_equal(ASK(.what = CSMS_DESK_TXS, .connector = 2), "5 2 #0,0");
    assert_string_equal(ASK(.what = CSMS_DESK_TXS, .from_ms = 2000, .to_ms = 4000), "3 2 #0,0");
    assert_string_equal(ASK(.what = CSMS_DESK_COUNT, .id_tag = "xyz"), "#3,1");
    /* Of a charger the newest of each connector. */
    assert_int_equal(add_charger("A", true), 0);
    assert_string_equal(ASK(.what = CSMS_DESK_CHARGER, .identity = "A"), "A/1 3 1 5 #0,0");
}

static void a_transaction_comes_with_its_curve(void **state)
{
    static const char texts[] = "signed";
    struct csms_sample samples[] = {{.at_ms = 1000,
                                     .value_milli = 5,
                                     .measurand = OCPP_Power_Active_Import,
                                     .unit = OCPP_W,
                                     .context = OCPP_Sample_Periodic,
                                     .location = OCPP_Outlet,
                                     .format = OCPP_Raw},
                                    {.at_ms = 2000,
                                     .text_len = 6,
                                     .measurand = OCPP_Voltage,
                                     .unit = OCPP_V,
                                     .context = OCPP_Sample_Periodic,
                                     .location = OCPP_Outlet,
                                     .format = OCPP_SignedData},
                                    {.at_ms = 3000,
                                     .value_milli = -7,
                                     .measurand = OCPP_SoC,
                                     .unit = OCPP_Percent,
                                     .context = OCPP_Sample_Periodic,
                                     .location = OCPP_EV,
                                     .format = OCPP_Raw,
                                     .odd = true}};

    (void)state;
    int tx = put_tx("A", 1, "abc", CSMS_TX_OPEN, 1000);
    put(&(struct csms_change){.identity = "A",
                              .arrived_ms = 9,
                              .samples = samples,
                              .sample_count = 3,
                              .connector = 1,
                              .sample_tx = tx,
                              .texts = texts});
    assert_string_equal(ASK(.what = CSMS_DESK_TX, .id = tx),
                        "1 1000:Power.Active.Import=5W 2000:Voltage=0Vsigned 3000:SoC=-7Percent "
                        "#0,0");
    assert_string_equal(ASK(.what = CSMS_DESK_TX, .id = tx, .limit = 1),
                        "1 1000:Power.Active.Import=5W #0,0+");
    assert_string_equal(ASK(.what = CSMS_DESK_TX, .id = tx, .at_ms = 2000),
                        "1 3000:SoC=-7Percent #0,0");
    assert_string_equal(ASK(.what = CSMS_DESK_TX, .id = tx + 1), "#0,0");
}

static void notes_are_read_newest_first(void **state)
{
    struct csms_note note = {.action = OCPP_LogStatusNotification, .what = "Uploading", .text = ""};

    (void)state;
    put(&(struct csms_change){.identity = "A", .arrived_ms = 1, .note = &note});
    note.what = "Uploaded";
    note.text = "of it";
    put(&(struct csms_change){.identity = "A", .arrived_ms = 2, .note = &note});
    put(&(struct csms_change){.identity = "B", .arrived_ms = 2, .note = &note});
    assert_string_equal(ASK(.what = CSMS_DESK_NOTES, .identity = "A"),
                        "LogStatusNotification/Uploaded/of it LogStatusNotification/Uploading/ "
                        "#0,0");
    assert_string_equal(ASK(.what = CSMS_DESK_NOTES, .identity = "A", .before = 2),
                        "LogStatusNotification/Uploading/ #0,0");
}

static int asked_err;
static void on_closed(void *arg, int err, const struct csms_desk_found *found)
{
    (void)arg;
    assert_true(err == 0 || !found);
    asked_err++;
}

static void questions_are_bounded_and_all_answered(void **state)
{
    const struct csms_desk_query query = {.what = CSMS_DESK_TAGS, .limit = 1};
    size_t asked = 0;

    (void)state;
    asked_err = 0;
    while (desk.ops->read(desk.ctx, &query, on_closed, NULL) == 0)
        asked++;
    assert_int_equal(asked, CSMS_DESK_QUEUE_MAX);
    assert_int_equal(desk.ops->read(desk.ctx, &query, on_closed, NULL), ROOST_ERR_FULL);
    csms_desk_wait(store);
    assert_int_equal(asked_err, CSMS_DESK_QUEUE_MAX);
}

static void on_failed(void *arg, int err, const struct csms_desk_found *found)
{
    *(int *)arg = err;
    assert_null(found);
}

static void what_cannot_be_read_is_an_error(void **state)
{
    const struct csms_desk_query query = {.what = CSMS_DESK_TAGS, .limit = 1};
    int err = 0;

    (void)state;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(file.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DROP TABLE tag", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(desk.ops->read(desk.ctx, &query, on_failed, &err), 0);
    csms_desk_wait(store);
    assert_true(err < 0);
}

/* ---- each list by an index ---- */

/* How SQLite answers it: the lines of EXPLAIN QUERY PLAN. */
static const char *plan(struct csms_desk_query query)
{
    static char out[512];
    char sql[CSMS_DESK_SQL_MAX], explained[CSMS_DESK_SQL_MAX + 32];
    sqlite3_stmt *s;
    sqlite3 *db;

    csms_desk_sql_txs(&query, sql);
    snprintf(explained, sizeof explained, "EXPLAIN QUERY PLAN %s", sql);
    assert_int_equal(sqlite3_open(file.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, explained, -1, &s, NULL), SQLITE_OK);
    out[0] = '\0';
    while (sqlite3_step(s) == SQLITE_ROW)
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s; ",
                 (const char *)sqlite3_column_text(s, 3));
    sqlite3_finalize(s);
    sqlite3_close(db);
    return out;
}
#define PLAN(...) plan((struct csms_desk_query){__VA_ARGS__})

static void lists_of_transactions_are_read_by_an_index(void **state)
{
    static const enum csms_desk_what whats[] = {CSMS_DESK_TXS, CSMS_DESK_COUNT};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        enum csms_desk_what what = whats[i];
        const char *of_charger = PLAN(.what = what, .identity = "CP1", .states = 1, .before = 9);
        assert_non_null(strstr(of_charger, "SEARCH tx USING INDEX tx_identity (identity=? AND "
                                           "id<?)"));
        assert_null(strstr(of_charger, "B-TREE"));
        assert_non_null(strstr(PLAN(.what = what, .id_tag = "ABC", .before = 9),
                               "INDEX tx_tag (id_tag=? AND id<?)"));
        assert_non_null(strstr(PLAN(.what = what, .states = 1U << CSMS_TX_UNMATCHED),
                               "INDEX tx_state (state=?)"));
        assert_non_null(
            strstr(PLAN(.what = what, .states = 1U << CSMS_TX_OPEN | 1U << CSMS_TX_LEFT),
                   "INDEX tx_state (state=?)"));
        assert_non_null(
            strstr(PLAN(.what = what, .from_ms = 5, .to_ms = 9), "INDEX tx_time (<expr>>? AND"));
    }
    /* The newest of all, and of those that nearly all are, need none. */
    assert_string_equal(PLAN(.what = CSMS_DESK_TXS), "SCAN tx; ");
    assert_string_equal(PLAN(.what = CSMS_DESK_TXS, .states = 1U << CSMS_TX_CLOSED), "SCAN tx; ");
    assert_non_null(strstr(PLAN(.what = CSMS_DESK_TXS, .before = 9), "INTEGER PRIMARY KEY"));
}

static void lists_are_searched_without_case(void **state)
{
    (void)state;
    assert_int_equal(add_charger("Yard-1", true), 0);
    assert_int_equal(add_charger("Yard-2", true), 0);
    assert_int_equal(add_charger("50%_off", true), 0);
    say_status("Yard-2", 1, OCPP_Available);
    assert_string_equal(ASK(.what = CSMS_DESK_CHARGERS, .search = "yARD"),
                        "Yard-1/1 Yard-2/1 Yard-2:1=Available #0,0");
    assert_string_equal(ASK(.what = CSMS_DESK_CHARGERS, .search = "yard", .after = "Yard-1"),
                        "Yard-2/1 Yard-2:1=Available #0,0");
    assert_string_equal(ASK(.what = CSMS_DESK_CHARGERS, .search = "yard", .limit = 1),
                        "Yard-1/1 Yard-2:1=Available #0,0+");
    assert_string_equal(ASK(.what = CSMS_DESK_CHARGERS, .search = "%"), "50%_off/1 #0,0");
    assert_string_equal(ASK(.what = CSMS_DESK_CHARGERS, .search = "nowhere"), "#0,0");
    assert_int_equal(add_tag("Fleet-7", true), 0);
    assert_int_equal(add_tag("other", true), 0);
    assert_string_equal(ASK(.what = CSMS_DESK_TAGS, .search = "fLEET"), "Fleet-7 #0,0");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(lists_of_transactions_are_read_by_an_index),
        T(lists_are_searched_without_case),
        T(chargers_are_listed_page_by_page_with_their_connectors),
        T(one_is_added_once_and_removed_once),
        T(tags_are_found_without_case_and_counted),
        T(transactions_are_filtered_by_all_that_is_said),
        T(a_transaction_comes_with_its_curve),
        T(notes_are_read_newest_first),
        T(questions_are_bounded_and_all_answered),
        T(what_cannot_be_read_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
