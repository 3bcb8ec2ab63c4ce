/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/ingest/recent.h"

static void add(struct recent *recent, struct recent_budget *budget, uint64_t number, uint32_t hash)
{
    assert_int_equal(recent_add(recent, budget, number, hash), 0);
}

static void a_number_is_known_by_its_content(void **state)
{
    struct recent_budget budget = {.left = 1 << 20};
    struct recent recent = {0};
    (void)state;
    assert_int_equal(recent_find(&recent, 1, 7), RECENT_UNKNOWN);
    add(&recent, &budget, 1, 7);
    assert_int_equal(recent_find(&recent, 1, 7), RECENT_SAME);
    assert_int_equal(recent_find(&recent, 1, 8), RECENT_OTHER);
    assert_int_equal(recent_find(&recent, 2, 7), RECENT_UNKNOWN);
    assert_int_equal(recent_since(&recent, 1, 7), 1);
    assert_int_equal(recent_since(&recent, 1, 8), 0);
    recent_start_over(&recent, 1);
    assert_true(recent_has_before(&recent));
    assert_int_equal(recent_find(&recent, 1, 7), RECENT_BEFORE);
    add(&recent, &budget, 1, 8);
    assert_int_equal(recent_find(&recent, 1, 7), RECENT_BEFORE);
    assert_int_equal(recent_find(&recent, 1, 8), RECENT_SAME);
    assert_int_equal(recent_since(&recent, 1, 7), 2);
    recent_clear(&recent, &budget);
}

static void it_grows_to_its_limit_and_forgets_the_oldest(void **state)
{
    struct recent_budget budget = {.left = 1 << 20};
    struct recent recent = {0};
    (void)state;
    for (uint64_t n = 1; n <= 3 * RECENT_MAX; n++) {
        add(&recent, &budget, n, (uint32_t)n * 3);
        uint64_t oldest = n > RECENT_MAX ? n - RECENT_MAX + 1 : 1;
        assert_int_equal(recent_find(&recent, oldest, (uint32_t)oldest * 3), RECENT_SAME);
        if (oldest > 1)
            assert_int_equal(recent_find(&recent, oldest - 1, (uint32_t)(oldest - 1) * 3),
                             RECENT_UNKNOWN);
    }
    assert_int_equal(recent.size, RECENT_MAX);
    assert_int_equal(budget.left, (1 << 20) - RECENT_MAX * sizeof(struct series_recent));
    recent_start_over(&recent, 1);
    for (uint64_t n = 1; n <= RECENT_MAX; n++) {
        assert_true(recent_has_before(&recent));
        add(&recent, &budget, n, 0);
    }
    assert_false(recent_has_before(&recent));
    recent_clear(&recent, &budget);
    assert_int_equal(budget.left, 1 << 20);
}

static void without_a_budget_a_few_are_remembered(void **state)
{
    struct recent_budget budget = {.left = 0};
    struct recent recent = {0};
    (void)state;
    for (uint64_t n = 1; n <= 1000; n++)
        add(&recent, &budget, n, 1);
    assert_int_equal(recent.size, RECENT_LEAST);
    assert_int_equal(recent_find(&recent, 1000 - RECENT_LEAST + 1, 1), RECENT_SAME);
    assert_int_equal(recent_find(&recent, 1000 - RECENT_LEAST, 1), RECENT_UNKNOWN);
    recent_clear(&recent, &budget);
    assert_int_equal(budget.left, 0);
}

static void what_was_stored_comes_back(void **state)
{
    struct recent_budget budget = {.left = 1 << 20};
    struct recent recent = {0}, again = {0};
    struct series_recent newest[50];
    (void)state;
    for (uint64_t n = 1; n <= 70; n++) {
        if (n == 61)
            recent_start_over(&recent, 1);
        add(&recent, &budget, n, (uint32_t)n);
    }
    recent_newest(&recent, 50, newest);
    assert_int_equal(newest[0].number, 21);
    assert_int_equal(newest[49].number, 70);
    assert_int_equal(recent_set(&again, &budget, newest, 50, 10), 0);
    assert_int_equal(again.count, 50);
    assert_int_equal(recent_find(&again, 20, 20), RECENT_UNKNOWN);
    assert_int_equal(recent_find(&again, 60, 60), RECENT_BEFORE);
    assert_int_equal(recent_find(&again, 61, 61), RECENT_SAME);
    assert_int_equal(recent_set(&again, &budget, newest, 50, 0), 0);
    assert_int_equal(recent_find(&again, 70, 70), RECENT_BEFORE);
    assert_int_equal(recent_set(&again, &budget, NULL, 0, 0), 0);
    assert_int_equal(again.count, 0);
    recent_clear(&recent, &budget);
    recent_clear(&again, &budget);
    assert_int_equal(budget.left, 1 << 20);
}

/* The numbering before had no 1, so that only the 2 shows it. */
static void the_beginning_of_a_numbering_belongs_to_it(void **state)
{
    struct recent_budget budget = {.left = 1 << 20};
    struct recent recent = {0};
    (void)state;
    for (uint64_t n = 2; n <= 20; n++)
        add(&recent, &budget, n, 7);
    add(&recent, &budget, 1, 8);
    recent_start_over(&recent, 2);
    assert_int_equal(recent.run, 1);
    assert_int_equal(recent_number(&recent, 0, 2), 1);
    assert_int_equal(recent_find(&recent, 1, 8), RECENT_SAME);
    assert_int_equal(recent_find(&recent, 2, 7), RECENT_BEFORE);
    recent_start_over(&recent, 1);
    assert_int_equal(recent.run, 0);
    /* As another stream shows it: this one fell back before. */
    add(&recent, &budget, 2, 8);
    recent_start_over_too(&recent, 1);
    assert_int_equal(recent.run, 2);
    recent_clear(&recent, &budget);
    recent_start_over_too(&recent, 1);
    assert_int_equal(recent.run, 0);
    for (uint64_t n = 1; n <= 20; n++)
        add(&recent, &budget, n, 7);
    recent_start_over_too(&recent, 1);
    assert_int_equal(recent.run, 0);
    recent_start_over_too(&recent, 25); /* nothing says that it did */
    assert_int_equal(recent.run, 20);
    recent_clear(&recent, &budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_known_by_its_content),
        cmocka_unit_test(it_grows_to_its_limit_and_forgets_the_oldest),
        cmocka_unit_test(without_a_budget_a_few_are_remembered),
        cmocka_unit_test(what_was_stored_comes_back),
        cmocka_unit_test(the_beginning_of_a_numbering_belongs_to_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
