/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/ledger/parts.h"

#include <string.h>

#include "core/bytes.h"
#include "core/crc32.h"
#include "core/err.h"
#include "port/port.h"

enum {
    MAGIC = 0x4C545352, /* "RSTL" */
    FORMAT = 1,
    SNAPSHOT_AT = 28,
    CRC_AT = LEDGER_HEADER - 4,
    CHUNK = 64,
    HEAD_ATTEMPTS = 3, /* sectors tried for a new head */
};
_Static_assert(SNAPSHOT_AT + LEDGER_SNAPSHOT == CRC_AT, "layout");

/* ---- flash ---- */

uint32_t ledger_padded(const struct roost_ledger *l, uint32_t len)
{
    uint32_t unit = l->flash->program_bytes;
    return (len + unit - 1) / unit * unit;
}

uint32_t ledger_first_offset(const struct roost_ledger *l)
{
    return ledger_padded(l, LEDGER_HEADER);
}

uint32_t ledger_payload(const struct roost_ledger *l)
{
    return l->flash->sector_bytes - ledger_first_offset(l);
}

uint32_t ledger_record_bytes(const struct roost_ledger *l, const struct ledger_record *record)
{
    return ledger_padded(l, LEDGER_RECORD_HEAD + (uint32_t)record->len);
}

int ledger_flash_read(const struct roost_ledger *l, uint8_t position, uint32_t offset, void *out,
                      uint32_t len)
{
    uint32_t at = position * l->flash->sector_bytes + offset;
    return l->flash->ops->read(l->flash->ctx, at, out, len) < 0 ? ROOST_ERR_IO : ROOST_OK;
}

/* Programs and reads back: what the flash did not keep was not written. */
static int flash_program(struct roost_ledger *l, uint8_t position, uint32_t offset,
                         const uint8_t *data, uint32_t len)
{
    uint8_t back[CHUNK];
    uint32_t at = position * l->flash->sector_bytes + offset;
    int err = l->flash->ops->program(l->flash->ctx, at, data, len) < 0 ? ROOST_ERR_IO : ROOST_OK;
    for (uint32_t done = 0; !err && done < len; done += CHUNK) {
        uint32_t part = len - done < CHUNK ? len - done : CHUNK;
        err = ledger_flash_read(l, position, offset + done, back, part);
        if (!err && memcmp(back, data + done, part) != 0)
            err = ROOST_ERR_IO;
    }
    if (err)
        l->torn++;
    return err;
}

int ledger_erase(struct roost_ledger *l, uint8_t position)
{
    l->erases++;
    if (l->flash->ops->erase(l->flash->ctx, position) < 0)
        return ROOST_ERR_IO;
    l->clean[position / 8] |= (uint8_t)(1u << position % 8);
    return ROOST_OK;
}

/* ---- headers ---- */

int ledger_write_header(struct roost_ledger *l, uint8_t position,
                        const struct ledger_header *header)
{
    uint8_t h[LEDGER_HEADER + LEDGER_PROGRAM_MAX];
    memset(h, 0xFF, sizeof h);
    roost_le_put(h, MAGIC, 4);
    h[4] = FORMAT;
    h[5] = (uint8_t)l->flash->program_bytes;
    roost_le_put(h + 6, l->flash->sector_count, 2);
    roost_le_put(h + 8, header->generation, 4);
    roost_le_put(h + 12, header->first_seq, 4);
    roost_le_put(h + 16, header->replaces[0], 4);
    roost_le_put(h + 20, header->replaces[1], 4);
    h[24] = (uint8_t)header->kind;
    h[25] = header->level;
    ledger_snapshot(l, h + SNAPSHOT_AT, true);
    roost_le_put(h + CRC_AT, roost_crc32(0, h, CRC_AT), 4);
    return flash_program(l, position, 0, h, ledger_first_offset(l));
}

int ledger_read_header(struct roost_ledger *l, uint8_t position, struct ledger_header *header,
                       bool snapshot)
{
    uint8_t h[LEDGER_HEADER];
    int err = ledger_flash_read(l, position, 0, h, sizeof h);
    if (err)
        return err;
    *header = (struct ledger_header){
        .kind = (enum ledger_header_kind)h[24],
        .level = h[25],
        .generation = roost_le_get32(h + 8),
        .first_seq = roost_le_get32(h + 12),
        .replaces = {roost_le_get32(h + 16), roost_le_get32(h + 20)},
        .thinned = roost_le_get32(h + SNAPSHOT_AT + LEDGER_THINNED_AT),
    };
    if (roost_le_get32(h) != MAGIC || h[4] != FORMAT || h[5] != l->flash->program_bytes ||
        roost_le_get16(h + 6) != l->flash->sector_count ||
        roost_le_get32(h + CRC_AT) != roost_crc32(0, h, CRC_AT))
        return ROOST_ERR_CORRUPT;
    uint32_t thinned = l->thinned > header->thinned ? l->thinned : header->thinned;
    if (snapshot)
        ledger_snapshot(l, h + SNAPSHOT_AT, false);
    l->thinned = thinned;
    return ROOST_OK;
}

/* ---- the sectors in use ---- */

void ledger_remove_sector(struct roost_ledger *l, uint16_t index)
{
    l->moves++;
    l->sector_count--;
    memmove(&l->sectors[index], &l->sectors[index + 1],
            (size_t)(l->sector_count - index) * sizeof l->sectors[0]);
}

void ledger_insert_sector(struct roost_ledger *l, const struct roost_ledger_sector *sector)
{
    uint16_t at = l->sector_count;
    while (at > 0 && (l->sectors[at - 1].first_seq > sector->first_seq ||
                      (l->sectors[at - 1].first_seq == sector->first_seq &&
                       l->sectors[at - 1].generation > sector->generation)))
        at--;
    memmove(&l->sectors[at + 1], &l->sectors[at],
            (size_t)(l->sector_count - at) * sizeof l->sectors[0]);
    l->sectors[at] = *sector;
    l->sector_count++;
    l->moves++;
}

int ledger_take_free(struct roost_ledger *l, uint8_t *position)
{
    for (uint32_t n = 0; n < l->flash->sector_count; n++) {
        uint8_t candidate = l->turn;
        l->turn = (uint8_t)((l->turn + 1u) % l->flash->sector_count);
        uint16_t i = 0;
        while (i < l->sector_count && l->sectors[i].position != candidate)
            i++;
        if (i < l->sector_count)
            continue;
        *position = candidate;
        uint8_t bit = (uint8_t)(1u << candidate % 8);
        int err = l->clean[candidate / 8] & bit ? ROOST_OK : ledger_erase(l, candidate);
        l->clean[candidate / 8] &= (uint8_t)~bit;
        return err;
    }
    return ROOST_ERR_NO_SPACE;
}

int ledger_new_head(struct roost_ledger *l)
{
    uint8_t position;
    int err = ledger_make_room(l, 2, false);
    for (int attempt = 0; !err && attempt < HEAD_ATTEMPTS; attempt++) {
        struct ledger_header header = {
            .kind = LEDGER_HEADER_HEAD, .generation = ++l->generation, .first_seq = l->next_seq};
        err = ledger_take_free(l, &position);
        if (!err)
            err = ledger_write_header(l, position, &header);
        if (!err) {
            ledger_insert_sector(l, &(struct roost_ledger_sector){.first_seq = header.first_seq,
                                                                  .generation = header.generation,
                                                                  .position = position});
            l->write_offset = ledger_first_offset(l);
            l->headless = false;
            return ROOST_OK;
        }
        if (attempt + 1 < HEAD_ATTEMPTS)
            err = ROOST_OK;
    }
    return err;
}

/* ---- records ---- */

static uint32_t record_crc(uint32_t generation, const uint8_t *bytes, uint32_t len)
{
    uint8_t bound[4];
    roost_le_put(bound, generation, 4);
    return roost_crc32(roost_crc32(0, bound, 4), bytes + 4, len - 4);
}

int ledger_write_record(struct roost_ledger *l, uint8_t position, uint32_t generation,
                        uint32_t offset, const struct ledger_record *record)
{
    uint8_t out[LEDGER_RECORD_HEAD + LEDGER_BODY_MAX + LEDGER_PROGRAM_MAX];
    uint32_t len = LEDGER_RECORD_HEAD + (uint32_t)record->len;
    memset(out, 0xFF, sizeof out);
    out[4] = record->len;
    out[5] = (uint8_t)(record->kind | record->connector << 4);
    roost_le_put(out + 6, record->seq, 4);
    memcpy(out + LEDGER_RECORD_HEAD, record->body, record->len);
    roost_le_put(out, record_crc(generation, out, len), 4);
    return flash_program(l, position, offset, out, ledger_padded(l, len));
}

bool ledger_is_blank(const uint8_t *bytes, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        if (bytes[i] != 0xFF)
            return false;
    return true;
}

/* Whether a record of this kind may be so long and of that connector. */
static bool well_formed(const struct ledger_record *record)
{
    static const uint8_t lengths[LEDGER_KINDS][2] = {
        [ROOST_LEDGER_BEGIN] = {LEDGER_ITEM_FIXED + 4, LEDGER_BODY_MAX},
        [ROOST_LEDGER_SAMPLE] = {LEDGER_ITEM_FIXED, LEDGER_ITEM_FIXED},
        [ROOST_LEDGER_END] = {LEDGER_ITEM_FIXED + 4, LEDGER_BODY_MAX},
        [LEDGER_REGISTER] = {LEDGER_ENERGY + LEDGER_STAMP, LEDGER_ENERGY + LEDGER_STAMP},
        [LEDGER_MARK] = {5, 5},
        [LEDGER_FAILED] = {2 + LEDGER_STAMP, 2 + LEDGER_STAMP},
        [LEDGER_IDENTIFIED] = {4, 4},
        [LEDGER_CLOCK] = {13, 13},
    };
    return record->kind > 0 && record->kind < LEDGER_KINDS &&
           record->len >= lengths[record->kind][0] && record->len <= lengths[record->kind][1] &&
           record->connector <= ROOST_LEDGER_CONNECTORS_MAX;
}

/* Steps over what is torn or damaged, unit by unit: one record lost does not cost the others. */
static int read_below(struct roost_ledger *l, const struct roost_ledger_sector *sector,
                      uint32_t bound, uint32_t *offset, struct ledger_record *record)
{
    uint8_t bytes[LEDGER_RECORD_HEAD + LEDGER_BODY_MAX];

    for (; *offset + LEDGER_RECORD_HEAD <= l->flash->sector_bytes;
         *offset += l->flash->program_bytes) {
        uint32_t room = l->flash->sector_bytes - *offset;
        uint32_t n = room < sizeof bytes ? room : (uint32_t)sizeof bytes;
        int err = ledger_flash_read(l, sector->position, *offset, bytes, n);
        if (err)
            return err;
        if (ledger_is_blank(bytes, LEDGER_RECORD_HEAD))
            return ROOST_ERR_EMPTY;
        record->len = bytes[4];
        record->kind = bytes[5] & 15;
        record->connector = bytes[5] >> 4;
        record->seq = roost_le_get32(bytes + 6);
        uint32_t len = LEDGER_RECORD_HEAD + (uint32_t)record->len;
        if (!well_formed(record) || len > n ||
            roost_le_get32(bytes) != record_crc(sector->generation, bytes, len))
            continue;
        memcpy(record->body, bytes + LEDGER_RECORD_HEAD, record->len);
        *offset += ledger_padded(l, len);
        /* An item whose writing was given up, and which then came to stand elsewhere. */
        if (ledger_is_item(record) && record->seq >= bound) {
            *offset -= l->flash->program_bytes;
            continue;
        }
        return ROOST_OK;
    }
    return ROOST_ERR_EMPTY;
}

int ledger_read(struct roost_ledger *l, uint16_t index, uint32_t *offset,
                struct ledger_record *record)
{
    bool last = index + 1 >= l->sector_count;
    uint32_t bound = last ? UINT32_MAX : l->sectors[index + 1].first_seq;
    return read_below(l, &l->sectors[index], bound, offset, record);
}

int ledger_last_seq(struct roost_ledger *l, uint16_t index, uint32_t *seq)
{
    struct ledger_record record;
    uint32_t offset = ledger_first_offset(l);
    int err;
    *seq = 0;
    while ((err = read_below(l, &l->sectors[index], UINT32_MAX, &offset, &record)) == ROOST_OK)
        if (ledger_is_item(&record) && record.seq > *seq)
            *seq = record.seq;
    return err == ROOST_ERR_EMPTY ? ROOST_OK : err;
}

/* Puts the place before the first record of the sector that has, or would have, the next item. */
static void seek(const struct roost_ledger *l, struct roost_ledger_place *place)
{
    uint16_t i = (uint16_t)(l->sector_count - 1);
    while (i > 0 && l->sectors[i].first_seq > place->seq + 1)
        i--;
    place->sector = i;
    place->offset = ledger_first_offset(l);
    place->moves = l->moves;
}

int ledger_read_item(struct roost_ledger *l, struct roost_ledger_place *place,
                     struct ledger_record *record)
{
    if (l->sector_count == 0)
        return ROOST_ERR_EMPTY;
    if (place->moves != l->moves)
        seek(l, place);
    for (;;) {
        int err = ledger_read(l, place->sector, &place->offset, record);
        if (err == ROOST_ERR_EMPTY) {
            if (place->sector + 1 >= l->sector_count)
                return err;
            place->sector++;
            place->offset = ledger_first_offset(l);
        } else if (err || (ledger_is_item(record) && record->seq > place->seq &&
                           record->seq < l->next_seq)) { /* else its writing was given up */
            if (!err)
                place->seq = record->seq;
            return err;
        }
    }
}

void ledger_count_bytes(struct roost_ledger *l, const struct ledger_record *item, uint16_t index)
{
    uint16_t bytes = (uint16_t)ledger_record_bytes(l, item);
    if (item->kind == ROOST_LEDGER_SAMPLE)
        l->sectors[index].sample_bytes = (uint16_t)(l->sectors[index].sample_bytes + bytes);
    else
        l->sectors[index].fixed_bytes = (uint16_t)(l->sectors[index].fixed_bytes + bytes);
}

int ledger_append(struct roost_ledger *l, const struct ledger_record *record)
{
    uint32_t bytes = ledger_record_bytes(l, record);
    int err = ROOST_OK;
    for (int attempt = 0; attempt < 2; attempt++) {
        if (l->headless || bytes > l->flash->sector_bytes - l->write_offset)
            err = ledger_new_head(l);
        if (err)
            return err;
        const struct roost_ledger_sector *head = &l->sectors[l->sector_count - 1];
        err = ledger_write_record(l, head->position, head->generation, l->write_offset, record);
        if (!err)
            break;
        /* What stands at its end is not known: once more, in another one. */
        l->headless = true;
        if (attempt == 0)
            err = ROOST_OK;
    }
    if (err)
        return err;
    l->write_offset += bytes;
    if (!ledger_is_item(record)) {
        ledger_replay(l, record);
        return ROOST_OK;
    }
    ledger_replay_item(l, record);
    ledger_count_bytes(l, record, (uint16_t)(l->sector_count - 1));
    return ROOST_OK;
}
