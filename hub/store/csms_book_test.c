/* SPDX-License-Identifier: Apache-2.0 */
/* The central system's book on SQLite: what is found, what is durable. */
#include "hub/store/test_csms_book.h"

static void find(const struct csms_query *query)
{
    assert_int_equal(book.ops->find(book.ctx, query, on_found, NULL), 0);
    csms_book_wait(store);
    assert_int_equal(got.err, 0);
}

static void find_tx(const char *identity, int32_t id, int64_t at_ms, int32_t meter)
{
    find(&(struct csms_query){
        .find = CSMS_FIND_TX, .identity = identity, .id = id, .at_ms = at_ms, .meter_wh = meter});
}

static int32_t add_with(const char *identity, int32_t connector, enum ocpp_word verdict)
{
    struct csms_tx tx = tx_of(identity, connector);

    tx.verdict = verdict;
    put(&(struct csms_change){.identity = identity, .tx = &tx});
    assert_int_equal(got.err, 0);
    return got.tx_id;
}

static int32_t add(const char *identity, int32_t connector)
{
    return add_with(identity, connector, OCPP_ConcurrentTx);
}

static void chargers_and_tags_are_found_after_a_new_start(void **state)
{
    struct csms_charger_row row = {.identity = "CP 1",
                                   .registration = CSMS_PENDING,
                                   .basic = true,
                                   .salt = {1, 0, 2},
                                   .hash = {3, 0, 4},
                                   .lenient = 5};
    struct csms_tag tag = {
        .id_tag = "Abc", .parent_id_tag = "P", .expiry_ms = 77, .limit = 3, .blocked = true};
    const struct csms_boot boot = {.vendor = "V", .accepted = true};

    (void)state;
    assert_int_equal(csms_book_set_charger(store, &row, on_stored, NULL), 0);
    assert_int_equal(csms_book_set_tag(store, &tag, NULL, NULL), 0);
    assert_int_equal(got.count, 0); /* never from inside */
    csms_book_wait(store);
    put(&(struct csms_change){.identity = "CP 1", .boot = &boot});
    row.registration = CSMS_ACCEPTED; /* and it stays booted */
    assert_int_equal(csms_book_set_charger(store, &row, on_stored, NULL), 0);
    reopen();
    find(&(struct csms_query){.find = CSMS_FIND_CHARGER, .identity = "CP 1"});
    assert_true(got.has_charger && got.charger.booted);
    row.booted = true;
    assert_memory_equal(&got.charger.salt, row.salt, sizeof row.salt);
    assert_memory_equal(&got.charger.hash, row.hash, sizeof row.hash);
    assert_int_equal(got.charger.registration, CSMS_ACCEPTED);
    assert_int_equal(got.charger.lenient, 5);
    find(&(struct csms_query){.find = CSMS_FIND_CHARGER, .identity = "cp 1"});
    assert_false(got.has_charger);
    find(&(struct csms_query){.find = CSMS_FIND_TAG, .identity = "CP 1", .id_tag = "aBC"});
    assert_true(got.has_tag && got.tag.blocked);
    assert_string_equal(got.tag.parent_id_tag, "P");
    assert_int_equal(got.tag.expiry_ms, 77);
    assert_int_equal(got.tag.limit, 3);
}

static void a_tag_that_no_answer_can_hold_is_not_taken(void **state)
{
    struct csms_tag tag = {.id_tag = "A", .parent_id_tag = "012345678901234567890"};

    (void)state;
    assert_int_equal(csms_book_set_tag(store, &tag, NULL, NULL), ROOST_ERR_INVALID);
    snprintf(tag.parent_id_tag, sizeof tag.parent_id_tag, "\xFF");
    assert_int_equal(csms_book_set_tag(store, &tag, NULL, NULL), ROOST_ERR_INVALID);
    snprintf(tag.parent_id_tag, sizeof tag.parent_id_tag, "%s", "0123456789012345678\xE2\x82\xAC");
    assert_int_equal(csms_book_set_tag(store, &tag, NULL, NULL), 0);
    csms_book_wait(store);
    assert_int_equal(count_of("tag"), 1);
}

static void a_transaction_comes_back_whole(void **state)
{
    struct csms_tx tx = tx_of("CP1", 1);

    (void)state;
    tx.id = add("CP1", 1);
    tx.state = CSMS_TX_CLOSED;
    tx.stopped_ms = 2000;
    tx.stop_arrived_ms = 6;
    tx.meter_stop_wh = -7;
    tx.said_id = -1;
    tx.reason = OCPP_PowerLoss;
    tx.reservation = 4;
    snprintf(tx.stop_id_tag, sizeof tx.stop_id_tag, "x");
    put(&(struct csms_change){.identity = "CP1", .tx = &tx});
    assert_int_equal(got.tx_id, tx.id);
    reopen();
    find_tx("CP1", tx.id, 0, 0);
    assert_int_equal(got.tx_count, 1);
    assert_int_equal(got.txs[0].reason, OCPP_PowerLoss);
    assert_int_equal(got.txs[0].verdict, OCPP_ConcurrentTx);
    assert_memory_equal(&got.txs[0], &tx, sizeof tx);
    find_tx("CP1", 0, 1001, 10); /* by its Start */
    assert_int_equal(got.tx_count, 1);
    find_tx("CP1", -1, 2000, -7); /* by its Stop */
    assert_int_equal(got.tx_count, 1);
    find_tx("CP1", 0, 2000, 10);
    assert_int_equal(got.tx_count, 0);
    find_tx("CP2", tx.id, 1001, 10);
    assert_int_equal(got.tx_count, 0);
    snprintf(tx.identity, sizeof tx.identity, "CP2"); /* it never changes its charger */
    put(&(struct csms_change){.identity = "CP2", .tx = &tx});
    assert_int_equal(got.err, ROOST_ERR_NOT_FOUND);
}

static void keep_prices(void *arg, int err, const struct csms_desk_found *found)
{
    assert_int_equal(err, 0);
    snprintf(arg, 32, "%s", found->prices ? found->prices : "none");
}

static const char *prices_of(int32_t id)
{
    static char text[32];
    const struct csms_desk_query query = {.what = CSMS_DESK_TX, .id = id, .limit = 1};

    text[0] = '\0';
    assert_int_equal(desk.ops->read(desk.ctx, &query, keep_prices, text), 0);
    csms_desk_wait(desk_store);
    return text;
}

/* They are of the Start, and nothing that comes later changes them. */
static void prices_stay_with_their_transaction(void **state)
{
    struct csms_tx tx = tx_of("CP1", 1);

    (void)state;
    put(&(struct csms_change){.identity = "CP1", .tx = &tx, .prices = "first"});
    tx.id = got.tx_id;
    put(&(struct csms_change){.identity = "CP1", .tx = &tx, .prices = "second"});
    int32_t other = add("CP1", 2);
    reopen();
    assert_string_equal(prices_of(tx.id), "first");
    assert_string_equal(prices_of(other), "none");
}

static void what_is_asked_for_comes_first_of_many(void **state)
{
    (void)state;
    int32_t id = add("CP1", 1);
    struct csms_tx tx = tx_of("CP1", 1);
    tx.id = id;
    tx.state = CSMS_TX_CLOSED;
    put(&(struct csms_change){.identity = "CP1", .tx = &tx});
    for (int i = 2; i < CSMS_FOUND_MAX + 5; i++)
        add("CP1", i);
    find_tx("CP1", id, 0, 0);
    assert_int_equal(got.tx_count, CSMS_FOUND_MAX);
    assert_int_equal(got.txs[0].id, id);
    assert_true(got.txs[1].id > got.txs[2].id);
}

static void open_ones_with_a_tag_are_counted_elsewhere(void **state)
{
    const struct csms_tag tag = {.id_tag = "ABC"};
    struct csms_query query = {.find = CSMS_FIND_TAG, .identity = "CP1", .id_tag = "abc"};

    (void)state;
    assert_int_equal(csms_book_set_tag(store, &tag, NULL, NULL), 0);
    add_with("CP1", 1, OCPP_Accepted);
    add_with("CP1", 2, OCPP_Accepted);
    add_with("CP2", 1, OCPP_Accepted);
    add_with("CP2", 2, OCPP_ConcurrentTx); /* refused: it holds nothing */
    add_with("CP2", 3, OCPP_Blocked);
    find(&query);
    assert_int_equal(got.open, 1);
    query.connector = 1;
    find(&query);
    assert_int_equal(got.open, 2);
    query.identity = "CP3";
    find(&query);
    assert_int_equal(got.open, 3);
}

/* The index of live ones, not all that a charger ever had. */
static void open_ones_are_found_by_the_index_of_live_ones(void **state)
{
    struct csms_sql sql = {0};
    sqlite3_stmt *s;
    char text[600];

    (void)state;
    assert_int_equal(csms_sql_open(&sql, file.path, NULL, 0), 0);
    snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s",
             sqlite3_sql(sql.statements[CSMS_S_TX_OPEN]));
    assert_int_equal(sqlite3_prepare_v2(sql.db, text, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_non_null(strstr((const char *)sqlite3_column_text(s, 3), "USING INDEX tx_live "));
    assert_int_equal(sqlite3_step(s), SQLITE_DONE); /* and nothing is sorted */
    sqlite3_finalize(s);
    csms_sql_close(&sql);
}

static void samples_are_stored_once_and_of_their_own_transaction(void **state)
{
    const struct csms_sample samples[] = {
        {.at_ms = 1, .value_milli = 5, .measurand = OCPP_Voltage, .phase = OCPP_L1},
        {.at_ms = 1, .value_milli = 6, .measurand = OCPP_Voltage, .phase = OCPP_L2},
        {.at_ms = 1, .value_milli = 6, .measurand = OCPP_Voltage, .phase = OCPP_L2},
        {.at_ms = 2, .text_at = 2, .text_len = 3, .measurand = OCPP_Voltage}};
    struct csms_change change = {.identity = "CP1",
                                 .connector = 1,
                                 .samples = samples,
                                 .sample_count = 4,
                                 .texts = "xxabcyy"};

    (void)state;
    int32_t other = add("CP2", 1);
    change.sample_tx = other;
    put(&change);
    put(&change);
    assert_int_equal(samples_of("CP1"), 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(page.origins[i].tx_id, 0);
    assert_int_equal(page.samples[0].phase, OCPP_L1);
    assert_int_equal(page.samples[2].at_ms, 2);
    assert_string_equal(page.text, "abc");
    const struct csms_tx tx = tx_of("CP1", 2);
    change.tx = &tx;
    change.connector = 2;
    put(&change);
    assert_int_equal(curve_of(got.tx_id), 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(page.samples[i].measurand, OCPP_Voltage);
    assert_int_equal(samples_of("CP1"), 6);
    assert_int_equal(samples_of("CP2"), 0);
}

static void samples_differ_by_format(void **state)
{
    const struct csms_sample samples[] = {
        {.at_ms = 1, .value_milli = 5, .measurand = OCPP_Voltage, .format = OCPP_Raw},
        {.at_ms = 1, .text_len = 3, .measurand = OCPP_Voltage, .format = OCPP_SignedData}};
    const struct csms_change change = {
        .identity = "CP1", .samples = samples, .sample_count = 2, .texts = "abc"};

    (void)state;
    put(&change);
    put(&change);
    assert_int_equal(samples_of("CP1"), 2);
    assert_int_equal(page.samples[0].format, OCPP_Raw);
    assert_int_equal(page.samples[1].format, OCPP_SignedData);
    assert_string_equal(page.text, "abc");
}

static void many_share_a_commit_and_are_answered_in_order(void **state)
{
    struct csms_book_counts before, after;

    (void)state;
    csms_book_count(store, &before);
    for (int i = 1; i <= 100; i++) {
        const struct csms_status status = {
            .connector = i % 8, .status = OCPP_Available, .error_code = OCPP_NoError};
        const struct csms_change change = {.identity = "CP1", .status = &status};
        assert_int_equal(book.ops->put(book.ctx, &change, on_stored, NULL), 0);
    }
    csms_book_wait(store);
    csms_book_count(store, &after);
    assert_int_equal(got.count, 100);
    assert_int_equal(after.done - before.done, 100);
    assert_true(after.commits - before.commits <= 2);
    assert_int_equal(count_of("status"), 8);
}

static void whoever_waits_at_the_end_is_answered(void **state)
{
    const struct csms_note note = {.action = OCPP_DataTransfer, .what = "a", .text = "b"};
    const struct csms_change change = {.identity = "CP1", .note = &note};

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(book.ops->put(book.ctx, &change, on_stored, NULL), 0);
    reopen();
    assert_int_equal(got.count, 3);
    assert_int_equal(got.err, 0);
    assert_int_equal(count_of("note"), 3);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(chargers_and_tags_are_found_after_a_new_start),
        T(a_tag_that_no_answer_can_hold_is_not_taken),
        T(a_transaction_comes_back_whole),
        T(prices_stay_with_their_transaction),
        T(what_is_asked_for_comes_first_of_many),
        T(open_ones_with_a_tag_are_counted_elsewhere),
        T(open_ones_are_found_by_the_index_of_live_ones),
        T(samples_are_stored_once_and_of_their_own_transaction),
        T(samples_differ_by_format),
        T(many_share_a_commit_and_are_answered_in_order),
        T(whoever_waits_at_the_end_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
