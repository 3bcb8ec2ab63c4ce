/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the charger's device share; for nobody else.
 *
 *     charger.c   making one, its step, its end
 *     make.c      its parts, from what the product is and what flash says
 *     uplink.c    the socket: where to, with which security profile; what the runtime has to say
 *     report.c    faults, health, commands
 *     clock.c settings.c
 */
#ifndef ROOST_DEVICES_CHARGER_DEVICE_PARTS_H
#define ROOST_DEVICES_CHARGER_DEVICE_PARTS_H

#include "devices/charger/device/charger.h"

/* ---- make.c ---- */
int charger_make(struct roost_charger *charger);
void charger_apply_settings(struct roost_charger *charger);
/* Latched faults that changed go to flash. */
void charger_keep_faults(struct roost_charger *charger);
struct charger_instant charger_instant(const struct roost_charger *charger, uint64_t now_ms);

/* ---- uplink.c ---- */
extern const struct roost_uplink_ops charger_uplink_ops; /* ctx: the charger */
extern const struct roost_link_limits charger_link_limits;
struct charger_ocpp_wire charger_wire(struct roost_charger *charger);
struct charger_ocpp_does charger_does(struct roost_charger *charger);
void charger_link_opened(struct roost_charger *charger);
void charger_link_closed(struct roost_charger *charger);

/* ---- report.c ---- */
enum { CHARGER_COMMANDS = 1 };
extern const struct roost_command_row charger_commands[CHARGER_COMMANDS];
void charger_set_faults(struct roost_charger *charger);
void charger_write_health(const struct roost_device *device, struct roost_json_writer *out);

#endif
