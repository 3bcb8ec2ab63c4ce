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

/* window.c */
void window_read_clock(struct roost_window *window);
struct window_situation window_situation_now(const struct roost_window *window);
int window_measure(struct roost_window *window);         /* starts one measurement */
void window_apply_settings(struct roost_window *window); /* after any of them changed */

/* connection.c */
void window_init_link(struct roost_window *window);
void window_link_event(struct roost_window *window, enum roost_link_event event);
void window_run_link(struct roost_window *window); /* starts it, and what is due */
void window_mqtt_opened(struct roost_window *window);
void window_mqtt_closed(struct roost_window *window, int status);
void window_wifi_changed(struct roost_window *window, bool up);
void window_connect_wifi(struct roost_window *window);

/* command.c: a payload of device/{id}/command in window->event.data; leaves an answer. */
void window_command(struct roost_window *window, size_t len);

/* report.c */
/* QoS 1 on a topic of this device; returns what the port's publish returns. */
int window_publish(struct roost_window *window, enum roost_topic_kind kind, const char *payload,
                   size_t len, bool retain);
void window_update_faults(struct roost_window *window);
void window_sample_health(struct roost_window *window);
void window_log_health(struct roost_window *window);
int window_publish_status(struct roost_window *window, bool online);
void window_publish_reports(struct roost_window *window); /* answer, status and state, when due */
uint64_t window_reports_due(const struct roost_window *window);
uint32_t window_control_refused(const struct roost_window *window); /* of all reasons */

#endif
