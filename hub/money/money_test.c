/* SPDX-License-Identifier: Apache-2.0 */
/* Payments: the roads they take, every state with every event, and that the ledger adds up after
 * any row of events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/money/money.h"

enum { LEDGER_MAX = 256 };

static struct money_payment payment;
static struct money_entry ledger[LEDGER_MAX];
static size_t ledger_count;

static void begin(int64_t amount)
{
    payment = (struct money_payment){.id = "p1", .currency = "EUR", .amount = amount};
    ledger_count = 0;
}

static void must_add_up(void)
{
    struct money_difference difference;

    if (money_check(&payment, ledger, ledger_count, &difference, 1) > 0)
        fail_msg("%s: %s: %lld in place of %lld", money_state_name(payment.state),
                 difference.unbalanced ? "sum" : money_account_name(difference.account),
                 (long long)difference.found, (long long)difference.expected);
}

static int happens(struct money_event event, enum money_action *action)
{
    struct money_step step;
    int err = money_happens(&payment, &event, &step);

    if (err != 0)
        return err;
    payment = step.payment;
    for (size_t i = 0; i < step.entry_count; i++) {
        assert_int_equal(step.entries[i].number, ledger_count);
        ledger[ledger_count++] = step.entries[i];
    }
    if (action)
        *action = step.action;
    must_add_up();
    return 0;
}

static int64_t sum_of(enum money_account account)
{
    struct money_sums sums = {{0}};

    for (size_t i = 0; i < ledger_count; i++)
        money_sum(&sums, &ledger[i]);
    return sums.of[account];
}

static void pay(void)
{
    enum money_action action = MONEY_NOTHING;

    assert_int_equal(money_resume(&payment), MONEY_ASK_PROVIDER);
    assert_int_equal(happens((struct money_event){.kind = MONEY_IS_BEGUN, .reference = "x"}, NULL),
                     0);
    assert_string_equal(payment.reference, "x");
    assert_int_equal(
        happens((struct money_event){.kind = MONEY_IS_PAID, .amount = 2000, .fee = 30}, &action),
        0);
    assert_int_equal(action, MONEY_START);
    assert_int_equal(payment.state, MONEY_PAID);
}

static void paid_used_and_the_rest_back(void **state)
{
    enum money_action action;

    (void)state;
    begin(2000);
    pay();
    assert_int_equal(sum_of(MONEY_OF_RESERVED), -2000);
    assert_int_equal(happens((struct money_event){.kind = MONEY_IS_STARTED, .tx_id = 7}, NULL), 0);
    assert_int_equal(happens((struct money_event){.kind = MONEY_IS_ENDED, .amount = 1234}, &action),
                     0);
    assert_int_equal(action, MONEY_REFUND);
    assert_int_equal(payment.refund_amount, 766);
    assert_int_equal(happens((struct money_event){.kind = MONEY_IS_REFUNDED}, NULL), 0);
    assert_int_equal(payment.state, MONEY_DONE);
    assert_int_equal(payment.tx_id, 7);
    assert_int_equal(sum_of(MONEY_OF_PROVIDER), 2000 - 30 - 766);
    assert_int_equal(sum_of(MONEY_OF_USED), -1234);
    assert_int_equal(sum_of(MONEY_OF_RESERVED), 0);
    assert_int_equal(sum_of(MONEY_OF_REFUNDS), 0);
}

static void said_three_times(void **state)
{
    const struct money_event paid = {.kind = MONEY_IS_PAID, .amount = 2000, .fee = 30};

    (void)state;
    begin(2000);
    pay();
    size_t count = ledger_count;
    assert_int_equal(happens(paid, NULL), 1);
    assert_int_equal(happens(paid, NULL), 1);
    assert_int_equal(ledger_count, count);
    assert_int_equal(happens((struct money_event){.kind = MONEY_IS_NOT_STARTED}, NULL), 0);
    assert_int_equal(happens(paid, NULL), 1);
    assert_int_equal(happens((struct money_event){.kind = MONEY_IS_REFUNDED}, NULL), 0);
    assert_int_equal(happens((struct money_event){.kind = MONEY_IS_REFUNDED}, NULL), 1);
    assert_int_equal(happens(paid, NULL), 1);
    assert_int_equal(sum_of(MONEY_OF_PROVIDER), -30);
}

static void not_started_all_back(void **state)
{
    enum money_action action;

    (void)state;
    begin(2000);
    pay();
    assert_int_equal(happens((struct money_event){.kind = MONEY_IS_NOT_STARTED}, &action), 0);
    assert_int_equal(action, MONEY_REFUND);
    assert_int_equal(payment.refund_amount, 2000);
    /* It starts after all: that is stopped. */
    assert_int_equal(happens((struct money_event){.kind = MONEY_IS_STARTED, .tx_id = 9}, &action),
                     0);
    assert_int_equal(action, MONEY_REVOKE);
    assert_int_equal(payment.tx_id, 9);
    assert_int_equal(payment.state, MONEY_REFUNDING);
}

static void paid_after_all(void **state)
{
    enum money_action action;

    (void)state;
    begin(2000);
    assert_int_equal(happens((struct money_event){.kind = MONEY_IS_FAILED}, NULL), 0);
    assert_int_equal(payment.state, MONEY_UNPAID);
    assert_int_equal(happens((struct money_event){.kind = MONEY_IS_PAID, .amount = 2000}, &action),
                     0);
    assert_int_equal(action, MONEY_REFUND);
    assert_int_equal(payment.refund_amount, 2000);
}

static void more_used_than_paid(void **state)
{
    enum money_action action;

    (void)state;
    begin(2000);
    pay();
    assert_int_equal(happens((struct money_event){.kind = MONEY_IS_ENDED, .amount = 2100}, &action),
                     0);
    assert_int_equal(payment.state, MONEY_DONE);
    assert_int_equal(payment.over_amount, 100);
    assert_int_equal(sum_of(MONEY_OF_USED), -2000);
}

static void a_person_decides_what_is_doubtful(void **state)
{
    (void)state;
    begin(2000);
    pay();
    assert_int_equal(happens((struct money_event){.kind = MONEY_IS_DOUBTFUL}, NULL), 0);
    assert_int_equal(payment.state, MONEY_HELD);
    assert_int_equal(happens((struct money_event){.kind = MONEY_IS_ENDED, .amount = 5}, NULL), 1);
    assert_int_equal(sum_of(MONEY_OF_USED), 0);
    assert_int_equal(happens((struct money_event){.kind = MONEY_IS_DECIDED, .amount = 0}, NULL), 0);
    assert_int_equal(payment.refund_amount, 2000);
}

static void amounts_that_are_none(void **state)
{
    (void)state;
    begin(2000);
    const struct money_event wrong[] = {
        {.kind = MONEY_IS_PAID, .amount = 0},
        {.kind = MONEY_IS_PAID, .amount = -5},
        {.kind = MONEY_IS_PAID, .amount = MONEY_AMOUNT_MAX + 1},
        {.kind = MONEY_IS_PAID, .amount = 10, .fee = 11},
        {.kind = MONEY_IS_PAID, .amount = 10, .fee = -1},
        {.kind = MONEY_IS_BEGUN},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(happens(wrong[i], NULL), ROOST_ERR_RANGE);
    assert_int_equal(payment.state, MONEY_NEW);
    assert_int_equal(happens((struct money_event){.kind = MONEY_IS_REFUNDED}, NULL),
                     ROOST_ERR_STATE);
}

/* Money is never made or lost, whatever comes and however often. */
static void any_row_of_events(void **state)
{
    uint64_t rng = 0x2545F4914F6CDD1Du;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        begin(1 + round % 5000);
        for (int i = 0; i < 24; i++) {
            rng ^= rng << 13, rng ^= rng >> 7, rng ^= rng << 17;
            enum money_state before = payment.state;
            struct money_event event = {.kind = (enum money_event_kind)(rng % MONEY_EVENTS),
                                        .amount = (int64_t)((rng >> 9) % 6000),
                                        .fee = (int64_t)((rng >> 30) % 40),
                                        .tx_id = (int32_t)((rng >> 40) % 3),
                                        .reference = "r"};
            int err = happens(event, NULL);
            if (err != 0)
                assert_int_equal(payment.state, before);
            assert_true(payment.used_amount + payment.refund_amount <= payment.amount);
            assert_true(ledger_count < LEDGER_MAX - MONEY_ENTRIES_MAX);
        }
    }
}

static void a_difference_is_shown(void **state)
{
    struct money_difference out[4];

    (void)state;
    begin(2000);
    pay();
    ledger[0].amount++;
    assert_int_equal(money_check(&payment, ledger, ledger_count, out, 4), 2);
    assert_true(out[0].unbalanced);
    assert_int_equal(out[0].found, 1);
    assert_int_equal(out[1].account, MONEY_OF_RESERVED);
    assert_int_equal(out[1].found, -1999);
    assert_int_equal(out[1].expected, -2000);
    assert_int_equal(money_check(&payment, ledger, ledger_count, NULL, 0), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paid_used_and_the_rest_back),
        cmocka_unit_test(said_three_times),
        cmocka_unit_test(not_started_all_back),
        cmocka_unit_test(paid_after_all),
        cmocka_unit_test(more_used_than_paid),
        cmocka_unit_test(a_person_decides_what_is_doubtful),
        cmocka_unit_test(amounts_that_are_none),
        cmocka_unit_test(any_row_of_events),
        cmocka_unit_test(a_difference_is_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
