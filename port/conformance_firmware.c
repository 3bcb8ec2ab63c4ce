/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware slots: what activate takes, how a trial ends, and that the security version only grows.
 * Each test starts from whatever slot the one before left running, which is never on trial.
 */
#include "port/conformance_tests.h"

enum { IMAGE_MAX = 3 * 4096, CUT_LIMIT = 60 };

static uint8_t image[IMAGE_MAX];
static uint32_t image_len;

static struct roost_running running(struct roost_conformance *suite)
{
    struct roost_running now = {.slot = 0xFF};
    int err;

    OP(suite, err, firmware, running, &now);
    assert_int_equal(err, 0);
    assert_true(now.slot < 2);
    return now;
}

static int activate(struct roost_conformance *suite)
{
    int err;

    OP(suite, err, firmware, activate, image_len);
    return err;
}

static int confirm(struct roost_conformance *suite)
{
    int err;

    OP0(suite, err, firmware, confirm);
    return err;
}

static void restart(struct roost_conformance *suite)
{
    assert_int_equal(suite->restart(suite->ctx), 0);
}

static void reboot(struct roost_conformance *suite, enum roost_reset_reason reason)
{
    const struct roost_system *system = &suite->port->system;

    system->ops->reboot(system->ctx, reason);
    assert_int_equal(suite->rebooted(suite->ctx), 0);
}

static void make(struct roost_conformance *suite, uint32_t security_version)
{
    int len = suite->firmware.make_image(suite->ctx, security_version, image, sizeof image);

    assert_in_range(len, 1, IMAGE_MAX);
    image_len = (uint32_t)len;
}

/* Puts the image into the other slot, all but the last `missing` bytes. */
static void load(struct roost_conformance *suite, uint32_t missing)
{
    const struct roost_flash *slot = &suite->port->slot;
    uint32_t end = image_len - missing, unit = slot->program_bytes;

    assert_true(end <= slot->sector_bytes * slot->sector_count);
    for (uint32_t at = 0; at < end; at += slot->sector_bytes) {
        uint8_t sector[4096];
        uint32_t len = end - at < slot->sector_bytes ? end - at : slot->sector_bytes;

        memset(sector, 0xFF, sizeof sector);
        memcpy(sector, image + at, len);
        assert_int_equal(slot->ops->erase(slot->ctx, at / slot->sector_bytes), 0);
        assert_int_equal(slot->ops->program(slot->ctx, at, sector, (len + unit - 1) / unit * unit),
                         0);
    }
}

/* A new image of the security version that runs, on trial; returns the slot it runs in. */
static uint8_t begin_trial(struct roost_conformance *suite)
{
    struct roost_running before = running(suite);

    assert_false(before.on_trial);
    make(suite, before.security_version);
    load(suite, 0);
    assert_int_equal(activate(suite), 0);
    assert_int_equal(running(suite).slot, before.slot); /* only a reset changes what runs */
    assert_false(running(suite).on_trial);
    reboot(suite, ROOST_RESET_UPDATE);
    assert_int_equal(running(suite).slot, !before.slot);
    assert_true(running(suite).on_trial);
    assert_false(running(suite).other_failed);
    return running(suite).slot;
}

static void expect_settled(struct roost_conformance *suite, uint8_t slot, bool other_failed)
{
    for (int i = 0; i < 2; i++) {
        struct roost_running now = running(suite);

        assert_int_equal(now.slot, slot);
        assert_false(now.on_trial);
        assert_int_equal(now.other_failed, other_failed);
        restart(suite);
    }
}

static void test_whole_images_only(void **state)
{
    struct roost_conformance *suite = *state;
    const struct roost_flash *slot = &suite->port->slot;
    struct roost_running before = running(suite);
    uint32_t whole;

    assert_int_equal(confirm(suite), 0); /* nothing to confirm is no error */
    make(suite, before.security_version);
    whole = image_len;
    assert_int_equal(slot->ops->erase(slot->ctx, 0), 0);
    assert_int_equal(activate(suite), ROOST_ERR_CORRUPT);
    load(suite, 16);
    assert_int_equal(activate(suite), ROOST_ERR_CORRUPT);
    load(suite, 0);
    for (image_len = 0; image_len <= whole + 16; image_len += image_len == 0 ? whole - 1 : 2)
        assert_int_equal(activate(suite), ROOST_ERR_CORRUPT); /* 0, one less, one more, ... */
    image_len = slot->sector_bytes * slot->sector_count + 1;
    assert_int_equal(activate(suite), ROOST_ERR_CORRUPT);
    make(suite, before.security_version);
    image[whole / 2] ^= 0x10;
    load(suite, 0);
    assert_int_equal(activate(suite), ROOST_ERR_CORRUPT);
    restart(suite);
    assert_int_equal(running(suite).slot, before.slot);
    assert_false(running(suite).on_trial);
}

static void test_confirmed_stays(void **state)
{
    struct roost_conformance *suite = *state;
    uint8_t slot = begin_trial(suite);

    assert_int_equal(suite->port->system.ops->reset_reason(suite->port->system.ctx),
                     ROOST_RESET_UPDATE);
    assert_int_equal(confirm(suite), 0);
    expect_settled(suite, slot, false);
    assert_int_equal(confirm(suite), 0);
    expect_settled(suite, slot, false);
}

/* Any reset ends a trial: loss of power, a crash, a command. */
static void test_reset_ends_trial(void **state)
{
    static const enum roost_reset_reason reasons[] = {ROOST_RESET_CRASH, ROOST_RESET_COMMAND,
                                                      ROOST_RESET_UPDATE};
    struct roost_conformance *suite = *state;
    uint8_t slot = begin_trial(suite);

    restart(suite);
    expect_settled(suite, !slot, true);
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        slot = begin_trial(suite);
        reboot(suite, reasons[i]);
        expect_settled(suite, !slot, true);
    }
}

static void test_roll_back(void **state)
{
    struct roost_conformance *suite = *state;
    uint8_t slot = begin_trial(suite);
    int err;

    OP0(suite, err, firmware, roll_back);
    assert_int_equal(err, 0);
    assert_int_equal(suite->rebooted(suite->ctx), 0);
    assert_int_equal(suite->port->system.ops->reset_reason(suite->port->system.ctx),
                     ROOST_RESET_UPDATE);
    expect_settled(suite, !slot, true);
    OP0(suite, err, firmware, roll_back); /* to an image that failed */
    assert_int_equal(err, ROOST_ERR_STATE);
    expect_settled(suite, !slot, true);
}

/* Nobody else runs after this image when the one it came from is older than what it asks for. */
static void test_security_version_grows(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_running before = running(suite);
    int err;

    make(suite, before.security_version + 1);
    load(suite, 0);
    assert_int_equal(activate(suite), 0);
    reboot(suite, ROOST_RESET_UPDATE);
    assert_true(running(suite).on_trial);
    assert_int_equal(running(suite).security_version, before.security_version); /* not yet */
    restart(suite);
    assert_int_equal(running(suite).slot, before.slot);
    assert_int_equal(running(suite).security_version, before.security_version);

    assert_int_equal(activate(suite), 0);
    reboot(suite, ROOST_RESET_UPDATE);
    assert_int_equal(confirm(suite), 0);
    assert_int_equal(running(suite).security_version, before.security_version + 1);
    OP0(suite, err, firmware, roll_back);
    assert_int_equal(err, ROOST_ERR_STATE);
    make(suite, before.security_version);
    load(suite, 0);
    err = activate(suite);
    assert_true(err == ROOST_ERR_CRYPTO || err == ROOST_ERR_CORRUPT);
    restart(suite);
    assert_int_equal(running(suite).slot, !before.slot);
    assert_int_equal(running(suite).security_version, before.security_version + 1);
}

/* Wherever the power goes inside activate, the next boot runs the one or the other. */
static void test_cut_in_activate(void **state)
{
    struct roost_conformance *suite = *state;

    if (!suite->cut_after)
        return;
    for (uint32_t n = 1; n < CUT_LIMIT; n++) {
        struct roost_running before = running(suite);

        assert_false(before.on_trial);
        make(suite, before.security_version);
        load(suite, 0);
        suite->cut_after(suite->ctx, n);
        int err = activate(suite);
        restart(suite);
        struct roost_running after = running(suite);
        assert_int_equal(after.on_trial, after.slot != before.slot);
        if (err == 0) {
            assert_int_equal(after.slot, !before.slot);
            assert_int_equal(confirm(suite), 0);
            return;
        }
        assert_int_equal(err, ROOST_ERR_IO);
        if (after.on_trial) {
            restart(suite);
            assert_int_equal(running(suite).slot, before.slot);
        }
    }
    fail_msg("never ran clean");
}

/* Inside confirm: confirmed, or a trial that the reset ended. */
static void test_cut_in_confirm(void **state)
{
    struct roost_conformance *suite = *state;

    if (!suite->cut_after)
        return;
    for (uint32_t n = 1; n < CUT_LIMIT; n++) {
        uint8_t slot = begin_trial(suite);

        suite->cut_after(suite->ctx, n);
        int err = confirm(suite);
        restart(suite);
        struct roost_running after = running(suite);
        assert_false(after.on_trial);
        assert_int_equal(after.other_failed, after.slot != slot);
        if (err == 0) {
            assert_int_equal(after.slot, slot);
            return;
        }
        assert_int_equal(err, ROOST_ERR_IO);
    }
    fail_msg("never ran clean");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_whole_images_only),      cmocka_unit_test(test_confirmed_stays),
    cmocka_unit_test(test_reset_ends_trial),       cmocka_unit_test(test_roll_back),
    cmocka_unit_test(test_security_version_grows), cmocka_unit_test(test_cut_in_activate),
    cmocka_unit_test(test_cut_in_confirm),
};

struct conformance_group conformance_firmware_group(void)
{
    return (struct conformance_group){"firmware slots", tests, sizeof tests / sizeof tests[0]};
}
