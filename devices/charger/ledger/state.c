/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/ledger/parts.h"

#include <string.h>

#include "core/bytes.h"

/* ---- the snapshot ---- */

/*  0          4         8           12        14..23  24       28        32..131     132..275
 *  delivered  next_seq  failed_seq  attempts  failed  thinned  given_up  connectors  clocks */
enum { CONNECTORS_AT = 32, CONNECTOR = 25, CLOCKS_AT = 132, CLOCK = 12 };
_Static_assert(CLOCKS_AT == CONNECTORS_AT + CONNECTOR * ROOST_LEDGER_CONNECTORS_MAX, "layout");
_Static_assert(LEDGER_SNAPSHOT == CLOCKS_AT + CLOCK * ROOST_LEDGER_CLOCKS, "layout");

static bool later(const struct roost_ledger_stamp *a, const struct roost_ledger_stamp *b)
{
    return a->boot != b->boot ? a->boot > b->boot : a->ms > b->ms;
}

static void note_last(struct roost_ledger *l, const struct roost_ledger_stamp *stamp)
{
    if (later(stamp, &l->last))
        l->last = *stamp;
}

/* One walk over the fields for both directions: they cannot disagree. */
struct cursor {
    uint8_t *at;
    bool writing;
};

static uint64_t field(struct cursor *cursor, uint64_t value, size_t bytes)
{
    if (cursor->writing)
        roost_le_put(cursor->at, value, bytes);
    else
        value = roost_le_get(cursor->at, bytes);
    cursor->at += bytes;
    return value;
}

static uint32_t field32(struct cursor *cursor, uint32_t value)
{
    return (uint32_t)field(cursor, value, 4);
}

static void stamp_field(struct cursor *cursor, struct roost_ledger_stamp *stamp)
{
    stamp->boot = field32(cursor, stamp->boot);
    stamp->ms = field(cursor, stamp->ms, 6);
}

void ledger_snapshot(struct roost_ledger *l, uint8_t bytes[LEDGER_SNAPSHOT], bool writing)
{
    struct cursor at = {bytes, writing};
    l->delivered = field32(&at, l->delivered);
    l->next_seq = field32(&at, l->next_seq);
    l->failed_seq = field32(&at, l->failed_seq);
    l->attempts = (uint16_t)field(&at, l->attempts, 2);
    stamp_field(&at, &l->failed);
    l->thinned = field32(&at, l->thinned);
    l->given_up = field32(&at, l->given_up);
    for (int i = 0; i < ROOST_LEDGER_CONNECTORS_MAX; i++) {
        struct roost_ledger_connector *c = &l->connectors[i];
        c->energy_mwh = field(&at, c->energy_mwh, LEDGER_ENERGY);
        stamp_field(&at, &c->stamp);
        c->sent = field32(&at, c->sent);
        c->external_id = (int32_t)field32(&at, (uint32_t)c->external_id);
        c->identified = field(&at, c->identified, 1) != 0;
        note_last(l, &c->stamp);
    }
    for (int i = 0; i < ROOST_LEDGER_CLOCKS; i++) {
        struct roost_ledger_clock *clock = &l->clocks[i];
        clock->boot = field32(&at, clock->boot);
        uint64_t time = field(&at, (uint64_t)clock->unix_ms << 1 | clock->exact, 8);
        clock->exact = time & 1;
        clock->unix_ms = (int64_t)(time >> 1);
    }
}

/* ---- records ---- */

/* Also given older records, of other sectors than the head: those change nothing. */
static void persisted(struct roost_ledger *l, uint8_t connector, uint64_t energy_mwh,
                      struct roost_ledger_stamp stamp)
{
    note_last(l, &stamp);
    if (connector == 0)
        return;
    struct roost_ledger_connector *c = &l->connectors[connector - 1];
    if (energy_mwh > c->energy_mwh)
        c->energy_mwh = energy_mwh;
    if (later(&stamp, &c->stamp))
        c->stamp = stamp;
}

static void delivered(struct roost_ledger *l, const struct ledger_record *mark)
{
    uint8_t flags = mark->body[0], kind = flags >> LEDGER_MARK_KIND_SHIFT;

    l->delivered = mark->seq;
    l->attempts = 0;
    l->failed_seq = 0;
    if (flags & LEDGER_MARK_GIVEN_UP)
        l->given_up++;
    if (kind == ROOST_LEDGER_SAMPLE || mark->connector == 0)
        return;
    struct roost_ledger_connector *c = &l->connectors[mark->connector - 1];
    bool begin = kind == ROOST_LEDGER_BEGIN;
    c->sent = begin ? mark->seq : 0;
    c->identified = begin && (flags & LEDGER_MARK_IDENTIFIED);
    c->external_id = c->identified ? (int32_t)roost_le_get32(mark->body + 1) : 0;
}

static void set_clock(struct roost_ledger *l, const struct roost_ledger_clock *clock)
{
    struct roost_ledger_clock *slot = &l->clocks[0];
    for (int i = 0; i < ROOST_LEDGER_CLOCKS && slot->boot != clock->boot; i++)
        if (l->clocks[i].boot == clock->boot || l->clocks[i].boot < slot->boot)
            slot = &l->clocks[i];
    *slot = *clock;
}

void ledger_replay(struct roost_ledger *l, const struct ledger_record *record)
{
    switch (record->kind) {
    case LEDGER_REGISTER:
        persisted(l, record->connector, roost_le_get(record->body, LEDGER_ENERGY),
                  ledger_get_stamp(record->body + LEDGER_ENERGY));
        break;
    case LEDGER_MARK:
        delivered(l, record);
        break;
    case LEDGER_FAILED:
        l->failed_seq = record->seq;
        l->attempts = roost_le_get16(record->body);
        l->failed = ledger_get_stamp(record->body + 2);
        break;
    case LEDGER_IDENTIFIED:
        for (int i = 0; i < ROOST_LEDGER_CONNECTORS_MAX; i++)
            if (l->connectors[i].sent == record->seq) {
                l->connectors[i].identified = true;
                l->connectors[i].external_id = (int32_t)roost_le_get32(record->body);
            }
        break;
    case LEDGER_CLOCK:
        set_clock(l, &(struct roost_ledger_clock){
                         .boot = roost_le_get32(record->body),
                         .unix_ms = (int64_t)roost_le_get(record->body + 4, 8),
                         .exact = record->body[12] != 0,
                     });
        break;
    default:
        break;
    }
}

void ledger_replay_item(struct roost_ledger *l, const struct ledger_record *record)
{
    if (record->seq >= l->next_seq)
        l->next_seq = record->seq + 1;
    persisted(l, record->connector, ledger_item_energy(record), ledger_get_stamp(record->body));
    if (record->connector == 0 || !ledger_alive(l, record))
        return;
    struct roost_ledger_connector *c = &l->connectors[record->connector - 1];
    if (record->kind == ROOST_LEDGER_BEGIN) {
        c->open = record->seq;
        l->transactions++;
    } else if (record->kind == ROOST_LEDGER_END) {
        c->open = 0;
    }
}

/* ---- life and death ---- */

bool ledger_alive(const struct roost_ledger *l, const struct ledger_record *item)
{
    if (item->seq > l->delivered)
        return true;
    if (item->connector == 0)
        return false;
    uint32_t sent = l->connectors[item->connector - 1].sent;
    return sent != 0 && item->seq >= sent;
}

uint32_t ledger_oldest_alive(const struct roost_ledger *l)
{
    uint32_t oldest = l->delivered + 1;
    for (int i = 0; i < ROOST_LEDGER_CONNECTORS_MAX; i++)
        if (l->connectors[i].sent != 0 && l->connectors[i].sent < oldest)
            oldest = l->connectors[i].sent;
    return oldest;
}
