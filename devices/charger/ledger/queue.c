/* SPDX-License-Identifier: Apache-2.0 */
#include "core/bytes.h"
#include "core/err.h"
#include "devices/charger/ledger/parts.h"

/* ---- items as they are handed out ---- */

/* Shortly before that, by a millisecond for each record: a central system knows a begin that is
 * said again by its time, connector, tag and register, and two that are not the same must not look
 * it. */
static int64_t shortly_before(int64_t unix_ms, uint32_t seq)
{
    enum { RECORDS = 65536 };

    return unix_ms > 0 ? unix_ms - RECORDS + seq % RECORDS : 0;
}

/* The civil time of a stamp; what was never known is shortly before the next boot that is. */
static void date(const struct roost_ledger *l, struct roost_ledger_item *item)
{
    const struct roost_ledger_clock *later = NULL;
    for (int i = 0; i < ROOST_LEDGER_CLOCKS; i++) {
        const struct roost_ledger_clock *clock = &l->clocks[i];
        if (clock->boot == item->stamp.boot) {
            item->unix_ms = clock->unix_ms + (int64_t)item->stamp.ms;
            item->exact = clock->exact;
            return;
        }
        if (clock->boot > item->stamp.boot && (!later || clock->boot < later->boot))
            later = clock;
    }
    if (later)
        item->unix_ms = shortly_before(later->unix_ms, item->seq);
    else if (item->stamp.boot < l->boot)
        item->unix_ms = shortly_before(l->clock.unix_ms, item->seq);
}

static void hand_out(const struct roost_ledger *l, const struct ledger_record *record,
                     uint32_t transaction, struct roost_ledger_item *item)
{
    ledger_get_item(record, item);
    item->transaction = transaction;
    date(l, item);
    if (record->connector == 0)
        return;
    const struct roost_ledger_connector *c = &l->connectors[record->connector - 1];
    if (transaction != 0 && c->sent == transaction) {
        item->identified = c->identified;
        item->external_id = c->external_id;
    }
}

/* Which transaction an item at the front of the queue belongs to. */
static uint32_t transaction_of(const struct roost_ledger *l, const struct ledger_record *record)
{
    if (record->kind == ROOST_LEDGER_BEGIN)
        return record->seq;
    if (record->kind == ROOST_LEDGER_END)
        return ledger_end_of(record);
    return record->connector == 0 ? 0 : l->connectors[record->connector - 1].sent;
}

/* A begin where the one before has not ended: that end was lost with a damaged record. It is made
 * up from the begin behind it, for nothing flows between two transactions, and takes no place of
 * its own in the order. Returns whether it is so. */
static bool make_up_end(struct roost_ledger *l, const struct ledger_record *begin,
                        struct roost_ledger_item *item)
{
    struct ledger_record end = *begin;
    uint32_t sent = begin->connector > 0 ? l->connectors[begin->connector - 1].sent : 0;
    if (begin->kind != ROOST_LEDGER_BEGIN || sent == 0)
        return false;
    const struct roost_ledger_values values = {.energy_mwh = ledger_item_energy(begin)};
    const struct roost_ledger_stamp stamp = ledger_get_stamp(begin->body);
    ledger_put_item(&end, &stamp, ROOST_LEDGER_OTHER, &values);
    ledger_put_tail(&end, sent, "");
    end.kind = ROOST_LEDGER_END;
    end.seq = begin->seq - 1;
    hand_out(l, &end, sent, item);
    return true;
}

/* ---- the queue ---- */

int roost_ledger_next(struct roost_ledger *ledger, struct roost_ledger_item *item)
{
    struct ledger_record record;
    ledger->head.seq = 0;
    if (ledger->next_seq == ledger->delivered + 1) /* asked often: without a look at the flash */
        return ROOST_ERR_EMPTY;
    if (ledger->reader.seq !=
        ledger->delivered) /* moves 0 is never theirs: it will be looked for */
        ledger->reader = (struct roost_ledger_place){.seq = ledger->delivered};
    struct roost_ledger_place place = ledger->reader;
    int err = ledger_read_item(ledger, &place, &record);
    if (err)
        return err;
    ledger->head.made_up = make_up_end(ledger, &record, item);
    if (ledger->head.made_up)
        place = ledger->reader;
    else
        hand_out(ledger, &record, transaction_of(ledger, &record), item);
    place.seq = item->seq;
    ledger->head.seq = item->seq;
    ledger->head.kind = (uint8_t)item->kind;
    ledger->head.connector = item->connector;
    ledger->head.transaction = item->transaction;
    ledger->head.behind = place;
    return ROOST_OK;
}

uint64_t roost_ledger_due_ms(const struct roost_ledger *ledger)
{
    if (ledger->head.seq == 0 || ledger->failed_seq != ledger->head.seq ||
        ledger->failed.boot != ledger->boot)
        return 0;
    return ledger->failed.ms + (uint64_t)ledger->rules.retry_ms * ledger->attempts;
}

static int settle(struct roost_ledger *l, uint8_t flags, int32_t external_id)
{
    struct ledger_record record = {
        .kind = LEDGER_MARK, .connector = l->head.connector, .seq = l->head.seq, .len = 5};
    uint32_t sent = 0;
    record.body[0] = (uint8_t)(flags | l->head.kind << LEDGER_MARK_KIND_SHIFT);
    roost_le_put(record.body + 1, (uint32_t)external_id, 4);
    if (l->head.connector > 0)
        sent = l->connectors[l->head.connector - 1].sent;
    int err = ledger_append(l, &record);
    if (err)
        return err;
    if (l->head.kind == ROOST_LEDGER_SAMPLE) {
        l->dead_unknown = l->dead_unknown || l->head.transaction == 0;
    } else if (l->head.kind == ROOST_LEDGER_END && sent != 0) {
        l->damaged += l->head.made_up;
        l->transactions -= l->transactions > 0;
        l->dead_unknown = true;
    }
    l->reader = l->head.behind;
    l->head.seq = 0;
    return ROOST_OK;
}

int roost_ledger_delivered(struct roost_ledger *ledger, uint32_t seq, const int32_t *external_id)
{
    if (seq == 0 || seq != ledger->head.seq)
        return ROOST_ERR_STALE;
    bool identified = external_id && ledger->head.kind == ROOST_LEDGER_BEGIN;
    return settle(ledger, identified ? LEDGER_MARK_IDENTIFIED : 0, identified ? *external_id : 0);
}

int roost_ledger_failed(struct roost_ledger *ledger, uint32_t seq, uint64_t now_ms)
{
    if (seq == 0 || seq != ledger->head.seq)
        return ROOST_ERR_STALE;
    uint32_t attempts = seq == ledger->failed_seq ? ledger->attempts + 1u : 1u;
    if (attempts >= ledger->rules.attempts_max) {
        int err = settle(ledger, LEDGER_MARK_GIVEN_UP, 0);
        return err ? err : 1;
    }
    struct roost_ledger_stamp stamp = {ledger->boot, now_ms};
    struct ledger_record record = {.kind = LEDGER_FAILED, .seq = seq, .len = 2 + LEDGER_STAMP};
    roost_le_put(record.body, attempts, 2);
    ledger_put_stamp(record.body + 2, &stamp);
    return ledger_append(ledger, &record);
}

int roost_ledger_identify(struct roost_ledger *ledger, uint32_t transaction, int32_t external_id)
{
    struct ledger_record record = {.kind = LEDGER_IDENTIFIED, .seq = transaction, .len = 4};
    for (int i = 0; i < ROOST_LEDGER_CONNECTORS_MAX && transaction != 0; i++) {
        const struct roost_ledger_connector *c = &ledger->connectors[i];
        if (c->sent != transaction)
            continue;
        if (c->identified)
            return c->external_id == external_id ? ROOST_OK : ROOST_ERR_EXISTS;
        roost_le_put(record.body, (uint32_t)external_id, 4);
        return ledger_append(ledger, &record);
    }
    return ROOST_ERR_NOT_FOUND;
}

/* ---- one transaction ---- */

void roost_ledger_walk(struct roost_ledger_walk *walk, uint32_t transaction)
{
    *walk =
        (struct roost_ledger_walk){.transaction = transaction, .place = {.seq = transaction - 1}};
}

int roost_ledger_walk_next(struct roost_ledger *ledger, struct roost_ledger_walk *walk,
                           struct roost_ledger_item *item)
{
    struct ledger_record record;
    for (;;) {
        if (walk->over)
            return ROOST_ERR_EMPTY;
        bool first = walk->connector == 0;
        if (walk->transaction == 0)
            return ROOST_ERR_NOT_FOUND;
        int err = ledger_read_item(ledger, &walk->place, &record);
        if (first && (err == ROOST_ERR_EMPTY || (!err && (record.seq != walk->transaction ||
                                                          record.kind != ROOST_LEDGER_BEGIN ||
                                                          !ledger_alive(ledger, &record)))))
            return ROOST_ERR_NOT_FOUND;
        if (err)
            return err;
        if (first)
            walk->connector = record.connector;
        else if (record.connector != walk->connector)
            continue;
        else if (record.kind == ROOST_LEDGER_BEGIN) { /* its end is lost */
            walk->over = true;
            continue;
        }
        walk->over = record.kind == ROOST_LEDGER_END;
        hand_out(ledger, &record, walk->transaction, item);
        return ROOST_OK;
    }
}
