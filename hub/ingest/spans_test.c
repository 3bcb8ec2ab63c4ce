/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/ingest/spans.h"
#include "hub/fleet/parts_fake.h"

static void numbers_in_order_are_one_span(void **state)
{
    struct spans spans = {0};
    (void)state;
    for (uint64_t n = 1; n <= 1000; n++)
        assert_int_equal(spans_add(&spans, n), 0);
    assert_int_equal(spans.count, 1);
    assert_int_equal(spans.items[0].first, 1);
    assert_int_equal(spans.items[0].last, 1000);
    assert_false(spans_has(&spans, 0));
    assert_true(spans_has(&spans, 1));
    assert_true(spans_has(&spans, 1000));
    assert_false(spans_has(&spans, 1001));
    spans_clear(&spans);
    assert_false(spans_has(&spans, 1));
}

static void the_largest_numbers_do_not_wrap(void **state)
{
    struct spans spans = {0};
    (void)state;
    assert_int_equal(spans_add(&spans, UINT64_MAX), 0);
    assert_int_equal(spans_add(&spans, 1), 0);
    assert_int_equal(spans.count, 2);
    assert_int_equal(spans_add(&spans, UINT64_MAX - 1), 0);
    assert_int_equal(spans.count, 2);
    assert_true(spans_has(&spans, UINT64_MAX));
    assert_false(spans_has(&spans, 2));
    spans_clear(&spans);
}

static void a_full_set_says_so_and_changes_nothing(void **state)
{
    struct spans spans = {0};
    (void)state;
    for (uint64_t i = 1; i <= SPANS_MAX; i++)
        assert_int_equal(spans_add(&spans, 10 * i), 0);
    assert_int_equal(spans_add(&spans, 15), ROOST_ERR_FULL);
    assert_int_equal(spans.count, SPANS_MAX);
    assert_false(spans_has(&spans, 15));
    assert_int_equal(spans_add(&spans, 11), 0); /* touches one: fits */
    assert_int_equal(spans_gap(&spans, 1).first, 12);
    assert_int_equal(spans_gap(&spans, 1).last, 19);
    spans_join(&spans, 1);
    assert_true(spans_has(&spans, 15));
    assert_int_equal(spans_add(&spans, 1000), 0);
    assert_int_equal(spans_total(&spans), 11 + 30 + 1);
    spans_forget(&spans, 0);
    assert_false(spans_has(&spans, 15));
    spans_clear(&spans);
}

/* Against one flag a number. */
static void it_does_what_a_bitmap_does(void **state)
{
    enum { NUMBERS = 60, ROUNDS = 2000 };
    struct parts_fake fake = {.random = 3};
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        bool has[NUMBERS + 1] = {false};
        struct spans spans = {0};
        const struct spans *set = &spans;
        for (int i = 0; i < NUMBERS; i++) {
            uint64_t n = 1 + fake_next_random(&fake) % NUMBERS;
            assert_int_equal(spans_has(&spans, n), has[n]);
            if (has[n])
                continue;
            assert_int_equal(spans_add(&spans, n), 0);
            has[n] = true;
            assert_true(spans_index(&spans, n) < spans.count);
        }
        uint64_t first = 1 + fake_next_random(&fake) % NUMBERS;
        uint64_t last = first + fake_next_random(&fake) % (NUMBERS - first + 1);
        uint64_t missing = 0;
        for (uint64_t n = first; n <= last; n++)
            missing += !has[n];
        assert_int_equal(spans_missing(&set, 1, first, last), missing);
        for (int i = 1; i < spans.count; i++)
            assert_true(spans.items[i].first > spans.items[i - 1].last + 1);
        spans_clear(&spans);
    }
}

/* Three sets against one count a number. */
static void what_none_of_several_sets_has_is_missing(void **state)
{
    enum { NUMBERS = 40, SETS = 3, ROUNDS = 2000 };
    struct parts_fake fake = {.random = 5};
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct spans spans[SETS] = {{0}};
        const struct spans *sets[SETS] = {&spans[0], &spans[1], &spans[2]};
        int holders[NUMBERS + 1] = {0};
        for (int i = 0; i < NUMBERS; i++) {
            struct spans *one = &spans[fake_next_random(&fake) % SETS];
            uint64_t n = 1 + fake_next_random(&fake) % NUMBERS;
            if (spans_has(one, n))
                continue;
            assert_int_equal(spans_add(one, n), 0);
            holders[n]++;
        }
        for (uint64_t first = 1; first <= NUMBERS; first++) {
            uint64_t missing = 0;
            for (uint64_t last = first; last <= NUMBERS; last++) {
                missing += holders[last] == 0;
                assert_int_equal(spans_missing(sets, SETS, first, last), missing);
            }
        }
        assert_int_equal(spans_missing(sets, 0, 5, 9), 5);
        for (int i = 0; i < SETS; i++)
            spans_clear(&spans[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_in_order_are_one_span),
        cmocka_unit_test(the_largest_numbers_do_not_wrap),
        cmocka_unit_test(a_full_set_says_so_and_changes_nothing),
        cmocka_unit_test(it_does_what_a_bitmap_does),
        cmocka_unit_test(what_none_of_several_sets_has_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
