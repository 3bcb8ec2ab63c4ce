/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A journal of records on raw flash: what a device measured stays here until the hub has it,
 * through power cuts at any operation. Records are numbered from 1 without gaps for as long as the
 * flash works; the number is the `seq` a reading carries to the database row.
 *
 *     err = roost_journal_init(&journal, &port->journal, random);
 *     err = roost_journal_append(&journal, &sample, sizeof sample, &seq);
 *     len = roost_journal_read(&journal, journal.trimmed_seq + 1, bytes, sizeof bytes, &seq);
 *     roost_journal_trim(&journal, seq);                      // the hub has it
 *
 *   sector:  | header | record | record | ..
 *   header:  | magic, format, geometry | journal id | counter | first seq | trimmed seq | crc |
 *   record:  | u16 length, u16 kind, u32 crc | bytes, padded to the program unit |
 *   kinds:   data, and trim marks (everything up to seq was delivered)
 *
 * A record's crc covers the journal id, the sector counter and the seq too, so that nothing left
 * over from an earlier life of the sector can pass.
 *
 * Sector number `counter` stands at position counter % sector_count: a ring. A sector is erased
 * right before it is used and becomes part of the journal with its header, in one program; the
 * newest header tells where the journal is. A record cut while being written is ignored at the next
 * start and the rest of its sector with it. What was programmed is read back before it counts as
 * written.
 *
 * A record is kept once append returned 0. Full: the oldest sector is given up, its undelivered
 * records are counted as dropped and the hub sees the gap in seq; the newest (sector_count - 1)
 * sectors of records are always kept. Delivered records may be delivered again after a cut (trim
 * marks are written lazily, every ROOST_JOURNAL_TRIM_EVERY records, and with every sector): the
 * receiver drops what it has by seq.
 *
 * Wear: the ring erases each sector equally often. A record of n bytes takes 8 + n, rounded up to
 * the program unit; a sector has 36 bytes of header, loses at its end less than one record, and
 * holds a mark of 16 bytes for every 16 records delivered. With B bytes a day so counted and a
 * region of S bytes each sector is erased B/S times a day: two 16-byte readings every 10 s on 64
 * KiB are 6.7 erases a day, 41 years at the 100 000 of common NOR flash. A power cut inside an
 * append costs one sector's rest.
 *
 * Mounting reads one header a sector and scans the newest sector; RAM is this struct, and less than
 * 700 bytes of stack. Depends on core/err.h, core/crc32.h and the flash of port/port.h.
 */
#ifndef ROOST_RUNTIME_JOURNAL_H
#define ROOST_RUNTIME_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

struct roost_flash;

enum { ROOST_JOURNAL_RECORD_MAX = 512, ROOST_JOURNAL_TRIM_EVERY = 16 };

struct roost_journal {
    const struct roost_flash *flash;
    uint32_t id;           /* random, drawn when the region was formatted */
    uint64_t next_seq;     /* of the next record to append */
    uint64_t trimmed_seq;  /* all records up to here were delivered */
    uint64_t oldest_seq;   /* oldest record still readable; next_seq when none is */
    uint32_t newest;       /* counter of the sector being written */
    uint32_t write_offset; /* in it; sector_bytes: it takes no more */
    uint64_t marked_seq;   /* trim mark last written */
    uint64_t cursor_seq;   /* where the last read stood, to go on without a search; 0: nowhere */
    uint32_t cursor_sector, cursor_offset; /* a sector counter, and where in it cursor_seq begins */
    uint64_t gap_seq;                      /* unreadable records up to here were counted */
    uint32_t dropped, erases, torn; /* since init: records given up, sectors erased, torn found */
};

/* Mounts, formatting a blank or foreign region; `random` becomes the id of a newly formatted one.
 * The flash is borrowed for the journal's life. Needs at least 3 sectors of 1 KiB. Returns 0 or
 * ROOST_ERR_IO, ROOST_ERR_INVALID (geometry); after these only init may be called. */
int roost_journal_init(struct roost_journal *journal, const struct roost_flash *flash,
                       uint32_t random);

/* Returns 0 with *seq set, ROOST_ERR_TOO_LONG or ROOST_ERR_IO: the record is then not kept, and
 * where the flash had begun to write it its number is spent, a gap. */
int roost_journal_append(struct roost_journal *journal, const void *record, size_t len,
                         uint64_t *seq);

/* Reads record `seq`, or the first later one still present; *found is its number. Returns its
 * length, ROOST_ERR_EMPTY when there is none, ROOST_ERR_TOO_LONG (*found set), ROOST_ERR_IO.
 * Records found damaged are counted as dropped. Sequential reads are O(1), others O(sector_count +
 * one sector). */
int roost_journal_read(struct roost_journal *journal, uint64_t seq, void *record, size_t size,
                       uint64_t *found);

/* Everything up to and including `seq` was delivered. Never fails: a mark that cannot be written is
 * written with the next one. */
void roost_journal_trim(struct roost_journal *journal, uint64_t seq);

/* Records appended and not yet trimmed. */
uint64_t roost_journal_waiting(const struct roost_journal *journal);

/* Forgets everything and draws a new id: the factory reset. Blocks for sector_count erases. After a
 * cut inside it the old journal (less its oldest sector) or the new one is there. ROOST_ERR_IO: the
 * old one stays, or the new one holds but a sector of the old could not be erased. */
int roost_journal_format(struct roost_journal *journal, uint32_t random);

#endif
