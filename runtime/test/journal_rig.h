/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the journal have in common: a chip, and a book of what must be on it. The chip
 * loses power at a chosen operation and tears what it was doing as NOR flash does, wears, and fails
 * where it is told to; a byte programmed twice ends the test. append() and trim() keep the book,
 * check_all() reads the journal against it. Included after <cmocka.h>, by one file a program.
 *
 *     start();
 *     assert_true(append());
 *     chip.fail_program = 1;
 *     assert_false(append());
 *     check_all();
 */
#ifndef ROOST_RUNTIME_TEST_JOURNAL_RIG_H
#define ROOST_RUNTIME_TEST_JOURNAL_RIG_H

#include <stdbool.h>
#include <string.h>

#include "core/err.h"
#include "port/port.h"
#include "runtime/journal.h"

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

static inline uint32_t draw(void)
{
    chip.random = chip.random * 1664525 + 1013904223;
    return chip.random >> 8;
}

static inline int chip_read(void *ctx, uint32_t offset, void *out, size_t len)
{
    (void)ctx;
    assert_true(offset + len <= REGION);
    if (chip.dead || chip.fail_read)
        return ROOST_ERR_IO;
    memcpy(out, chip.bytes + offset, len);
    return ROOST_OK;
}

static inline bool power_goes(void)
{
    chip.operations++;
    chip.dead = chip.dead || chip.operations == chip.cut_at;
    return chip.operations == chip.cut_at;
}

/* Cut: any prefix is done, the unit at the cut is torn into any bits; perhaps all was done. */
static inline int chip_program(void *ctx, uint32_t offset, const void *data, size_t len)
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
static inline int chip_erase(void *ctx, uint32_t sector)
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

static inline void new_chip(uint32_t program_bytes, uint8_t fill)
{
    memset(&chip, 0, sizeof chip);
    memset(chip.bytes, fill, sizeof chip.bytes);
    chip.bad_byte = -1;
    chip.random = 1;
    flash = (struct roost_flash){&chip_ops, NULL, SECTOR, SECTORS, program_bytes};
}

static inline void power_on(int cut_at)
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

static inline size_t make_record(uint8_t *out, uint32_t content)
{
    size_t len = content % 7 == 0 ? 0 : content % 11 == 0 ? 300 : 4 + content * 37 % 130;
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(content >> (i % 4 * 8) ^ i * 29);
    return len;
}

static inline void new_model(void)
{
    memset(&model, 0, sizeof model);
    model.end = model.oldest = 1;
}

static inline bool append(void)
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

static inline void trim(uint64_t seq)
{
    roost_journal_trim(&journal, seq);
    if (seq > model.trimmed)
        model.trimmed = seq;
    if (journal.oldest_seq > model.oldest)
        model.oldest = journal.oldest_seq;
}

static inline bool must_be_there(uint64_t seq)
{
    return model.content[seq] != 0 && seq > model.trimmed && seq >= model.oldest;
}

/* Reads all and compares: what was appended is there, in order, and nothing else. */
static inline void check_all(void)
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

static inline bool mount(void)
{
    memset(&journal, 0x55, sizeof journal);
    return roost_journal_init(&journal, &flash, 0xABCD1234) == ROOST_OK;
}

/* ---- a start ---- */

static inline void start(void)
{
    new_chip(4, 0xFF);
    new_model();
    assert_true(mount());
}

static inline void append_bytes(size_t len)
{
    static const uint8_t record[ROOST_JOURNAL_RECORD_MAX];
    uint64_t seq;
    assert_int_equal(roost_journal_append(&journal, record, len, &seq), 0);
}

#endif
