/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdbool.h>

#include "core/err.h"
#include "runtime/journal.h"
#include "port/port.h"

/* ---- a NOR flash whose power can be cut ---- */

enum { SECTOR = 1024, SECTORS = 4, REGION = SECTOR * SECTORS };

static struct {
    uint8_t bytes[REGION];
    uint32_t erases[SECTORS];
    int operations, cut_at; /* programs and erases so far; the one that is cut, 0: none */
    uint32_t random;
    bool dead;
    int bad_byte; /* a cell that does not take what is programmed, -1: none */
    int fail_read, fail_program, fail_erase;
} chip;

static struct roost_flash flash;

static uint32_t draw(void)
{
    chip.random = chip.random * 1664525 + 1013904223;
    return chip.random >> 8;
}

static int chip_read(void *ctx, uint32_t offset, void *out, size_t len)
{
    (void)ctx;
    assert_true(offset + len <= REGION);
    if (chip.dead || chip.fail_read)
        return ROOST_ERR_IO;
    memcpy(out, chip.bytes + offset, len);
    return ROOST_OK;
}

static bool power_goes(void)
{
    chip.operations++;
    chip.dead = chip.dead || chip.operations == chip.cut_at;
    return chip.operations == chip.cut_at;
}

/* Cut: any prefix is done, the unit at the cut is torn into any bits; perhaps all was done. */
static int chip_program(void *ctx, uint32_t offset, const void *data, size_t len)
{
    (void)ctx;
    const uint8_t *in = data;
    uint32_t unit = flash.program_bytes;
    assert_true(len > 0 && offset % unit == 0 && len % unit == 0);
    assert_int_equal(offset / SECTOR, (offset + len - 1) / SECTOR);
    bool was_dead = chip.dead;
    if (!was_dead)
        for (size_t i = 0; i < len; i++) /* never programmed twice */
            assert_int_equal(chip.bytes[offset + i], 0xFF);
    bool cut = power_goes();
    if (was_dead || chip.fail_program)
        return ROOST_ERR_IO;
    size_t units = len / unit, done = units;
    if (cut)
        done = draw() % 4 == 0 ? units : draw() % (units + 1);
    for (size_t i = 0; i < done * unit; i++)
        if ((int)(offset + i) != chip.bad_byte)
            chip.bytes[offset + i] &= in[i];
    if (cut && done < units)
        for (size_t i = done * unit; i < (done + 1) * unit; i++)
            chip.bytes[offset + i] &= (uint8_t)(draw() % 2 ? draw() | in[i] : draw());
    return cut ? ROOST_ERR_IO : ROOST_OK;
}

/* Cut: the sector holds anything: as before, blank, noise, half and half, bits half risen. */
static int chip_erase(void *ctx, uint32_t sector)
{
    (void)ctx;
    assert_true(sector < SECTORS);
    uint8_t *bytes = chip.bytes + (size_t)sector * SECTOR;
    bool was_dead = chip.dead, cut = power_goes();
    if (was_dead || chip.fail_erase)
        return ROOST_ERR_IO;
    chip.erases[sector]++;
    uint32_t manner = cut ? draw() % 7 : 1;
    for (size_t i = 0; i < SECTOR; i++) {
        bool header = i < 48;
        if (manner == 1 || (manner == 2 && i < SECTOR / 2))
            bytes[i] = 0xFF;
        else if (manner == 3 || (manner == 4 && !header) || (manner == 5 && header))
            bytes[i] = (uint8_t)draw();
        else if (manner == 6)
            bytes[i] |= (uint8_t)draw();
    }
    return cut ? ROOST_ERR_IO : ROOST_OK;
}

static const struct roost_flash_ops chip_ops = {chip_read, chip_program, chip_erase};

static void new_chip(uint32_t program_bytes, uint8_t fill)
{
    memset(&chip, 0, sizeof chip);
    memset(chip.bytes, fill, sizeof chip.bytes);
    chip.bad_byte = -1;
    chip.random = 1;
    flash = (struct roost_flash){&chip_ops, NULL, SECTOR, SECTORS, program_bytes};
}

static void power_on(int cut_at)
{
    chip.dead = false;
    chip.operations = 0;
    chip.cut_at = cut_at;
}

/* ---- what must be on it ---- */

enum { SEQ_MAX = 400 };

static struct roost_journal journal;

static struct model {
    uint32_t content[SEQ_MAX]; /* of every record that append returned, by its seq; 0: none */
    uint64_t end;              /* behind the last of them */
    uint64_t trimmed, oldest;  /* trimmed up to here; given up below here */
    uint64_t torn_seq;         /* the record whose append was cut, and its content */
    uint32_t torn_content, contents;
} model;

static size_t make_record(uint8_t *out, uint32_t content)
{
    size_t len = content % 7 == 0 ? 0 : content % 11 == 0 ? 300 : 4 + content * 37 % 130;
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(content >> (i % 4 * 8) ^ i * 29);
    return len;
}

static void new_model(void)
{
    memset(&model, 0, sizeof model);
    model.end = model.oldest = 1;
}

static bool append(void)
{
    uint8_t record[ROOST_JOURNAL_RECORD_MAX];
    uint64_t seq = 0;
    uint32_t content = ++model.contents;
    model.torn_seq = journal.next_seq;
    model.torn_content = content;
    int err = roost_journal_append(&journal, record, make_record(record, content), &seq);
    if (journal.oldest_seq > model.oldest)
        model.oldest = journal.oldest_seq;
    if (err)
        return false;
    assert_true(seq > 0 && seq < SEQ_MAX && seq >= model.end);
    assert_int_equal(model.content[seq], 0); /* never given twice */
    model.content[seq] = content;
    model.end = seq + 1;
    model.torn_seq = 0;
    return true;
}

static void trim(uint64_t seq)
{
    roost_journal_trim(&journal, seq);
    if (seq > model.trimmed)
        model.trimmed = seq;
    if (journal.oldest_seq > model.oldest)
        model.oldest = journal.oldest_seq;
}

static bool must_be_there(uint64_t seq)
{
    return model.content[seq] != 0 && seq > model.trimmed && seq >= model.oldest;
}

/* Reads all and compares: what was appended is there, in order, and nothing else. */
static void check_all(void)
{
    uint8_t record[ROOST_JOURNAL_RECORD_MAX], expected[ROOST_JOURNAL_RECORD_MAX];
    uint64_t seq = 1, found = 0;
    int len;
    while ((len = roost_journal_read(&journal, seq, record, sizeof record, &found)) >= 0) {
        assert_true(found >= seq && found < SEQ_MAX);
        for (; seq < found; seq++)
            assert_false(must_be_there(seq));
        if (found == model.torn_seq && model.content[found] == 0) { /* whole in spite of the cut */
            model.content[found] = model.torn_content;
            model.end = found + 1;
        }
        assert_true(model.content[found] != 0);
        assert_int_equal(len, make_record(expected, model.content[found]));
        if (len > 0)
            assert_memory_equal(record, expected, (size_t)len);
        seq = found + 1;
    }
    assert_int_equal(len, ROOST_ERR_EMPTY);
    for (; seq < model.end; seq++)
        assert_false(must_be_there(seq));
    assert_true(journal.trimmed_seq <= model.trimmed);
    assert_true(journal.next_seq >= model.end);
}

static bool mount(void)
{
    memset(&journal, 0x55, sizeof journal);
    return roost_journal_init(&journal, &flash, 0xABCD1234) == ROOST_OK;
}

/* ---- cutting the power everywhere ---- */

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

/* ---- without cuts ---- */

static void start(void)
{
    new_chip(4, 0xFF);
    new_model();
    assert_true(mount());
}

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

static void append_bytes(size_t len)
{
    static const uint8_t record[ROOST_JOURNAL_RECORD_MAX];
    uint64_t seq;
    assert_int_equal(roost_journal_append(&journal, record, len, &seq), 0);
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

/* ---- a flash that fails ---- */

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
        cmocka_unit_test(a_bad_cell_costs_no_record),
        cmocka_unit_test(a_failing_flash_is_told_and_spends_no_records),
        cmocka_unit_test(a_failed_append_is_a_gap),
        cmocka_unit_test(damaged_records_are_skipped_and_counted),
        cmocka_unit_test(flash_that_only_looks_blank_is_not_programmed),
        cmocka_unit_test(records_stay_in_their_sector),
        cmocka_unit_test(a_region_moved_elsewhere_is_foreign),
        cmocka_unit_test(wear_is_even_and_as_stated),
        cmocka_unit_test(cuts_with_byte_programs),
        cmocka_unit_test(cuts_with_word_programs),
        cmocka_unit_test(cuts_with_wide_programs),
        cmocka_unit_test(cuts_inside_the_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
