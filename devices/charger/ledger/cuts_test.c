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

/* `warm` things happen, then `steps` more with a cut at each of their operations. */
static void survives(uint32_t program_bytes, uint32_t sectors, const struct habits *before,
                     int warm, const struct habits *habits, int steps, uint32_t seed)
{
    uint32_t recoveries = 0;
    start(program_bytes, sectors);
    history_random = seed;
    for (int i = 0; i < warm; i++)
        assert_true(live(before));
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

static const struct habits online = {6, 6, 20, 25, 35, 8};
static const struct habits offline = {8, 8, 44, 30, 0, 10};
static const struct habits short_ones = {40, 40, 10, 5, 0, 5};
static const struct habits still_full = {25, 25, 15, 15, 10, 10};
static const struct habits catching_up = {10, 10, 15, 10, 50, 5};

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_online),
        cmocka_unit_test(cuts_online_with_wide_programs),
        cmocka_unit_test(cuts_online_with_byte_programs),
        cmocka_unit_test(cuts_while_samples_are_thinned),
        cmocka_unit_test(cuts_while_it_is_full),
        cmocka_unit_test(cuts_while_a_full_one_is_delivered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
