/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the ledger share; for nobody else.
 *
 *     ledger.c   what happens: begins, samples, ends, registers, the clock, a boot
 *     queue.c    delivery, and reading one transaction back
 *     state.c    what the records mean: the snapshot, replaying, what is alive
 *     store.c    sectors and records: appending, reading
 *     mount.c    finding them after a boot
 *     pack.c     making room
 *     code.c     records as bytes
 */
#ifndef ROOST_DEVICES_CHARGER_LEDGER_PARTS_H
#define ROOST_DEVICES_CHARGER_LEDGER_PARTS_H

#include "devices/charger/ledger/ledger.h"

/* ---- code.c ---- */

enum {
    LEDGER_RECORD_HEAD = 10,
    LEDGER_STAMP = 10,
    LEDGER_ENERGY = 6,
    LEDGER_VALUES = 23,
    LEDGER_ITEM_FIXED = LEDGER_STAMP + LEDGER_VALUES,
    LEDGER_BODY_MAX = LEDGER_ITEM_FIXED + 4 + ROOST_LEDGER_TAG_MAX,
    LEDGER_PROGRAM_MAX = 16,
};

/* Beside the three kinds of items. Of a mark the low half says what was delivered. */
enum {
    LEDGER_REGISTER = 4,   /* energy, stamp */
    LEDGER_MARK = 5,       /* seq: delivered; flags, external id */
    LEDGER_FAILED = 6,     /* seq: which; attempts, stamp */
    LEDGER_IDENTIFIED = 7, /* seq: transaction; external id */
    LEDGER_CLOCK = 8,      /* boot, unix_ms, exact */
    LEDGER_KINDS = 9,
};

enum { LEDGER_MARK_IDENTIFIED = 1, LEDGER_MARK_GIVEN_UP = 2, LEDGER_MARK_KIND_SHIFT = 4 };

struct ledger_record {
    uint8_t kind, connector, len;
    uint32_t seq;
    uint8_t body[LEDGER_BODY_MAX];
};

static inline bool ledger_is_item(const struct ledger_record *record)
{
    return record->kind <= ROOST_LEDGER_END;
}

void ledger_put_stamp(uint8_t *out, const struct roost_ledger_stamp *stamp);
struct roost_ledger_stamp ledger_get_stamp(const uint8_t *in);
/* Stamp, values and, where it has any, number and tag of an item. */
void ledger_put_item(struct ledger_record *record, const struct roost_ledger_stamp *stamp,
                     uint8_t detail, const struct roost_ledger_values *values);
void ledger_put_tail(struct ledger_record *record, uint32_t number, const char *tag);
void ledger_get_item(const struct ledger_record *record, struct roost_ledger_item *item);
uint64_t ledger_item_energy(const struct ledger_record *record);
/* The transaction that an end ends. */
uint32_t ledger_end_of(const struct ledger_record *end);

/* ---- state.c ---- */

enum {
    LEDGER_HEADER = 308,
    LEDGER_SNAPSHOT = 276,
    LEDGER_THINNED_AT = 24
}; /* the snapshot is a part of the header */

/* Writes all that is no item to the bytes, or takes it over from there. */
void ledger_snapshot(struct roost_ledger *l, uint8_t bytes[LEDGER_SNAPSHOT], bool writing);
/* Takes a record that is on flash into account: those of the head that are no items, then (once
 * those are known, for they say what is alive) all items. Also right after writing one. */
void ledger_replay(struct roost_ledger *l, const struct ledger_record *record);
void ledger_replay_item(struct roost_ledger *l, const struct ledger_record *record);
/* Whether somebody may still ask for the item. */
bool ledger_alive(const struct roost_ledger *l, const struct ledger_record *item);
/* No item before this one is alive. */
uint32_t ledger_oldest_alive(const struct roost_ledger *l);

/* ---- store.c ---- */

enum ledger_header_kind { LEDGER_HEADER_HEAD = 1, LEDGER_HEADER_PACKED };

struct ledger_header {
    enum ledger_header_kind kind;
    uint8_t level;
    uint32_t generation, first_seq;
    uint32_t replaces[2]; /* generations that a packed one stands for; 0: none */
    uint32_t thinned; /* when read: what the snapshot says, a packed one's newer than the head's */
};

uint32_t ledger_payload(const struct roost_ledger *l); /* bytes a sector has for records */
uint32_t ledger_padded(const struct roost_ledger *l, uint32_t len);
uint32_t ledger_first_offset(const struct roost_ledger *l);
uint32_t ledger_record_bytes(const struct roost_ledger *l, const struct ledger_record *record);

/* Writes the record and replays it. Room is made where there is none. */
int ledger_append(struct roost_ledger *l, const struct ledger_record *record);
/* Reads the next whole record of sectors[index] from *offset on and moves that behind it.
 * ROOST_ERR_EMPTY: there is none. */
int ledger_read(struct roost_ledger *l, uint16_t index, uint32_t *offset,
                struct ledger_record *record);
/* The highest number of an item in sectors[index], also where the next one begins below it; 0:
 * none. */
int ledger_last_seq(struct roost_ledger *l, uint16_t index, uint32_t *seq);
/* Reads the first item with a number above place->seq that was written for good.
 * ROOST_ERR_EMPTY. */
int ledger_read_item(struct roost_ledger *l, struct roost_ledger_place *place,
                     struct ledger_record *record);

/* A blank sector that is not in use; it counts as used only by what is written there. */
int ledger_take_free(struct roost_ledger *l, uint8_t *position);
int ledger_erase(struct roost_ledger *l, uint8_t position);
int ledger_write_record(struct roost_ledger *l, uint8_t position, uint32_t generation,
                        uint32_t offset, const struct ledger_record *record);
int ledger_write_header(struct roost_ledger *l, uint8_t position,
                        const struct ledger_header *header);
void ledger_remove_sector(struct roost_ledger *l, uint16_t index);
int ledger_flash_read(const struct roost_ledger *l, uint8_t position, uint32_t offset, void *out,
                      uint32_t len);
/* ROOST_ERR_CORRUPT: there is none of this geometry. With `snapshot` that is taken over. */
int ledger_read_header(struct roost_ledger *l, uint8_t position, struct ledger_header *header,
                       bool snapshot);
int ledger_new_head(struct roost_ledger *l);
bool ledger_is_blank(const uint8_t *bytes, uint32_t len);
/* A live item stands in sectors[index]. */
void ledger_count_bytes(struct roost_ledger *l, const struct ledger_record *item, uint16_t index);
/* Adds it to sectors where it belongs by first_seq and generation. */
void ledger_insert_sector(struct roost_ledger *l, const struct roost_ledger_sector *sector);

/* ---- mount.c ---- */

int ledger_mount(struct roost_ledger *l);

/* ---- pack.c ---- */

/* Makes at least `wanted` sectors free, or one packing nearer to it (`once`). */
int ledger_make_room(struct roost_ledger *l, uint32_t wanted, bool once);

#endif
