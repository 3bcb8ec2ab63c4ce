/* SPDX-License-Identifier: Apache-2.0 */
#include "world/charger/dcmeter.h"

#include <string.h>

#include "world/charger/parts.h"

enum {
    REQUEST_BYTES = 8,
    READ_INPUT_REGISTERS = 4,
    ILLEGAL_FUNCTION = 1,
    ILLEGAL_ADDRESS = 2,
    REPLY_MS = 30 /* what it takes to think, and 21 characters at 9600 baud */
};

static uint16_t crc_of(const uint8_t *bytes, size_t len)
{
    unsigned crc = 0xFFFF;

    while (len-- > 0) {
        crc ^= *bytes++;
        for (int bit = 0; bit < 8; bit++) {
            unsigned carry = crc & 1;
            crc >>= 1;
            if (carry)
                crc ^= 0xA001;
        }
    }
    return (uint16_t)crc;
}

void world_dcmeter_init(struct world_dcmeter *meter, struct world_charger *world, uint8_t address,
                        uint32_t shows_wh)
{
    *meter = (struct world_dcmeter){.world = world, .address = address};
    world_dcmeter_replace(meter, shows_wh);
}

void world_dcmeter_replace(struct world_dcmeter *meter, uint32_t shows_wh)
{
    meter->base_wh = shows_wh - world_charger_energy_wh(meter->world);
}

uint32_t world_dcmeter_shows_wh(const struct world_dcmeter *meter)
{
    return (uint32_t)(meter->base_wh + world_charger_energy_wh(meter->world));
}

static void read_registers(const struct world_dcmeter *meter,
                           uint16_t registers[WORLD_DCMETER_REGISTERS])
{
    double volt = meter->world->circuit.output_v, ampere = world_charger_current_a(meter->world);
    uint32_t power_dw = (uint32_t)(volt * ampere > 0 ? volt * ampere * 10 : 0);
    uint32_t shows_wh = world_dcmeter_shows_wh(meter);

    registers[0] = (uint16_t)(volt > 0 ? volt * 100 : 0);
    registers[1] = (uint16_t)(ampere > 0 ? ampere * 100 : 0);
    registers[2] = (uint16_t)power_dw;
    registers[3] = (uint16_t)(power_dw >> 16);
    registers[4] = (uint16_t)shows_wh;
    registers[5] = (uint16_t)(shows_wh >> 16);
    registers[6] = registers[7] = 0;
}

/* What stands before its check sum. */
static size_t answer(const struct world_dcmeter *meter, const uint8_t *request, uint8_t *reply)
{
    uint16_t registers[WORLD_DCMETER_REGISTERS];
    unsigned first = request[2] * 256u + request[3], count = request[4] * 256u + request[5];

    reply[0] = meter->address;
    reply[1] = request[1];
    if (request[1] != READ_INPUT_REGISTERS || count == 0 || first >= WORLD_DCMETER_REGISTERS ||
        count > WORLD_DCMETER_REGISTERS - first) {
        reply[1] = (uint8_t)(request[1] | 0x80);
        reply[2] = request[1] != READ_INPUT_REGISTERS ? ILLEGAL_FUNCTION : ILLEGAL_ADDRESS;
        return 3;
    }
    read_registers(meter, registers);
    reply[2] = (uint8_t)(2 * count);
    for (unsigned i = 0; i < count; i++) {
        reply[3 + 2 * i] = (uint8_t)(registers[first + i] >> 8);
        reply[4 + 2 * i] = (uint8_t)registers[first + i];
    }
    return 3 + 2 * count;
}

int world_dcmeter_write(void *ctx, const void *bytes, size_t len)
{
    struct world_dcmeter *meter = ctx;
    const struct world_time *time = &meter->world->time;
    const uint8_t *request = bytes;
    uint16_t crc;

    world_charger_update(meter->world);
    meter->reply_len = meter->reply_at = 0;
    if (len != REQUEST_BYTES || request[0] != meter->address ||
        crc_of(request, len - 2) != request[6] + 256u * request[7])
        return 0; /* not for it, or nothing that it understands */
    meter->asked++;
    if (world_charger_is(meter->world, WORLD_CHARGER_DCMETER_SILENT))
        return 0;
    size_t reply_len = answer(meter, request, meter->reply);
    crc = crc_of(meter->reply, reply_len);
    meter->reply[reply_len] = (uint8_t)crc;
    meter->reply[reply_len + 1] = (uint8_t)(crc >> 8);
    meter->reply_len = (uint8_t)(reply_len + 2);
    if (world_charger_is(meter->world, WORLD_CHARGER_DCMETER_NOISY))
        meter->reply[meter->asked % meter->reply_len] ^= (uint8_t)(1u << meter->asked % 8);
    meter->reply_ms = time->ops->now_ms(time->ctx) + REPLY_MS;
    return 0;
}

int world_dcmeter_read(void *ctx, void *out, size_t room)
{
    struct world_dcmeter *meter = ctx;
    const struct world_time *time = &meter->world->time;
    size_t left = (size_t)(meter->reply_len - meter->reply_at);

    if (left == 0 || time->ops->now_ms(time->ctx) < meter->reply_ms)
        return 0;
    if (left > room)
        left = room;
    memcpy(out, meter->reply + meter->reply_at, left);
    meter->reply_at = (uint8_t)(meter->reply_at + left);
    meter->answered += meter->reply_at == meter->reply_len;
    return (int)left;
}
