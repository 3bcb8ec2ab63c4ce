/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the runtime's device share; for nobody else.
 *
 *     device.c    init, and a step from begin to finish;  ending.c  how its life goes on and ends
 *     events.c    the sink, the queue behind it, what each event sets going
 *     supervise.c the uplink, as core/link decides
 *     wifi.c      the station, as runtime/networks decides
 *     command.c   commands and their answers;  command_device.c  those that every device has
 *     report.c    health, faults, status
 *     update.c    updates, as runtime/ota decides
 */
#ifndef ROOST_RUNTIME_DEVICE_PARTS_H
#define ROOST_RUNTIME_DEVICE_PARTS_H

#include "runtime/device.h"

#define ROOST_RESET_KEY "d.reset" /* in the kv: a factory reset is to be carried out */
#define ROOST_KNOWN_KEY "d.known" /* the commands taken; outlives a factory reset, which is one */

/* ---- ending.c ---- */
/* The only place that writes device->life. */
void roost_device_live(struct roost_device *device, enum roost_life_event event);
void roost_device_restart_at(struct roost_device *device, uint64_t due_ms);
void roost_device_leave(struct roost_device *device); /* it rests: the last word */
void roost_device_end(struct roost_device *device);   /* it rests, and the last word is out */

/* ---- device.c ---- */
void roost_device_read_clock(struct roost_device *device);
void roost_device_apply_settings(struct roost_device *device); /* after any of them changed */

/* ---- events.c ---- */
/* 1: *what is the product's; 0: it was the runtime's own; ROOST_ERR_EMPTY. */
int roost_device_take_event(struct roost_device *device, struct roost_what *what);

/* ---- supervise.c ---- */
void roost_device_link_init(struct roost_device *device);
void roost_device_link(struct roost_device *device, enum roost_link_event event);
void roost_device_run_link(struct roost_device *device); /* starts it, and what is due */
bool roost_device_opened(struct roost_device *device);   /* false: it is closed again */
void roost_device_closed(struct roost_device *device, int status);

/* ---- wifi.c ---- */
int roost_device_wifi_init(struct roost_device *device); /* or what reading the networks said */
void roost_device_wifi_connect(struct roost_device *device);
void roost_device_wifi_late(struct roost_device *device); /* ROOST_TIMER_WIFI */
void roost_device_wifi_changed(struct roost_device *device, bool up);
/* The networks are in device->event.data. */
void roost_device_wifi_scanned(struct roost_device *device, int status, size_t len);
void roost_device_scan_late(struct roost_device *device); /* ROOST_TIMER_SCAN */
/* What becomes of a scan that a command asked for, when its turn has come; leaves an answer. */
void roost_device_scan_answer(struct roost_device *device, int status, size_t len);

/* ---- command.c ---- */
/* A record of the command queue is followed by one byte: COMMAND for a payload of a command,
 * RETAINED for one that the broker had kept, else the status of a scan, whose networks it is. */
enum { ROOST_RECORD_COMMAND = 1, ROOST_RECORD_RETAINED = 2 };
enum { ROOST_ANSWER_LATER = 1 }; /* of a command's run: its answer follows by itself */

/* Which commands were taken before this boot; or what reading them said. */
int roost_device_commands_init(struct roost_device *device);
/* Runs the next command that waits, if the answer before it is out. Returns whether one was. */
bool roost_device_run_command(struct roost_device *device);
void roost_device_say_answer(struct roost_device *device); /* when one waits */

ROOST_COMMAND(roost, health); /* report.c */
ROOST_COMMAND(roost, wifi_scan);
ROOST_COMMAND(roost, wifi_list);
ROOST_COMMAND(roost, wifi_add);
ROOST_COMMAND(roost, wifi_remove);
ROOST_COMMAND(roost, update);
ROOST_COMMAND(roost, update_status);
enum { ROOST_DEVICE_COMMANDS = 13 };
extern const struct roost_command_row roost_device_commands[ROOST_DEVICE_COMMANDS];

/* ---- report.c ---- */
void roost_device_sample_health(struct roost_device *device);
bool roost_device_settle_faults(struct roost_device *device); /* true: they changed */
void roost_device_say_reports(struct roost_device *device, bool faults_changed); /* when due */
uint64_t roost_device_reports_due(const struct roost_device *device);

/* ---- update.c ---- */
void roost_device_update_init(struct roost_device *device, const struct roost_ota_config *config);
void roost_device_update_run(struct roost_device *device, bool may_restart, const char *missing);
uint64_t roost_device_update_due(const struct roost_device *device, bool may_restart);
void roost_device_update_restart(struct roost_device *device); /* into the new image */
void roost_device_update_status(const struct roost_device *device, struct roost_status *status);

#endif
