/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the window share; for nobody else.
 *
 *     window.c    making one, and its step
 *     happens.c   what each event, message, timer sets going
 *     motion.c    what the motor does now
 *     readings.c  from a sample to two messages
 *     report.c    its faults, its state, its health
 *     command.c   calibrate, move, measure
 */
#ifndef ROOST_DEVICES_WINDOW_PARTS_H
#define ROOST_DEVICES_WINDOW_PARTS_H

#include "devices/window/window.h"

/* ---- happens.c ---- */
void window_happens(struct roost_window *window, const struct roost_what *what);

/* ---- motion.c ---- */
struct window_situation window_situation_now(const struct roost_window *window);
void window_run_motor(struct roost_window *window, const struct window_situation *situation);

/* ---- readings.c ---- */
int window_measure(struct roost_window *window); /* starts one measurement */
void window_sample(struct roost_window *window, int status,
                   const struct roost_climate_sample *sample);

/* ---- command.c ---- */
enum { WINDOW_COMMANDS = 3 };
extern const struct roost_command_row window_commands[WINDOW_COMMANDS];

/* ---- report.c ---- */
void window_set_faults(struct roost_window *window, const struct window_situation *situation);
void window_report(struct roost_device *device, bool faults_changed);
void window_write_health(const struct roost_device *device, struct roost_json_writer *out);
void window_log_refused(struct roost_window *window);

#endif
