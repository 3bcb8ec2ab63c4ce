/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/charger/ledger/test/rig.h"

static struct roost_ledger_item next_item(void)
{
    struct roost_ledger_item item;
    assert_int_equal(roost_ledger_next(&ledger, &item), 0);
    return item;
}

/* Says what the next item is and settles it. */
static void expect(enum roost_ledger_kind kind, uint8_t connector)
{
    struct roost_ledger_item item = next_item();
    assert_int_equal(item.kind, kind);
    assert_int_equal(item.connector, connector);
    assert_int_equal(roost_ledger_delivered(&ledger, item.seq, NULL), 0);
    ref_delivered(item.seq);
}

/* Does it and says that it did not. */
static int program_lies(void *ctx, uint32_t offset, const void *data, size_t len)
{
    (void)chip_program(ctx, offset, data, len);
    return ROOST_ERR_IO;
}

static void expect_nothing(void)
{
    struct roost_ledger_item item;
    assert_int_equal(roost_ledger_next(&ledger, &item), ROOST_ERR_EMPTY);
}

static void refuses_what_cannot_be(void **state)
{
    (void)state;
    start(4, 8);
    struct roost_ledger other;
    struct roost_ledger_rules bad = rules;
    bad.connectors = ROOST_LEDGER_CONNECTORS_MAX + 1;
    assert_int_equal(roost_ledger_init(&other, &flash, &bad, 1), ROOST_ERR_INVALID);
    bad.connectors = 0;
    assert_int_equal(roost_ledger_init(&other, &flash, &bad, 1), ROOST_ERR_INVALID);
    struct roost_flash small = flash;
    small.sector_count = ROOST_LEDGER_SECTORS_MIN - 1;
    assert_int_equal(roost_ledger_init(&other, &small, &rules, 1), ROOST_ERR_INVALID);
    small = flash;
    small.sector_bytes = 512;
    assert_int_equal(roost_ledger_init(&other, &small, &rules, 1), ROOST_ERR_INVALID);
    small = flash;
    small.program_bytes = 32;
    assert_int_equal(roost_ledger_init(&other, &small, &rules, 1), ROOST_ERR_INVALID);

    struct roost_ledger_begin begin = {.connector = CONNECTORS + 1};
    struct roost_ledger_end end = {.connector = 1};
    struct roost_ledger_values values = {.energy_mwh = 1ull << 48};
    uint32_t transaction;
    assert_int_equal(roost_ledger_begin(&ledger, &begin, 0, &transaction), ROOST_ERR_INVALID);
    begin.connector = 0;
    assert_int_equal(roost_ledger_begin(&ledger, &begin, 0, &transaction), ROOST_ERR_INVALID);
    assert_int_equal(roost_ledger_end(&ledger, &end, 0), ROOST_ERR_STATE);
    end.connector = 9;
    assert_int_equal(roost_ledger_end(&ledger, &end, 0), ROOST_ERR_INVALID);
    assert_int_equal(roost_ledger_sample(&ledger, 9, 1, &values, 0), ROOST_ERR_INVALID);
    assert_int_equal(roost_ledger_sample(&ledger, 1, 1, &values, 0), ROOST_ERR_RANGE);
    assert_int_equal(roost_ledger_sample(&ledger, 0, 1, &values, 0), ROOST_ERR_RANGE);
    assert_int_equal(roost_ledger_register(&ledger, 0, 5, 0), ROOST_ERR_INVALID);
    assert_int_equal(roost_ledger_register(&ledger, 1, 1ull << 48, 0), ROOST_ERR_RANGE);
    assert_int_equal(roost_ledger_clock(&ledger, 5000, 4000), ROOST_ERR_RANGE);
    assert_int_equal(roost_ledger_delivered(&ledger, 0, NULL), ROOST_ERR_STALE);
    assert_int_equal(roost_ledger_failed(&ledger, 1, 0), ROOST_ERR_STALE);
    assert_int_equal(roost_ledger_energy_mwh(&ledger, 9), 0);
    assert_int_equal(roost_ledger_open(&ledger, 0), 0);
    expect_nothing();

    assert_true(do_begin(1));
    begin.connector = 1;
    assert_int_equal(roost_ledger_begin(&ledger, &begin, 0, &transaction), ROOST_ERR_STATE);
}

/* Items go out in the order they happened, over all connectors. */
static void delivers_in_order(void **state)
{
    (void)state;
    start(4, 8);
    assert_true(do_begin(1) && do_begin(2) && do_sample(1) && do_sample(0) && do_end(1));
    assert_true(do_begin(1) && do_sample(2) && do_end(2) && do_end(1));
    expect(ROOST_LEDGER_BEGIN, 1);
    expect(ROOST_LEDGER_BEGIN, 2);
    expect(ROOST_LEDGER_SAMPLE, 1);
    expect(ROOST_LEDGER_SAMPLE, 0);
    assert_int_equal(next_item().seq, next_item().seq); /* the same until it is settled */
    assert_true(boot());
    expect(ROOST_LEDGER_END, 1);
    expect(ROOST_LEDGER_BEGIN, 1);
    expect(ROOST_LEDGER_SAMPLE, 2);
    expect(ROOST_LEDGER_END, 2);
    assert_int_equal(ledger.transactions, 1);
    expect(ROOST_LEDGER_END, 1);
    expect_nothing();
    assert_int_equal(ledger.transactions, 0);
}

static void keeps_every_value(void **state)
{
    (void)state;
    start(16, 8);
    struct roost_ledger_begin begin = {.connector = 2,
                                       .note = 200,
                                       .reservation = -7,
                                       .tag = "0123456789abcdefghijklmnopqrstuvwxyz",
                                       .values = {.energy_mwh = (1ull << 48) - 9}};
    const struct roost_ledger_values values = {.energy_mwh = (1ull << 48) - 3,
                                               .has = 63,
                                               .power_w = -8388607,
                                               .voltage_mv = 16777215,
                                               .current_ma = 300000,
                                               .offered_ma = -1,
                                               .soc_percent = 100,
                                               .temperature_tenths_c = -401};
    struct roost_ledger_values wide = {.energy_mwh = (1ull << 48) - 3,
                                       .has = 63,
                                       .power_w = 8388608,
                                       .voltage_mv = 16777216,
                                       .current_ma = -8388608,
                                       .offered_ma = 8388608,
                                       .soc_percent = 101,
                                       .temperature_tenths_c = 5};
    uint32_t transaction;
    assert_int_equal(roost_ledger_begin(&ledger, &begin, 1, &transaction), 0);
    assert_int_equal(roost_ledger_sample(&ledger, 2, ROOST_LEDGER_TRIGGER, &values, 2), 0);
    assert_int_equal(roost_ledger_sample(&ledger, 2, ROOST_LEDGER_PERIODIC, &wide, 3), 0);
    struct roost_ledger_item item = next_item();
    assert_string_equal(item.tag, begin.tag);
    assert_int_equal(item.detail, 200);
    assert_int_equal(item.reservation, -7);
    assert_int_equal(item.values.energy_mwh, begin.values.energy_mwh);
    expect(ROOST_LEDGER_BEGIN, 2);
    item = next_item();
    assert_int_equal(item.detail, ROOST_LEDGER_TRIGGER);
    assert_memory_equal(&item.values, &values, sizeof values);
    expect(ROOST_LEDGER_SAMPLE, 2);
    item = next_item(); /* what there is no room for is left out */
    assert_int_equal(item.values.has, ROOST_LEDGER_HAS_TEMPERATURE);
    assert_int_equal(item.values.temperature_tenths_c, 5);
    assert_int_equal(item.values.power_w, 0);
}

/* ---- the register ---- */

static void persists_the_register_by_the_rules(void **state)
{
    (void)state;
    start(4, 8);
    assert_int_equal(roost_ledger_register(&ledger, 1, 1000, 0), 0); /* the first of a boot */
    assert_int_equal(roost_ledger_energy_mwh(&ledger, 1), 1000);
    assert_int_equal(roost_ledger_register(&ledger, 1, 1000 + STEP_MWH - 1, 1), 0);
    assert_int_equal(roost_ledger_energy_mwh(&ledger, 1), 1000);
    assert_int_equal(roost_ledger_register(&ledger, 1, 1000 + STEP_MWH, 1), 0);
    assert_int_equal(roost_ledger_energy_mwh(&ledger, 1), 1000 + STEP_MWH);
    uint32_t operations = chip.operations;
    assert_int_equal(roost_ledger_register(&ledger, 1, 1000 + STEP_MWH, 3 * STEP_MS), 0);
    assert_int_equal(chip.operations, operations); /* nothing flowed, nothing is written */
    assert_int_equal(roost_ledger_register(&ledger, 1, 1001 + STEP_MWH, STEP_MS), 0);
    assert_int_equal(roost_ledger_energy_mwh(&ledger, 1), 1000 + STEP_MWH);
    assert_int_equal(roost_ledger_register(&ledger, 1, 1001 + STEP_MWH, STEP_MS + 1), 0);
    assert_int_equal(roost_ledger_energy_mwh(&ledger, 1), 1001 + STEP_MWH);
    assert_int_equal(roost_ledger_register(&ledger, 1, 1000 + STEP_MWH, 0), ROOST_ERR_RANGE);

    struct roost_ledger_begin begin = {.connector = 1, .values = {.energy_mwh = 5}};
    uint32_t transaction;
    assert_int_equal(roost_ledger_begin(&ledger, &begin, 0, &transaction), ROOST_ERR_RANGE);
    begin.values.energy_mwh = 2 * STEP_MWH;
    assert_int_equal(roost_ledger_begin(&ledger, &begin, STEP_MS, &transaction), 0);
    assert_int_equal(roost_ledger_energy_mwh(&ledger, 1), 2 * STEP_MWH);
    struct roost_ledger_end end = {.connector = 1, .values = {.energy_mwh = 5}};
    assert_int_equal(roost_ledger_end(&ledger, &end, STEP_MS), 0); /* never refused */
    expect(ROOST_LEDGER_BEGIN, 1);
    assert_int_equal(next_item().values.energy_mwh, 2 * STEP_MWH);
}

static void closes_what_was_open_when_the_power_went(void **state)
{
    (void)state;
    start(4, 8);
    ref.meter_mwh[1] = 5000;
    assert_true(do_clock() && do_begin(1) && do_begin(3));
    ref.true_s = ref.boot_s + 100;
    assert_true(do_flow(1, STEP_MWH)); /* persisted */
    ref.true_s += 10;
    assert_true(do_flow(1, 400)); /* not yet */
    int64_t persisted_ms = unix_of(ref.boot_s + 100);
    for (int i = 0; i < 3; i++)
        assert_true(boot());
    expect(ROOST_LEDGER_BEGIN, 1);
    expect(ROOST_LEDGER_BEGIN, 3);
    struct roost_ledger_item item = next_item();
    assert_int_equal(item.kind, ROOST_LEDGER_END);
    assert_int_equal(item.detail, ROOST_LEDGER_POWER_LOSS);
    assert_int_equal(item.values.energy_mwh, 5000 + STEP_MWH);
    assert_int_equal(item.values.has, 0);
    assert_int_equal(item.unix_ms, persisted_ms);
    assert_true(item.exact);
    expect(ROOST_LEDGER_END, 1);
    expect(ROOST_LEDGER_END, 3);
    expect_nothing();
}

/* ---- delivery ---- */

static void counts_refusals_and_no_silence(void **state)
{
    (void)state;
    start(4, 8);
    assert_true(do_begin(1) && do_end(1));
    struct roost_ledger_item item = next_item();
    assert_int_equal(roost_ledger_due_ms(&ledger), 0);
    assert_int_equal(roost_ledger_failed(&ledger, item.seq, 1000), 0);
    item = next_item();
    assert_int_equal(item.kind, ROOST_LEDGER_BEGIN);
    assert_int_equal(roost_ledger_due_ms(&ledger), 1000 + 10000);
    for (int i = 0; i < 50; i++) /* sent again and again, never answered */
        (void)next_item();
    assert_int_equal(roost_ledger_failed(&ledger, item.seq, 12000), 0);
    (void)next_item();
    assert_int_equal(roost_ledger_due_ms(&ledger), 12000 + 2 * 10000);
    ref.failed_seq = item.seq;
    ref.attempts = 2;
    assert_true(boot()); /* attempts used up stay so; the wait is over */
    item = next_item();
    assert_int_equal(roost_ledger_due_ms(&ledger), 0);
    assert_int_equal(ledger.attempts, 2);
    assert_int_equal(roost_ledger_failed(&ledger, item.seq, 5), 1);
    assert_int_equal(ledger.given_up, 1);
    assert_int_equal(roost_ledger_failed(&ledger, item.seq, 5), ROOST_ERR_STALE);
    item = next_item();
    assert_int_equal(item.kind, ROOST_LEDGER_END);
    assert_false(item.identified);
    assert_int_equal(roost_ledger_due_ms(&ledger), 0);
    assert_int_equal(roost_ledger_failed(&ledger, item.seq, 7), 0); /* counts from one again */
    assert_int_equal(ledger.attempts, 1);
    expect(ROOST_LEDGER_END, 1);
    assert_int_equal(ledger.transactions, 0);
}

static void gives_up_at_once_without_attempts(void **state)
{
    (void)state;
    start(4, 8);
    ledger.rules.attempts_max = 0;
    assert_true(do_begin(1));
    assert_int_equal(roost_ledger_failed(&ledger, next_item().seq, 1), 1);
    expect_nothing();
}

static void fills_in_numbers_that_arrive_late(void **state)
{
    (void)state;
    start(4, 8);
    const int32_t id = 42;
    assert_true(do_begin(1) && do_begin(2) && do_sample(1) && do_end(1));
    uint32_t first = ref.items[0].seq, second = ref.items[1].seq;
    assert_int_equal(roost_ledger_identify(&ledger, first, 42), ROOST_ERR_NOT_FOUND);
    expect(ROOST_LEDGER_BEGIN, 1);
    assert_false(next_item().identified);
    assert_int_equal(roost_ledger_delivered(&ledger, next_item().seq, &id), 0);
    ref_delivered(second);
    assert_int_equal(roost_ledger_find(&ledger, 42), 2);
    assert_int_equal(roost_ledger_identify(&ledger, second, 42), 0);
    assert_int_equal(roost_ledger_identify(&ledger, second, 43), ROOST_ERR_EXISTS);
    assert_false(next_item().identified);
    assert_int_equal(roost_ledger_identify(&ledger, first, -9), 0);
    assert_true(boot());
    struct roost_ledger_item item = next_item();
    assert_true(item.identified);
    assert_int_equal(item.external_id, -9);
    expect(ROOST_LEDGER_SAMPLE, 1);
    assert_int_equal(next_item().external_id, -9);
    expect(ROOST_LEDGER_END, 1);
    assert_int_equal(roost_ledger_identify(&ledger, first, -9), ROOST_ERR_NOT_FOUND);
    assert_int_equal(roost_ledger_find(&ledger, -9), 0);
    item = next_item(); /* the other one was closed by the boot */
    assert_int_equal(item.kind, ROOST_LEDGER_END);
    assert_int_equal(item.external_id, 42);
}

/* It answered IO, so it did not happen, though its bytes stand whole on flash. */
static void hands_out_nothing_that_was_given_up(void **state)
{
    (void)state;
    start(4, 8);
    const struct roost_ledger_values values = values_of(0), other = {.energy_mwh = 77};
    assert_true(do_begin(1));
    expect(ROOST_LEDGER_BEGIN, 1);
    struct roost_flash_ops late = *flash.ops;
    late.program = program_lies;
    const struct roost_flash_ops *good = flash.ops;
    flash.ops = &late;
    assert_int_equal(roost_ledger_sample(&ledger, 0, ROOST_LEDGER_CLOCK, &values, now_ms()),
                     ROOST_ERR_IO);
    flash.ops = good;
    expect_nothing();
    assert_int_equal(roost_ledger_sample(&ledger, 0, ROOST_LEDGER_TRIGGER, &other, now_ms()), 0);
    struct roost_ledger_item item = next_item();
    assert_int_equal(item.detail, ROOST_LEDGER_TRIGGER);
    assert_int_equal(item.values.energy_mwh, 77);
    assert_int_equal(roost_ledger_delivered(&ledger, item.seq, NULL), 0);
    expect_nothing();
}

/* ---- reading one back ---- */

static void reads_one_back_while_all_goes_on(void **state)
{
    (void)state;
    start(4, 10);
    assert_true(do_begin(1) && do_begin(2));
    for (int i = 0; i < 30; i++)
        assert_true(do_sample(1) && do_sample(2) && do_sample(0));
    assert_true(do_end(1));
    uint32_t transaction = ref.items[0].seq, samples = 0;
    while (next_item().kind != ROOST_LEDGER_END) /* all but its end was delivered */
        assert_true(do_deliver(ANSWER_ID));

    struct roost_ledger_walk walk;
    struct roost_ledger_item item;
    roost_ledger_walk(&walk, transaction);
    assert_int_equal(roost_ledger_walk_next(&ledger, &walk, &item), 0);
    assert_int_equal(item.kind, ROOST_LEDGER_BEGIN);
    int err;
    while ((err = roost_ledger_walk_next(&ledger, &walk, &item)) == 0) {
        check_item(&item, ref_find(item.seq));
        assert_int_equal(item.transaction, transaction);
        assert_true(item.identified);
        if (item.kind == ROOST_LEDGER_END)
            break;
        samples++;
        assert_true(do_sample(2)); /* the sectors move beneath it */
        assert_int_equal(roost_ledger_tend(&ledger), 0);
    }
    assert_int_equal(err, 0);
    assert_int_equal(roost_ledger_walk_next(&ledger, &walk, &item), ROOST_ERR_EMPTY);
    assert_true(samples >= 10 && samples <= 30);

    roost_ledger_walk(&walk, 12345);
    assert_int_equal(roost_ledger_walk_next(&ledger, &walk, &item), ROOST_ERR_NOT_FOUND);
    roost_ledger_walk(&walk, 0);
    assert_int_equal(roost_ledger_walk_next(&ledger, &walk, &item), ROOST_ERR_NOT_FOUND);
    roost_ledger_walk(&walk, transaction + 2); /* a sample is no transaction */
    assert_int_equal(roost_ledger_walk_next(&ledger, &walk, &item), ROOST_ERR_NOT_FOUND);
    assert_true(do_deliver(ANSWER_ID));
    roost_ledger_walk(&walk, transaction);
    assert_int_equal(roost_ledger_walk_next(&ledger, &walk, &item), ROOST_ERR_NOT_FOUND);
}

/* ---- the clock ---- */

static void repairs_times_when_the_clock_is_known(void **state)
{
    (void)state;
    start(4, 8);
    uint32_t first_s = ref.true_s;
    assert_true(do_begin(1)); /* nobody knows the time */
    assert_int_equal(next_item().unix_ms, 0);
    ref.true_s += 50;
    assert_true(do_clock());
    assert_int_equal(next_item().unix_ms, unix_of(first_s));
    assert_true(next_item().exact);
    expect(ROOST_LEDGER_BEGIN, 1);
    assert_true(boot()); /* does not know it, and ends it; then one that never will */
    assert_true(do_begin(2));
    ref.true_s += 5;
    assert_true(do_end(2));
    assert_true(boot());
    expect(ROOST_LEDGER_END, 1);
    struct roost_ledger_item begin = next_item();
    assert_int_equal(begin.unix_ms, unix_of(first_s)); /* where the last thing known ended */
    assert_false(begin.exact);
    expect(ROOST_LEDGER_BEGIN, 2);
    assert_int_equal(next_item().unix_ms, begin.unix_ms + 5000);
    assert_true(do_clock() && do_begin(3));
    expect(ROOST_LEDGER_END, 2);
    assert_int_equal(next_item().unix_ms, unix_of(ref.true_s));
}

/* Two begins alike in boots that never knew the time would be one to a central system if they had
 * one time, too: what the second let out would be billed to nobody. */
static void tells_apart_what_never_had_a_time(void **state)
{
    int64_t before_ms = 0;

    (void)state;
    start(4, 8);
    for (int i = 0; i < 2; i++) {
        assert_true(do_begin(1));
        assert_true(boot());
    }
    ref.true_s += 600;
    assert_true(do_clock() && do_begin(2)); /* from here on it is known */
    for (int i = 0; i < 4; i++) {
        struct roost_ledger_item item = next_item();

        assert_false(item.exact);
        assert_true(item.unix_ms > before_ms && item.unix_ms <= unix_of(ref.true_s));
        assert_int_equal(next_item().unix_ms, item.unix_ms); /* said again */
        before_ms = item.unix_ms;
        expect(i % 2 == 0 ? ROOST_LEDGER_BEGIN : ROOST_LEDGER_END, 1);
    }
    assert_true(next_item().exact && next_item().unix_ms > before_ms);
}

static void keeps_one_clock_for_a_transaction(void **state)
{
    (void)state;
    start(4, 8);
    assert_true(do_clock() && do_begin(1));
    int64_t begun_ms = next_item().unix_ms;
    assert_int_equal(roost_ledger_clock(&ledger, now_ms(), unix_of(ref.true_s) - 3600000), 0);
    assert_int_equal(next_item().unix_ms, begun_ms);
    assert_true(do_end(1));
    expect(ROOST_LEDGER_BEGIN, 1);
    assert_true(next_item().unix_ms >= begun_ms);
    expect(ROOST_LEDGER_END, 1);
    assert_int_equal(roost_ledger_clock(&ledger, now_ms(), unix_of(ref.true_s) - 3600000), 0);
    assert_true(do_begin(1));
    assert_int_equal(next_item().unix_ms, begun_ms - 3600000);
}

/* A counter of boots that was lost does not mix up what is on flash. */
static void numbers_boots_itself_when_it_must(void **state)
{
    (void)state;
    start(4, 8);
    assert_true(do_clock() && do_begin(1));
    uint32_t boots[] = {0, 1, 1, 9, 3};
    uint32_t numbered[] = {2, 3, 4, 9, 10};
    for (uint32_t i = 0; i < 5; i++) {
        uint32_t transaction;
        struct roost_ledger_begin begin = {.connector = 1, .values = {.energy_mwh = 500 + i}};
        assert_int_equal(roost_ledger_init(&ledger, &flash, &rules, boots[i]), 0);
        assert_int_equal(ledger.boot, numbered[i]);
        assert_int_equal(roost_ledger_begin(&ledger, &begin, 7, &transaction), 0);
        assert_int_equal(ledger.connectors[0].stamp.boot, numbered[i]);
    }
}

static void remembers_so_many_boots(void **state)
{
    (void)state;
    start(4, 16);
    for (int i = 0; i < ROOST_LEDGER_CLOCKS + 3; i++) {
        assert_true(do_clock() && do_begin(1) && do_end(1));
        assert_true(boot());
    }
    int64_t last_ms = 0;
    struct roost_ledger_item item;
    for (int exact = 0; roost_ledger_next(&ledger, &item) == 0; exact += item.exact) {
        assert_true(item.unix_ms > 0 && item.unix_ms >= last_ms); /* never back, exact or not */
        assert_true(item.exact || exact == 0);                    /* the oldest are forgotten */
        last_ms = item.unix_ms;
        assert_int_equal(roost_ledger_delivered(&ledger, item.seq, NULL), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_cannot_be),
        cmocka_unit_test(delivers_in_order),
        cmocka_unit_test(keeps_every_value),
        cmocka_unit_test(persists_the_register_by_the_rules),
        cmocka_unit_test(closes_what_was_open_when_the_power_went),
        cmocka_unit_test(counts_refusals_and_no_silence),
        cmocka_unit_test(gives_up_at_once_without_attempts),
        cmocka_unit_test(fills_in_numbers_that_arrive_late),
        cmocka_unit_test(hands_out_nothing_that_was_given_up),
        cmocka_unit_test(reads_one_back_while_all_goes_on),
        cmocka_unit_test(repairs_times_when_the_clock_is_known),
        cmocka_unit_test(tells_apart_what_never_had_a_time),
        cmocka_unit_test(keeps_one_clock_for_a_transaction),
        cmocka_unit_test(numbers_boots_itself_when_it_must),
        cmocka_unit_test(remembers_so_many_boots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
