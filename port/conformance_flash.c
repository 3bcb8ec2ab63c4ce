/* SPDX-License-Identifier: Apache-2.0 */
/* Raw flash, the journal's, the ledger's and the firmware slot's: what programs and erases do, and
 * what a power cut may leave of them. */
#include "port/conformance_tests.h"

enum { CUT_LIMIT = 200 }; /* steps no single sequence here needs */

enum place { JOURNAL, LEDGER, SLOT };

/* A restart changes the port: the region is looked up at each use. */
struct region {
    struct roost_conformance *suite;
    enum place place;
};

static const struct roost_flash *flash_of(const struct region *region)
{
    const struct roost_port *port = region->suite->port;

    switch (region->place) {
    case LEDGER:
        return &port->ledger;
    case SLOT:
        return &port->slot;
    case JOURNAL:
        break;
    }
    return &port->journal;
}

static int program(const struct region *region, uint32_t offset, const void *data, size_t len)
{
    const struct roost_flash *flash = flash_of(region);

    return flash->ops->program(flash->ctx, offset, data, len);
}

static int erase(const struct region *region, uint32_t sector)
{
    const struct roost_flash *flash = flash_of(region);

    return flash->ops->erase(flash->ctx, sector);
}

static void expect_bytes(const struct region *region, uint32_t offset, const uint8_t *bytes,
                         size_t len)
{
    const struct roost_flash *flash = flash_of(region);
    uint8_t back[256];

    assert_true(len <= sizeof back);
    assert_int_equal(flash->ops->read(flash->ctx, offset, back, len), 0);
    assert_memory_equal(back, bytes, len);
}

static void fill(uint8_t *bytes, size_t len, uint8_t value)
{
    memset(bytes, value, len);
}

static void programs(const struct region *region)
{
    const struct roost_flash *flash = flash_of(region);
    uint8_t bytes[64];

    assert_int_equal(flash->sector_bytes, 4096);
    assert_true(flash->sector_count >= 3);
    assert_true(flash->program_bytes >= 1 && flash->program_bytes <= 16);
    assert_int_equal(flash->sector_bytes % flash->program_bytes, 0);
    assert_int_equal(erase(region, 0), 0);
    assert_int_equal(erase(region, 1), 0);
    fill(bytes, sizeof bytes, 0xFF);
    expect_bytes(region, 0, bytes, sizeof bytes);
    expect_bytes(region, 4096 - 64, bytes, sizeof bytes);
    fill(bytes, sizeof bytes, 0xF5);
    assert_int_equal(program(region, 64, bytes, sizeof bytes), 0);
    expect_bytes(region, 64, bytes, sizeof bytes);
    fill(bytes, sizeof bytes, 0xFF);
    expect_bytes(region, 0, bytes, sizeof bytes);
    expect_bytes(region, 128, bytes, sizeof bytes);
    fill(bytes, sizeof bytes, 0x5F); /* bits only go from 1 to 0 */
    assert_int_equal(program(region, 64, bytes, sizeof bytes), 0);
    fill(bytes, sizeof bytes, 0x55);
    expect_bytes(region, 64, bytes, sizeof bytes);
    assert_int_equal(erase(region, 0), 0);
    fill(bytes, sizeof bytes, 0xFF);
    expect_bytes(region, 64, bytes, sizeof bytes);
}

static void limits(const struct region *region)
{
    const struct roost_flash *flash = flash_of(region);
    uint32_t size = flash->sector_bytes * flash->sector_count;
    uint8_t bytes[64] = {0};

    assert_true(erase(region, flash->sector_count) < 0);
    assert_true(program(region, size, bytes, 16) < 0);
    assert_true(program(region, flash->sector_bytes - 16, bytes, 32) < 0);
    assert_true(flash->ops->read(flash->ctx, size - 8, bytes, 16) < 0);
    assert_int_equal(flash->ops->read(flash->ctx, size - 16, bytes, 16), 0);
    if (flash->program_bytes > 1) {
        assert_true(program(region, 1, bytes, flash->program_bytes) < 0);
        assert_true(program(region, 0, bytes, flash->program_bytes + 1) < 0);
    }
}

static void survives_restart(const struct region *region)
{
    struct roost_conformance *suite = region->suite;
    uint8_t bytes[64];

    assert_int_equal(erase(region, 2), 0);
    fill(bytes, sizeof bytes, 0x3C);
    assert_int_equal(program(region, 2 * 4096 + 128, bytes, sizeof bytes), 0);
    assert_int_equal(suite->restart(suite->ctx), 0);
    expect_bytes(region, 2 * 4096 + 128, bytes, sizeof bytes);
    fill(bytes, sizeof bytes, 0xFF);
    expect_bytes(region, 2 * 4096 + 192, bytes, sizeof bytes);
}

enum { RECORDS = 4, RECORD_BYTES = 48 };

/* A program that was cut leaves a prefix, one torn unit, and nothing after it. */
static void check_cut_record(const struct region *region, int record, uint8_t value)
{
    const struct roost_flash *flash = flash_of(region);
    uint8_t back[RECORD_BYTES];
    uint32_t offset = (uint32_t)record * RECORD_BYTES;
    size_t at = 0;

    assert_int_equal(flash->ops->read(flash->ctx, offset, back, sizeof back), 0);
    while (at < sizeof back && back[at] == value)
        at++;
    at = (at / flash->program_bytes + 1) * flash->program_bytes;
    for (; at < sizeof back; at++)
        assert_int_equal(back[at], 0xFF);
}

static void cut(const struct region *region)
{
    struct roost_conformance *suite = region->suite;
    uint8_t bytes[RECORD_BYTES], untouched[RECORD_BYTES];

    if (!suite->cut_after)
        return;
    fill(untouched, sizeof untouched, 0xFF);
    for (uint32_t n = 1; n < CUT_LIMIT; n++) {
        int done = 0;
        assert_int_equal(erase(region, 0), 0);
        suite->cut_after(suite->ctx, n);
        for (int i = 0; i < RECORDS; i++) {
            fill(bytes, sizeof bytes, (uint8_t)(0x40 + i));
            if (program(region, (uint32_t)i * RECORD_BYTES, bytes, sizeof bytes) == 0)
                done++;
            else
                break;
        }
        if (done < RECORDS)
            assert_true(program(region, RECORDS * RECORD_BYTES, bytes, sizeof bytes) < 0);
        assert_int_equal(suite->restart(suite->ctx), 0);
        for (int i = 0; i < done; i++) {
            fill(bytes, sizeof bytes, (uint8_t)(0x40 + i));
            expect_bytes(region, (uint32_t)i * RECORD_BYTES, bytes, sizeof bytes);
        }
        if (done == RECORDS)
            return;
        check_cut_record(region, done, (uint8_t)(0x40 + done));
        for (int i = done + 1; i <= RECORDS; i++)
            expect_bytes(region, (uint32_t)i * RECORD_BYTES, untouched, sizeof untouched);
    }
    fail_msg("never ran clean");
}

/* What one region does, none of the others sees. */
static void test_ledger_apart(void **state)
{
    struct roost_conformance *suite = *state;
    const struct region ledger = {suite, LEDGER}, journal = {suite, JOURNAL};
    uint8_t bytes[64];

    if (!suite->port->journal.ops)
        return;
    assert_int_equal(erase(&journal, 1), 0);
    fill(bytes, sizeof bytes, 0x4A);
    assert_int_equal(program(&journal, 4096, bytes, sizeof bytes), 0);
    assert_int_equal(erase(&ledger, 1), 0);
    expect_bytes(&journal, 4096, bytes, sizeof bytes);
    fill(bytes, sizeof bytes, 0x1E);
    assert_int_equal(program(&ledger, 4096, bytes, sizeof bytes), 0);
    assert_int_equal(suite->restart(suite->ctx), 0);
    expect_bytes(&ledger, 4096, bytes, sizeof bytes);
    fill(bytes, sizeof bytes, 0x4A);
    expect_bytes(&journal, 4096, bytes, sizeof bytes);
}

#define PLACES(test)                                                                               \
    static void test_journal_##test(void **state)                                                  \
    {                                                                                              \
        test(&(struct region){*state, JOURNAL});                                                   \
    }                                                                                              \
    static void test_ledger_##test(void **state)                                                   \
    {                                                                                              \
        test(&(struct region){*state, LEDGER});                                                    \
    }                                                                                              \
    static void test_slot_##test(void **state)                                                     \
    {                                                                                              \
        test(&(struct region){*state, SLOT});                                                      \
    }

PLACES(programs)
PLACES(limits)
PLACES(survives_restart)
PLACES(cut)

static const struct CMUnitTest journal_tests[] = {
    cmocka_unit_test(test_journal_programs),
    cmocka_unit_test(test_journal_limits),
    cmocka_unit_test(test_journal_survives_restart),
    cmocka_unit_test(test_journal_cut),
};

static const struct CMUnitTest ledger_tests[] = {
    cmocka_unit_test(test_ledger_programs),
    cmocka_unit_test(test_ledger_limits),
    cmocka_unit_test(test_ledger_survives_restart),
    cmocka_unit_test(test_ledger_cut),
    cmocka_unit_test(test_ledger_apart),
};

static const struct CMUnitTest slot_tests[] = {
    cmocka_unit_test(test_slot_programs),
    cmocka_unit_test(test_slot_limits),
    cmocka_unit_test(test_slot_survives_restart),
    cmocka_unit_test(test_slot_cut),
};

struct conformance_group conformance_journal_group(void)
{
    return (struct conformance_group){"journal's flash", journal_tests,
                                      sizeof journal_tests / sizeof journal_tests[0]};
}

struct conformance_group conformance_ledger_group(void)
{
    return (struct conformance_group){"ledger's flash", ledger_tests,
                                      sizeof ledger_tests / sizeof ledger_tests[0]};
}

struct conformance_group conformance_slot_group(void)
{
    return (struct conformance_group){"firmware slot's flash", slot_tests,
                                      sizeof slot_tests / sizeof slot_tests[0]};
}
