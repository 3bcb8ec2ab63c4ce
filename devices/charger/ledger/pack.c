/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/ledger/parts.h"

#include "core/err.h"
#include "port/port.h"

/* So often halved, none is left. A level is the number of halvings; it begins again without any. */
enum { HALVINGS_ALL = 16, LEVEL_MAX = UINT8_MAX - HALVINGS_ALL };

/* ---- what goes into the new sector ---- */

/* How often the samples of a sector are halved when they are to be of level `target`. */
static uint8_t halvings_to(const struct roost_ledger_sector *sector, uint8_t target)
{
    return target > sector->level ? (uint8_t)(target - sector->level) : 0;
}

/* Which samples stay: of each transaction the first and then every 2^halvings-th. */
struct sieve {
    uint8_t halvings;
    uint16_t count[ROOST_LEDGER_CONNECTORS_MAX + 1];
};

static bool stays(const struct roost_ledger *l, struct sieve *sieve,
                  const struct ledger_record *record)
{
    if (!ledger_is_item(record) || !ledger_alive(l, record))
        return false;
    uint16_t *count = &sieve->count[record->connector];
    if (record->kind != ROOST_LEDGER_SAMPLE) {
        *count = 0;
        return true;
    }
    return sieve->halvings < HALVINGS_ALL && ((*count)++ & ((1u << sieve->halvings) - 1)) == 0;
}

/* Goes through sectors[index] and the one behind it, counting in `to` what stays and in *dropped
 * how many live samples go. Once `to` has a generation, what stays is written there. */
static int sift(struct roost_ledger *l, uint16_t index, uint8_t target,
                struct roost_ledger_sector *to, uint32_t *dropped)
{
    struct ledger_record record;
    uint32_t at = ledger_first_offset(l);
    *dropped = 0;
    to->fixed_bytes = to->sample_bytes = 0;
    for (uint16_t i = index; i < index + 2; i++) {
        struct sieve sieve = {.halvings = halvings_to(&l->sectors[i], target)};
        uint32_t offset = ledger_first_offset(l);
        int err;
        while ((err = ledger_read(l, i, &offset, &record)) == ROOST_OK) {
            if (!stays(l, &sieve, &record)) {
                *dropped += ledger_is_item(&record) && ledger_alive(l, &record);
                continue;
            }
            uint32_t bytes = ledger_record_bytes(l, &record);
            if (to->generation != 0)
                err = ledger_write_record(l, to->position, to->generation, at, &record);
            if (err)
                return err;
            at += bytes;
            if (record.kind == ROOST_LEDGER_SAMPLE)
                to->sample_bytes = (uint16_t)(to->sample_bytes + bytes);
            else
                to->fixed_bytes = (uint16_t)(to->fixed_bytes + bytes);
        }
        if (err != ROOST_ERR_EMPTY)
            return err;
    }
    return ROOST_OK;
}

/* The new sector counts with its header, which is written last; until then the two do. */
static int pack(struct roost_ledger *l, uint16_t index, uint8_t target)
{
    struct roost_ledger_sector a = l->sectors[index], b = l->sectors[index + 1];
    struct roost_ledger_sector to = {.first_seq = a.first_seq};
    uint8_t level = a.level > b.level ? a.level : b.level;
    uint32_t dropped;
    for (;; target++) { /* the estimate may be short by a sample of each transaction */
        int err = sift(l, index, target, &to, &dropped);
        if (err)
            return err;
        if ((uint32_t)to.fixed_bytes + to.sample_bytes <= ledger_payload(l))
            break;
        if (target >= level + HALVINGS_ALL)
            return ROOST_ERR_NO_SPACE;
    }
    to.level = target > level ? target : level;
    if (to.sample_bytes == 0)
        to.level = 0;
    else if (to.level > LEVEL_MAX)
        to.level = LEVEL_MAX;
    int err = ledger_take_free(l, &to.position);
    to.generation = ++l->generation;
    if (!err)
        err = sift(l, index, target, &to, &dropped);
    if (err)
        return err;
    l->thinned += dropped;
    err = ledger_write_header(l, to.position,
                              &(struct ledger_header){.kind = LEDGER_HEADER_PACKED,
                                                      .level = to.level,
                                                      .generation = to.generation,
                                                      .first_seq = to.first_seq,
                                                      .replaces = {a.generation, b.generation}});
    if (err) {
        l->thinned -= dropped;
        return err;
    }
    ledger_remove_sector(l, (uint16_t)(index + 1));
    ledger_remove_sector(l, index);
    ledger_insert_sector(l, &to);
    /* Where one is not erased now, the next mount does it, or finds it overtaken. */
    (void)ledger_erase(l, a.position);
    (void)ledger_erase(l, b.position);
    return ROOST_OK;
}

/* ---- what is packed ---- */

static uint32_t free_sectors(const struct roost_ledger *l)
{
    return l->flash->sector_count - l->sector_count;
}

/* Gives up sectors with nothing alive in them; the head, or the last one, stays. Of those with live
 * ones before them no more than are wanted, each erased first: once the sectors around it were
 * packed into one, a mount that found it would put it amidst their items. */
static void drop_dead(struct roost_ledger *l, uint32_t wanted)
{
    uint32_t oldest = ledger_oldest_alive(l);
    for (uint16_t i = 0; i + 1 < l->sector_count;) {
        const struct roost_ledger_sector *sector = &l->sectors[i];
        bool dead = l->sectors[i + 1].first_seq <= oldest ||
                    sector->fixed_bytes + sector->sample_bytes == 0;
        if (dead &&
            (i == 0 || (free_sectors(l) < wanted && ledger_erase(l, sector->position) == ROOST_OK)))
            ledger_remove_sector(l, i);
        else
            i++;
    }
}

/* Looks again how much is alive in each sector. */
static int look_through(struct roost_ledger *l)
{
    struct ledger_record record;
    for (uint16_t i = 0; i < l->sector_count; i++) {
        struct roost_ledger_sector *sector = &l->sectors[i];
        uint32_t offset = ledger_first_offset(l), fixed = 0, samples = 0;
        int err;
        while ((err = ledger_read(l, i, &offset, &record)) == ROOST_OK) {
            if (!ledger_is_item(&record) || !ledger_alive(l, &record))
                continue;
            if (record.kind == ROOST_LEDGER_SAMPLE)
                samples += ledger_record_bytes(l, &record);
            else
                fixed += ledger_record_bytes(l, &record);
        }
        if (err != ROOST_ERR_EMPTY)
            return err;
        sector->fixed_bytes = (uint16_t)fixed;
        sector->sample_bytes = (uint16_t)samples;
    }
    l->dead_unknown = false;
    return ROOST_OK;
}

/* The least level to which the pair's samples must be thinned so that it fits into one; 0 where
 * they need not be. */
static uint8_t target_of(const struct roost_ledger *l, const struct roost_ledger_sector *a,
                         const struct roost_ledger_sector *b)
{
    uint32_t room = ledger_payload(l) - a->fixed_bytes - b->fixed_bytes;
    uint8_t target = a->level > b->level ? a->level : b->level;
    uint8_t all = (uint8_t)(target + HALVINGS_ALL);
    if ((uint32_t)a->sample_bytes + b->sample_bytes <= room)
        return 0;
    while (target < all && ((uint32_t)a->sample_bytes >> halvings_to(a, target)) +
                                   ((uint32_t)b->sample_bytes >> halvings_to(b, target)) >
                               room)
        target++;
    return target;
}

/* The pair that comes out least thinned, the oldest of them. Returns its index, or below 0 when
 * there is none. */
static int choose(const struct roost_ledger *l, uint8_t *target)
{
    int chosen = ROOST_ERR_NO_SPACE;
    for (uint16_t i = 0; i + 2 < l->sector_count; i++) {
        const struct roost_ledger_sector *a = &l->sectors[i], *b = &l->sectors[i + 1];
        if ((uint32_t)a->fixed_bytes + b->fixed_bytes > ledger_payload(l))
            continue;
        uint8_t needed = target_of(l, a, b);
        if (chosen < 0 || needed < *target) {
            *target = needed;
            chosen = i;
        }
    }
    return chosen;
}

int ledger_make_room(struct roost_ledger *l, uint32_t wanted, bool once)
{
    while (free_sectors(l) < wanted) {
        uint8_t target = 0;
        drop_dead(l, wanted);
        if (free_sectors(l) >= wanted)
            break;
        int index = choose(l, &target);
        if (l->dead_unknown && (index < 0 || target > 0)) {
            int err = look_through(l);
            if (err)
                return err;
            continue;
        }
        int err = index < 0 ? index : pack(l, (uint16_t)index, target);
        if (err || once)
            return err;
    }
    return ROOST_OK;
}
