/* SPDX-License-Identifier: Apache-2.0 */
/* A flash that fails, is damaged, or wears: no record is lost but those that were hit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/test/journal_rig.h"

static void a_bad_cell_costs_no_record(void **state)
{
    (void)state;
    for (int bad = 0; bad < REGION; bad += 37) {
        start();
        int in_header = bad % SECTOR < 40;
        for (int i = 0; i < 20; i++)
            assert_true(append());
        chip.bad_byte = bad;
        int failures = 0;
        for (int i = 0; i < 60; i++)
            failures += append() ? 0 : 1;
        assert_true(in_header ? failures <= 60 : failures == 0);
        model.torn_seq = 0;
        check_all();
        assert_true(mount());
        check_all();
    }
}

static void a_failing_flash_is_told_and_spends_no_records(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < 30; i++)
        assert_true(append());
    uint64_t oldest_kept = journal.oldest_seq;
    chip.fail_erase = chip.fail_program = 1;
    for (int i = 0; i < 20; i++)
        assert_false(append());
    chip.fail_erase = 0;
    for (int i = 0; i < 20; i++)
        assert_false(append());
    chip.fail_program = 0;
    assert_true(journal.oldest_seq < oldest_kept + 15); /* at most the one sector */
    assert_true(append());
    model.torn_seq = 0;
    check_all();

    uint64_t found;
    uint8_t record[ROOST_JOURNAL_RECORD_MAX];
    chip.fail_read = 1;
    assert_int_equal(
        roost_journal_read(&journal, journal.oldest_seq, record, sizeof record, &found),
        ROOST_ERR_IO);
    assert_int_equal(roost_journal_init(&journal, &flash, 1), ROOST_ERR_IO);
    chip.fail_read = 0;
    assert_true(mount());
    check_all();
}

/* A number that reached the flash is spent: its record may turn up, another's never under it. */
static void a_failed_append_is_a_gap(void **state)
{
    (void)state;
    uint8_t record[8];
    uint64_t seq = 0, found = 0;
    start();
    assert_int_equal(roost_journal_append(&journal, "1", 1, &seq), 0);
    chip.fail_program = 1;
    assert_int_equal(roost_journal_append(&journal, "2", 1, &seq), ROOST_ERR_IO);
    chip.fail_program = 0;
    assert_int_equal(seq, 1);
    assert_int_equal(roost_journal_read(&journal, 2, record, 8, &found), ROOST_ERR_EMPTY);
    assert_int_equal(roost_journal_append(&journal, "3", 1, &seq), 0);
    assert_int_equal(seq, 3);
    assert_int_equal(roost_journal_read(&journal, 2, record, 8, &found), 1);
    assert_int_equal(found, 3);
    assert_int_equal(record[0], '3');
    assert_int_equal(journal.dropped, 1);
    assert_int_equal(roost_journal_read(&journal, 1, record, 8, &found), 1);
    assert_int_equal(roost_journal_read(&journal, 2, record, 8, &found), 1);
    assert_int_equal(journal.dropped, 1); /* counted once */
}

static void damaged_records_are_skipped_and_counted(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < 30; i++)
        assert_true(append());
    assert_true(journal.newest >= 2);
    chip.bytes[SECTOR + 200] ^= 0x10;
    uint8_t record[ROOST_JOURNAL_RECORD_MAX];
    uint64_t seq = 1, found = 0;
    uint32_t gone = 0;
    while (roost_journal_read(&journal, seq, record, sizeof record, &found) >= 0) {
        gone += (uint32_t)(found - seq);
        seq = found + 1;
    }
    assert_true(gone > 0 && gone < 15);
    assert_int_equal(seq, 31);
    assert_int_equal(journal.dropped, gone);
}

/* A unit torn so that the record's length still reads as blank. */
static void flash_that_only_looks_blank_is_not_programmed(void **state)
{
    (void)state;
    for (uint32_t at = 4; at < 200; at += 49) {
        start();
        for (int i = 0; i < 5; i++)
            assert_true(append());
        chip.bytes[journal.write_offset + at] &= 0xFE;
        assert_true(mount());
        assert_int_equal(journal.torn, 1);
        assert_true(append()); /* the chip of this test refuses to program a byte twice */
        assert_true(mount());
        check_all();
    }
}

/* Torn bytes that claim to be a record reaching beyond the end of the region. */
static void records_stay_in_their_sector(void **state)
{
    (void)state;
    start();
    while (journal.newest < SECTORS - 1 || journal.write_offset < SECTOR - 300)
        append_bytes(100);
    uint64_t next = journal.next_seq;
    static const uint8_t claim[] = {0x00, 0x02, 0x01, 0x00, 1, 2, 3, 4};
    memcpy(chip.bytes + (SECTORS - 1) * SECTOR + journal.write_offset, claim, sizeof claim);
    assert_true(mount());
    assert_int_equal(journal.torn, 1);
    assert_int_equal(journal.next_seq, next);
}

static void a_region_moved_elsewhere_is_foreign(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < 30; i++)
        append_bytes(100);
    memmove(chip.bytes + SECTOR, chip.bytes, REGION - SECTOR);
    memset(chip.bytes, 0xFF, SECTOR);
    assert_int_equal(roost_journal_init(&journal, &flash, 5), 0);
    assert_int_equal(journal.id, 5);
    assert_int_equal(journal.next_seq, 1);
}

/* Two 16-byte readings every 10 s on 64 KiB: the figure of the header, for one day. */
static void wear_is_even_and_as_stated(void **state)
{
    (void)state;
    uint8_t record[16] = {0};
    uint64_t seq, bytes = 0;
    start();
    const int appends = 3000;
    for (int i = 0; i < appends; i++) {
        assert_int_equal(roost_journal_append(&journal, record, sizeof record, &seq), 0);
        roost_journal_trim(&journal, seq);
        bytes += 24 + (i % ROOST_JOURNAL_TRIM_EVERY == 0 ? 16u : 0u);
    }
    uint32_t least = UINT32_MAX, most = 0;
    for (size_t i = 0; i < SECTORS; i++) {
        least = chip.erases[i] < least ? chip.erases[i] : least;
        most = chip.erases[i] > most ? chip.erases[i] : most;
    }
    assert_true(most - least <= 1);
    /* Of 1024 bytes 36 are header and less than a record is left over at the end. */
    assert_true(journal.erases >= bytes / (SECTOR - 36));
    assert_true(journal.erases <= bytes / (SECTOR - 36 - 24) + 1);
    assert_int_equal(journal.torn, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_cell_costs_no_record),
        cmocka_unit_test(a_failing_flash_is_told_and_spends_no_records),
        cmocka_unit_test(a_failed_append_is_a_gap),
        cmocka_unit_test(damaged_records_are_skipped_and_counted),
        cmocka_unit_test(flash_that_only_looks_blank_is_not_programmed),
        cmocka_unit_test(records_stay_in_their_sector),
        cmocka_unit_test(a_region_moved_elsewhere_is_foreign),
        cmocka_unit_test(wear_is_even_and_as_stated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
