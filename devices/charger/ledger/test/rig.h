/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the ledger have in common: beside a chip (chip.h) a charger with a true
 * clock and true meters, a central system that notes what it is sent, and a plain reference of what
 * the ledger must hold. Every do_...() does one thing to the ledger and, when that answered, to the
 * reference; boot() reads the whole ledger against it. Included after <cmocka.h>, by one file a
 * program.
 *
 *     start(4, 8);
 *     assert_true(do_begin(1));
 *     cut_at(3, CUT_TORN);
 *     (void)do_end(1);
 *     boot();                       // either it ended as asked, or with POWER_LOSS: once
 */
#ifndef ROOST_DEVICES_CHARGER_LEDGER_TEST_RIG_H
#define ROOST_DEVICES_CHARGER_LEDGER_TEST_RIG_H

#include <stdbool.h>
#include <string.h>

#include "core/err.h"
#include "devices/charger/ledger/ledger.h"
#include "devices/charger/ledger/parts.h"
#include "devices/charger/ledger/test/chip.h"

/* ---- the charger, the central system and the reference ---- */

enum { CONNECTORS = 3, ITEMS_MOST = 2000, BOOTS_MOST = 64, STEP_MWH = 50000, STEP_MS = 60000 };

struct ref_item {
    uint32_t seq, transaction;
    uint32_t energy_mwh, true_s; /* true_s: seconds of the true clock */
    uint8_t kind, connector, detail, boot;
    bool gone; /* thinned, or nobody asks for it any more */
};

static struct ref {
    struct ref_item items[ITEMS_MOST];
    uint32_t count, delivered; /* items; the seq delivered last */
    uint32_t true_s, boot_s, boot;
    uint32_t meter_mwh[CONNECTORS + 1], saved_mwh[CONNECTORS + 1]; /* true; as persisted */
    uint32_t saved_s[CONNECTORS + 1];
    uint32_t slack_mwh[CONNECTORS + 1]; /* flowed since the ledger was last told */
    uint8_t saved_boot[CONNECTORS + 1];
    uint32_t open[CONNECTORS + 1], ids[CONNECTORS + 1]; /* ids: the last one given to it */
    bool clock_known[BOOTS_MOST];
    uint32_t kept_ids[CONNECTORS + 1]; /* those the ledger has answered for */
    uint32_t failed_seq, attempts;
    uint32_t thinned, refused, given_up;
    /* What was being done when the power went. */
    struct ref_item pending;
    bool pending_item, pending_mark, pending_failed;
    uint32_t pending_saved[CONNECTORS + 1], pending_s, pending_seq;
    /* The central system: what it saw last. */
    uint32_t sent_seq, sent_hash, sent_count;
    uint32_t running[CONNECTORS + 1], begins, ends; /* as it knows them */
    uint32_t reached_mwh[CONNECTORS + 1];
} ref;

static struct roost_ledger ledger;
static const struct roost_ledger_rules rules = {.connectors = CONNECTORS,
                                                .step_mwh = STEP_MWH,
                                                .step_ms = STEP_MS,
                                                .attempts_max = 3,
                                                .retry_ms = 10000};

enum { EPOCH_S = 1700000000 };

static inline uint64_t now_ms(void)
{
    return (uint64_t)(ref.true_s - ref.boot_s) * 1000;
}

static inline int64_t unix_of(uint32_t true_s)
{
    return ((int64_t)EPOCH_S + true_s) * 1000;
}

static inline struct roost_ledger_values values_of(uint8_t connector)
{
    uint32_t mwh = ref.meter_mwh[connector];
    return (struct roost_ledger_values){.energy_mwh = mwh,
                                        .has = ROOST_LEDGER_HAS_POWER | ROOST_LEDGER_HAS_SOC,
                                        .power_w = (int32_t)(mwh % 60000) - 20000,
                                        .soc_percent = (uint8_t)(mwh % 101)};
}

static inline void tag_of(uint32_t energy_mwh, char tag[ROOST_LEDGER_TAG_MAX + 1])
{
    uint32_t len = energy_mwh % (ROOST_LEDGER_TAG_MAX + 1);
    memset(tag, (int)('A' + energy_mwh % 26), len);
    tag[len] = '\0';
}

static inline void save(uint8_t connector, uint32_t energy_mwh, uint32_t true_s, uint8_t boot)
{
    ref.saved_mwh[connector] = energy_mwh;
    ref.saved_s[connector] = true_s;
    ref.saved_boot[connector] = boot;
}

static inline void ref_append(const struct ref_item *item)
{
    assert_true(ref.count < ITEMS_MOST);
    if (ref.count > 0)
        assert_true(item->seq > ref.items[ref.count - 1].seq);
    ref.items[ref.count++] = *item;
    if (item->connector > 0)
        save(item->connector, item->energy_mwh, item->true_s, item->boot);
    if (item->kind == ROOST_LEDGER_BEGIN)
        ref.open[item->connector] = item->seq;
    if (item->kind == ROOST_LEDGER_END)
        ref.open[item->connector] = 0;
}

static inline struct ref_item new_item(uint8_t kind, uint8_t connector, uint8_t detail)
{
    return (struct ref_item){.kind = kind,
                             .connector = connector,
                             .detail = detail,
                             .seq = ledger.next_seq,
                             .transaction =
                                 kind == ROOST_LEDGER_BEGIN ? ledger.next_seq : ref.open[connector],
                             .energy_mwh = ref.meter_mwh[connector],
                             .true_s = ref.true_s,
                             .boot = (uint8_t)ref.boot};
}

/* Notes what is about to be done, and does it for the reference when the ledger answered 0. */
static inline bool settle_item(const struct ref_item *item, int err)
{
    if (err == ROOST_ERR_IO) {
        ref.pending = *item;
        ref.pending_item = true;
        return false;
    }
    assert_int_equal(err, 0);
    struct ref_item done = *item;
    done.seq = ledger.next_seq - 1; /* a failed sector may have taken the first try */
    if (item->kind == ROOST_LEDGER_BEGIN)
        done.transaction = done.seq;
    ref_append(&done);
    ref.slack_mwh[item->connector] = 0;
    return true;
}

static inline uint32_t ref_kept(void)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < ref.count; i++)
        kept += ref.items[i].kind == ROOST_LEDGER_BEGIN && !ref.items[i].gone;
    return kept;
}

/* ---- things that happen; false: the power went, or it was refused ---- */

static inline bool do_begin(uint8_t connector)
{
    struct roost_ledger_begin begin = {.connector = connector,
                                       .note = 7,
                                       .reservation = (int32_t)ref.meter_mwh[connector],
                                       .values = values_of(connector)};
    struct ref_item item = new_item(ROOST_LEDGER_BEGIN, connector, 7);
    uint32_t transaction = 0;
    tag_of(item.energy_mwh, begin.tag);
    int err = roost_ledger_begin(&ledger, &begin, now_ms(), &transaction);
    if (err == ROOST_ERR_FULL) {
        assert_int_equal(ref_kept(), roost_ledger_capacity(&ledger));
        ref.refused++;
        return false;
    }
    bool done = settle_item(&item, err);
    if (done)
        assert_int_equal(transaction, ref.open[connector]);
    return done;
}

static inline bool do_end(uint8_t connector)
{
    struct roost_ledger_end end = {
        .connector = connector, .reason = ROOST_LEDGER_REMOTE, .values = values_of(connector)};
    struct ref_item item = new_item(ROOST_LEDGER_END, connector, ROOST_LEDGER_REMOTE);
    tag_of(item.energy_mwh, end.tag);
    return settle_item(&item, roost_ledger_end(&ledger, &end, now_ms()));
}

static inline bool do_sample(uint8_t connector)
{
    struct roost_ledger_values values = values_of(connector);
    struct ref_item item = new_item(ROOST_LEDGER_SAMPLE, connector, ROOST_LEDGER_CLOCK);
    return settle_item(
        &item, roost_ledger_sample(&ledger, connector, ROOST_LEDGER_CLOCK, &values, now_ms()));
}

/* Energy flows, and the ledger is told. */
static inline bool do_flow(uint8_t connector, uint32_t mwh)
{
    ref.meter_mwh[connector] += mwh;
    ref.slack_mwh[connector] += mwh;
    uint32_t meter = ref.meter_mwh[connector];
    int err = roost_ledger_register(&ledger, connector, meter, now_ms());
    if (err == ROOST_ERR_IO) {
        ref.pending_saved[connector] = meter;
        ref.pending_s = ref.true_s;
        return false;
    }
    assert_int_equal(err, 0);
    ref.slack_mwh[connector] = 0;
    uint32_t unsaved = meter - ref.saved_mwh[connector];
    bool aged = ref.saved_boot[connector] != ref.boot ||
                (ref.true_s - ref.saved_s[connector]) * 1000 >= STEP_MS;
    if (unsaved >= STEP_MWH || (unsaved > 0 && aged))
        save(connector, meter, ref.true_s, (uint8_t)ref.boot);
    assert_int_equal(roost_ledger_energy_mwh(&ledger, connector), ref.saved_mwh[connector]);
    return true;
}

static inline bool do_clock(void)
{
    int err = roost_ledger_clock(&ledger, now_ms(), unix_of(ref.true_s));
    ref.clock_known[ref.boot] = ref.clock_known[ref.boot] || err == 0;
    return err == 0;
}

/* ---- delivery ---- */

static inline struct ref_item *ref_find(uint32_t seq)
{
    for (uint32_t i = 0; i < ref.count; i++)
        if (ref.items[i].seq == seq)
            return &ref.items[i];
    return NULL;
}

/* The item is what the reference says it is. */
static inline void check_item(const struct roost_ledger_item *item, const struct ref_item *expected)
{
    char tag[ROOST_LEDGER_TAG_MAX + 1] = "";
    assert_non_null(expected);
    assert_int_equal(item->kind, expected->kind);
    assert_int_equal(item->connector, expected->connector);
    assert_int_equal(item->detail, expected->detail);
    assert_int_equal(item->transaction, expected->transaction);
    assert_int_equal(item->values.energy_mwh, expected->energy_mwh);
    assert_int_equal(item->stamp.boot, expected->boot);
    bool lost = expected->kind == ROOST_LEDGER_END && expected->detail == ROOST_LEDGER_POWER_LOSS;
    if (!lost)
        assert_int_equal(item->values.soc_percent, expected->energy_mwh % 101);
    if (!lost)
        assert_int_equal(item->values.power_w, (int32_t)(expected->energy_mwh % 60000) - 20000);
    if (expected->kind != ROOST_LEDGER_SAMPLE && !lost)
        tag_of(expected->energy_mwh, tag);
    assert_string_equal(item->tag, tag);
    if (item->exact)
        assert_int_equal(item->unix_ms, unix_of(expected->true_s));
    else
        assert_true(item->unix_ms <= unix_of(ref.true_s));
    if (ref.clock_known[expected->boot] && ref.boot - expected->boot < ROOST_LEDGER_CLOCKS)
        assert_true(item->exact);
}

static inline void csms_receives(const struct roost_ledger_item *item)
{
    uint32_t hash = (uint32_t)item->kind + item->connector * 16u + item->transaction * 256u +
                    (uint32_t)item->values.energy_mwh * 31u + (uint32_t)item->stamp.ms * 7u;
    assert_true(item->seq >= ref.sent_seq); /* in order */
    check_item(item, ref_find(item->seq));
    if (item->seq == ref.sent_seq) { /* again, as the same thing */
        assert_int_equal(hash, ref.sent_hash);
        return;
    }
    ref.sent_seq = item->seq;
    ref.sent_hash = hash;
    ref.sent_count++;
    uint8_t c = item->connector;
    if (c > 0) {
        assert_true(item->values.energy_mwh >= ref.reached_mwh[c]);
        ref.reached_mwh[c] = (uint32_t)item->values.energy_mwh;
    }
    if (item->kind == ROOST_LEDGER_BEGIN) {
        assert_int_equal(ref.running[c], 0); /* every begin has one end */
        ref.running[c] = item->seq;
        ref.begins++;
    } else if (item->kind == ROOST_LEDGER_END) {
        assert_int_equal(ref.running[c], item->transaction);
        ref.running[c] = 0;
        ref.ends++;
    } else {
        assert_int_equal(ref.running[c], item->transaction);
    }
    if (item->kind != ROOST_LEDGER_BEGIN && item->transaction != 0) {
        assert_int_equal(item->identified, ref.ids[c] != 0);
        assert_int_equal(item->external_id, ref.ids[c]);
    }
}

/* What nobody asks for any more once `seq` was delivered. */
static inline void ref_delivered(uint32_t seq)
{
    ref.delivered = seq;
    const struct ref_item *last = ref_find(seq);
    for (uint32_t i = 0; i < ref.count; i++) {
        struct ref_item *item = &ref.items[i];
        if (item->seq > seq)
            break;
        bool over =
            last && last->kind == ROOST_LEDGER_END && item->transaction == last->transaction;
        item->gone = item->gone || over || item->transaction == 0;
    }
}

enum answer { ANSWER_ID, ANSWER_PLAIN, ANSWER_NO };

/* Sends the next item and settles it. False: the power went, or there was none. */
static inline bool do_deliver(enum answer answer)
{
    struct roost_ledger_item item;
    int err = roost_ledger_next(&ledger, &item);
    if (err)
        return false;
    csms_receives(&item);
    uint32_t attempts = item.seq == ref.failed_seq ? ref.attempts + 1 : 1;
    if (answer == ANSWER_NO) {
        err = roost_ledger_failed(&ledger, item.seq, now_ms());
        if (err == 0) {
            assert_true(attempts < rules.attempts_max);
            ref.failed_seq = item.seq;
            ref.attempts = attempts;
            return true;
        }
        ref.pending_failed = err < 0;
        assert_true(err < 0 || attempts == rules.attempts_max);
        ref.given_up += err == 1;
        if (item.kind == ROOST_LEDGER_BEGIN && attempts == rules.attempts_max)
            ref.ids[item.connector] = 0;
    } else {
        int32_t id = (int32_t)(item.seq + 5000);
        bool identify = answer == ANSWER_ID && item.kind == ROOST_LEDGER_BEGIN;
        if (item.kind == ROOST_LEDGER_BEGIN) /* where the power goes, boot() asks the ledger */
            ref.ids[item.connector] = identify ? (uint32_t)id : 0;
        err = roost_ledger_delivered(&ledger, item.seq, identify ? &id : NULL);
    }
    if (err < 0) {
        assert_int_equal(err, ROOST_ERR_IO);
        ref.pending_mark = true;
        ref.pending_seq = item.seq;
        return false;
    }
    if (item.kind != ROOST_LEDGER_SAMPLE)
        ref.kept_ids[item.connector] =
            item.kind == ROOST_LEDGER_BEGIN ? ref.ids[item.connector] : 0;
    assert_true(err >= 0);
    ref_delivered(item.seq);
    return true;
}

static inline bool do_identify(uint8_t connector)
{
    uint32_t running = ref.running[connector];
    if (running == 0 || ref.ids[connector] != 0 || running > ref.delivered)
        return true;
    int err = roost_ledger_identify(&ledger, running, (int32_t)running + 5000);
    if (err == 0)
        ref.ids[connector] = ref.kept_ids[connector] = running + 5000;
    return err == 0;
}

/* ---- a boot, and the whole ledger against the reference ---- */

static inline void check_dump(void)
{
    struct roost_ledger_place place = {.seq = 0};
    struct ledger_record record;
    uint32_t i = 0, kept = 0;
    int err;
    while ((err = ledger_read_item(&ledger, &place, &record)) == 0) {
        if (!ledger_alive(&ledger, &record))
            continue;
        for (; i < ref.count && ref.items[i].seq < record.seq; i++)
            if (!ref.items[i].gone) { /* only a sample may go, and only by thinning */
                assert_int_equal(ref.items[i].kind, ROOST_LEDGER_SAMPLE);
                ref.items[i].gone = true;
                ref.thinned++;
            }
        assert_true(i < ref.count);
        assert_int_equal(ref.items[i].seq, record.seq);
        assert_false(ref.items[i].gone);
        assert_int_equal(ledger_item_energy(&record), ref.items[i].energy_mwh);
        kept += record.kind == ROOST_LEDGER_BEGIN;
        i++;
    }
    assert_int_equal(err, ROOST_ERR_EMPTY);
    for (; i < ref.count; i++)
        if (!ref.items[i].gone) {
            assert_int_equal(ref.items[i].kind, ROOST_LEDGER_SAMPLE);
            ref.items[i].gone = true;
            ref.thinned++;
        }
    assert_int_equal(kept, ref_kept());
    assert_int_equal(ledger.transactions, kept);
    for (uint8_t c = 1; c <= CONNECTORS; c++) {
        assert_int_equal(roost_ledger_open(&ledger, c), ref.open[c]);
        assert_int_equal(roost_ledger_energy_mwh(&ledger, c), ref.saved_mwh[c]);
    }
    assert_int_equal(ledger.delivered, ref.delivered);
}

/* The item is what its connector's register was persisted with last. */
static inline bool is_stamped(const struct ref_item *item)
{
    const struct roost_ledger_connector *c = &ledger.connectors[item->connector - 1];
    return c->energy_mwh == item->energy_mwh && c->stamp.boot == item->boot &&
           c->stamp.ms == (uint64_t)(item->true_s - ref.boot_s) * 1000;
}

/* What was being done when the power went is there or is not. */
static inline void absorb_pending(void)
{
    struct ledger_record record;
    if (ref.pending_item) {
        struct roost_ledger_place place = {.seq = ref.count > 0 ? ref.items[ref.count - 1].seq : 0};
        int err = ledger_read_item(&ledger, &place, &record);
        if (!err && record.kind == ref.pending.kind && record.connector == ref.pending.connector &&
            ledger_item_energy(&record) == ref.pending.energy_mwh &&
            record.body[LEDGER_STAMP + 7] == ref.pending.detail) {
            ref.pending.seq = record.seq;
            if (record.kind == ROOST_LEDGER_BEGIN)
                ref.pending.transaction = record.seq;
            ref_append(&ref.pending);
        } else if (ref.pending.kind == ROOST_LEDGER_SAMPLE && ref.pending.connector > 0 &&
                   is_stamped(&ref.pending)) {
            ref.pending.gone = true; /* it was written, and thinned to make room for an end */
            ref_append(&ref.pending);
        }
    }
    if (ref.pending_mark && ledger.delivered == ref.pending_seq) {
        ref_delivered(ref.pending_seq);
        const struct ref_item *item = ref_find(ref.pending_seq);
        if (item && item->kind != ROOST_LEDGER_SAMPLE)
            ref.kept_ids[item->connector] = 0;
    }
    for (uint8_t c = 1; c <= CONNECTORS; c++)
        if (ref.pending_saved[c] != 0 &&
            roost_ledger_energy_mwh(&ledger, c) == ref.pending_saved[c] &&
            ref.saved_mwh[c] != ref.pending_saved[c])
            save(c, ref.pending_saved[c], ref.pending_s, (uint8_t)ref.boot);
    if (ledger.failed_seq != 0 && ledger.failed_seq == ref.failed_seq)
        assert_true(ledger.attempts == ref.attempts ||
                    (ref.pending_failed && ledger.attempts == ref.attempts + 1));
    else /* settled, or the first refusal of another item */
        assert_true(ledger.failed_seq == 0 ? ref.failed_seq <= ledger.delivered
                                           : ref.pending_failed && ledger.attempts == 1);
    ref.failed_seq = ledger.failed_seq;
    ref.attempts = ledger.attempts;
    ref.pending_item = ref.pending_mark = ref.pending_failed = false;
    memset(ref.pending_saved, 0, sizeof ref.pending_saved);
}

/* What was open is closed, exactly once, with what was persisted. */
static inline void absorb_power_loss(void)
{
    for (uint8_t c = 1; c <= CONNECTORS; c++) {
        if (ref.open[c] == 0)
            continue;
        struct roost_ledger_place place = {.seq = ref.items[ref.count - 1].seq};
        struct ledger_record record;
        assert_int_equal(ledger_read_item(&ledger, &place, &record), 0);
        assert_int_equal(record.kind, ROOST_LEDGER_END);
        assert_int_equal(record.connector, c);
        assert_int_equal(record.body[LEDGER_STAMP + 7], ROOST_LEDGER_POWER_LOSS);
        assert_int_equal(ledger_end_of(&record), ref.open[c]);
        assert_int_equal(ledger_item_energy(&record), ref.saved_mwh[c]);
        assert_int_equal(ledger_get_stamp(record.body).boot, ref.saved_boot[c]);
        struct ref_item end = {.kind = ROOST_LEDGER_END,
                               .connector = c,
                               .detail = ROOST_LEDGER_POWER_LOSS,
                               .seq = record.seq,
                               .transaction = ref.open[c],
                               .energy_mwh = ref.saved_mwh[c],
                               .true_s = ref.saved_s[c],
                               .boot = ref.saved_boot[c]};
        ref_append(&end);
    }
}

/* Power on. False: it went again. `lives` counts boots, also those that did not come up. */
static inline bool boot(void)
{
    uint32_t before_boot = ref.boot;
    chip.dead = false;
    memset(&ledger, 0x55, sizeof ledger);
    ref.true_s += 30;
    int err = roost_ledger_init(&ledger, &flash, &rules, ref.boot + 1);
    if (err == ROOST_ERR_IO)
        return false;
    assert_int_equal(err, 0);
    absorb_pending();
    absorb_power_loss();
    assert_int_equal(ref.boot, before_boot);
    for (uint8_t c = 1; c <= CONNECTORS; c++) {
        uint32_t saved = (uint32_t)roost_ledger_energy_mwh(&ledger, c);
        assert_true(saved <= ref.meter_mwh[c]);
        assert_true(ref.meter_mwh[c] - saved < STEP_MWH + ref.slack_mwh[c]); /* the budget */
        ref.meter_mwh[c] = saved;
        ref.slack_mwh[c] = 0;
        const struct roost_ledger_connector *of = &ledger.connectors[c - 1];
        if (of->sent != 0 && of->sent == ref.running[c] && ref.kept_ids[c] != 0)
            assert_int_equal(of->external_id, ref.kept_ids[c]);
        if (of->sent != 0) /* a late number may have gone with the power */
            ref.ids[c] = of->identified ? (uint32_t)of->external_id : 0;
        assert_true(of->sent == 0 || ref.running[c] == of->sent || ref.running[c] == 0);
    }
    ref.boot++;
    assert_true(ref.boot < BOOTS_MOST);
    ref.boot_s = ref.true_s;
    check_dump();
    return true;
}

static inline void start(uint32_t program_bytes, uint32_t sectors)
{
    memset(&chip, 0, sizeof chip);
    memset(&ref, 0, sizeof ref);
    chip.random = 1;
    for (size_t i = 0; i < sizeof chip.bytes; i++)
        chip.bytes[i] = (uint8_t)chip_draw(); /* as from the factory test */
    flash = (struct roost_flash){&chip_ops, NULL, SECTOR, sectors, program_bytes};
    assert_true(boot());
    assert_int_equal(ledger.formatted, 1);
}

/* ---- random histories ---- */

static uint32_t history_random;

static inline uint32_t draw(uint32_t bound)
{
    history_random = history_random * 1664525 + 1013904223;
    return (history_random >> 8) % bound;
}

struct habits { /* so many of a hundred things that happen */
    uint8_t begins, ends, samples, flows, deliveries, others;
};

/* One thing happens. False: the power went in it. */
static inline bool live(const struct habits *habits)
{
    uint8_t connector = (uint8_t)(1 + draw(CONNECTORS));
    uint32_t what = draw(100), energy = draw(30000);
    bool open = ref.open[connector] != 0;
    ref.true_s += 1 + draw(40);
    if (what < habits->begins)
        (void)(open || do_begin(connector));
    else if ((what -= habits->begins) < habits->ends)
        (void)(!open || do_end(connector));
    else if ((what -= habits->ends) < habits->samples)
        (void)do_sample(open ? connector : 0);
    else if ((what -= habits->samples) < habits->flows)
        (void)(!open || do_flow(connector, energy));
    else if ((what -= habits->flows) < habits->deliveries)
        (void)do_deliver(energy % 8 == 0 ? ANSWER_NO : energy % 8 < 3 ? ANSWER_PLAIN : ANSWER_ID);
    else if (energy % 3 == 0)
        (void)do_clock();
    else if (energy % 3 == 1)
        (void)do_identify(connector);
    else
        (void)roost_ledger_tend(&ledger);
    return !chip.dead;
}

/* All is ended and delivered; then nothing may be missing at the central system. */
static inline void finish(void)
{
    for (uint8_t c = 1; c <= CONNECTORS; c++)
        if (ref.open[c] != 0)
            assert_true(do_end(c));
    while (do_deliver(ANSWER_ID))
        continue;
    check_dump();
    assert_int_equal(ref_kept(), 0);
    assert_int_equal(ref.begins, ref.ends);
    uint32_t begins = 0;
    for (uint32_t i = 0; i < ref.count; i++)
        begins += ref.items[i].kind == ROOST_LEDGER_BEGIN;
    assert_int_equal(ref.begins, begins);
}

#endif
