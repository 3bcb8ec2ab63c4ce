/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An energy meter of its own behind the output, read by Modbus RTU: its register is the one that
 * counts and is billed by, in place of what the power module measures. The bytes of a serial line
 * come and go through two functions; it knows no chip. Depends on core/, port/port.h (kv).
 *
 *     charger_dcmeter_init(&meter, &(struct charger_dcmeter_config){.kind = &charger_pzem_017,
 * ...}); power_config.register_mwh = charger_dcmeter_read;       // which the power part calls each
 * cycle power_config.register_ctx = &meter;
 *
 * The charger's register never falls and is never re-based, whatever meter hangs there: it is the
 * meter's plus an offset that flash keeps. The first meter's offset is 0 where nothing was counted
 * before. What flowed between the last stored register and a power cut is found again, for the
 * meter counted it. A meter whose register cannot be this one's later value (it fell, or rose by
 * more than the charger can give) is taken for another one after three such answers: the offset is
 * made anew, the register goes on from where it was, and that is logged.
 *
 * Modbus over Serial Line V1.02, 2.5.1; Modbus Application Protocol V1.1b3, 6.3, 6.4, 7.
 */
#ifndef ROOST_DEVICES_CHARGER_DCMETER_H
#define ROOST_DEVICES_CHARGER_DCMETER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/log.h"
#include "port/port.h"

enum {
    CHARGER_DCMETER_POLL_MS = 250,
    CHARGER_DCMETER_REPLY_MS = 200,   /* an answer that takes longer is none */
    CHARGER_DCMETER_SILENT_MS = 3000, /* without an answer for so long, its register is not known */
    CHARGER_DCMETER_DOUBTS = 3,
    CHARGER_DCMETER_JUMP_MWH = 10000000, /* the most that can have flowed unseen, over a restart */
    CHARGER_DCMETER_POWER_W = 35000,     /* the most that flows while it is looked at */
    CHARGER_DCMETER_WORDS_MAX = 4,
    CHARGER_DCMETER_REPLY_MAX = 5 + 2 * CHARGER_DCMETER_WORDS_MAX
};

/* Where a make of meter has its register of imported energy, and how its line is. */
struct charger_dcmeter_kind {
    uint32_t baud;
    char parity; /* 'N', 'E', 'O' */
    uint8_t stop_bits;
    uint8_t function; /* 3: holding registers, 4: input registers */
    uint16_t address; /* of the first */
    uint8_t words;    /* 1, 2 or 4 registers of 16 bits: an unsigned number */
    bool low_first;   /* the low word has the lower address */
    uint32_t unit_mwh;
};

/* Peacefair PZEM-017 (300 V, shunts to 300 A), steps of 1 Wh. */
extern const struct charger_dcmeter_kind charger_pzem_017;

struct charger_dcmeter_config {
    const struct charger_dcmeter_kind *kind; /* borrowed */
    uint8_t unit;                            /* its address on the line, 1..247 */
    uint8_t connector;                       /* 1..9: names the value in flash */
    /* The line, of kind's baud and parity. write: all of it is sent, 0 or an error. read: what came
     * since, the count, or an error: the line is gone. Neither waits. */
    int (*write)(void *ctx, const void *bytes, size_t len);
    int (*read)(void *ctx, void *out, size_t room);
    void *line;
    const struct roost_kv *kv;
    struct roost_log *log; /* NULL: none */
};

struct charger_dcmeter {
    struct charger_dcmeter_config config;
    int64_t offset_mwh;
    bool anchored; /* the offset is known */
    bool unsaved;  /* and flash does not have it */
    bool waiting;  /* for an answer */
    uint8_t doubts, got;
    uint8_t reply[CHARGER_DCMETER_REPLY_MAX];
    uint64_t asked_ms, good_ms; /* ROOST_NEVER: no answer yet in this life */
    uint64_t register_mwh;      /* the last good one, with the offset */
    uint32_t answers, silences, broken, refusals, replaced;
};

/* ROOST_ERR_RANGE: unit, connector, kind. What flash cannot say counts as a first meter. */
int charger_dcmeter_init(struct charger_dcmeter *meter,
                         const struct charger_dcmeter_config *config);

/* A step, and the register. `last_mwh`: what the charger's was until now. Returns 0 with *out >=
 * last_mwh, or ROOST_ERR_TIMEOUT: it is not known now. ctx: the meter. */
int charger_dcmeter_read(void *ctx, uint64_t now_ms, uint64_t last_mwh, uint64_t *out);

#endif
