/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots and boot loader on a board that plays its slots, with the power cut at every step of the
 * disk, and again inside the recovery. What is executed in earnest is tested in
 * test/restart_test.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"
#include "port/linux/linux.h"
#include "tests/support/image.h"
#include "tests/support/support.h"

enum { SECTORS = 8, SECTOR = LINUX_SLOT_SECTOR_BYTES, PROGRAM_BYTES = 5000, PATH_MAX_HERE = 600 };

static char dir[SUPPORT_PATH_MAX];
static struct roost_board board;
static unsigned reboots;
static uint8_t *image[3]; /* of security version 1, 2, 0 */
static size_t image_len;

/* ---- a board as far as slots need one ---- */

static void reboot(void *ctx, enum roost_reset_reason reason)
{
    (void)ctx;
    assert_int_equal(reason, ROOST_RESET_UPDATE);
    reboots++;
}

static const struct roost_system_ops system_ops = {.reboot = reboot};

static void power_off(void)
{
    linux_slots_deinit(&board.slots);
}

/* The power goes at the step of the disk `cut_at`; 0: it stays. Returns what the boot said. */
static int power_on(uint32_t security_version, uint32_t cut_at)
{
    char why[256];

    board = (struct roost_board){.options = {.state_dir = dir,
                                             .slot_sectors = SECTORS,
                                             .security_version = security_version},
                                 .port.system = {&system_ops, NULL}};
    linux_disk_cut_after(&board.disk, cut_at);
    return linux_slots_init(&board, why, sizeof why);
}

static void restart(void)
{
    power_off();
    assert_int_equal(power_on(0, 0), 0);
}

#define SLOT(operation, ...) board.port.slot.ops->operation(board.port.slot.ctx, __VA_ARGS__)
#define FIRMWARE(operation, ...)                                                                   \
    board.port.firmware.ops->operation(board.port.firmware.ctx, __VA_ARGS__)
#define FIRMWARE0(operation) board.port.firmware.ops->operation(board.port.firmware.ctx)

static struct roost_running running(void)
{
    struct roost_running out;

    assert_int_equal(FIRMWARE(running, &out), 0);
    return out;
}

static void expect_running(int slot, bool on_trial, bool other_failed, uint32_t lowest)
{
    struct roost_running now = running();

    assert_int_equal(now.slot, slot);
    assert_int_equal(now.on_trial, on_trial);
    assert_int_equal(now.other_failed, other_failed);
    assert_int_equal(now.security_version, lowest);
}

/* Erases and writes as a download does. Returns the first error. */
static int load(const uint8_t *bytes)
{
    int err = 0;

    for (uint32_t at = 0; !err && at < image_len; at += SECTOR) {
        uint8_t sector[SECTOR];
        size_t part = image_len - at < SECTOR ? image_len - at : SECTOR;
        memset(sector, 0xFF, sizeof sector);
        memcpy(sector, bytes + at, part);
        err = SLOT(erase, at / SECTOR);
        if (!err)
            err = SLOT(program, at, sector, (part + 15) / 16 * 16);
    }
    return err;
}

static int set_up(void **state)
{
    uint8_t program[PROGRAM_BYTES];

    (void)state;
    support_make_dir(dir);
    for (uint32_t i = 0; i < 3; i++) {
        for (size_t at = 0; at < sizeof program; at++)
            program[at] = (uint8_t)(at * 7 + i);
        image[i] = support_make_image(program, sizeof program, (i + 1) % 3, "1.0", &image_len);
    }
    reboots = 0;
    return power_on(0, 0);
}

static int tear_down(void **state)
{
    (void)state;
    power_off();
    for (int i = 0; i < 3; i++)
        free(image[i]);
    support_remove_dir(dir);
    return 0;
}

/* ---- the region ---- */

static void test_region(void **state)
{
    uint8_t out[64], erased[64], data[32];

    (void)state;
    memset(erased, 0xFF, sizeof erased);
    memset(data, 0x5A, sizeof data);
    assert_int_equal(board.port.slot.sector_count, SECTORS);
    assert_int_equal(SLOT(read, SECTORS * SECTOR - 64, out, 64), 0);
    assert_memory_equal(out, erased, 64);
    assert_int_equal(SLOT(read, SECTORS * SECTOR - 63, out, 64), ROOST_ERR_RANGE);
    assert_int_equal(SLOT(program, 8, data, 16), ROOST_ERR_INVALID);
    assert_int_equal(SLOT(program, 0, data, 24), ROOST_ERR_INVALID);
    assert_int_equal(SLOT(program, SECTOR - 16, data, 32), ROOST_ERR_INVALID);
    assert_int_equal(SLOT(program, SECTORS * SECTOR, data, 16), ROOST_ERR_RANGE);
    assert_int_equal(SLOT(erase, SECTORS), ROOST_ERR_RANGE);
    /* Behind the end of the file, and across it. */
    assert_int_equal(SLOT(program, 3 * SECTOR + 32, data, 32), 0);
    assert_int_equal(SLOT(read, 3 * SECTOR + 16, out, 64), 0);
    assert_memory_equal(out, erased, 16);
    assert_memory_equal(out + 16, data, 32);
    assert_memory_equal(out + 48, erased, 16);
    assert_int_equal(SLOT(read, 2 * SECTOR, out, 64), 0);
    assert_memory_equal(out, erased, 64);
    /* Programming clears bits only; erasing sets them all. */
    memset(data, 0x3C, sizeof data);
    assert_int_equal(SLOT(program, 3 * SECTOR + 32, data, 16), 0);
    restart();
    assert_int_equal(SLOT(read, 3 * SECTOR + 32, out, 32), 0);
    assert_int_equal(out[0], 0x5A & 0x3C);
    assert_int_equal(out[16], 0x5A);
    assert_int_equal(SLOT(erase, 3), 0);
    assert_int_equal(SLOT(read, 3 * SECTOR + 16, out, 64), 0);
    assert_memory_equal(out, erased, 64);
}

static void test_region_cut(void **state)
{
    uint8_t data[64], out[2 * SECTOR];

    (void)state;
    memset(data, 0x11, sizeof data);
    assert_int_equal(SLOT(program, SECTOR, data, 64), 0);
    for (uint32_t n = 1; n < 8; n++) {
        linux_disk_cut_after(&board.disk, n);
        int err = SLOT(erase, 1);
        if (!err)
            err = SLOT(program, SECTOR + 64, data, 64);
        if (!err)
            err = SLOT(program, 2 * SECTOR - 64, data, 64);
        bool cut = board.disk.cut;
        assert_int_equal(err, cut ? ROOST_ERR_IO : 0);
        if (cut) {
            assert_int_equal(SLOT(erase, 0), ROOST_ERR_IO);
            assert_int_equal(SLOT(program, 0, data, 16), ROOST_ERR_IO);
        }
        restart();
        assert_int_equal(SLOT(read, 0, out, sizeof out), 0);
        for (size_t i = 0; i < SECTOR; i++)
            assert_int_equal(out[i], 0xFF); /* the sector beside it is as it was */
        if (!cut) {
            assert_memory_equal(out + SECTOR + 64, data, 64);
            return;
        }
    }
    fail_msg("never ran to its end");
}

/* ---- images ---- */

static void test_whole_images_only(void **state)
{
    (void)state;
    assert_int_equal(FIRMWARE(activate, (uint32_t)image_len),
                     ROOST_ERR_CORRUPT); /* nothing there */
    for (size_t at = 0; at < image_len; at += at < 300 ? 1 : 97) {
        image[0][at] ^= 0x40;
        assert_int_equal(load(image[0]), 0);
        int err = FIRMWARE(activate, (uint32_t)image_len);
        if (err != ROOST_ERR_CORRUPT)
            fail_msg("byte %zu changed: %d", at, err);
        image[0][at] ^= 0x40;
    }
    assert_int_equal(load(image[0]), 0);
    for (uint32_t len = 0; len < SECTORS * SECTOR + 64; len += 16)
        if (len != image_len)
            assert_int_equal(FIRMWARE(activate, len), ROOST_ERR_CORRUPT);
    expect_running(0, false, false, 0);
    restart();
    expect_running(0, false, false, 0);
}

static void test_wrong_chip_with_right_sums(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
    } changes[] = {{12, 5}, {23, 0}, {32, 0}, {1, 1}, {1, 17}};

    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        uint8_t before = image[0][changes[i].at];
        image[0][changes[i].at] = changes[i].value;
        if (image[0][1] <= 2)
            support_seal_image(image[0], image_len);
        assert_int_equal(load(image[0]), 0);
        assert_int_equal(FIRMWARE(activate, (uint32_t)image_len), ROOST_ERR_CORRUPT);
        image[0][changes[i].at] = before;
    }
}

/* ---- updates ---- */

static void update(const uint8_t *bytes)
{
    assert_int_equal(load(bytes), 0);
    assert_int_equal(FIRMWARE(activate, (uint32_t)image_len), 0);
    restart();
}

static void test_update_there_and_back(void **state)
{
    (void)state;
    expect_running(0, false, false, 0);
    assert_int_equal(FIRMWARE0(roll_back), ROOST_ERR_STATE); /* nothing to go back to */
    assert_int_equal(FIRMWARE0(confirm), 0);
    update(image[0]);
    expect_running(1, true, false, 0);
    assert_int_equal(FIRMWARE(activate, (uint32_t)image_len), ROOST_ERR_STATE);
    assert_int_equal(FIRMWARE0(confirm), 0);
    assert_int_equal(FIRMWARE0(confirm), 0);
    expect_running(1, false, false, 1);
    restart();
    expect_running(1, false, false, 1);
    /* The program that was started by hand is of an older security version than may run now. */
    assert_int_equal(FIRMWARE0(roll_back), ROOST_ERR_STATE);
    update(image[1]);
    expect_running(0, true, false, 1);
    assert_int_equal(FIRMWARE0(roll_back), 0);
    assert_int_equal(reboots, 1);
    restart();
    expect_running(1, false, true, 1);
    assert_int_equal(load(image[2]), 0);
    assert_int_equal(FIRMWARE(activate, (uint32_t)image_len), ROOST_ERR_CRYPTO);
    expect_running(1, false, true, 1);
}

static void test_trial_ends_at_a_reset(void **state)
{
    (void)state;
    update(image[0]);
    expect_running(1, true, false, 0);
    restart();
    expect_running(0, false, true, 0);
    restart();
    expect_running(0, false, true, 0);
    update(image[0]); /* another try is a new trial */
    expect_running(1, true, false, 0);
}

static void write_over(const char *name, const void *data, size_t len)
{
    char path[PATH_MAX_HERE];

    snprintf(path, sizeof path, "%s/slots/%s", dir, name);
    support_write_file(path, data, len);
}

static void test_damage(void **state)
{
    char path[PATH_MAX_HERE];
    size_t len;

    (void)state;
    update(image[0]);
    assert_int_equal(FIRMWARE0(confirm), 0);
    /* The unpacked program is made again when it is not what it was. */
    write_over("1.elf", "torn", 4);
    restart();
    expect_running(1, false, false, 1);
    snprintf(path, sizeof path, "%s/slots/1.elf", dir);
    char *text = support_read_file(path, &len);
    assert_int_equal(len, PROGRAM_BYTES);
    free(text);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    /* Without image and program nothing is left that may run: slot 0 is too old. */
    unlink(path);
    write_over("1.img", "torn", 4);
    power_off();
    assert_int_equal(power_on(0, 0), ROOST_ERR_NOT_FOUND);
    power_off();
    assert_int_equal(power_on(1, 0), 0); /* one that is not */
    expect_running(0, false, true, 1);
    /* A record that was damaged is that of a new board. */
    write_over("boot", "roost-boot-1 00000000\nnext 1\n", 29);
    restart();
    expect_running(0, false, false, 0);
}

static void test_record(void **state)
{
    struct linux_boot boot, back;
    struct linux_disk disk = {0};
    char path[PATH_MAX_HERE];
    size_t len;

    (void)state;
    snprintf(path, sizeof path, "%s/record", dir);
    assert_int_equal(linux_boot_read(&back, path), ROOST_ERR_NOT_FOUND);
    linux_boot_reset(&boot);
    boot.next = 1;
    boot.lowest = UINT32_MAX;
    boot.slot[1] = (struct linux_boot_slot){LINUX_SLOT_ABORTED, 7, 9, {1, 2, 3}};
    snprintf(boot.program, sizeof boot.program, "/a path/with blanks\nand more");
    assert_int_equal(linux_boot_write(&boot, &disk, dir, path), 0);
    assert_int_equal(linux_boot_read(&back, path), 0);
    assert_int_equal(back.next, 1);
    assert_int_equal(back.lowest, UINT32_MAX);
    assert_string_equal(back.program, boot.program);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(back.slot[i].state, boot.slot[i].state);
        assert_int_equal(back.slot[i].image_bytes, boot.slot[i].image_bytes);
        assert_int_equal(back.slot[i].security_version, boot.slot[i].security_version);
        assert_memory_equal(back.slot[i].elf_sha256, boot.slot[i].elf_sha256, 32);
    }
    char *text = support_read_file(path, &len);
    for (size_t at = 0; at < len; at++) {
        text[at] ^= 1;
        support_write_file(path, text, len);
        assert_int_equal(linux_boot_read(&back, path), ROOST_ERR_CORRUPT);
        text[at] ^= 1;
    }
    for (size_t part = 0; part < len; part++) {
        support_write_file(path, text, part);
        assert_int_equal(linux_boot_read(&back, path), ROOST_ERR_CORRUPT);
    }
    free(text);
}

/* ---- the power goes ---- */

/* What the device got to know before the power went. */
struct story {
    bool activated, confirmed, second, rolled_back;
};

/* Two updates: the first is confirmed, the second rolled back. True when it came to its end. */
static bool live(struct story *story, uint32_t cut_at)
{
    static const struct story nothing;

    *story = nothing;
    power_off();
    if (power_on(0, cut_at) || load(image[0]) || FIRMWARE(activate, (uint32_t)image_len))
        return false;
    story->activated = true;
    uint32_t left = board.disk.steps_left;
    power_off();
    if (power_on(0, left))
        return false;
    expect_running(1, true, false, 0);
    if (FIRMWARE0(confirm))
        return false;
    story->confirmed = true;
    if (load(image[1]) || FIRMWARE(activate, (uint32_t)image_len))
        return false;
    story->second = true;
    left = board.disk.steps_left;
    power_off();
    if (power_on(0, left))
        return false;
    expect_running(0, true, false, 1);
    if (FIRMWARE0(roll_back))
        return false;
    story->rolled_back = true;
    return true;
}

/* Whatever was interrupted: one whole image runs, and nothing that was said to hold is lost. */
static void check_recovered(const struct story *story, const char *at)
{
    struct roost_running now = running();
    const struct linux_boot *boot = &board.slots.boot;
    char path[PATH_MAX_HERE];
    size_t len;

    if (now.security_version < (story->confirmed ? 1u : 0u))
        fail_msg("%s: the lowest security version was forgotten", at);
    if (story->confirmed && now.slot == 0 && !now.on_trial)
        fail_msg("%s: an image that was not confirmed stays", at);
    if (now.on_trial && !boot->slot[now.slot].image_bytes)
        fail_msg("%s: what was started by hand is on trial", at);
    if (story->rolled_back && (now.slot != 1 || !now.other_failed))
        fail_msg("%s: the roll-back was forgotten", at);
    if (!boot->slot[now.slot].image_bytes)
        return;
    snprintf(path, sizeof path, "%s/slots/%d.elf", dir, now.slot);
    char *program = support_read_file(path, &len);
    const uint8_t *wanted = now.slot == 1 ? image[0] : image[1];
    if (len != PROGRAM_BYTES || memcmp(program, wanted + 24 + 8 + 256 + 8, len) != 0)
        fail_msg("%s: the program is not whole", at);
    free(program);
}

static void start_over(void)
{
    power_off();
    support_remove_dir(dir);
    support_make_dir(dir);
    assert_int_equal(power_on(0, 0), 0);
}

static void test_power_cuts(void **state)
{
    struct story story;
    bool whole = false;
    uint32_t n, again_max = 0;

    (void)state;
    for (n = 1; !whole; n++) {
        for (uint32_t again = 1;; again++) {
            char at[64];
            snprintf(at, sizeof at, "cut at step %u, again at %u", (unsigned)n, (unsigned)again);
            start_over();
            whole = live(&story, n);
            if (whole && !board.disk.cut)
                break;
            power_off();
            int err = power_on(0, again);
            bool recovered = !err && !board.disk.cut;
            if (!recovered) {
                power_off();
                assert_int_equal(power_on(0, 0), 0);
            }
            check_recovered(&story, at);
            restart(); /* what ran on trial did not confirm */
            check_recovered(&story, at);
            assert_false(running().on_trial);
            if (recovered)
                break;
            again_max = again > again_max ? again : again_max;
        }
    }
    print_message("%u steps, up to %u in a recovery\n", (unsigned)n - 2, (unsigned)again_max);
    assert_true(n > 20 && again_max > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_region, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_region_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_whole_images_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_chip_with_right_sums, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_update_there_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_trial_ends_at_a_reset, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_power_cuts, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}
