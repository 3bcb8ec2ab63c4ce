/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An energy meter behind the output of a modelled charger, at the end of a serial line: it counts
 * what goes through the terminals and answers by Modbus RTU as a PZEM-017 does, its input registers
 * 0 to 7: 0.01 V, 0.01 A, 0.1 W and Wh (each of two words, the low one first), two alarms. It can
 * be silent and noisy (faults of the world's), and be replaced by another one. Portable C without a
 * heap; written by the wire's description and not by the device's code.
 *
 *     world_dcmeter_init(&meter, &world, 1, 250000);             // address 1, shows 250 kWh
 *     world_dcmeter_write(&meter, request, sizeof request);
 *     count = world_dcmeter_read(&meter, answer, sizeof answer); // once it is there
 */
#ifndef ROOST_WORLD_CHARGER_DCMETER_H
#define ROOST_WORLD_CHARGER_DCMETER_H

#include "world/charger/charger.h"

enum { WORLD_DCMETER_REGISTERS = 8, WORLD_DCMETER_REPLY_MAX = 5 + 2 * WORLD_DCMETER_REGISTERS };

struct world_dcmeter {
    struct world_charger *world;
    uint8_t address;
    double base_wh; /* what it shows beyond the world's energy */
    uint8_t reply[WORLD_DCMETER_REPLY_MAX], reply_len, reply_at;
    uint64_t reply_ms; /* from when on it can be read */
    uint32_t asked, answered;
};

void world_dcmeter_init(struct world_dcmeter *meter, struct world_charger *world, uint8_t address,
                        uint32_t shows_wh);
/* Another one hangs there now, which shows so much. */
void world_dcmeter_replace(struct world_dcmeter *meter, uint32_t shows_wh);
uint32_t world_dcmeter_shows_wh(const struct world_dcmeter *meter);

/* The line's other end. write: a whole request; returns 0. read: how many bytes there are. ctx: the
 * meter. */
int world_dcmeter_write(void *ctx, const void *bytes, size_t len);
int world_dcmeter_read(void *ctx, void *out, size_t room);

#endif
