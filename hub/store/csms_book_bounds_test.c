/* SPDX-License-Identifier: Apache-2.0 */
/* What bounds the central system's book, and pages that are read while it is written. */
#include <uv.h>

#include "hub/store/test_csms_book.h"

static int32_t add_tx(struct csms_tx tx)
{
    const struct csms_change change = {.identity = tx.identity, .tx = &tx};

    put(&change);
    assert_int_equal(got.err, 0);
    return got.tx_id;
}

static void the_newest_notes_of_a_charger_are_kept(void **state)
{
    struct csms_note note = {.action = OCPP_DataTransfer, .what = "w"};
    const struct csms_desk_query wanted = {
        .what = CSMS_DESK_NOTES, .identity = "CP1", .limit = CSMS_DESK_LIST_MAX};
    char text[16];

    (void)state;
    note.text = text;
    for (int i = 1; i <= CSMS_NOTES_MAX + 5; i++) {
        snprintf(text, sizeof text, "%d", i);
        const struct csms_change change = {.identity = "CP1", .arrived_ms = i, .note = &note};
        assert_int_equal(book.ops->put(book.ctx, &change, on_stored, NULL), 0);
    }
    put(&(struct csms_change){.identity = "CP2", .note = &note});
    assert_int_equal(count_of("note WHERE identity='CP1'"), CSMS_NOTES_MAX);
    assert_int_equal(count_of("note WHERE identity='CP2'"), 1);
    assert_int_equal(read_page(&wanted), CSMS_NOTES_MAX);
    assert_string_equal(page.text, "1005");
    assert_false(page.more);
}

/* What is billed stays, and nothing of it holds a tag. */
static void a_charger_that_is_removed_leaves_its_transactions(void **state)
{
    const struct csms_charger_row row = {.identity = "CP1"};

    (void)state;
    assert_int_equal(csms_book_set_charger(store, &row, on_stored, NULL), 0);
    add_tx(tx_of("CP1", 1));
    add_tx(tx_of("CP2", 1));
    assert_int_equal(csms_book_remove_charger(store, "CP1", on_stored, NULL), 0);
    csms_book_wait(store);
    assert_int_equal(got.err, 0);
    assert_int_equal(count_of("charger"), 0);
    assert_int_equal(count_of("tx WHERE state=2 AND identity='CP1'"), 1);
    assert_int_equal(count_of("tx WHERE state=0 AND identity='CP2'"), 1);
}

/* Stops that nobody started: however many, they hide no transaction that runs. */
static void unmatched_stops_are_bounded_in_a_find(void **state)
{
    struct csms_book_counts counts;

    (void)state;
    int32_t open = add_tx(tx_of("CP1", 1));
    for (int i = 0; i < 3 * CSMS_FOUND_MAX; i++) {
        struct csms_tx tx = tx_of("CP1", 0);
        tx.state = CSMS_TX_UNMATCHED;
        add_tx(tx);
    }
    const struct csms_query query = {.find = CSMS_FIND_TX, .identity = "CP1"};
    assert_int_equal(book.ops->find(book.ctx, &query, on_found, NULL), 0);
    csms_book_wait(store);
    assert_int_equal(got.tx_count, CSMS_FOUND_MAX);
    assert_int_equal(got.txs[0].id, open);
    assert_int_equal(got.txs[1].id, open + 3 * CSMS_FOUND_MAX);
    assert_true(got.more);
    csms_book_count(store, &counts);
    assert_int_equal(counts.finds_cut, 1);
}

/* With its threads: pages are read while others are written, and see all that was answered. */
static void pages_are_read_while_samples_are_stored(void **state)
{
    enum { ROUNDS = 60, PUTS = 20 };
    const struct csms_desk_query wanted = {
        .what = CSMS_DESK_SAMPLES, .identity = "CP1", .limit = CSMS_DESK_SAMPLES_MAX};
    uv_loop_t loop;

    (void)state;
    close_book();
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(csms_book_open(&store, &loop, file.path, NULL, 0), 0);
    assert_int_equal(csms_desk_open(&desk_store, &loop, file.path, store, NULL, 0), 0);
    book = csms_book_of(store);
    desk = csms_desk_of(desk_store);
    for (int i = 0; i < ROUNDS; i++) {
        page.err = 1;
        for (int j = 0; j < PUTS; j++) {
            const struct csms_sample sample = {.at_ms = i * PUTS + j, .measurand = OCPP_SoC};
            const struct csms_change change = {
                .identity = "CP1", .samples = &sample, .sample_count = 1};
            assert_int_equal(book.ops->put(book.ctx, &change, on_stored, NULL), 0);
            if (j == PUTS / 2)
                assert_int_equal(desk.ops->read(desk.ctx, &wanted, on_read, NULL), 0);
        }
        csms_book_wait(store);
        while (page.err > 0)
            uv_run(&loop, UV_RUN_ONCE);
        assert_true(page.err == 0 && page.count >= (size_t)i * PUTS);
    }
    close_book();
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    open_book();
    assert_int_equal(samples_of("CP1"), ROUNDS * PUTS);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_newest_notes_of_a_charger_are_kept),
        T(a_charger_that_is_removed_leaves_its_transactions),
        T(unmatched_stops_are_bounded_in_a_find),
        T(pages_are_read_while_samples_are_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
