/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A journal of records on raw flash: what a device measured stays here until the hub has it, through
 * power cuts at any operation. Records are numbered from 1 without gaps for as long as the flash
 * lives; the number is the `seq` a reading carries to the database row.
 *
 *   sector:  | header: magic, format, journal_id, sector counter, first seq, crc | record | record .. |
 *   record:  | u16 length, u16 kind, u32 crc over (seq, kind, bytes) | bytes, padded to the program unit |
 *   kinds:   data, and trim marks (everything up to seq was delivered)
 *
 * Sectors are used in a ring, so wear is even: appending B bytes a day on a region of S bytes erases
 * each sector B/S times a day. Full: the oldest sector is given up, its undelivered records are
 * counted as dropped and the hub sees the gap in seq. A record is kept once append returned 0; a
 * record cut while being written is ignored at the next start. Delivered records may be delivered
 * again after a cut (trim marks are written lazily, every `trim_every` records): the receiver drops
 * what it has by seq.
 * Depends on core/err.h and the flash of port/port.h. Mount time is one pass over the region.
 */
#ifndef ROOST_CORE_JOURNAL_H
#define ROOST_CORE_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

struct roost_flash;

enum { ROOST_JOURNAL_RECORD_MAX = 512, ROOST_JOURNAL_TRIM_EVERY = 16 };

struct roost_journal {
    const struct roost_flash *flash;
    uint32_t id;                     /* random, drawn when the region was formatted */
    uint64_t next_seq;               /* of the next record to append */
    uint64_t trimmed_seq;            /* all records up to here were delivered */
    uint64_t oldest_seq;             /* oldest record still readable; next_seq when none is */
    uint32_t sector_count, write_sector, write_offset, sector_counter;
    uint64_t marked_seq;             /* trim mark last written */
    uint64_t cursor_seq;             /* where the last read stood, to go on without a search */
    uint32_t cursor_sector, cursor_offset;
    uint32_t dropped, erases, torn;  /* since init: records given up, sectors erased, torn found */
};

/* Mounts, formatting a blank or foreign region; `random` becomes the id of a newly formatted one.
 * Needs at least 3 sectors. Returns 0 or ROOST_ERR_IO, ROOST_ERR_INVALID (geometry). */
int roost_journal_init(struct roost_journal *journal, const struct roost_flash *flash,
                       uint32_t random);

/* Returns 0 with *seq set, ROOST_ERR_TOO_LONG or ROOST_ERR_IO (the record is then not kept). */
int roost_journal_append(struct roost_journal *journal, const void *record, size_t len,
                         uint64_t *seq);

/* Reads record `seq`, or the first later one still present; *found is its number. Returns its length,
 * ROOST_ERR_EMPTY when there is none, ROOST_ERR_TOO_LONG, ROOST_ERR_IO. Sequential reads are O(1). */
int roost_journal_read(struct roost_journal *journal, uint64_t seq, void *record, size_t size,
                       uint64_t *found);

/* Everything up to and including `seq` was delivered. Never fails: a mark that cannot be written is
 * written with the next one. */
void roost_journal_trim(struct roost_journal *journal, uint64_t seq);

/* Records appended and not yet trimmed. */
uint64_t roost_journal_waiting(const struct roost_journal *journal);

/* Forgets everything and draws a new id: the factory reset. */
int roost_journal_format(struct roost_journal *journal, uint32_t random);

#endif
