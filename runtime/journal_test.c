/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept, in which order, and what is given up, on a flash that does its work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/test/journal_rig.h"

static void a_blank_region_is_formatted(void **state)
{
    (void)state;
    uint64_t found;
    uint8_t byte;
    for (int fill = 0; fill < 256; fill += 51) { /* blank, zeros, or another's bytes */
        new_chip(4, (uint8_t)fill);
        assert_int_equal(roost_journal_init(&journal, &flash, 42), 0);
        assert_int_equal(journal.id, 42);
        assert_int_equal(journal.next_seq, 1);
        assert_int_equal(roost_journal_waiting(&journal), 0);
        assert_int_equal(roost_journal_read(&journal, 1, &byte, 1, &found), ROOST_ERR_EMPTY);
        assert_int_equal(roost_journal_init(&journal, &flash, 43), 0);
        assert_int_equal(journal.id, 42);
    }
}

static void geometry_is_checked(void **state)
{
    (void)state;
    static const uint32_t bad[][3] = {{512, 4, 1},   {1024, 2, 1},  {1024, 4, 0},
                                      {1024, 4, 17}, {1024, 4, 12}, {1024, 65536, 1}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        start();
        flash.sector_bytes = bad[i][0];
        flash.sector_count = bad[i][1];
        flash.program_bytes = bad[i][2];
        assert_int_equal(roost_journal_init(&journal, &flash, 1), ROOST_ERR_INVALID);
    }
}

static void records_have_limits(void **state)
{
    (void)state;
    uint8_t record[ROOST_JOURNAL_RECORD_MAX + 1] = {1, 2, 3};
    uint64_t seq = 99, found = 0;
    start();
    assert_int_equal(roost_journal_append(&journal, record, sizeof record, &seq),
                     ROOST_ERR_TOO_LONG);
    assert_int_equal(seq, 99);
    assert_int_equal(journal.next_seq, 1);
    assert_int_equal(roost_journal_append(&journal, record, sizeof record - 1, &seq), 0);
    assert_int_equal(roost_journal_append(&journal, NULL, 0, &seq), 0);
    assert_int_equal(seq, 2);
    assert_int_equal(roost_journal_read(&journal, 1, record, 511, &found), ROOST_ERR_TOO_LONG);
    assert_int_equal(found, 1);
    assert_int_equal(roost_journal_read(&journal, 1, record, 512, &found), 512);
    assert_int_equal(roost_journal_read(&journal, 2, NULL, 0, &found), 0);
    assert_int_equal(found, 2);
    assert_int_equal(roost_journal_read(&journal, 3, record, 512, &found), ROOST_ERR_EMPTY);
}

/* appended = trimmed + dropped + waiting, at every step. */
static void the_books_balance(void **state)
{
    (void)state;
    start();
    for (int i = 1; i <= 300; i++) {
        assert_true(append());
        uint64_t lost = journal.oldest_seq - 1 > journal.trimmed_seq
                            ? journal.oldest_seq - 1 - journal.trimmed_seq
                            : 0;
        assert_int_equal(journal.next_seq - 1,
                         journal.trimmed_seq + lost + roost_journal_waiting(&journal));
        assert_int_equal(journal.dropped, lost); /* nothing is trimmed below */
    }
    assert_true(journal.dropped > 200);
    check_all();
    trim(300);
    assert_int_equal(roost_journal_waiting(&journal), 0);
}

static void a_full_journal_keeps_all_but_one_sector(void **state)
{
    (void)state;
    uint8_t record[56] = {0};
    uint64_t seq;
    start();
    for (int i = 0; i < 200; i++)
        assert_int_equal(roost_journal_append(&journal, record, sizeof record, &seq), 0);
    /* (1024 - 36) / 64: 15 a sector; 200 are 13 sectors and 5 records. */
    assert_int_equal(roost_journal_waiting(&journal), 3 * 15 + 5);
    assert_int_equal(journal.dropped, 150);
}

static void delivered_records_are_not_counted_as_dropped(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < 300; i++) {
        assert_true(append());
        trim(model.end - 1);
    }
    assert_int_equal(journal.dropped, 0);
    assert_int_equal(roost_journal_waiting(&journal), 0);
    trim(1000); /* beyond the end: what comes later is not delivered yet */
    model.trimmed = model.end - 1;
    assert_true(append());
    assert_int_equal(roost_journal_waiting(&journal), 1);
    assert_true(mount());
    assert_true(roost_journal_waiting(&journal) >= 1);
    assert_true(roost_journal_waiting(&journal) <= ROOST_JOURNAL_TRIM_EVERY);
    check_all();
}

static void marks_are_read_at_the_next_start(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < 30; i++)
        append_bytes(4);
    roost_journal_trim(&journal, 15); /* lazily: no mark yet */
    assert_true(mount());
    assert_int_equal(journal.trimmed_seq, 0);
    roost_journal_trim(&journal, 16);
    roost_journal_trim(&journal, 12); /* never back */
    assert_true(mount());
    assert_int_equal(journal.trimmed_seq, 16);
    assert_int_equal(roost_journal_waiting(&journal), 14);
    roost_journal_trim(&journal, 20);
    for (int i = 0; i < 60; i++)
        append_bytes(4);
    assert_true(mount());
    assert_int_equal(journal.newest, 1);
    assert_int_equal(journal.trimmed_seq, 20); /* with the new sector's header */
}

/* A mark must not push out a record that waits. */
static void marking_gives_up_nothing(void **state)
{
    (void)state;
    start();
    while (journal.dropped == 0)
        append_bytes(36);
    while (journal.write_offset + 16 <= SECTOR) /* to the brim */
        append_bytes(0);
    uint64_t oldest = journal.oldest_seq;
    uint32_t dropped = journal.dropped;
    assert_true(oldest > ROOST_JOURNAL_TRIM_EVERY);
    roost_journal_trim(&journal, oldest + 3);
    assert_int_equal(journal.oldest_seq, oldest);
    roost_journal_trim(&journal, journal.next_seq - 1);
    assert_true(journal.oldest_seq > oldest);
    assert_int_equal(journal.dropped, dropped);
    assert_int_equal(journal.marked_seq, journal.next_seq - 1);
}

/* The cursor rests at the end of a sector whose place is then taken by a newer one, with a record
 * beginning at the very same offset. */
static void a_cursor_does_not_take_the_new_for_the_old(void **state)
{
    (void)state;
    uint8_t record[ROOST_JOURNAL_RECORD_MAX];
    uint64_t found = 0;
    start();
    for (int i = 0; i < 4 * SECTORS; i++)
        append_bytes(208);
    assert_int_equal(roost_journal_read(&journal, 4, record, sizeof record, &found), 208);
    assert_int_equal(journal.cursor_offset, 900);
    for (int i = 0; i < 1 + 13; i++)
        append_bytes(64);
    assert_int_equal(journal.newest, SECTORS);
    assert_int_equal(journal.oldest_seq, 5);
    assert_int_equal(roost_journal_read(&journal, 5, record, sizeof record, &found), 208);
    assert_int_equal(found, 5);
}

static void reads_find_their_place_again(void **state)
{
    (void)state;
    uint8_t record[ROOST_JOURNAL_RECORD_MAX], expected[ROOST_JOURNAL_RECORD_MAX];
    uint64_t found = 0;
    start();
    for (int i = 0; i < 90; i++)
        assert_true(append());
    uint32_t span = (uint32_t)(journal.next_seq - journal.oldest_seq);
    for (int i = 0; i < 300; i++) {
        uint64_t seq = journal.oldest_seq + draw() % span;
        int len = roost_journal_read(&journal, seq, record, sizeof record, &found);
        assert_int_equal(found, seq);
        assert_int_equal(len, make_record(expected, model.content[seq]));
        if (len > 0)
            assert_memory_equal(record, expected, (size_t)len);
    }
    assert_true(roost_journal_read(&journal, 0, record, sizeof record, &found) >= 0);
    assert_int_equal(found, journal.oldest_seq); /* what was given up: the next that is there */
    uint64_t next = journal.next_seq;            /* reading on while it grows */
    for (int i = 0; i < 30; i++) {
        assert_true(append());
        assert_true(roost_journal_read(&journal, next, record, sizeof record, &found) >= 0);
        assert_int_equal(found, next++);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blank_region_is_formatted),
        cmocka_unit_test(geometry_is_checked),
        cmocka_unit_test(records_have_limits),
        cmocka_unit_test(the_books_balance),
        cmocka_unit_test(a_full_journal_keeps_all_but_one_sector),
        cmocka_unit_test(delivered_records_are_not_counted_as_dropped),
        cmocka_unit_test(marks_are_read_at_the_next_start),
        cmocka_unit_test(marking_gives_up_nothing),
        cmocka_unit_test(a_cursor_does_not_take_the_new_for_the_old),
        cmocka_unit_test(reads_find_their_place_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
