/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/journal.h"

#include <stdbool.h>
#include <string.h>

#include "core/bytes.h"
#include "core/crc32.h"
#include "core/err.h"
#include "port/port.h"

enum {
    MAGIC = 0x4A545352, /* "RSTJ" */
    FORMAT = 1,
    SECTOR_HEADER = 36,
    RECORD_HEADER = 8,
    PROGRAM_MAX = 16,
    SECTOR_MIN = 1024,
    MARK = 8, /* bytes of a trim mark's seq */
    CHUNK = 64,
    DATA = 1,
    TRIM = 2,
    BLANK = 0xFFFF,
};

struct sector {
    uint32_t id, counter;
    uint64_t first_seq, trimmed_seq;
};

struct record {
    uint32_t kind, len, size; /* size: on flash, with header and padding */
    uint64_t mark;            /* of a trim mark */
};

/* ---- flash ---- */

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint32_t padded(const struct roost_journal *j, uint32_t len)
{
    uint32_t unit = j->flash->program_bytes;
    return (len + unit - 1) / unit * unit;
}

static uint32_t address(const struct roost_journal *j, uint32_t counter, uint32_t offset)
{
    return counter % j->flash->sector_count * j->flash->sector_bytes + offset;
}

static int flash_read(const struct roost_journal *j, uint32_t at, void *out, uint32_t len)
{
    if (len == 0)
        return ROOST_OK;
    return j->flash->ops->read(j->flash->ctx, at, out, len) < 0 ? ROOST_ERR_IO : ROOST_OK;
}

/* Programs and reads back. ROOST_ERR_CORRUPT: the flash said yes and holds something else. */
static int flash_program(const struct roost_journal *j, uint32_t at, const uint8_t *data,
                         uint32_t len)
{
    uint8_t back[CHUNK];
    if (j->flash->ops->program(j->flash->ctx, at, data, len) < 0)
        return ROOST_ERR_IO;
    while (len > 0) {
        uint32_t part = len < CHUNK ? len : CHUNK;
        if (flash_read(j, at, back, part))
            return ROOST_ERR_IO;
        if (memcmp(back, data, part) != 0)
            return ROOST_ERR_CORRUPT;
        at += part;
        data += part;
        len -= part;
    }
    return ROOST_OK;
}

static bool is_blank(const struct roost_journal *j, uint32_t at, uint32_t len, int *err)
{
    uint8_t part[CHUNK];
    while (len > 0) {
        uint32_t n = len < CHUNK ? len : CHUNK;
        *err = flash_read(j, at, part, n);
        for (uint32_t i = 0; i < n; i++)
            if (*err || part[i] != 0xFF)
                return false;
        at += n;
        len -= n;
    }
    return true;
}

/* ---- sectors ---- */

/* Reads the header of the sector at `position`. ROOST_ERR_CORRUPT: there is none of this geometry.
 */
static int read_sector(const struct roost_journal *j, uint32_t position, struct sector *sector)
{
    uint8_t h[SECTOR_HEADER];
    int err = flash_read(j, position * j->flash->sector_bytes, h, sizeof h);
    if (err)
        return err;
    sector->id = roost_le_get32(h + 8);
    sector->counter = roost_le_get32(h + 12);
    sector->first_seq = roost_le_get(h + 16, 8);
    sector->trimmed_seq = roost_le_get(h + 24, 8);
    if (roost_le_get(h, 4) != MAGIC || h[4] != FORMAT || h[5] != j->flash->program_bytes ||
        roost_le_get(h + 6, 2) != (uint16_t)j->flash->sector_count ||
        roost_le_get(h + 32, 4) != roost_crc32(0, h, 32))
        return ROOST_ERR_CORRUPT;
    return sector->counter % j->flash->sector_count == position ? ROOST_OK : ROOST_ERR_CORRUPT;
}

/* The first sector of this journal with a counter from `counter` on. ROOST_ERR_NOT_FOUND: none. */
static int find_sector(const struct roost_journal *j, uint32_t counter, struct sector *sector)
{
    for (; counter <= j->newest && counter != UINT32_MAX; counter++) {
        int err = read_sector(j, counter % j->flash->sector_count, sector);
        if (err == ROOST_ERR_IO)
            return err;
        if (!err && sector->id == j->id && sector->counter == counter)
            return ROOST_OK;
    }
    return ROOST_ERR_NOT_FOUND;
}

/* The counter of the oldest sector there can be when `newest` is the newest. */
static uint32_t oldest_counter(const struct roost_journal *j, uint32_t newest)
{
    uint32_t others = j->flash->sector_count - 1;
    return newest > others ? newest - others : 0;
}

static uint32_t first_offset(const struct roost_journal *j)
{
    return padded(j, SECTOR_HEADER);
}

/* Erases the place of sector `counter` and makes it the newest one. */
static int start_sector(struct roost_journal *j, const struct sector *sector)
{
    uint8_t h[SECTOR_HEADER + PROGRAM_MAX];
    memset(h, 0xFF, sizeof h);
    roost_le_put(h, MAGIC, 4);
    h[4] = FORMAT;
    h[5] = (uint8_t)j->flash->program_bytes;
    roost_le_put(h + 6, j->flash->sector_count, 2);
    roost_le_put(h + 8, sector->id, 4);
    roost_le_put(h + 12, sector->counter, 4);
    roost_le_put(h + 16, sector->first_seq, 8);
    roost_le_put(h + 24, sector->trimmed_seq, 8);
    roost_le_put(h + 32, roost_crc32(0, h, 32), 4);

    uint32_t position = sector->counter % j->flash->sector_count;
    j->erases++;
    if (j->flash->ops->erase(j->flash->ctx, position) < 0)
        return ROOST_ERR_IO;
    if (flash_program(j, address(j, sector->counter, 0), h, first_offset(j)))
        return ROOST_ERR_IO;
    j->id = sector->id;
    j->newest = sector->counter;
    j->write_offset = first_offset(j);
    j->marked_seq = sector->trimmed_seq;
    return ROOST_OK;
}

/* The oldest seq readable once the next sector is started in the oldest one's place. */
static int oldest_after_next(const struct roost_journal *j, uint64_t *oldest)
{
    struct sector sector;
    int err = find_sector(j, oldest_counter(j, j->newest + 1), &sector);
    *oldest = err ? j->next_seq : sector.first_seq;
    if (*oldest < j->oldest_seq)
        *oldest = j->oldest_seq;
    return err == ROOST_ERR_IO ? err : ROOST_OK;
}

/* Goes on to the next sector, giving up what stands in its place. */
static int next_sector(struct roost_journal *j)
{
    uint64_t oldest;
    int err = oldest_after_next(j, &oldest);
    if (err)
        return err;
    /* Gone from here on, whatever becomes of the erase. */
    uint64_t undelivered = later(j->oldest_seq, j->trimmed_seq + 1);
    if (oldest > undelivered)
        j->dropped += (uint32_t)(oldest - undelivered);
    j->oldest_seq = oldest;
    return start_sector(j, &(struct sector){.id = j->id,
                                            .counter = j->newest + 1,
                                            .first_seq = j->next_seq,
                                            .trimmed_seq = j->trimmed_seq});
}

/* ---- records ---- */

/* What a record is bound to beside its bytes: one that is whole, but of another journal, of the
 * sector's earlier life or of another place in the order, is none. */
static uint32_t record_crc(const struct roost_journal *j, uint32_t counter, uint64_t seq,
                           uint32_t kind, uint32_t len)
{
    uint8_t bound[20];
    roost_le_put(bound, j->id, 4);
    roost_le_put(bound + 4, counter, 4);
    roost_le_put(bound + 8, seq, 8);
    roost_le_put(bound + 16, kind, 2);
    roost_le_put(bound + 18, len, 2);
    return roost_crc32(0, bound, sizeof bound);
}

/* Reads and checks the record at `offset` of sector `counter`, where data record `seq` would stand.
 * ROOST_ERR_EMPTY: nothing was written there; ROOST_ERR_CORRUPT: torn or damaged. */
static int read_record(const struct roost_journal *j, uint32_t counter, uint32_t offset,
                       uint64_t seq, struct record *r)
{
    uint8_t part[CHUNK];
    uint32_t room = j->flash->sector_bytes - offset, n = room < CHUNK ? room : CHUNK;
    if (room < RECORD_HEADER)
        return ROOST_ERR_EMPTY;
    if (flash_read(j, address(j, counter, offset), part, n))
        return ROOST_ERR_IO;
    r->len = (uint32_t)roost_le_get(part, 2);
    r->kind = (uint32_t)roost_le_get(part + 2, 2);
    uint32_t expected = roost_le_get32(part + 4);
    if (r->len == BLANK && r->kind == BLANK)
        return ROOST_ERR_EMPTY;
    r->size = padded(j, RECORD_HEADER + r->len);
    if (r->len > ROOST_JOURNAL_RECORD_MAX || r->size > room ||
        (r->kind != DATA && (r->kind != TRIM || r->len != MARK)))
        return ROOST_ERR_CORRUPT;
    r->mark = r->kind == TRIM ? roost_le_get(part + RECORD_HEADER, MARK) : 0;

    uint32_t crc = record_crc(j, counter, seq, r->kind, r->len), end = RECORD_HEADER + r->len;
    n = n < end ? n : end;
    crc = roost_crc32(crc, part + RECORD_HEADER, n - RECORD_HEADER);
    for (uint32_t done = n; done < end; done += n) {
        n = end - done < CHUNK ? end - done : CHUNK;
        if (flash_read(j, address(j, counter, offset + done), part, n))
            return ROOST_ERR_IO;
        crc = roost_crc32(crc, part, n);
    }
    return crc == expected ? ROOST_OK : ROOST_ERR_CORRUPT;
}

static bool fits(const struct roost_journal *j, uint32_t len)
{
    return padded(j, RECORD_HEADER + len) <= j->flash->sector_bytes - j->write_offset;
}

/* Appends to the newest sector, which has room for it. After a failure the sector takes no more:
 * what stands at its end is not known. */
static int write_record(struct roost_journal *j, uint32_t kind, const void *bytes, uint32_t len)
{
    uint8_t out[RECORD_HEADER + ROOST_JOURNAL_RECORD_MAX + PROGRAM_MAX];
    uint32_t size = padded(j, RECORD_HEADER + len);
    uint32_t crc = record_crc(j, j->newest, j->next_seq, kind, len);
    roost_le_put(out, len, 2);
    roost_le_put(out + 2, kind, 2);
    roost_le_put(out + 4, roost_crc32(crc, bytes, len), 4);
    if (len > 0)
        memcpy(out + RECORD_HEADER, bytes, len);
    memset(out + RECORD_HEADER + len, 0xFF, size - RECORD_HEADER - len);
    int err = flash_program(j, address(j, j->newest, j->write_offset), out, size);
    if (err)
        j->torn++;
    j->write_offset = err ? j->flash->sector_bytes : j->write_offset + size;
    return err;
}

int roost_journal_append(struct roost_journal *journal, const void *record, size_t len,
                         uint64_t *seq)
{
    bool begun = false;
    int err = ROOST_OK;
    if (len > ROOST_JOURNAL_RECORD_MAX)
        return ROOST_ERR_TOO_LONG;
    for (int attempt = 0; attempt < 2; attempt++) {
        if (!fits(journal, (uint32_t)len))
            err = next_sector(journal);
        if (err)
            break;
        begun = true;
        err = write_record(journal, DATA, record, (uint32_t)len);
        if (err != ROOST_ERR_CORRUPT)
            break;
        err = attempt == 0 ? ROOST_OK : ROOST_ERR_IO; /* a bad cell: once more in the next sector */
    }
    if (!err)
        *seq = journal->next_seq;
    if (begun) /* a number that may be on flash is never given to another record */
        journal->next_seq++;
    return err;
}

/* ---- mounting ---- */

/* Finds the end of the newest sector, and with it next_seq and the last trim mark. */
static int scan_newest(struct roost_journal *j)
{
    uint32_t offset = first_offset(j);
    struct record r;
    int err;
    while ((err = read_record(j, j->newest, offset, j->next_seq, &r)) == ROOST_OK) {
        if (r.kind == DATA)
            j->next_seq++;
        else if (r.mark > j->trimmed_seq)
            j->trimmed_seq = r.mark;
        offset += r.size;
    }
    if (err == ROOST_ERR_IO)
        return err;
    uint32_t rest = j->flash->sector_bytes - offset;
    if (err == ROOST_ERR_EMPTY) {
        err = ROOST_OK;
        if (is_blank(j, address(j, j->newest, offset), rest, &err)) {
            j->write_offset = offset;
            return ROOST_OK;
        }
        if (err)
            return err;
    }
    j->torn++;
    j->write_offset = j->flash->sector_bytes; /* flash that is not blank cannot be programmed */
    return ROOST_OK;
}

/* Starts a new journal in sector `counter`. */
static int begin_anew(struct roost_journal *j, uint32_t counter, uint32_t id)
{
    int err = start_sector(j, &(struct sector){.id = id, .counter = counter, .first_seq = 1});
    if (err)
        return err;
    j->next_seq = j->oldest_seq = 1;
    j->trimmed_seq = j->cursor_seq = j->gap_seq = 0;
    return ROOST_OK;
}

int roost_journal_init(struct roost_journal *journal, const struct roost_flash *flash,
                       uint32_t random)
{
    struct sector sector, newest = {.counter = 0};
    bool found = false;
    *journal = (struct roost_journal){.flash = flash};
    if (flash->sector_count < 3 || flash->sector_count > UINT16_MAX ||
        flash->sector_bytes < SECTOR_MIN || flash->program_bytes < 1 ||
        flash->program_bytes > PROGRAM_MAX || flash->sector_bytes % flash->program_bytes != 0)
        return ROOST_ERR_INVALID;

    for (uint32_t i = 0; i < flash->sector_count; i++) {
        int err = read_sector(journal, i, &sector);
        if (err == ROOST_ERR_IO)
            return err;
        if (!err && (!found || sector.counter > newest.counter)) {
            newest = sector;
            found = true;
        }
    }
    if (!found)
        return begin_anew(journal, 0, random);

    journal->id = newest.id;
    journal->newest = newest.counter;
    journal->next_seq = newest.first_seq;
    journal->trimmed_seq = newest.trimmed_seq;
    int err = scan_newest(journal);
    if (!err)
        err = find_sector(journal, oldest_counter(journal, newest.counter), &sector);
    if (err)
        return ROOST_ERR_IO; /* NOT_FOUND: the newest was there a moment ago */
    journal->marked_seq = journal->trimmed_seq;
    journal->oldest_seq = sector.first_seq;
    return ROOST_OK;
}

int roost_journal_format(struct roost_journal *journal, uint32_t random)
{
    uint32_t id = random != journal->id ? random : random + 1, count = journal->flash->sector_count;
    int err = begin_anew(journal, journal->newest + 1, id); /* its header is the moment it counts */
    if (err)
        return err;
    for (uint32_t i = 1; i < count; i++) {
        journal->erases++;
        if (journal->flash->ops->erase(journal->flash->ctx, (journal->newest + i) % count) < 0)
            err = ROOST_ERR_IO;
    }
    return err;
}

/* ---- reading ---- */

static void set_cursor(struct roost_journal *j, const struct sector *sector)
{
    j->cursor_sector = sector->counter;
    j->cursor_offset = first_offset(j);
    j->cursor_seq = sector->first_seq;
}

/* Puts the cursor on the first record of the sector that has `seq`, or of the oldest one. */
static int seek(struct roost_journal *j, uint64_t seq)
{
    struct sector sector;
    int err = find_sector(j, oldest_counter(j, j->newest), &sector);
    if (err)
        return ROOST_ERR_IO;
    do {
        set_cursor(j, &sector);
        err = find_sector(j, sector.counter + 1, &sector);
    } while (!err && sector.first_seq <= seq);
    return err == ROOST_ERR_IO ? err : ROOST_OK;
}

/* Records [from, to) should be there and are not: torn by a cut erase, or a worn cell. */
static void count_gap(struct roost_journal *j, uint64_t from, uint64_t to)
{
    from = later(from, later(j->gap_seq, j->trimmed_seq) + 1);
    if (to > from) {
        j->dropped += (uint32_t)(to - from);
        j->gap_seq = to - 1;
    }
}

/* Moves the cursor from the end of a sector to the next one. ROOST_ERR_EMPTY: it was the newest. */
static int leave_sector(struct roost_journal *j)
{
    struct sector sector;
    uint64_t expected = j->cursor_seq;
    int err = find_sector(j, j->cursor_sector + 1, &sector);
    if (err == ROOST_ERR_IO)
        return err;
    if (err) {
        count_gap(j, expected, j->next_seq);
        return ROOST_ERR_EMPTY;
    }
    set_cursor(j, &sector);
    count_gap(j, expected, sector.first_seq);
    return ROOST_OK;
}

int roost_journal_read(struct roost_journal *journal, uint64_t seq, void *record, size_t size,
                       uint64_t *found)
{
    struct record r;
    int err = ROOST_OK;
    seq = later(seq, journal->oldest_seq);
    if (seq >= journal->next_seq)
        return ROOST_ERR_EMPTY;
    if (seq != journal->cursor_seq)
        err = seek(journal, seq);
    while (!err) {
        uint32_t sector = journal->cursor_sector, offset = journal->cursor_offset;
        err = read_record(journal, sector, offset, journal->cursor_seq, &r);
        if (err == ROOST_ERR_EMPTY || err == ROOST_ERR_CORRUPT) {
            err = leave_sector(journal);
            continue;
        }
        if (err)
            break;
        journal->cursor_offset += r.size;
        if (r.kind != DATA || journal->cursor_seq++ < seq)
            continue;
        *found = journal->cursor_seq - 1;
        if (r.len > size)
            return ROOST_ERR_TOO_LONG;
        err = flash_read(journal, address(journal, sector, offset + RECORD_HEADER), record, r.len);
        if (!err)
            return (int)r.len;
    }
    journal->cursor_seq = 0; /* the next read searches again */
    return err;
}

/* ---- trimming ---- */

void roost_journal_trim(struct roost_journal *journal, uint64_t seq)
{
    uint8_t mark[MARK];
    uint64_t oldest;
    if (seq >= journal->next_seq)
        seq = journal->next_seq - 1;
    if (seq <= journal->trimmed_seq)
        return;
    journal->trimmed_seq = seq;
    if (seq - journal->marked_seq < ROOST_JOURNAL_TRIM_EVERY)
        return;
    if (fits(journal, MARK)) {
        roost_le_put(mark, seq, MARK);
        if (write_record(journal, TRIM, mark, MARK) == ROOST_OK)
            journal->marked_seq = seq;
    } else if (oldest_after_next(journal, &oldest) == ROOST_OK && oldest <= seq + 1) {
        /* The new header carries the mark; a failure leaves it to the next one. Never done where it
         * would give up a record that still waits. */
        (void)next_sector(journal);
    }
}

uint64_t roost_journal_waiting(const struct roost_journal *journal)
{
    return journal->next_seq - later(journal->oldest_seq, journal->trimmed_seq + 1);
}
