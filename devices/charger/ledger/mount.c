/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "devices/charger/ledger/parts.h"
#include "port/port.h"

/* Leaves out what begins amidst the items of a newer sector: that is packed and stands for it, or
 * for what was there when it died, and its erase failed. It would hide the items behind it. */
static int leave_overtaken(struct roost_ledger *l)
{
    for (uint16_t i = 0; i + 1 < l->sector_count; i++) {
        uint32_t last;
        if (l->sectors[i + 1].generation > l->sectors[i].generation)
            continue;
        int err = ledger_last_seq(l, i, &last);
        if (err)
            return err;
        while (i + 1 < l->sector_count && l->sectors[i + 1].first_seq <= last &&
               l->sectors[i + 1].generation < l->sectors[i].generation) {
            (void)ledger_erase(l, l->sectors[i + 1].position);
            ledger_remove_sector(l, (uint16_t)(i + 1));
        }
    }
    return ROOST_OK;
}

/* Gives up what a packed sector stands for: the power went before it was erased. */
static int drop_replaced(struct roost_ledger *l)
{
    struct ledger_header header;
    for (uint16_t i = 0; i < l->sector_count; i++) {
        int err = ledger_read_header(l, l->sectors[i].position, &header, false);
        if (err)
            return ROOST_ERR_IO;
        if (header.kind != LEDGER_HEADER_PACKED)
            continue;
        for (uint16_t k = 0; k < l->sector_count; k++) {
            uint32_t generation = l->sectors[k].generation;
            if (generation != header.replaces[0] && generation != header.replaces[1])
                continue;
            err = ledger_erase(l, l->sectors[k].position);
            if (err)
                return err;
            ledger_remove_sector(l, k);
            i = UINT16_MAX; /* from the start: the indices have moved */
            break;
        }
    }
    return ROOST_OK;
}

static int find_sectors(struct roost_ledger *l)
{
    struct ledger_header header;
    for (uint32_t position = 0; position < l->flash->sector_count; position++) {
        int err = ledger_read_header(l, (uint8_t)position, &header, false);
        if (err == ROOST_ERR_CORRUPT)
            continue;
        if (err)
            return err;
        ledger_insert_sector(l, &(struct roost_ledger_sector){.first_seq = header.first_seq,
                                                              .generation = header.generation,
                                                              .position = (uint8_t)position,
                                                              .level = header.level});
        if (header.generation > l->generation)
            l->generation = header.generation;
    }
    int err = leave_overtaken(l); /* first: what is void replaces nothing */
    return err ? err : drop_replaced(l);
}

/* The newest head, or the newest packed sector when no head can be read any more. */
static int find_head(struct roost_ledger *l, uint16_t *index)
{
    struct ledger_header header;
    uint64_t best = 0;
    for (uint16_t i = 0; i < l->sector_count; i++) {
        if (ledger_read_header(l, l->sectors[i].position, &header, false))
            return ROOST_ERR_IO;
        uint64_t rank = header.generation;
        if (header.kind == LEDGER_HEADER_HEAD)
            rank |= 1ull << 32;
        if (rank > best) {
            best = rank;
            *index = i;
        }
    }
    /* Behind it stands only what has lost its own head. */
    l->headless = best >> 32 == 0 || *index + 1 < l->sector_count;
    return ROOST_OK;
}

/* Takes over the state as of the head: its snapshot and what was written behind it. */
static int read_head(struct roost_ledger *l, uint16_t index)
{
    struct ledger_header header;
    struct ledger_record record;
    uint8_t part[LEDGER_PROGRAM_MAX], position = l->sectors[index].position;
    uint32_t unit = l->flash->program_bytes, offset = ledger_first_offset(l);
    int err = ledger_read_header(l, position, &header, true);
    if (err)
        return ROOST_ERR_IO;
    l->write_offset = offset;
    while ((err = ledger_read(l, index, &offset, &record)) == ROOST_OK) {
        if (!ledger_is_item(&record))
            ledger_replay(l, &record);
        l->write_offset = offset;
    }
    if (err == ROOST_ERR_IO)
        return err;
    for (offset = l->write_offset; !l->headless && offset < l->flash->sector_bytes;
         offset += unit) {
        if (ledger_flash_read(l, position, offset, part, unit))
            return ROOST_ERR_IO;
        l->headless = !ledger_is_blank(part, unit); /* torn: not blank, not to be programmed */
        l->torn += l->headless;
    }
    return ROOST_OK;
}

/* Counts what is alive; needs to know already what was delivered. */
static int read_items(struct roost_ledger *l)
{
    struct ledger_record record;
    for (uint16_t i = 0; i < l->sector_count; i++) {
        uint32_t offset = ledger_first_offset(l);
        int err;
        while ((err = ledger_read(l, i, &offset, &record)) == ROOST_OK) {
            if (!ledger_is_item(&record))
                continue;
            ledger_replay_item(l, &record);
            if (ledger_alive(l, &record))
                ledger_count_bytes(l, &record, i);
        }
        if (err != ROOST_ERR_EMPTY)
            return err;
    }
    return ROOST_OK;
}

int ledger_mount(struct roost_ledger *l)
{
    uint16_t head = 0;
    int err = find_sectors(l);
    if (err)
        return err;
    l->next_seq = 1;
    l->headless = true;
    l->formatted = l->sector_count == 0;
    if (l->formatted)
        return ledger_new_head(l);
    err = find_head(l, &head);
    if (err)
        return err;
    l->turn = (uint8_t)((l->sectors[head].position + 1u) % l->flash->sector_count);
    err = read_head(l, head);
    return err ? err : read_items(l);
}
