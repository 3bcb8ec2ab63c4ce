/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The power is cut at every flash operation of random histories, before it, within it and behind
 * it, and again at every operation of the recovery. What must hold then stands in the rig.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/charger/ledger/test/rig.h"

static struct chip warm_chip, cut_chip;
static struct ref warm_ref, cut_ref;

static void back_to(const struct chip *then, const struct ref *ref_then)
{
    chip = *then;
    ref = *ref_then;
}

/* Goes on for a while without a cut, and to the end. */
static void go_on(const struct habits *habits)
{
    for (int i = 0; i < 6; i++)
        assert_true(live(habits));
    finish();
}

/* Each cut of the recovery from the state a cut left. Returns how many there were. */
static uint32_t cut_recovery(const struct habits *habits, uint32_t seed)
{
    uint32_t n = 1;
    for (bool reached = true; reached; n++) {
        for (int cut = 0; cut < CUTS; cut++) {
            back_to(&cut_chip, &cut_ref);
            chip.random = seed + n * 104729 + (uint32_t)cut;
            cut_at(n, (enum cut)cut);
            reached = !boot();
            cut_at(0, CUT_BEFORE);
            if (reached)
                assert_true(boot());
            history_random = seed + n;
            if (n % 4 == 0 || !reached)
                go_on(habits);
            if (!reached)
                break;
        }
    }
    return n - 1;
}

/* `steps` things happen with a cut at each of their operations. */
static void survives_from_here(const struct habits *habits, int steps, uint32_t seed)
{
    uint32_t recoveries = 0;
    warm_chip = chip;
    warm_ref = ref;
    uint32_t n = 1;
    for (bool reached = true; reached; n++) {
        for (int cut = 0; cut < CUTS && reached; cut++) {
            back_to(&warm_chip, &warm_ref);
            assert_true(boot());
            history_random = seed + 1;
            chip.random = seed + n * 7919 + (uint32_t)cut;
            cut_at(n, (enum cut)cut);
            int i = 0;
            while (i < steps && live(habits))
                i++;
            reached = chip.dead;
            if (!reached)
                break;
            cut_chip = chip;
            cut_ref = ref;
            recoveries += cut_recovery(habits, seed + n);
        }
    }
    assert_true(n > 20 && recoveries > n);
    cut_at(0, CUT_BEFORE);
    finish();
}

/* `warm` things happen, then `steps` more with cuts. */
static void survives(uint32_t program_bytes, uint32_t sectors, const struct habits *before,
                     int warm, const struct habits *habits, int steps, uint32_t seed)
{
    start(program_bytes, sectors);
    history_random = seed;
    for (int i = 0; i < warm; i++)
        assert_true(live(before));
    survives_from_here(habits, steps, seed);
}

static const struct habits online = {6, 6, 20, 25, 35, 8};
static const struct habits offline = {8, 8, 44, 30, 0, 10};
static const struct habits short_ones = {40, 40, 10, 5, 0, 5};
static const struct habits still_full = {25, 25, 15, 15, 10, 10};
static const struct habits catching_up = {10, 10, 15, 10, 50, 5};
static const struct habits flowing = {8, 3, 3, 79, 1, 6};

static void cuts_online(void **state)
{
    (void)state;
    survives(4, 7, &online, 200, &online, 150, 1);
}

static void cuts_online_with_wide_programs(void **state)
{
    (void)state;
    survives(16, 7, &online, 150, &online, 100, 2);
}

static void cuts_online_with_byte_programs(void **state)
{
    (void)state;
    survives(1, 6, &online, 150, &online, 100, 3);
}

static void cuts_while_samples_are_thinned(void **state)
{
    (void)state;
    survives(4, 6, &offline, 350, &offline, 150, 4);
}

static void cuts_while_it_is_full(void **state)
{
    (void)state;
    survives(4, 12, &short_ones, 300, &still_full, 200, 5);
}

static void cuts_while_a_full_one_is_delivered(void **state)
{
    (void)state;
    survives(4, 12, &offline, 500, &catching_up, 120, 6);
}

/* ---- what stays on flash though it is none any more ---- */

/* Energy flows until so many sectors are in use. */
static void flow_until(uint16_t sectors)
{
    while (ledger.sector_count < sectors)
        assert_true(do_flow(1, STEP_MWH));
}

/* In A a begin, in B nothing but registers; then ends and begins, two and two. */
static void fill_five(bool registers_only)
{
    start(4, 6);
    assert_true(do_begin(1));
    for (uint16_t sectors = 2; sectors <= 5; sectors++) {
        flow_until(sectors);
        if (sectors < 5 && !(registers_only && sectors == 2))
            assert_true(do_end(1) && do_begin(1));
    }
}

static void cuts_around_a_sector_of_registers(void **state)
{
    (void)state;
    for (uint32_t seed = 7; seed < 10; seed++) {
        fill_five(true);
        survives_from_here(&flowing, 150, seed);
    }
}

static void a_dead_sector_between_live_ones_stays_dead(void **state)
{
    (void)state;
    for (int fail = 0; fail < 2; fail++) {
        fill_five(true);
        chip.fail_erase = fail; /* of B: it is kept, and packed */
        for (int i = 0; i < 2; i++)
            assert_int_equal(roost_ledger_tend(&ledger), 0);
        chip.fail_erase = 0;
        assert_true(boot());
        finish();
    }
}

/* The one behind in a packing could not be erased, and what stood for it was packed again. */
static void a_sector_that_was_not_erased_hides_nothing(void **state)
{
    (void)state;
    for (int fail = 2; fail <= 3; fail++) {
        fill_five(false);
        chip.fail_erase = fail; /* the first is that of the free one */
        assert_int_equal(roost_ledger_tend(&ledger), 0);
        assert_int_equal(chip.fail_erase, 0);
        assert_int_equal(roost_ledger_tend(&ledger), 0);
        assert_int_equal(ledger.sector_count, 3);
        for (int i = 0; i < 2; i++)
            assert_true(boot());
        finish();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_online),
        cmocka_unit_test(cuts_online_with_wide_programs),
        cmocka_unit_test(cuts_online_with_byte_programs),
        cmocka_unit_test(cuts_while_samples_are_thinned),
        cmocka_unit_test(cuts_while_it_is_full),
        cmocka_unit_test(cuts_while_a_full_one_is_delivered),
        cmocka_unit_test(cuts_around_a_sector_of_registers),
        cmocka_unit_test(a_dead_sector_between_live_ones_stays_dead),
        cmocka_unit_test(a_sector_that_was_not_erased_hides_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
