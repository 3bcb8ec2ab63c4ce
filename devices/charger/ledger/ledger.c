/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/ledger/ledger.h"

#include <string.h>

#include "core/bytes.h"
#include "core/err.h"
#include "devices/charger/ledger/parts.h"
#include "port/port.h"

_Static_assert(sizeof(struct roost_ledger) <= ROOST_LEDGER_RAM_MAX, "the RAM it states");
_Static_assert(ROOST_LEDGER_ITEM_BYTES >= LEDGER_RECORD_HEAD + LEDGER_BODY_MAX, "the stated size");

static const uint64_t energy_max_mwh = (1ull << 48) - 1;

/* ---- helpers ---- */

static struct roost_ledger_connector *connector_of(struct roost_ledger *l, uint8_t connector)
{
    return connector >= 1 && connector <= l->rules.connectors ? &l->connectors[connector - 1]
                                                              : NULL;
}

static bool register_goes_on(const struct roost_ledger_connector *c, uint64_t energy_mwh)
{
    return energy_mwh >= c->energy_mwh && energy_mwh <= energy_max_mwh;
}

/* ---- the clock ---- */

static struct roost_ledger_clock *clock_of(struct roost_ledger *l, uint32_t boot)
{
    for (int i = 0; i < ROOST_LEDGER_CLOCKS; i++)
        if (l->clocks[i].boot == boot)
            return &l->clocks[i];
    return NULL;
}

static int write_clock(struct roost_ledger *l)
{
    struct ledger_record record = {.kind = LEDGER_CLOCK, .len = 13};
    roost_le_put(record.body, l->clock.boot, 4);
    roost_le_put(record.body + 4, (uint64_t)l->clock.unix_ms, 8);
    record.body[12] = l->clock.exact;
    return ledger_append(l, &record);
}

/* A boot has its anchor on flash before the first time that needs it. */
static int anchor_boot(struct roost_ledger *l)
{
    if (l->clock.unix_ms <= 0 || clock_of(l, l->boot))
        return ROOST_OK;
    return write_clock(l);
}

int roost_ledger_clock(struct roost_ledger *ledger, uint64_t now_ms, int64_t unix_ms)
{
    struct roost_ledger_clock before = ledger->clock;
    int64_t zero = unix_ms - (int64_t)now_ms, moved = zero - before.unix_ms;
    if (zero <= 0)
        return ROOST_ERR_RANGE;
    if (before.exact && (ledger->transactions > 0 || (moved > -1000 && moved < 1000)))
        return ROOST_OK;
    ledger->clock = (struct roost_ledger_clock){ledger->boot, true, zero};
    if (ledger->last.boot != ledger->boot)
        return ROOST_OK; /* nothing of this boot has been stamped yet */
    int err = write_clock(ledger);
    if (err)
        ledger->clock = before;
    return err;
}

/* ---- writing ---- */

static int append_item(struct roost_ledger *l, struct ledger_record *record, uint64_t now_ms,
                       uint8_t detail, const struct roost_ledger_values *values)
{
    struct roost_ledger_stamp stamp = {l->boot, now_ms};
    ledger_put_item(record, &stamp, detail, values);
    return anchor_boot(l);
}

static int append_numbered(struct roost_ledger *l, struct ledger_record *record)
{
    record->seq = l->next_seq;
    return ledger_append(l, record);
}

uint32_t roost_ledger_capacity(const struct roost_ledger *ledger)
{
    uint32_t pairs = (ledger->flash->sector_count - 4) / 2;
    return pairs * ledger_payload(ledger) / (2 * ledger_padded(ledger, ROOST_LEDGER_ITEM_BYTES));
}

int roost_ledger_begin(struct roost_ledger *ledger, const struct roost_ledger_begin *begin,
                       uint64_t now_ms, uint32_t *transaction)
{
    const struct roost_ledger_connector *c = connector_of(ledger, begin->connector);
    struct ledger_record record = {.kind = ROOST_LEDGER_BEGIN, .connector = begin->connector};
    if (!c)
        return ROOST_ERR_INVALID;
    if (c->open != 0)
        return ROOST_ERR_STATE;
    if (!register_goes_on(c, begin->values.energy_mwh))
        return ROOST_ERR_RANGE;
    if (ledger->transactions >= roost_ledger_capacity(ledger)) {
        ledger->refused++;
        return ROOST_ERR_FULL;
    }
    int err = append_item(ledger, &record, now_ms, begin->note, &begin->values);
    if (err)
        return err;
    ledger_put_tail(&record, (uint32_t)begin->reservation, begin->tag);
    err = append_numbered(ledger, &record);
    if (!err)
        *transaction = c->open;
    return err;
}

int roost_ledger_end(struct roost_ledger *ledger, const struct roost_ledger_end *end,
                     uint64_t now_ms)
{
    const struct roost_ledger_connector *c = connector_of(ledger, end->connector);
    struct ledger_record record = {.kind = ROOST_LEDGER_END, .connector = end->connector};
    struct roost_ledger_values values = end->values;
    if (!c)
        return ROOST_ERR_INVALID;
    if (c->open == 0)
        return ROOST_ERR_STATE;
    if (values.energy_mwh < c->energy_mwh) /* an end is never refused */
        values.energy_mwh = c->energy_mwh;
    if (values.energy_mwh > energy_max_mwh)
        return ROOST_ERR_RANGE;
    int err = append_item(ledger, &record, now_ms, end->reason, &values);
    if (err)
        return err;
    ledger_put_tail(&record, c->open, end->tag);
    return append_numbered(ledger, &record);
}

int roost_ledger_sample(struct roost_ledger *ledger, uint8_t connector, uint8_t context,
                        const struct roost_ledger_values *values, uint64_t now_ms)
{
    const struct roost_ledger_connector *c = connector_of(ledger, connector);
    struct ledger_record record = {.kind = ROOST_LEDGER_SAMPLE, .connector = connector};
    if (!c && connector != 0)
        return ROOST_ERR_INVALID;
    if (c ? !register_goes_on(c, values->energy_mwh) : values->energy_mwh > energy_max_mwh)
        return ROOST_ERR_RANGE;
    int err = append_item(ledger, &record, now_ms, context, values);
    return err ? err : append_numbered(ledger, &record);
}

int roost_ledger_register(struct roost_ledger *ledger, uint8_t connector, uint64_t energy_mwh,
                          uint64_t now_ms)
{
    const struct roost_ledger_connector *c = connector_of(ledger, connector);
    struct ledger_record record = {
        .kind = LEDGER_REGISTER, .connector = connector, .len = LEDGER_ENERGY + LEDGER_STAMP};
    if (!c)
        return ROOST_ERR_INVALID;
    if (!register_goes_on(c, energy_mwh))
        return ROOST_ERR_RANGE;
    uint64_t unsaved = energy_mwh - c->energy_mwh;
    bool aged = c->stamp.boot != ledger->boot || now_ms - c->stamp.ms >= ledger->rules.step_ms;
    if (unsaved == 0 || (unsaved < ledger->rules.step_mwh && !aged))
        return ROOST_OK;
    int err = anchor_boot(ledger);
    if (err)
        return err;
    struct roost_ledger_stamp stamp = {ledger->boot, now_ms};
    roost_le_put(record.body, energy_mwh, LEDGER_ENERGY);
    ledger_put_stamp(record.body + LEDGER_ENERGY, &stamp);
    return ledger_append(ledger, &record);
}

int roost_ledger_tend(struct roost_ledger *ledger)
{
    return ledger_make_room(ledger, 3, true);
}

/* ---- reading ---- */

uint64_t roost_ledger_energy_mwh(const struct roost_ledger *ledger, uint8_t connector)
{
    bool there = connector >= 1 && connector <= ledger->rules.connectors;
    return there ? ledger->connectors[connector - 1].energy_mwh : 0;
}

uint32_t roost_ledger_open(const struct roost_ledger *ledger, uint8_t connector)
{
    bool there = connector >= 1 && connector <= ledger->rules.connectors;
    return there ? ledger->connectors[connector - 1].open : 0;
}

uint8_t roost_ledger_find(const struct roost_ledger *ledger, int32_t external_id)
{
    for (uint8_t i = 0; i < ledger->rules.connectors; i++) {
        const struct roost_ledger_connector *c = &ledger->connectors[i];
        if (c->sent != 0 && c->identified && c->external_id == external_id)
            return (uint8_t)(i + 1);
    }
    return 0;
}

/* ---- a boot ---- */

/* What was open when the power went ends with what is known of it. */
static int close_open(struct roost_ledger *l)
{
    for (uint8_t i = 0; i < ROOST_LEDGER_CONNECTORS_MAX; i++) {
        const struct roost_ledger_connector *c = &l->connectors[i];
        struct ledger_record record = {.kind = ROOST_LEDGER_END, .connector = (uint8_t)(i + 1)};
        const struct roost_ledger_values values = {.energy_mwh = c->energy_mwh};
        if (c->open == 0)
            continue;
        ledger_put_item(&record, &c->stamp, ROOST_LEDGER_POWER_LOSS, &values);
        ledger_put_tail(&record, c->open, "");
        int err = append_numbered(l, &record);
        if (err)
            return err;
    }
    return ROOST_OK;
}

/* Boots are told apart and ordered by number, also where the one who counts them has lost count. */
static void number_boot(struct roost_ledger *l, uint32_t boot)
{
    uint32_t newest = l->last.boot;
    for (int i = 0; i < ROOST_LEDGER_CLOCKS; i++)
        if (l->clocks[i].boot > newest)
            newest = l->clocks[i].boot;
    l->boot = boot > newest ? boot : newest + 1;
}

/* Without a clock of its own a boot is taken to begin where the last one known ended. */
static void guess_clock(struct roost_ledger *l)
{
    const struct roost_ledger_clock *last = clock_of(l, l->last.boot);
    l->clock = (struct roost_ledger_clock){.boot = l->boot};
    if (l->last.boot != 0 && last)
        l->clock.unix_ms = last->unix_ms + (int64_t)l->last.ms;
}

int roost_ledger_init(struct roost_ledger *ledger, const struct roost_flash *flash,
                      const struct roost_ledger_rules *rules, uint32_t boot)
{
    *ledger = (struct roost_ledger){.flash = flash, .rules = *rules};
    if (rules->connectors < 1 || rules->connectors > ROOST_LEDGER_CONNECTORS_MAX ||
        flash->sector_count < ROOST_LEDGER_SECTORS_MIN ||
        flash->sector_count > ROOST_LEDGER_SECTORS_MAX || flash->program_bytes < 1 ||
        flash->program_bytes > LEDGER_PROGRAM_MAX || flash->sector_bytes < 1024 ||
        flash->sector_bytes > UINT16_MAX || flash->sector_bytes % flash->program_bytes != 0)
        return ROOST_ERR_INVALID;
    int err = ledger_mount(ledger);
    if (!err)
        err = close_open(ledger);
    number_boot(ledger, boot);
    guess_clock(ledger);
    return err;
}
