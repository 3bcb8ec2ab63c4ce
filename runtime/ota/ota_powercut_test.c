/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The power is cut at every operation of an update that changes flash (erase, program, each key,
 * activation, confirmation, roll-back), in three manners, and again inside the recovery. Whatever
 * happens, what boots is an image that somebody trusted has signed (the rig holds every boot and
 * every activation to that), and when the power stays the update comes to its end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/ota/test/rig.h"

static struct rig rig, ready;

/* The flash as it was before the update; to make it anew each time would take most of the time. */
static void start(bool bad)
{
    if (ready.boots == 0) {
        rig_start(&ready);
        rig_offer(&ready, "1.4.0", 3);
    }
    memcpy(&rig, &ready, sizeof rig);
    const void **const contexts[] = {
        (const void **)&rig.port.kv.ctx,       (const void **)&rig.port.slot.ctx,
        (const void **)&rig.port.firmware.ctx, (const void **)&rig.port.http.ctx,
        (const void **)&rig.port.random.ctx,   (const void **)&rig.port.system.ctx,
        (const void **)&rig.port.crypto.ctx,   (const void **)&rig.log.ctx,
    };
    for (size_t i = 0; i < sizeof contexts / sizeof contexts[0]; i++)
        *contexts[i] = &rig;
    rig.config.version = rig.version;
    rig.missing = bad ? "broker" : NULL;
    rig.part_bytes = ROOST_HTTP_PART_MAX;
    rig_boot(&rig, ROOST_RESET_POWER_ON);
}

/* Runs with the power going at operation `cut_at`. False: it was not reached. */
static bool cut(int cut_at, enum rig_cut manner)
{
    rig.operations = 0;
    rig.cut_at = cut_at;
    rig.cut = manner;
    rig.random += (uint64_t)cut_at * 7919 + manner;
    rig_run(&rig, 2 * (uint64_t)RIG_DAY_MS);
    rig.cut_at = RIG_NO_CUT;
    return !rig.power;
}

static void expect_end(bool bad)
{
    rig_run(&rig, 2 * (uint64_t)RIG_DAY_MS);
    assert_true(rig.power);
    assert_int_equal(rig.ota.state, ROOST_OTA_IDLE);
    assert_int_equal(rig.ota.record.phase, 0);
    assert_int_equal(rig.slot_state[rig.running], RIG_VALID);
    if (bad) {
        assert_string_equal(rig.version, "1.3.0");
        assert_int_equal(rig.lowest, 2);
        assert_memory_equal(rig.ota.record.failed, rig.signed_images[1], 32);
        assert_int_equal(strncmp(rig.ota.report, "1.4.0 rolled back: ", 19), 0);
    } else {
        assert_string_equal(rig.version, "1.4.0");
        assert_int_equal(rig.lowest, 3);
        assert_string_equal(rig.ota.report, "installed 1.4.0");
    }
    int boots = rig.boots; /* and there it stays */
    rig_run(&rig, RIG_DAY_MS);
    assert_int_equal(rig.boots, boots);
}

static void cuts(bool bad)
{
    for (int manner = 0; manner < RIG_CUTS; manner++) {
        int n = 0;
        for (start(bad); cut(n, (enum rig_cut)manner); start(bad), n++) {
            rig_boot(&rig, ROOST_RESET_POWER_ON);
            expect_end(bad);
        }
        assert_true(n > 2 * RIG_IMAGE / RIG_SECTOR); /* the whole update was walked through */
        expect_end(bad);
    }
}

static void ends_installed_wherever_the_power_goes(void **state)
{
    (void)state;
    cuts(false);
}

static void ends_rolled_back_wherever_the_power_goes(void **state)
{
    (void)state;
    cuts(true);
}

/* One cut in the update, then one at each operation of what follows, from the boot on. */
static void cut_again(bool bad, int n, enum rig_cut first, enum rig_cut second)
{
    static struct rig after;
    bool clean = false;
    start(bad);
    assert_true(cut(n, first));
    memcpy(&after, &rig, sizeof rig);
    for (int m = 0; !clean; m++) {
        memcpy(&rig, &after, sizeof rig);
        rig.operations = 0;
        rig.cut_at = m;
        rig.cut = second;
        rig_boot(&rig, ROOST_RESET_POWER_ON);
        rig_run(&rig, 2 * (uint64_t)RIG_DAY_MS);
        rig.cut_at = RIG_NO_CUT;
        clean = rig.power;
        if (!clean)
            rig_boot(&rig, ROOST_RESET_POWER_ON);
        expect_end(bad);
    }
}

/* In the download, which is the same again and again, every few; around the trial every one in
 * every pair of manners. */
static void again_inside_the_recovery(void **state)
{
    (void)state;
    for (int bad = 0; bad < 2; bad++) {
        start(bad);
        assert_false(cut(1 << 30, RIG_CUT_BEFORE));
        int last = rig.operations;
        int trial = last - 8;
        for (int n = 0; n < trial; n += 9)
            cut_again(bad, n, (enum rig_cut)(n % RIG_CUTS), (enum rig_cut)(n / 9 % RIG_CUTS));
        for (int n = trial; n < last; n++)
            for (int pair = 0; pair < RIG_CUTS * RIG_CUTS; pair++)
                cut_again(bad, n, (enum rig_cut)(pair % RIG_CUTS), (enum rig_cut)(pair / RIG_CUTS));
    }
}

/* From what the rig is now to 1.4.1, cut everywhere. */
static void cuts_from_here(void)
{
    static struct rig here;
    rig.missing = NULL;
    rig_offer(&rig, "1.4.1", 3);
    memcpy(&here, &rig, sizeof rig);
    for (int manner = 0; manner < RIG_CUTS; manner++) {
        int n = 0;
        for (; cut(n, (enum rig_cut)manner); n++) {
            rig_boot(&rig, ROOST_RESET_POWER_ON);
            rig_run(&rig, 2 * (uint64_t)RIG_DAY_MS);
            assert_string_equal(rig.version, "1.4.1");
            assert_string_equal(rig.ota.report, "installed 1.4.1");
            memcpy(&rig, &here, sizeof rig);
        }
        assert_true(n > 2 * RIG_IMAGE / RIG_SECTOR);
        assert_string_equal(rig.version, "1.4.1");
        memcpy(&rig, &here, sizeof rig);
    }
}

static void with_a_slot_that_failed_before(void **state)
{
    (void)state;
    start(true);
    expect_end(true);
    cuts_from_here();
}

static void from_the_other_slot_back(void **state)
{
    (void)state;
    start(false);
    expect_end(false);
    assert_int_equal(rig.running, 1);
    cuts_from_here();
}

/* An image that is not what was signed: no cut makes it run. */
static void never_an_image_that_was_not_verified(void **state)
{
    (void)state;
    for (int n = 0;; n++) {
        start(false);
        rig.image[5000] ^= 1;
        bool reached = cut(n, (enum rig_cut)(n % RIG_CUTS));
        if (reached) {
            rig_boot(&rig, ROOST_RESET_POWER_ON);
            rig_run(&rig, RIG_DAY_MS);
        }
        assert_string_equal(rig.version, "1.3.0");
        assert_string_equal(rig.ota.report, "1.4.0 refused: sha256 differs");
        if (!reached)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_installed_wherever_the_power_goes),
        cmocka_unit_test(ends_rolled_back_wherever_the_power_goes),
        cmocka_unit_test(again_inside_the_recovery),
        cmocka_unit_test(with_a_slot_that_failed_before),
        cmocka_unit_test(from_the_other_slot_back),
        cmocka_unit_test(never_an_image_that_was_not_verified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
