/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/ledger/parts.h"

#include <string.h>

#include "core/bytes.h"

/* ---- stamps and values ---- */

void ledger_put_stamp(uint8_t *out, const struct roost_ledger_stamp *stamp)
{
    roost_le_put(out, stamp->boot, 4);
    roost_le_put(out + 4, stamp->ms, 6);
}

struct roost_ledger_stamp ledger_get_stamp(const uint8_t *in)
{
    return (struct roost_ledger_stamp){roost_le_get32(in), roost_le_get(in + 4, 6)};
}

enum { SIGNED_24_MAX = 0x7FFFFF, UNSIGNED_24_MAX = 0xFFFFFF };

static bool fits_24(int32_t value)
{
    return value >= -SIGNED_24_MAX && value <= SIGNED_24_MAX;
}

static int32_t get_signed_24(const uint8_t *in)
{
    int32_t value = (int32_t)roost_le_get(in, 3);
    return value > SIGNED_24_MAX ? value - UNSIGNED_24_MAX - 1 : value;
}

/*  0..5        6    7       8..10    11..13      14..16      17..19      20   21..22
 *  energy_mwh  has  detail  power_w  voltage_mv  current_ma  offered_ma  soc  temperature */
static void put_values(uint8_t *out, uint8_t detail, const struct roost_ledger_values *v)
{
    uint8_t has = v->has;
    if (!fits_24(v->power_w))
        has &= (uint8_t)~ROOST_LEDGER_HAS_POWER;
    if (v->voltage_mv > UNSIGNED_24_MAX)
        has &= (uint8_t)~ROOST_LEDGER_HAS_VOLTAGE;
    if (!fits_24(v->current_ma))
        has &= (uint8_t)~ROOST_LEDGER_HAS_CURRENT;
    if (!fits_24(v->offered_ma))
        has &= (uint8_t)~ROOST_LEDGER_HAS_OFFERED;
    if (v->soc_percent > 100)
        has &= (uint8_t)~ROOST_LEDGER_HAS_SOC;

    memset(out, 0, LEDGER_VALUES);
    roost_le_put(out, v->energy_mwh, LEDGER_ENERGY);
    out[6] = has;
    out[7] = detail;
    if (has & ROOST_LEDGER_HAS_POWER)
        roost_le_put(out + 8, (uint32_t)v->power_w, 3);
    if (has & ROOST_LEDGER_HAS_VOLTAGE)
        roost_le_put(out + 11, v->voltage_mv, 3);
    if (has & ROOST_LEDGER_HAS_CURRENT)
        roost_le_put(out + 14, (uint32_t)v->current_ma, 3);
    if (has & ROOST_LEDGER_HAS_OFFERED)
        roost_le_put(out + 17, (uint32_t)v->offered_ma, 3);
    if (has & ROOST_LEDGER_HAS_SOC)
        out[20] = v->soc_percent;
    if (has & ROOST_LEDGER_HAS_TEMPERATURE)
        roost_le_put(out + 21, (uint16_t)v->temperature_tenths_c, 2);
}

static struct roost_ledger_values get_values(const uint8_t *in)
{
    return (struct roost_ledger_values){
        .energy_mwh = roost_le_get(in, LEDGER_ENERGY),
        .has = in[6],
        .power_w = get_signed_24(in + 8),
        .voltage_mv = (uint32_t)roost_le_get(in + 11, 3),
        .current_ma = get_signed_24(in + 14),
        .offered_ma = get_signed_24(in + 17),
        .soc_percent = in[20],
        .temperature_tenths_c = (int16_t)roost_le_get16(in + 21),
    };
}

/* ---- items ---- */

void ledger_put_item(struct ledger_record *record, const struct roost_ledger_stamp *stamp,
                     uint8_t detail, const struct roost_ledger_values *values)
{
    ledger_put_stamp(record->body, stamp);
    put_values(record->body + LEDGER_STAMP, detail, values);
    record->len = LEDGER_ITEM_FIXED;
}

void ledger_put_tail(struct ledger_record *record, uint32_t number, const char *tag)
{
    size_t len = 0;
    while (len < ROOST_LEDGER_TAG_MAX && tag[len] != '\0')
        len++;
    roost_le_put(record->body + LEDGER_ITEM_FIXED, number, 4);
    memcpy(record->body + LEDGER_ITEM_FIXED + 4, tag, len);
    record->len = (uint8_t)(LEDGER_ITEM_FIXED + 4 + len);
}

uint64_t ledger_item_energy(const struct ledger_record *record)
{
    return roost_le_get(record->body + LEDGER_STAMP, LEDGER_ENERGY);
}

uint32_t ledger_end_of(const struct ledger_record *end)
{
    return roost_le_get32(end->body + LEDGER_ITEM_FIXED);
}

void ledger_get_item(const struct ledger_record *record, struct roost_ledger_item *item)
{
    *item = (struct roost_ledger_item){
        .kind = (enum roost_ledger_kind)record->kind,
        .connector = record->connector,
        .detail = record->body[LEDGER_STAMP + 7],
        .seq = record->seq,
        .stamp = ledger_get_stamp(record->body),
        .values = get_values(record->body + LEDGER_STAMP),
    };
    if (record->kind == ROOST_LEDGER_SAMPLE)
        return;
    uint32_t number = roost_le_get32(record->body + LEDGER_ITEM_FIXED);
    if (record->kind == ROOST_LEDGER_BEGIN) {
        item->transaction = record->seq;
        item->reservation = (int32_t)number;
    } else {
        item->transaction = number;
    }
    memcpy(item->tag, record->body + LEDGER_ITEM_FIXED + 4,
           (size_t)record->len - LEDGER_ITEM_FIXED - 4);
}
