/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the device share; for nobody else. */
#ifndef ROOST_DEVICES_WINDOW_PARTS_H
#define ROOST_DEVICES_WINDOW_PARTS_H

#include "devices/window/window.h"

static inline uint32_t window_setting_u32(const struct roost_window *window, enum window_setting id)
{
    return (uint32_t)roost_settings_int(&window->settings, id);
}

static inline bool window_connected(const struct roost_window *window)
{
    return window->link.state == ROOST_LINK_UP;
}

/* ---- window.c */
void window_read_clock(struct roost_window *window);
struct window_situation window_situation_now(const struct roost_window *window);
int window_measure(struct roost_window *window);         /* starts one measurement */
void window_apply_settings(struct roost_window *window); /* after any of them changed */

void window_rest(struct roost_window *window); /* motor and sound, by the situation */

/* ---- events.c */
void window_drain_events(struct roost_window *window);
void window_climate_sample(struct roost_window *window, int status,
                           const struct roost_climate_sample *sample);

/* ---- connection.c */
void window_init_link(struct roost_window *window);
uint32_t window_draw(const struct roost_window *window); /* a random number */
void window_link_event(struct roost_window *window, enum roost_link_event event);
void window_run_link(struct roost_window *window); /* starts it, and what is due */
void window_mqtt_opened(struct roost_window *window);
void window_mqtt_closed(struct roost_window *window, int status);

/* ---- wifi.c */
int window_init_wifi(struct roost_window *window); /* or what reading the networks said */
void window_connect_wifi(struct roost_window *window);
void window_wifi_late(struct roost_window *window); /* WINDOW_TIMER_WIFI */
void window_wifi_changed(struct roost_window *window, bool up);
/* The networks are in window->event.data. */
void window_wifi_scanned(struct roost_window *window, int status, size_t len);
void window_scan_late(struct roost_window *window); /* WINDOW_TIMER_SCAN */
/* What becomes of a scan that a command asked for, when its turn has come; leaves an answer. */
void window_scan_answer(struct roost_window *window, int status, size_t len);

/* ---- update.c */
void window_init_update(struct roost_window *window, const struct roost_ota_config *config);
void window_run_update(struct roost_window *window);
uint64_t window_update_due(const struct roost_window *window);
void window_update_restart(struct roost_window *window); /* into the new image */
void window_fill_update(const struct roost_window *window, struct roost_status *status);

/* ---- command.c */

/* A record of the command queue is followed by one byte: COMMAND for a payload of
 * device/{id}/command, else the status of a scan, whose networks it is. */
enum { WINDOW_RECORD_COMMAND = 1 };

/* Runs the commands that wait, as long as the answers find room in the port. */
void window_run_commands(struct roost_window *window);

/* Text put together from pieces; what does not fit is cut. */
struct window_message {
    char text[160];
    size_t len;
};
void window_say(struct window_message *message, const char *text);

/* Each writes one JSON value as the answer's data and returns 0, or an error with its message; or
 * WINDOW_ANSWER_LATER. */
enum { WINDOW_ANSWER_LATER = 1 };
#define WINDOW_COMMAND(name)                                                                       \
    int window_command_##name(struct roost_window *window, struct roost_json_writer *out,          \
                              struct window_message *message)
WINDOW_COMMAND(health);   /* command_health.c */
WINDOW_COMMAND(read_log); /* command_health.c */
WINDOW_COMMAND(wifi_scan);
WINDOW_COMMAND(wifi_list);
WINDOW_COMMAND(wifi_add);
WINDOW_COMMAND(wifi_remove);
WINDOW_COMMAND(update);
WINDOW_COMMAND(update_status);
void window_write_nothing(struct roost_json_writer *out); /* {} */

/* ---- report.c */
/* QoS 1 on a topic of this device; returns what the port's publish returns. */
int window_publish(struct roost_window *window, enum roost_any_topic_kind kind, const char *payload,
                   size_t len, bool retain);
void window_update_faults(struct roost_window *window);
void window_sample_health(struct roost_window *window);
void window_log_health(struct roost_window *window);
int window_publish_status(struct roost_window *window, bool online);
void window_publish_answer(struct roost_window *window);  /* when one waits */
void window_publish_reports(struct roost_window *window); /* status and state, when due */
uint64_t window_reports_due(const struct roost_window *window);
uint32_t window_control_refused(const struct roost_window *window); /* of all reasons */

#endif
