/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the charger's device share; for nobody else.
 *
 *     charger.c   making one, its step, its end
 *     make.c      its parts, from what the product is and what flash says
 *     uplink.c    the socket: where to, with which security profile
 *     security.c  security events
 *     trust.c     whom the socket trusts, by what it is known itself
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

/* ---- security.c ---- */
/* Keeps a security event; `info` as charger_events_add has it. */
void charger_event(struct roost_charger *charger, enum charger_event_kind kind, const char *info);
void charger_event_boot(struct roost_charger *charger);
/* Those from before the time was known get theirs. */
void charger_event_clock(struct roost_charger *charger, const struct charger_instant *now);
/* A configuration key was changed: enum charger_key. */
void charger_event_key(struct roost_charger *charger, int key);
/* The socket is closed, and link.failure says whether TLS was the cause. */
void charger_event_tls(struct roost_charger *charger);

/* ---- trust.c ---- */
/* After the keys. 0, or ROOST_ERR_IO: what flash does not say is not there. */
int charger_trust_make(struct roost_charger *charger);
/* What a higher security profile would need, as it is now; after each change of roots and pair. */
void charger_trust_look(struct roost_charger *charger);
/* Adds what the profile asks for. */
void charger_trust_options(struct roost_charger *charger, int profile,
                           struct roost_ws_options *options);
bool charger_encrypted(const char *url);

/* ---- report.c ---- */
enum { CHARGER_COMMANDS = 1 };
extern const struct roost_command_row charger_commands[CHARGER_COMMANDS];
void charger_set_faults(struct roost_charger *charger);
void charger_write_health(const struct roost_device *device, struct roost_json_writer *out);

#endif
