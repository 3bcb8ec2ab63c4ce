/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random histories against the plain reference of the rig, without cuts: full stores, failing and
 * damaged flash, and what all of it costs in room and in erases.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/charger/ledger/test/rig.h"

static const struct habits online = {6, 6, 20, 25, 35, 8};
static const struct habits offline = {5, 5, 50, 30, 0, 10};
static const struct habits short_ones = {40, 40, 10, 5, 0, 5};
static const struct habits catching_up = {10, 10, 15, 10, 50, 5};

/* Goes on for so long, comparing all the while, with a boot now and then. */
static void go_on(const struct habits *habits, int steps)
{
    for (int i = 1; i <= steps; i++) {
        assert_true(live(habits));
        if (i % 97 == 0)
            assert_true(boot());
        else if (i % 3 == 0)
            check_dump();
    }
    check_dump();
}

static void follows_the_reference(uint32_t program_bytes, uint32_t sectors, uint32_t seed)
{
    start(program_bytes, sectors);
    history_random = seed;
    go_on(&online, 300);
    go_on(&offline, 400);
    go_on(&catching_up, 300);
    go_on(&short_ones, 300);
    go_on(&catching_up, 300);
    finish();
    assert_true(ref.thinned > 0);
    assert_int_equal(ledger.given_up, ref.given_up);
    assert_int_equal(ledger.thinned, ref.thinned); /* each one lost was counted */
    assert_int_equal(ledger.torn + ledger.damaged, 0);
}

static void follows_the_reference_with_words(void **state)
{
    (void)state;
    follows_the_reference(4, 8, 1);
    assert_true(ref.refused > 0);
}

static void follows_the_reference_with_bytes(void **state)
{
    (void)state;
    follows_the_reference(1, 6, 2);
}

static void follows_the_reference_with_wide_units(void **state)
{
    (void)state;
    follows_the_reference(16, 9, 3);
}

/* ---- room ---- */

/* As many as stated, each of the longest kind, then a clear no; and then nothing else is refused.
 */
static void is_full_at_the_stated_number(void **state)
{
    (void)state;
    start(4, 12);
    uint32_t capacity = roost_ledger_capacity(&ledger), begun = 0, energy = 0;
    assert_int_equal(capacity, (12 - 4) / 2 * (1024 - 308) / 168);
    const struct roost_flash whole = {NULL, NULL, 4096, 112, 4}; /* what the header states */
    const struct roost_ledger large = {.flash = &whole};
    assert_int_equal(roost_ledger_capacity(&large), 1217);
    for (uint32_t i = 0; i < 2 * capacity; i++) {
        struct roost_ledger_begin begin = {.connector = 1,
                                           .tag = "0123456789abcdefghijklmnopqrstuvwxyz"};
        struct roost_ledger_end end = {.connector = 1,
                                       .tag = "0123456789abcdefghijklmnopqrstuvwxyz"};
        struct roost_ledger_values values = {.energy_mwh = energy};
        uint32_t transaction;
        begin.values.energy_mwh = end.values.energy_mwh = energy;
        int err = roost_ledger_begin(&ledger, &begin, i, &transaction);
        if (err == 0 && ++begun < capacity) {
            assert_int_equal(roost_ledger_end(&ledger, &end, i), 0);
            continue;
        }
        assert_true(err == 0 || err == ROOST_ERR_STATE);
        for (int k = 0; k < 20; k++) { /* the last one stays open, and samples come and come */
            values.energy_mwh = ++energy;
            assert_int_equal(roost_ledger_sample(&ledger, 1, 1, &values, i), 0);
            assert_int_equal(roost_ledger_register(&ledger, 2, i * 100 + (uint32_t)k, i), 0);
        }
        begin.connector = 2;
        begin.values.energy_mwh = ledger.connectors[1].energy_mwh;
        assert_int_equal(roost_ledger_begin(&ledger, &begin, i, &transaction), ROOST_ERR_FULL);
    }
    assert_int_equal(begun, capacity);
    assert_int_equal(ledger.refused, capacity + 1);
    assert_true(ledger.thinned > 0);
    struct roost_ledger_end end = {.connector = 1, .tag = "0123456789abcdefghijklmnopqrstuvwxyz"};
    assert_int_equal(roost_ledger_end(&ledger, &end, 0), 0);

    struct roost_ledger_item item;
    uint32_t begins = 0, ends = 0;
    for (; roost_ledger_next(&ledger, &item) == 0; ends += item.kind == ROOST_LEDGER_END) {
        begins += item.kind == ROOST_LEDGER_BEGIN;
        assert_int_equal(roost_ledger_delivered(&ledger, item.seq, NULL), 0);
    }
    assert_int_equal(begins, capacity);
    assert_int_equal(ends, capacity);
    struct roost_ledger_begin again = {.connector = 1, .values = {.energy_mwh = 1u << 30}};
    uint32_t transaction;
    assert_int_equal(roost_ledger_begin(&ledger, &again, 0, &transaction), 0);
}

/* One that is long against what there is room for keeps its first sample, and evenly spread ones.
 */
static void thins_evenly(void **state)
{
    (void)state;
    enum { SAMPLES = 1500 };
    start(4, 8);
    assert_true(do_begin(1));
    for (int i = 0; i < SAMPLES; i++) {
        ref.true_s += 10;
        assert_true(do_sample(1));
    }
    uint32_t transaction = ref.open[1], kept = 0, widest_s = 0;
    uint64_t last_ms = 0;
    struct roost_ledger_walk walk;
    struct roost_ledger_item item;
    assert_true(do_end(1));
    roost_ledger_walk(&walk, transaction);
    for (; roost_ledger_walk_next(&ledger, &walk, &item) == 0; kept++) {
        uint32_t gap_s = (uint32_t)(item.stamp.ms - last_ms) / 1000;
        if (item.kind == ROOST_LEDGER_SAMPLE && gap_s > widest_s)
            widest_s = gap_s;
        last_ms = item.stamp.ms;
    }
    assert_int_equal(last_ms, SAMPLES * 10000);
    assert_int_equal(kept, 2 + SAMPLES - ledger.thinned);
    assert_true(kept > 40); /* of the 112 there is room for */
    assert_true(widest_s <= 10 * 32);
    check_dump();
}

/* What was delivered makes room before anything is thinned, also between what must stay. */
static void gives_up_the_dead_first(void **state)
{
    (void)state;
    start(4, 8);
    assert_true(do_begin(1) && do_deliver(ANSWER_ID));
    for (int i = 0; i < 60; i++) {
        ref.true_s += 5;
        assert_true(do_begin(2) && do_sample(1) && do_sample(2) && do_sample(2) && do_end(2));
        while (do_deliver(ANSWER_ID))
            continue;
    }
    check_dump();
    assert_int_equal(ledger.thinned, 0);
    assert_true(ledger.erases > 16);
    finish();
}

/* ---- wear ---- */

static uint32_t all_erases(uint32_t *most)
{
    uint32_t sum = 0;
    *most = 0;
    for (uint32_t i = 0; i < flash.sector_count; i++) {
        sum += chip.erases[i];
        if (chip.erases[i] > *most)
            *most = chip.erases[i];
    }
    assert_int_equal(sum, ledger.erases);
    return sum;
}

/* As the header computes it, on smaller sectors. */
static void wears_as_stated(void **state)
{
    (void)state;
    enum { TRANSACTIONS = 12, SAMPLES = 60, REGISTERS = 60 };
    start(4, 16);
    uint32_t most, bytes = 84 + 84 + SAMPLES * 44 + (SAMPLES + 2) * 16 + REGISTERS * 28;
    for (int t = 0; t < TRANSACTIONS; t++) {
        assert_true(do_begin(1) && do_deliver(ANSWER_ID));
        for (int i = 0; i < SAMPLES; i++) {
            ref.true_s += 30;
            assert_true(do_flow(1, STEP_MWH));
            ref.true_s += 30;
            assert_true(do_sample(1) && do_deliver(ANSWER_ID));
        }
        assert_true(do_end(1) && do_deliver(ANSWER_ID));
        assert_int_equal(roost_ledger_tend(&ledger), 0);
    }
    uint32_t erases = all_erases(&most), stated = TRANSACTIONS * bytes / (1024 - 308);
    assert_true(erases <= stated + stated / 10); /* a rest at each sector's end */
    assert_true(most <= erases / 16 + 2);        /* evenly */
}

/* Full and thinning all the time: twice that. */
static void wears_twice_while_full(void **state)
{
    (void)state;
    enum { SAMPLES = 1200 };
    start(4, 10);
    assert_true(do_begin(1));
    for (int i = 0; i < SAMPLES; i++)
        assert_true(do_sample(1));
    uint32_t most, stated = 2 * (SAMPLES * 44 / (1024 - 308));
    assert_true(all_erases(&most) <= stated + stated / 10);
}

/* ---- flash that fails ---- */

/* One operation fails now and then, and nothing that was answered with 0 is lost. */
static void survive_failures(bool late)
{
    start(4, 9);
    history_random = 4;
    chip.fails_late = late;
    for (int i = 0; i < 400; i++) {
        if (i % 7 == 0)
            chip.fail_program = 1 + (int)draw(3);
        if (i % 41 == 0)
            chip.fail_erase = 1;
        assert_true(live(i % 200 < 100 ? &online : &short_ones));
        if (i % 20 == 19) {
            chip.fail_program = chip.fail_erase = 0;
            assert_true(boot());
        }
    }
    go_on(&catching_up, 100);
    finish();
}

static void survives_operations_that_fail(void **state)
{
    (void)state;
    survive_failures(false);
}

/* What was written in spite of it must not count beside what was written in its place. */
static void survives_operations_that_only_seem_to_fail(void **state)
{
    (void)state;
    survive_failures(true);
}

static void says_when_the_flash_is_gone(void **state)
{
    (void)state;
    start(4, 8);
    struct roost_ledger_begin begin = {.connector = 1};
    struct roost_ledger_item item;
    struct roost_ledger other;
    uint32_t transaction = 77;
    assert_true(do_begin(2));
    chip.dead = true;
    assert_int_equal(roost_ledger_begin(&ledger, &begin, 0, &transaction), ROOST_ERR_IO);
    assert_int_equal(transaction, 77);
    assert_int_equal(roost_ledger_open(&ledger, 1), 0);
    assert_int_equal(roost_ledger_register(&ledger, 1, 99, 0), ROOST_ERR_IO);
    assert_int_equal(roost_ledger_energy_mwh(&ledger, 1), 0);
    assert_int_equal(roost_ledger_next(&ledger, &item), ROOST_ERR_IO);
    assert_int_equal(roost_ledger_init(&other, &flash, &rules, 9), ROOST_ERR_IO);
}

/* ---- flash that is damaged ---- */

static void damage(uint32_t offset, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        chip.bytes[offset + i] &= (uint8_t)chip_draw();
}

/* Delivers all there is; how many begins and ends came, and that nothing came out of order. */
static uint32_t drain(uint32_t *begins, uint32_t *ends)
{
    struct roost_ledger_item item;
    uint32_t last = 0, count = 0, running[CONNECTORS + 1] = {0};
    uint64_t energy[CONNECTORS + 1] = {0};
    *begins = *ends = 0;
    for (; roost_ledger_next(&ledger, &item) == 0; count++) {
        bool made_up = item.kind == ROOST_LEDGER_END && item.detail == ROOST_LEDGER_OTHER;
        assert_true(item.seq > last || (made_up && item.seq == last));
        last = item.seq;
        if (item.kind == ROOST_LEDGER_BEGIN) {
            assert_int_equal(running[item.connector], 0); /* every one that came has an end */
            running[item.connector] = item.seq;
        } else if (item.kind == ROOST_LEDGER_END) {
            assert_true(running[item.connector] == item.transaction ||
                        running[item.connector] == 0); /* its begin was delivered, or is lost */
            running[item.connector] = 0;
        }
        assert_true(item.values.energy_mwh >= energy[item.connector]);
        energy[item.connector] = item.values.energy_mwh;
        *begins += item.kind == ROOST_LEDGER_BEGIN;
        *ends += item.kind == ROOST_LEDGER_END;
        assert_int_equal(roost_ledger_delivered(&ledger, item.seq, NULL), 0);
    }
    for (uint8_t c = 1; c <= CONNECTORS; c++)
        assert_int_equal(running[c], 0);
    assert_int_equal(ledger.transactions, 0);
    return count;
}

/* One record that cannot be read costs itself. */
static void loses_one_record_with_one_damaged(void **state)
{
    (void)state;
    uint32_t begins, ends;
    start(4, 8);
    assert_true(do_begin(1) && do_sample(1) && do_sample(1) && do_sample(1) && do_end(1));
    damage(ledger.sectors[0].position * (uint32_t)SECTOR + ledger.write_offset - 48 - 60, 8);
    assert_int_equal(roost_ledger_init(&ledger, &flash, &rules, 2), 0);
    assert_int_equal(drain(&begins, &ends), 4);
    assert_int_equal(begins, 1);
    assert_int_equal(ends, 1);
}

/* The end of one of two transactions is lost: it is made up, once, from the begin behind it. */
static void makes_up_an_end_that_is_lost(void **state)
{
    (void)state;
    uint32_t begins, ends;
    struct roost_ledger_item item;
    start(4, 8);
    assert_true(do_begin(1) && do_flow(1, 700) && do_end(1));
    uint32_t end_at = ledger.write_offset - 4;
    assert_true(do_begin(1) && do_sample(1));
    damage(ledger.sectors[0].position * (uint32_t)SECTOR + end_at, 4);
    assert_int_equal(roost_ledger_init(&ledger, &flash, &rules, 2), 0);
    assert_int_equal(ledger.transactions, 2);
    assert_true(roost_ledger_next(&ledger, &item) == 0 && item.kind == ROOST_LEDGER_BEGIN);
    uint32_t transaction = item.seq;
    assert_int_equal(roost_ledger_delivered(&ledger, transaction, &(int32_t){77}), 0);
    assert_int_equal(roost_ledger_next(&ledger, &item), 0);
    assert_int_equal(roost_ledger_failed(&ledger, item.seq, 5), 0);
    assert_int_equal(roost_ledger_init(&ledger, &flash, &rules, 3), 0);
    assert_int_equal(roost_ledger_next(&ledger, &item), 0);
    assert_int_equal(ledger.attempts, 1);
    assert_int_equal(item.kind, ROOST_LEDGER_END);
    assert_int_equal(item.detail, ROOST_LEDGER_OTHER);
    assert_int_equal(item.transaction, transaction);
    assert_int_equal(item.external_id, 77);
    assert_int_equal(item.values.energy_mwh, 700);
    assert_int_equal(roost_ledger_delivered(&ledger, item.seq, NULL), 0);
    assert_int_equal(ledger.damaged, 1);
    assert_int_equal(drain(&begins, &ends), 3);
    assert_true(begins == 1 && ends == 1);
}

/* A whole record that is not of this life of the sector is none. */
static void ignores_what_an_earlier_life_left(void **state)
{
    (void)state;
    uint32_t begins, ends;
    start(4, 8);
    assert_true(do_begin(1) && do_end(1));
    while (ledger.sector_count == 1)
        assert_true(do_sample(2));
    const struct roost_ledger_sector *first = &ledger.sectors[0];
    const struct roost_ledger_sector *head = &ledger.sectors[ledger.sector_count - 1];
    memcpy(chip.bytes + (size_t)head->position * SECTOR + ledger.write_offset,
           chip.bytes + (size_t)first->position * SECTOR + 308, 48);
    assert_int_equal(roost_ledger_init(&ledger, &flash, &rules, 2), 0);
    assert_int_equal(ledger.torn, 1);
    (void)drain(&begins, &ends);
    assert_true(begins == 1 && ends == 1);
}

/* Each sector in turn is destroyed, in its header, its records or both: it mounts, gives the rest
 * in order, every register stands where what can be read says, and it works on. */
static void works_on_without_a_sector(void **state)
{
    (void)state;
    static struct chip whole;
    for (uint32_t sector = 0; sector < 9; sector++) {
        for (int part = 0; part < 3; part++) {
            uint32_t begins, ends;
            start(4, 9);
            history_random = 7;
            for (int i = 0; i < 250; i++)
                assert_true(live(i < 60 ? &online : &offline));
            whole = chip;
            struct roost_ledger before = ledger;
            damage(sector * SECTOR + (part == 1 ? 308 : 0), part == 0 ? 308 : SECTOR - 308);
            assert_int_equal(roost_ledger_init(&ledger, &flash, &rules, ref.boot + 1), 0);
            uint32_t head = before.sectors[before.sector_count - 1].position;
            for (uint8_t c = 1; c <= CONNECTORS; c++) {
                assert_int_equal(roost_ledger_open(&ledger, c), 0);
                if (sector != head)
                    assert_int_equal(roost_ledger_energy_mwh(&ledger, c),
                                     before.connectors[c - 1].energy_mwh);
            }
            (void)drain(&begins, &ends);
            struct roost_ledger_begin begin = {.connector = 1, .values = {.energy_mwh = 1u << 30}};
            uint32_t transaction;
            assert_int_equal(roost_ledger_begin(&ledger, &begin, 0, &transaction), 0);
            for (int i = 0; i < 300; i++)
                assert_int_equal(roost_ledger_sample(&ledger, 1, 1, &begin.values, 0), 0);
            assert_int_equal(roost_ledger_init(&ledger, &flash, &rules, ref.boot + 2), 0);
            (void)drain(&begins, &ends);
            assert_true(begins == 1 && ends == 1);
        }
    }
    assert_int_equal(whole.dead, 0);
}

static void begins_anew_on_foreign_bytes(void **state)
{
    (void)state;
    start(4, 8);
    assert_true(do_begin(1));
    damage(0, SECTOR * 8);
    assert_int_equal(roost_ledger_init(&ledger, &flash, &rules, 2), 0);
    assert_int_equal(ledger.formatted, 1);
    assert_int_equal(roost_ledger_init(&ledger, &flash, &rules, 3), 0);
    assert_int_equal(ledger.formatted, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_reference_with_words),
        cmocka_unit_test(follows_the_reference_with_bytes),
        cmocka_unit_test(follows_the_reference_with_wide_units),
        cmocka_unit_test(is_full_at_the_stated_number),
        cmocka_unit_test(thins_evenly),
        cmocka_unit_test(gives_up_the_dead_first),
        cmocka_unit_test(wears_as_stated),
        cmocka_unit_test(wears_twice_while_full),
        cmocka_unit_test(survives_operations_that_fail),
        cmocka_unit_test(survives_operations_that_only_seem_to_fail),
        cmocka_unit_test(makes_up_an_end_that_is_lost),
        cmocka_unit_test(ignores_what_an_earlier_life_left),
        cmocka_unit_test(says_when_the_flash_is_gone),
        cmocka_unit_test(loses_one_record_with_one_damaged),
        cmocka_unit_test(works_on_without_a_sector),
        cmocka_unit_test(begins_anew_on_foreign_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
