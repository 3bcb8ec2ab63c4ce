/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A NOR flash whose power is cut before, within or behind a chosen operation, and which fails where
 * it is told to; a byte programmed twice ends the test. Included after <cmocka.h>.
 *
 *     cut_at(3, CUT_TORN);          // the third program or erase from now does not return
 */
#ifndef ROOST_DEVICES_CHARGER_LEDGER_TEST_CHIP_H
#define ROOST_DEVICES_CHARGER_LEDGER_TEST_CHIP_H

#include <stdbool.h>
#include <string.h>

#include "core/err.h"
#include "port/port.h"

#ifndef CHIP_SECTORS
#define CHIP_SECTORS 16
#endif

enum { SECTOR = 1024, SECTORS_MOST = CHIP_SECTORS };
enum cut { CUT_BEFORE, CUT_TORN, CUT_AFTER, CUTS };

static struct chip {
    uint8_t bytes[SECTOR * SECTORS_MOST];
    uint32_t erases[SECTORS_MOST];
    uint32_t operations, cut_at; /* programs and erases so far; the one that is cut, 0: none */
    uint32_t random;
    uint8_t cut;
    bool dead;
    bool fails_late;                         /* a program that fails was done all the same */
    int fail_program, fail_erase, fail_read; /* the so-manieth from now answers IO; 0: none */
} chip;

static struct roost_flash flash;

static inline uint32_t chip_draw(void)
{
    chip.random = chip.random * 1664525 + 1013904223;
    return chip.random >> 8;
}

static inline bool fails(int *countdown)
{
    return *countdown > 0 && --*countdown == 0;
}

static inline int chip_read(void *ctx, uint32_t offset, void *out, size_t len)
{
    (void)ctx;
    assert_true(offset + len <= (size_t)SECTOR * flash.sector_count);
    if (chip.dead || fails(&chip.fail_read))
        return ROOST_ERR_IO;
    memcpy(out, chip.bytes + offset, len);
    return 0;
}

/* Whether the power goes in this operation. */
static inline bool power_goes(void)
{
    chip.operations++;
    chip.dead = chip.operations == chip.cut_at;
    return chip.dead;
}

static inline int chip_program(void *ctx, uint32_t offset, const void *data, size_t len)
{
    (void)ctx;
    const uint8_t *in = data;
    uint32_t unit = flash.program_bytes;
    if (chip.dead)
        return ROOST_ERR_IO;
    assert_true(len > 0 && offset % unit == 0 && len % unit == 0);
    assert_int_equal(offset / SECTOR, (offset + len - 1) / SECTOR);
    for (size_t i = 0; i < len; i++) /* never programmed twice */
        assert_int_equal(chip.bytes[offset + i], 0xFF);
    bool cut = power_goes();
    bool failed = fails(&chip.fail_program);
    if (failed && !chip.fails_late)
        return ROOST_ERR_IO;
    size_t done = len;
    if (cut && chip.cut == CUT_BEFORE)
        done = 0;
    else if (cut && chip.cut == CUT_TORN)
        done = chip_draw() % (len / unit) * unit;
    for (size_t i = 0; i < done; i++)
        chip.bytes[offset + i] &= in[i];
    if (cut && chip.cut == CUT_TORN)
        for (size_t i = done; i < done + unit; i++)
            chip.bytes[offset + i] &= (uint8_t)(chip_draw() | (chip_draw() % 2 ? in[i] : 0));
    return cut || failed ? ROOST_ERR_IO : 0;
}

/* Torn: one end erased, the other as it was; bits half risen; noise. */
static inline int chip_erase(void *ctx, uint32_t sector)
{
    (void)ctx;
    if (chip.dead)
        return ROOST_ERR_IO;
    assert_true(sector < flash.sector_count);
    uint8_t *bytes = chip.bytes + (size_t)sector * SECTOR;
    bool cut = power_goes();
    if (fails(&chip.fail_erase))
        return ROOST_ERR_IO;
    chip.erases[sector]++;
    if (cut && chip.cut == CUT_TORN) {
        uint32_t manner = chip_draw() % 4, part = chip_draw() % SECTOR;
        for (uint32_t i = 0; i < SECTOR; i++)
            if (manner == 0 ? i < part : manner == 1 ? i >= part : false)
                bytes[i] = 0xFF;
            else if (manner == 2)
                bytes[i] |= (uint8_t)chip_draw();
            else if (manner == 3)
                bytes[i] = (uint8_t)chip_draw();
    } else if (!cut || chip.cut == CUT_AFTER) {
        memset(bytes, 0xFF, SECTOR);
    }
    return cut ? ROOST_ERR_IO : 0;
}

static const struct roost_flash_ops chip_ops = {chip_read, chip_program, chip_erase};

/* Cuts operation `count` from now, 1 being the next; 0: none. */
static inline void cut_at(uint32_t count, enum cut cut)
{
    chip.cut_at = count == 0 ? 0 : chip.operations + count;
    chip.cut = (uint8_t)cut;
}

#endif
