/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between callbacks, other tasks and interrupts on one side and the task that owns the device on
 * the other. Two kinds, so that what must not be lost cannot be:
 *
 *  - Signals have a place of their own each and are merged when they come faster than they are
 *    taken: WIFI_UP and WIFI_DOWN (a loss is told before the return that followed it),
 *    WIFI_SCANNED, CLIMATE, AUDIO_READY, GPIO by line, CAN_READY by bus. They never find it full
 *    and may come from interrupts. What WIFI_SCANNED points to stays the poster's and must live
 *    until it was taken.
 *  - Everything else goes through a ring of ESP_QUEUE_BYTES, in order, with its topic and data
 *    copied. Messages and log lines leave ESP_QUEUE_RESERVE free for what has no payload: opened,
 *    closed and acknowledged, of which the clients have a limited number under way. A message that
 *    does not fit is dropped and counted by its type.
 *
 * While the lock is held interrupts wait, so nothing is copied under it but what has a fixed few
 * words: a message is given its place under the lock and filled outside, and an event is built from
 * a signal outside. The longest is esp_queue_take() with nothing waiting but a record: some 60
 * instructions on an ESP32-C3 (rv32imc, -Os), half a microsecond at 160 MHz, whatever is in the
 * queue; the most that is copied are the 8 bytes of a climate sample. The interrupt watchdog's time
 * is 300 ms.
 *
 * The functions lie in flash: an interrupt that posts must not be one that runs while the flash is
 * being written (no ESP_INTR_FLAG_IRAM, no CONFIG_*_ISR_IRAM_SAFE).
 *
 *     esp_queue_post(&(struct roost_event){.type = ROOST_EV_CLIMATE, .climate = sample});
 *     portYIELD_FROM_ISR(esp_queue_post_from_isr(&event));
 *
 * Depends on FreeRTOS, core/, port/port.h.
 */
#ifndef ROOST_PORT_ESP_IDF_ESP_QUEUE_H
#define ROOST_PORT_ESP_IDF_ESP_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "freertos/FreeRTOS.h"

#include "core/log.h"
#include "port/port.h"

enum {
    ESP_QUEUE_BYTES = 8192,
    ESP_QUEUE_RESERVE = 1536, /* 36 records without payload */
    ESP_QUEUE_TOPIC_MAX = 127,
    ESP_QUEUE_DATA_MAX = 2048, /* two of them fit beside the reserve wherever the ring begins */
    ESP_QUEUE_LOG_MAX = 160,
    ESP_QUEUE_CALLS = 4,
};

/* What esp_queue_take hands out. */
enum esp_queue_kind {
    ESP_QUEUE_EMPTY,
    ESP_QUEUE_EVENT, /* event */
    ESP_QUEUE_LINE,  /* level, text: a line that ESP-IDF logged */
    ESP_QUEUE_CALL,  /* call, arg: to be called now */
};

struct esp_queue_item {
    enum esp_queue_kind kind;
    struct roost_event event;
    enum roost_log_level level;
    const char *text; /* NUL-terminated */
    void (*call)(void *arg);
    void *arg;
};

/* Before anything posts. */
void esp_queue_init(void);

/* ---- posting: any task; the second one from interrupts, signals only ---- */

/* Never waits. Returns 0; of what is no signal also ROOST_ERR_FULL or ROOST_ERR_TOO_LONG (topic
 * over ESP_QUEUE_TOPIC_MAX, data over ESP_QUEUE_DATA_MAX), both counted. */
int esp_queue_post(const struct roost_event *event);

/* Returns whether a task of higher priority than the interrupted one was woken
 * (portYIELD_FROM_ISR). */
BaseType_t esp_queue_post_from_isr(const struct roost_event *event);

/* Has call(arg) called by the task that owns the device, after the signals: once for each
 * `number` below ESP_QUEUE_CALLS, whoever else asked for it meanwhile. Any task. */
void esp_queue_call(unsigned number, void (*call)(void *arg), void *arg);

/* A line for the device's log, cut at ESP_QUEUE_LOG_MAX. Returns 0 or ROOST_ERR_FULL. */
int esp_queue_post_line(enum roost_log_level level, const char *text, size_t len);

/* The same in pieces, for what arrives in pieces: takes the place for `total` bytes (NULL: no room,
 * or too long; counted), fills it, ends it. Until then what is behind it waits, so the one who
 * began always ends, with `whole` false when the rest will not come. */
struct esp_queue_message;
struct esp_queue_message *esp_queue_begin(const struct roost_event *event, const char *topic,
                                          size_t topic_len, size_t total);
void esp_queue_fill(struct esp_queue_message *message, size_t offset, const void *data, size_t len);
void esp_queue_end(struct esp_queue_message *message, bool whole);

/* Wakes the task without an event: there is something to fetch elsewhere. */
void esp_queue_wake(void);

/* ---- taking: the task that owns the device ---- */

/* Waits until something is posted or the time is over. */
void esp_queue_wait(uint32_t timeout_ms);

/* Takes the next item; what it points to is valid until the next call. False: there is none. */
bool esp_queue_take(struct esp_queue_item *out);

/* Dropped since boot: of one event type (ROOST_EV_NONE: log lines), and of all. */
uint32_t esp_queue_dropped(enum roost_event_type type);
uint32_t esp_queue_dropped_all(void);

#endif
