/* SPDX-License-Identifier: Apache-2.0 */
/* The power is cut at every operation, and again at every one of the recovery. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/test/journal_rig.h"

/* Three laps around the region with reading, trimming and restarts. False: the power went. */
static bool live(int appends)
{
    if (!mount())
        return false;
    for (int i = 1; i <= appends && !chip.dead; i++) {
        if (!append())
            return false;
        if (i % 3 == 0 && model.end > 12)
            trim(model.end - (i % 40 < 20 ? 12 : 2));
        if (i % 29 == 0 && !chip.dead && !mount())
            return false;
    }
    return !chip.dead;
}

static bool recover(void)
{
    if (!mount())
        return false;
    check_all();
    for (int i = 0; i < 4; i++)
        if (!append())
            return false;
    trim(model.end - 1);
    return !chip.dead;
}

static void survives_cuts(uint32_t program_bytes, uint32_t seed)
{
    static uint8_t bytes_after_cut[REGION];
    for (int n = 1;; n++) {
        new_chip(program_bytes, 0xFF);
        new_model();
        chip.random = seed + (uint32_t)n * 7919;
        power_on(n);
        if (live(170))
            break;
        memcpy(bytes_after_cut, chip.bytes, sizeof chip.bytes);
        power_on(0);
        assert_true(mount());
        check_all();
        struct model model_after_cut = model;
        for (int m = 1;; m++) {
            memcpy(chip.bytes, bytes_after_cut, sizeof chip.bytes);
            model = model_after_cut;
            chip.random = seed + (uint32_t)n * 7919 + (uint32_t)m * 104729;
            power_on(m);
            bool clean = recover();
            power_on(0);
            assert_true(mount());
            check_all();
            assert_true(append()); /* and it goes on */
            check_all();
            if (clean)
                break;
        }
    }
    check_all();
    assert_true(chip.erases[0] >= 3 && chip.erases[SECTORS - 1] >= 3); /* several laps were made */
}

static void cuts_with_byte_programs(void **state)
{
    (void)state;
    survives_cuts(1, 1);
}

static void cuts_with_word_programs(void **state)
{
    (void)state;
    survives_cuts(4, 2);
}

static void cuts_with_wide_programs(void **state)
{
    (void)state;
    survives_cuts(16, 3);
}

/* The factory reset is cut at every operation: the old journal or the new one is there. */
static void cuts_inside_the_format(void **state)
{
    (void)state;
    static uint8_t filled[REGION];
    new_chip(4, 0xFF);
    new_model();
    assert_true(live(90));
    memcpy(filled, chip.bytes, sizeof filled);
    struct model before = model;
    bool seen_old = false, seen_new = false;
    for (int n = 1; n <= SECTORS + 2; n++) {
        memcpy(chip.bytes, filled, sizeof filled);
        model = before;
        power_on(0);
        assert_true(mount());
        chip.random = (uint32_t)n;
        power_on(n);
        int err = roost_journal_format(&journal, 77);
        assert_int_equal(err, n > SECTORS + 1 ? 0 : ROOST_ERR_IO);
        power_on(0);
        assert_true(mount());
        if (journal.id == 77) {
            seen_new = true;
            assert_int_equal(journal.next_seq, 1);
            assert_int_equal(roost_journal_waiting(&journal), 0);
            new_model();
        } else {
            seen_old = true;
            assert_int_equal(journal.id, 0xABCD1234);
            assert_int_equal(journal.next_seq, before.end);
            model.oldest = journal.oldest_seq; /* only its oldest sector may be gone */
            assert_true(model.end - model.oldest > 15);
        }
        check_all();
        assert_true(append());
        check_all();
    }
    assert_true(seen_old && seen_new);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_with_byte_programs),
        cmocka_unit_test(cuts_with_word_programs),
        cmocka_unit_test(cuts_with_wide_programs),
        cmocka_unit_test(cuts_inside_the_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
