/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the charger's device share; for nobody else.
 *
 *     charger.c   making one, its step, its end
 *     make.c      its parts, from what the product is and what flash says
 *     uplink.c    the socket: where to, with which security profile
 *     security.c  security events
 *     trust.c     whom the socket trusts, by what it is known itself
 *     papers.c    certificates that the central system installs, lists, deletes and signs
 *     firmware.c  updates that the central system orders and the manufacturer has signed
 *     word.c      what the runtime has to say, and the request for a certificate
 *     upload.c    files for GetDiagnostics and GetLog
 *     report.c    faults and what led to them, health, commands
 *     clock.c settings.c
 */
#ifndef ROOST_DEVICES_CHARGER_DEVICE_PARTS_H
#define ROOST_DEVICES_CHARGER_DEVICE_PARTS_H

#include <stddef.h>

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
/* Asks for a certificate of its own when that is wanted or the old one ends. `busy`: something is
 * switched on, and there is no second for a key. Returns when it is to be called again. */
uint64_t charger_trust_run(struct roost_charger *charger, const struct charger_instant *now,
                           bool busy);
int charger_trust_sign(void *ctx); /* struct charger_ocpp_does */
/* Adds what the profile asks for. */
void charger_trust_options(struct roost_charger *charger, int profile,
                           struct roost_ws_options *options);
bool charger_encrypted(const char *url);

/* ---- papers.c ---- */
enum { CHARGER_PAPERS = 5 };
extern const struct charger_server charger_papers[CHARGER_PAPERS];
static inline struct roost_charger *charger_of(struct charger_ocpp *ocpp)
{
    return (struct roost_charger *)(void *)((char *)ocpp - offsetof(struct roost_charger, ocpp));
}

/* ---- firmware.c ---- */
int charger_firmware_make(struct roost_charger *charger); /* 0, or the kv's ROOST_ERR_IO */
uint64_t charger_firmware_run(struct roost_charger *charger, const struct charger_instant *now,
                              bool rests);
/* Whether an image may be started as far as the order is concerned. */
bool charger_firmware_may(const struct roost_charger *charger);
enum ocpp_error charger_firmware_serve(struct charger_ocpp *ocpp);

/* ---- word.c ---- */
enum charger_word { CHARGER_WORD_STATUS, CHARGER_WORD_ANSWER };
enum { CHARGER_WORDS_SAID = 2 };
extern const struct charger_saying charger_words_said[CHARGER_WORDS_SAID];
/* struct roost_uplink_ops */
int charger_word_report(void *ctx, enum roost_report what, const char *text, size_t len);

/* ---- report.c ---- */
enum { CHARGER_COMMANDS = 1 };
extern const struct roost_command_row charger_commands[CHARGER_COMMANDS];
void charger_set_faults(struct roost_charger *charger);
/* The black box follows the connector that is in use. */
void charger_record(struct roost_charger *charger);
void charger_write_health(const struct roost_device *device, struct roost_json_writer *out);

#endif
