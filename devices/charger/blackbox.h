/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last minute of CAN before a fault, whole and in less than 8 KB. A frame of the table costs a byte that
 * says which it is and when it came, and what of its bytes is another than the last time: a charger
 * says and hears 48 frames a second, 3000 in a minute, and most of them are as they were. Frames
 * that no row has (somebody else's) are kept once a second, frames that come again within 10 ms not
 * at all; both are counted. When it is full the oldest give way, counted too. A fault freezes it
 * until somebody has read it. Depends on core/, port/port.h for the frame, proto/can.
 *
 *     charger_blackbox_init(&box, &can_table_default);
 *     config.frame = charger_blackbox_frame;                  // of the power part
 *     config.frame_ctx = &box;
 *
 *     charger_blackbox_freeze(&box, 409);                     // a fault came
 *     if (charger_blackbox_read(&box, &reader) == 0)
 *         while ((len = charger_blackbox_line(&reader, line)) > 0)
 *             upload(line, (size_t)len);
 *     charger_blackbox_thaw(&box);
 *
 * The lines are those of candump's log, time in seconds since the start to the hundredth, can0 the
 * battery's bus, R or T for heard or said; behind a first one that says what is there:
 *
 *     # until fault 409: 2893 frames in 61.2 s; earlier 10312, left out 0, later 40
 *     (1234.560000) can0 1806E5F4#0348025800000000 R
 */
#ifndef ROOST_DEVICES_CHARGER_BLACKBOX_H
#define ROOST_DEVICES_CHARGER_BLACKBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "port/port.h"
#include "proto/can/can.h"

enum {
    CHARGER_BLACKBOX_RAM_MAX = 7800,
    CHARGER_BLACKBOX_BYTES = 7200, /* of frames */
    CHARGER_BLACKBOX_ROWS = 31,    /* of the table, at most */
    CHARGER_BLACKBOX_TICK_MS = 10,
    CHARGER_BLACKBOX_FOREIGN_MS = 1000,
    CHARGER_BLACKBOX_LINE_MAX = 128 /* with its end and a NUL */
};

/* A place between two frames, with what each row's frame was until there. */
struct charger_blackbox_place {
    uint64_t tick;
    uint32_t at, left; /* bytes */
    uint8_t data[CHARGER_BLACKBOX_ROWS][8];
};

/* For reading, but by blackbox.c. */
struct charger_blackbox {
    const struct can_table *table;
    uint64_t tick, foreign_ms; /* of the newest frame; from when on another foreign one is kept */
    uint32_t seen;             /* rows whose frame came in this tick, bits */
    uint32_t kept, gone;       /* frames that are here, and those that gave way */
    uint32_t left_out, missed; /* too many; while it was frozen */
    uint32_t thaws;
    uint16_t fault; /* that froze it */
    bool frozen;
    struct charger_blackbox_place oldest;
    uint8_t newest[CHARGER_BLACKBOX_ROWS][8];
    uint8_t bytes[CHARGER_BLACKBOX_BYTES];
};

struct charger_blackbox_reader {
    const struct charger_blackbox *box;
    uint32_t thaws;
    bool headed;
    struct charger_blackbox_place place;
};

/* The table is borrowed for good, and has no more rows than CHARGER_BLACKBOX_ROWS. */
void charger_blackbox_init(struct charger_blackbox *box, const struct can_table *table);

/* One frame, as charger_power_config.frame gives it; ctx: the box. */
void charger_blackbox_frame(void *ctx, uint64_t now_ms, enum can_bus bus,
                            const struct roost_can_frame *frame, bool said);

/* From now on nothing changes in it. Of several faults the first counts. 0: no fault, somebody
 * wants to look. */
void charger_blackbox_freeze(struct charger_blackbox *box, unsigned fault);
void charger_blackbox_thaw(struct charger_blackbox *box);

/* ROOST_ERR_STATE: it is not frozen. */
int charger_blackbox_read(const struct charger_blackbox *box,
                          struct charger_blackbox_reader *reader);

/* The next line, its end included. Returns its length, 0 behind the last, ROOST_ERR_STALE: it was
 * thawed meanwhile. */
int charger_blackbox_line(struct charger_blackbox_reader *reader,
                          char out[CHARGER_BLACKBOX_LINE_MAX]);

#endif
