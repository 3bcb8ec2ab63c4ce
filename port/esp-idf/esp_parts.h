/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every ESP-IDF port has, whatever its board: each init fills its member of the port,
 * registers what it needs with ESP-IDF and says in the log what is missing; and what the drivers of
 * network and clients share. Private to port/esp-idf.
 */
#ifndef ROOST_PORT_ESP_IDF_ESP_PARTS_H
#define ROOST_PORT_ESP_IDF_ESP_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"
#include "sdkconfig.h"

#include "core/log.h"
#include "port/esp-idf/esp_part.h"
#include "port/esp-idf/esp_port.h"
#include "port/port.h"

/* Tasks of ours. The device comes before everything that computes for long: a TLS handshake takes a
 * second of CPU in the MQTT client's task or in a download's. The worker that ends MQTT clients
 * must be below the client's task (esp_mqtt.c). Above all of these are ESP-IDF's own: Wi-Fi 23,
 * events 20, lwIP 18. */
enum {
    ESP_PORT_DEVICE_PRIORITY = 6,
    ESP_PORT_MQTT_PRIORITY = 5,
    ESP_PORT_HTTP_PRIORITY = 4,
    ESP_PORT_WORKER_PRIORITY = 3,
};

/* ---- esp_system.c, esp_clock.c, esp_crypto.c ---- */

struct roost_system esp_port_system(void);
/* The reason that the next boot reports, unless it does not come about by esp_restart. */
void esp_port_note_reset(enum roost_reset_reason reason);

struct roost_clock esp_port_clock(void);
struct roost_random esp_port_random(void);
/* `server` is borrowed for ever; NULL or "": no SNTP. After the network stack. */
void esp_port_time_init(const char *server);
/* There is a network: asks the time server now instead of at its next retry. */
void esp_port_time_ask(void);

struct roost_crypto esp_port_crypto(void);

/* ---- esp_kv.c, esp_flash.c, esp_firmware.c ---- */

int esp_port_kv_init(struct roost_kv *out);
/* Makes another NVS partition readable, encrypted where this build encrypts. ROOST_ERR_NOT_FOUND:
 * there is none. */
int esp_port_nvs_open(const char *partition);
int esp_port_nvs_error(esp_err_t err);

/* The journal or the ledger stays without operations where the partition table has no such entry;
 * ROOST_ERR_NOT_FOUND: neither. */
int esp_port_flash_init(struct roost_flash *journal, struct roost_flash *ledger,
                        struct roost_flash *slot);
struct roost_firmware esp_port_firmware(void);

/* ---- esp_net.c ---- */

/* The TCP/IP stack and the event loop. */
int esp_port_net_init(void);
/* What a connection failed with: `err` and `cert_flags` from esp-tls, errno of the socket. */
int esp_port_tls_error(esp_err_t err, int cert_flags, int sock_errno);

/* ---- esp_worker.c: calls that block, one after the other, in a task below all others ---- */

enum { ESP_PORT_JOBS = 2 };

/* A function of its own for a driver; the first one starts the task. Returns the job's number, or
 * ROOST_ERR_NO_MEMORY. */
int esp_port_worker_job(void (*work)(void));
/* Runs the job's function soon, once however often it was asked for meanwhile. */
void esp_port_worker_ask(unsigned job);
uint32_t esp_port_worker_stack_left(void);

/* ---- esp_log_bridge.c ---- */

/* From now on warnings and errors of ESP-IDF go into the queue, and from there into the log that
 * esp_port_log named. */
void esp_port_log_init(void);
void esp_port_log_keep(enum roost_log_level level, const char *text);

#endif
