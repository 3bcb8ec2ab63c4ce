/* SPDX-License-Identifier: Apache-2.0 */
/* Arbitrary flash content under the journal: it mounts, and from then on keeps its promises. The
 * first byte chooses the program unit and what happens after the mount; the rest is the flash. */
#include "core/err.h"
#include "runtime/journal.h"
#include "fuzz/fuzz.h"
#include "port/port.h"

enum { SECTOR_BYTES = 1024, SECTORS = 4, APPENDS = 12 };

static uint8_t memory[SECTOR_BYTES * SECTORS];
static uint32_t unit;

static int flash_read(void *ctx, uint32_t offset, void *out, size_t len)
{
    (void)ctx;
    FUZZ_CHECK(offset <= sizeof memory && len <= sizeof memory - offset);
    memcpy(out, memory + offset, len);
    return 0;
}

static int flash_program(void *ctx, uint32_t offset, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    (void)ctx;
    FUZZ_CHECK(offset % unit == 0 && len % unit == 0);
    FUZZ_CHECK(offset <= sizeof memory && len <= sizeof memory - offset);
    FUZZ_CHECK(len == 0 || offset / SECTOR_BYTES == (offset + len - 1) / SECTOR_BYTES);
    for (size_t i = 0; i < len; i++)
        memory[offset + i] &= bytes[i];
    return 0;
}

static int flash_erase(void *ctx, uint32_t sector)
{
    (void)ctx;
    FUZZ_CHECK(sector < SECTORS);
    memset(memory + sector * SECTOR_BYTES, 0xFF, SECTOR_BYTES);
    return 0;
}

static const struct roost_flash_ops ops = {flash_read, flash_program, flash_erase};

/* Reads all there is, in order. */
static uint64_t read_all(struct roost_journal *journal)
{
    uint8_t record[ROOST_JOURNAL_RECORD_MAX];
    uint64_t seq = 0, found = 0, count = 0;
    for (;;) {
        int len = roost_journal_read(journal, seq, record, sizeof record, &found);
        if (len == ROOST_ERR_EMPTY)
            return count;
        FUZZ_CHECK(len >= 0 && len <= ROOST_JOURNAL_RECORD_MAX);
        FUZZ_CHECK(found >= seq && found < journal->next_seq);
        seq = found + 1;
        count++;
        FUZZ_CHECK(count <= sizeof memory);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint32_t units[] = {1, 4, 8, 16};
    if (len == 0)
        return 0;
    unit = units[data[0] & 3];
    bool trim = data[0] & 4;
    size_t content = len - 1 < sizeof memory ? len - 1 : sizeof memory;
    memset(memory, 0xFF, sizeof memory);
    memcpy(memory, data + 1, content);
    struct roost_flash flash = {&ops, NULL, SECTOR_BYTES, SECTORS, unit};
    struct roost_journal journal;
    if (roost_journal_init(&journal, &flash, 42) != 0)
        return 0;
    (void)read_all(&journal);
    for (unsigned i = 0; i < APPENDS; i++) {
        uint8_t record[200], back[ROOST_JOURNAL_RECORD_MAX];
        uint64_t seq, found;
        memset(record, (int)i, sizeof record);
        size_t record_len = 1 + 37 * i % sizeof record;
        FUZZ_CHECK(roost_journal_append(&journal, record, record_len, &seq) == 0);
        FUZZ_CHECK(roost_journal_read(&journal, seq, back, sizeof back, &found) == (int)record_len);
        FUZZ_CHECK(found == seq && memcmp(back, record, record_len) == 0);
        if (trim)
            roost_journal_trim(&journal, seq);
    }
    uint64_t next_seq = journal.next_seq;
    FUZZ_CHECK(roost_journal_init(&journal, &flash, 43) == 0);
    FUZZ_CHECK(journal.next_seq == next_seq);
    (void)read_all(&journal);
    return 0;
}
