/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/dcmeter.h"

#include <string.h>

#include "core/bytes.h"
#include "core/err.h"
#include "core/timer.h"

enum {
    REQUEST_BYTES = 8,
    HEAD_BYTES = 3, /* unit, function, count of bytes */
    CRC_BYTES = 2,
    REFUSAL_BYTES = 5, /* unit, function with REFUSED, code */
    REFUSED = 0x80
};

const struct charger_dcmeter_kind charger_pzem_017 = {.baud = 9600,
                                                      .parity = 'N',
                                                      .stop_bits = 2,
                                                      .function = 4,
                                                      .address = 4,
                                                      .words = 2,
                                                      .low_first = true,
                                                      .unit_mwh = 1000};

/* ---- flash ---- */

static void name_of(const struct charger_dcmeter *meter, char name[10])
{
    memcpy(name, "dcmeter0", 9);
    name[7] = (char)('0' + meter->config.connector);
}

static void save(struct charger_dcmeter *meter)
{
    const struct roost_kv *kv = meter->config.kv;
    uint8_t bytes[8];
    char name[10];

    name_of(meter, name);
    roost_be_put(bytes, (uint64_t)meter->offset_mwh, sizeof bytes);
    meter->unsaved = kv->ops->set(kv->ctx, name, bytes, sizeof bytes) < 0;
}

int charger_dcmeter_init(struct charger_dcmeter *meter, const struct charger_dcmeter_config *config)
{
    const struct roost_kv *kv = config->kv;
    uint8_t bytes[8];
    char name[10];

    if (config->unit < 1 || config->unit > 247 || config->connector < 1 || config->connector > 9 ||
        !config->kind || config->kind->words < 1 || config->kind->words > CHARGER_DCMETER_WORDS_MAX)
        return ROOST_ERR_RANGE;
    *meter = (struct charger_dcmeter){.config = *config, .good_ms = ROOST_NEVER};
    name_of(meter, name);
    meter->anchored = kv->ops->get(kv->ctx, name, bytes, sizeof bytes) == (int)sizeof bytes;
    if (meter->anchored)
        meter->offset_mwh = (int64_t)roost_be_get(bytes, sizeof bytes);
    return 0;
}

/* ---- the register ---- */

/* The charger's register goes on from `last_mwh`, and the meter's is `mwh` now. */
static void anchor(struct charger_dcmeter *meter, uint64_t mwh, uint64_t last_mwh)
{
    bool first = !meter->anchored;

    meter->offset_mwh = first && last_mwh == 0 ? 0 : (int64_t)(last_mwh - mwh);
    meter->anchored = true;
    meter->replaced += !first;
    save(meter);
    if (!first && meter->config.log)
        ROOST_LOG(meter->config.log, ROOST_LOG_WARN, "power", "another energy meter",
                  RF_INT("connector", meter->config.connector), RF_INT("meter_wh", mwh / 1000),
                  RF_INT("register_wh", last_mwh / 1000));
}

static bool can_be(const struct charger_dcmeter *meter, uint64_t mwh, uint64_t last_mwh,
                   uint64_t now_ms)
{
    uint64_t most_mwh = CHARGER_DCMETER_JUMP_MWH;

    if (meter->good_ms != ROOST_NEVER)
        most_mwh = 2 * (uint64_t)meter->config.kind->unit_mwh +
                   (now_ms - meter->good_ms) * CHARGER_DCMETER_POWER_W / 3600;
    return mwh >= last_mwh && mwh - last_mwh <= most_mwh;
}

static void take(struct charger_dcmeter *meter, uint64_t meter_mwh, uint64_t last_mwh,
                 uint64_t now_ms)
{
    if (meter->anchored &&
        !can_be(meter, meter_mwh + (uint64_t)meter->offset_mwh, last_mwh, now_ms)) {
        if (++meter->doubts < CHARGER_DCMETER_DOUBTS)
            return;
        anchor(meter, meter_mwh, last_mwh);
    }
    if (!meter->anchored)
        anchor(meter, meter_mwh, last_mwh);
    meter->doubts = 0;
    meter->good_ms = now_ms;
    meter->register_mwh = meter_mwh + (uint64_t)meter->offset_mwh;
    if (meter->unsaved)
        save(meter);
}

/* ---- the line ---- */

static uint16_t crc16(const uint8_t *bytes, size_t len)
{
    enum { POLYNOMIAL = 0xA001 };
    uint16_t crc = 0xFFFF;

    for (size_t i = 0; i < len; i++) {
        crc = (uint16_t)(crc ^ bytes[i]);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1);
    }
    return crc;
}

static void ask(struct charger_dcmeter *meter, uint64_t now_ms)
{
    const struct charger_dcmeter_config *config = &meter->config;
    uint8_t stale[CHARGER_DCMETER_REPLY_MAX],
        request[REQUEST_BYTES] = {config->unit, config->kind->function};

    for (int n = 0; n < 32 && config->read(config->line, stale, sizeof stale) > 0; n++)
        continue; /* what came too late, or nobody asked for */
    roost_be_put(request + 2, config->kind->address, 2);
    roost_be_put(request + 4, config->kind->words, 2);
    roost_le_put(request + 6, crc16(request, sizeof request - CRC_BYTES), 2);
    meter->asked_ms = now_ms;
    meter->got = 0;
    meter->waiting = config->write(config->line, request, sizeof request) == 0;
    meter->silences += !meter->waiting;
}

static uint64_t number(const struct charger_dcmeter *meter)
{
    const struct charger_dcmeter_kind *kind = meter->config.kind;
    uint64_t value = 0;

    for (unsigned i = 0; i < kind->words; i++) {
        unsigned word = kind->low_first ? kind->words - 1u - i : i;
        value = value << 16 | roost_be_get16(meter->reply + HEAD_BYTES + 2 * word);
    }
    return value;
}

/* As long as what came so far begins to be. */
static size_t reply_len(const struct charger_dcmeter *meter)
{
    bool refused = meter->got > 1 && meter->reply[1] & REFUSED;

    return refused ? REFUSAL_BYTES : HEAD_BYTES + 2u * meter->config.kind->words + CRC_BYTES;
}

static void understand(struct charger_dcmeter *meter, uint64_t last_mwh, uint64_t now_ms)
{
    const struct charger_dcmeter_kind *kind = meter->config.kind;
    const uint8_t *reply = meter->reply;
    bool refused = reply[1] == (kind->function | REFUSED);
    size_t len = reply_len(meter);

    meter->waiting = false;
    if (meter->got != len || reply[0] != meter->config.unit ||
        crc16(reply, len - CRC_BYTES) != roost_le_get16(reply + len - CRC_BYTES)) {
        meter->broken++;
    } else if (refused) {
        meter->refusals++;
    } else if (reply[1] != kind->function || reply[2] != 2 * kind->words) {
        meter->broken++;
    } else {
        meter->answers++;
        take(meter, number(meter) * kind->unit_mwh, last_mwh, now_ms);
    }
}

static void hear(struct charger_dcmeter *meter, uint64_t last_mwh, uint64_t now_ms)
{
    const struct charger_dcmeter_config *config = &meter->config;
    int count =
        config->read(config->line, meter->reply + meter->got, sizeof meter->reply - meter->got);

    if (count > 0)
        meter->got = (uint8_t)(meter->got + count);
    if (meter->got >= reply_len(meter)) {
        understand(meter, last_mwh, now_ms);
    } else if (now_ms - meter->asked_ms >= CHARGER_DCMETER_REPLY_MS) {
        meter->waiting = false;
        meter->silences++;
    }
}

int charger_dcmeter_read(void *ctx, uint64_t now_ms, uint64_t last_mwh, uint64_t *out)
{
    struct charger_dcmeter *meter = ctx;

    if (meter->waiting)
        hear(meter, last_mwh, now_ms);
    if (!meter->waiting &&
        (meter->asked_ms == 0 || now_ms - meter->asked_ms >= CHARGER_DCMETER_POLL_MS))
        ask(meter, now_ms);
    if (meter->good_ms == ROOST_NEVER || now_ms - meter->good_ms > CHARGER_DCMETER_SILENT_MS)
        return ROOST_ERR_TIMEOUT;
    *out = meter->register_mwh > last_mwh ? meter->register_mwh : last_mwh;
    return 0;
}
