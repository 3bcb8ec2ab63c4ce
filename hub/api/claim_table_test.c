/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "hub/api/claim_table.h"

static struct claim_table *table;

static int set_up(void **state)
{
    (void)state;
    table = claim_table_new();
    return table ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    claim_table_free(table);
    return 0;
}

static enum claim_nonce begin(unsigned nonce, unsigned request, uint64_t now_ms, uint64_t *place)
{
    uint8_t nonce_bytes[CLAIM_NONCE_BYTES] = {0}, digest[CLAIM_DIGEST_BYTES] = {0};

    memcpy(nonce_bytes, &nonce, sizeof nonce);
    memcpy(digest, &request, sizeof request);
    return claim_table_begin(table, nonce_bytes, digest, nonce % 2 ? "odd" : "even", now_ms, place);
}

static void thirty_a_minute_of_each_device(void **state)
{
    (void)state;
    for (int i = 0; i < CLAIM_PER_MINUTE; i++)
        assert_int_equal(claim_table_count(table, "a", 1000 + (uint64_t)i * 1000), 0);
    assert_int_equal(claim_table_count(table, "a", 31000), 30000);
    assert_int_equal(claim_table_count(table, "b", 31000), 0);
    assert_int_equal(claim_table_count(table, "a", 60999), 1);
    assert_int_equal(claim_table_count(table, "a", 61000), 0);
    for (int i = 1; i < CLAIM_PER_MINUTE; i++)
        assert_int_equal(claim_table_count(table, "a", 61000), 0);
    assert_int_equal(claim_table_count(table, "a", 61000), 60000);
}

static void any_number_of_devices_has_room(void **state)
{
    char id[32];
    (void)state;
    for (int i = 0; i < 3 * CLAIM_DEVICES; i++) {
        snprintf(id, sizeof id, "device-%d", i);
        assert_int_equal(claim_table_count(table, id, 1000), 0);
    }
}

static void a_nonce_is_good_once_for_five_minutes(void **state)
{
    uint64_t place, again;
    size_t len;
    (void)state;
    assert_int_equal(begin(1, 10, 1000, &place), CLAIM_NEW);
    assert_int_equal(begin(1, 10, 1001, &again), CLAIM_UNDER_WAY);
    assert_int_equal(begin(1, 11, 1001, &again), CLAIM_REUSED);
    claim_table_keep(table, place, "the answer", 10);
    assert_int_equal(begin(1, 10, 1002, &again), CLAIM_AGAIN);
    assert_memory_equal(claim_table_answer(table, again, &len), "the answer", 10);
    assert_int_equal(len, 10);
    assert_int_equal(begin(1, 11, 1000 + CLAIM_NONCE_MS - 1, &again), CLAIM_REUSED);
    assert_int_equal(begin(1, 11, 1000 + CLAIM_NONCE_MS, &again), CLAIM_NEW);
}

static void what_did_not_take_place_used_nothing_up(void **state)
{
    uint64_t place, other, again;
    (void)state;
    assert_int_equal(begin(1, 10, 1000, &place), CLAIM_NEW);
    assert_int_equal(begin(2, 20, 1000, &other), CLAIM_NEW);
    claim_table_drop(table, place);
    assert_int_equal(begin(1, 11, 1001, &again), CLAIM_NEW);
    assert_int_equal(begin(2, 21, 1001, &again), CLAIM_REUSED);
}

static void a_full_table_forgets_nothing(void **state)
{
    uint64_t place;
    size_t len;
    (void)state;
    for (unsigned i = 0; i < CLAIM_NONCES; i++)
        assert_int_equal(begin(i, i, 1000 + i, &place), CLAIM_NEW);
    assert_int_equal(begin(CLAIM_NONCES, 0, 6000, &place), CLAIM_FULL);
    assert_int_equal(begin(0, 1, 6000, &place), CLAIM_REUSED);
    assert_int_equal(begin(CLAIM_NONCES, 0, 1000 + CLAIM_NONCE_MS, &place), CLAIM_NEW);
    assert_int_equal(begin(CLAIM_NONCES + 1, 0, 1000 + CLAIM_NONCE_MS, &place), CLAIM_FULL);
    claim_table_turn(table, 1000 + CLAIM_NONCES + CLAIM_NONCE_MS);
    claim_table_keep(table, 5, "late", 4); /* it has run out: not kept */
    assert_null(claim_table_answer(table, 5, &len));
}

static void of_a_child_that_is_gone_nothing_is_answered(void **state)
{
    uint64_t odd, even, again;
    (void)state;
    assert_int_equal(begin(1, 10, 1000, &odd), CLAIM_NEW);
    assert_int_equal(begin(2, 20, 1000, &even), CLAIM_NEW);
    claim_table_keep(table, odd, "a name", 6);
    claim_table_keep(table, even, "another", 7);
    claim_table_forget(table, "odd");
    assert_int_equal(begin(1, 10, 1001, &again), CLAIM_REUSED);
    assert_int_equal(begin(2, 20, 1001, &again), CLAIM_AGAIN);
    assert_int_equal(begin(1, 10, 1000 + CLAIM_NONCE_MS, &again), CLAIM_NEW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(thirty_a_minute_of_each_device, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_number_of_devices_has_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_nonce_is_good_once_for_five_minutes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_did_not_take_place_used_nothing_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_a_child_that_is_gone_nothing_is_answered, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_full_table_forgets_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
