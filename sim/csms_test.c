/* SPDX-License-Identifier: Apache-2.0 */
/* The modelled book of the central system: durable when it says so, whole or not at all. */
#include "sim/csms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"

static struct sim_clock virtual_clock;
static struct sim_csms csms;
static unsigned answers;
static int error;
static int32_t stored_id;
static size_t found_count;
static bool found_tag;

static int set_up(void **state)
{
    (void)state;
    answers = 0;
    assert_int_equal(sim_clock_init(&virtual_clock, 3), 0);
    sim_csms_init(&csms, &virtual_clock);
    assert_int_equal(sim_csms_charger(&csms, "CP1", 100), 0);
    return sim_csms_tag(&csms, "CARD", true);
}

static int tear_down(void **state)
{
    (void)state;
    sim_csms_crash(&csms);
    sim_csms_deinit(&csms);
    sim_clock_deinit(&virtual_clock);
    return 0;
}

static void on_stored(void *arg, int err, int32_t tx_id)
{
    (void)arg;
    answers++;
    error = err;
    stored_id = tx_id;
}

static void on_found(void *arg, int err, const struct csms_found *found)
{
    (void)arg;
    answers++;
    error = err;
    found_count = err < 0 ? 0 : found->tx_count;
    found_tag = err == 0 && found->tag && found->tag->blocked;
}

static int put(int32_t id, enum csms_tx_state state, int32_t meter_stop_wh)
{
    const struct csms_tx tx = {.id = id,
                               .identity = "CP1",
                               .state = state,
                               .connector = 1,
                               .id_tag = "CARD",
                               .meter_stop_wh = meter_stop_wh};
    const struct csms_change change = {.identity = "CP1", .tx = &tx};

    return csms.book.ops->put(csms.book.ctx, &change, on_stored, NULL);
}

static int find(enum csms_find what, int32_t id)
{
    const struct csms_query query = {.find = what, .identity = "CP1", .id_tag = "card", .id = id};

    return csms.book.ops->find(csms.book.ctx, &query, on_found, NULL);
}

static void pass(uint64_t ms)
{
    sim_run_until(&virtual_clock, virtual_clock.now_ms + ms);
}

static void a_change_is_answered_later(void **state)
{
    (void)state;
    assert_int_equal(put(0, CSMS_TX_OPEN, 0), 0);
    assert_int_equal(answers, 0);
    assert_int_equal(sim_csms_find(&csms, "CP1")->tx_count, 0);
    pass(100);
    assert_int_equal(answers, 1);
    assert_int_equal(stored_id, 1);
    assert_int_equal(put(1, CSMS_TX_CLOSED, 700), 0);
    pass(100);
    const struct sim_csms_row *row = sim_csms_find(&csms, "CP1");
    assert_int_equal(row->tx_count, 1);
    assert_int_equal(row->open_count, 0);
    assert_int_equal(row->txs[0].meter_stop_wh, 700);
    assert_null(sim_csms_find(&csms, "CP2"));
}

static void what_is_asked_is_found(void **state)
{
    (void)state;
    assert_int_equal(put(0, CSMS_TX_CLOSED, 5), 0);
    assert_int_equal(put(0, CSMS_TX_OPEN, 0), 0);
    pass(100);
    assert_int_equal(find(CSMS_FIND_CHARGER, 0), 0);
    pass(100);
    assert_int_equal(found_count, 1); /* the open one */
    assert_int_equal(find(CSMS_FIND_TX, 1), 0);
    pass(100);
    assert_int_equal(found_count, 2);
    assert_int_equal(find(CSMS_FIND_TAG, 0), 0);
    pass(100);
    assert_true(found_tag);
}

static void it_stalls_and_fails(void **state)
{
    unsigned refused = 0;

    (void)state;
    csms.stalled = true;
    assert_int_equal(put(0, CSMS_TX_OPEN, 0), 0);
    pass(60000);
    assert_int_equal(answers, 0);
    csms.stalled = false;
    pass(1000);
    assert_int_equal(answers, 1);
    csms.failing = true;
    for (int i = 0; i < 100; i++) {
        int err = put(0, CSMS_TX_OPEN, 0);
        refused += err == ROOST_ERR_FULL;
        assert_true(err == 0 || err == ROOST_ERR_FULL);
    }
    pass(1000);
    assert_true(refused > 0 && refused < 100);
    assert_int_equal(answers, 101 - refused);
    assert_int_equal(error, ROOST_ERR_IO);
    assert_int_equal(sim_csms_find(&csms, "CP1")->tx_count, 1);
}

static void a_crash_keeps_a_change_or_loses_it(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(put(0, CSMS_TX_OPEN, 0), 0);
        assert_int_equal(find(CSMS_FIND_CHARGER, 0), 0);
        sim_csms_crash(&csms);
    }
    pass(1000);
    assert_int_equal(answers, 0);
    assert_int_equal(csms.cut_kept + csms.cut_lost, 50);
    assert_true(csms.cut_kept > 10 && csms.cut_lost > 10);
    assert_int_equal(sim_csms_find(&csms, "CP1")->tx_count, csms.cut_kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_change_is_answered_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_asked_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_stalls_and_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_crash_keeps_a_change_or_loses_it, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
