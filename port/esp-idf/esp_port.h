/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port/port.h on an ESP32 with ESP-IDF 5.3 to 5.5. One task, "roost", owns the device: it takes
 * what drivers and network callbacks left in one bounded queue, hands it to the device's sink, and
 * calls its step when that is due or something came. Callbacks and interrupts only post to the
 * queue. One device a chip, so the port is one object in static memory; everything of ours is
 * allocated by the time esp_port_init returns.
 *
 *     err = esp_port_init(&options);                       // in app_main
 *     err = product_init(&device, esp_port(), &config);
 *     esp_port_run(post, step, &device);                   // starts the task; app_main may return
 *
 *       esp-mqtt task  --+                       +--> post, step: the device --+
 *       event loop       |   items, bounded,     |                             |  operations:
 *       download task    +-> counted when full --+ "roost" task                +--> Wi-Fi, MQTT,
 *       RMT, I2S, GPIO,  |   (esp_queue.h)       |                             |    NVS, motor ...
 *       TWAI interrupts -+                       +--> feeds the task watchdog <+
 *
 * Depends on ESP-IDF, core/, port/port.h.
 */
#ifndef ROOST_PORT_ESP_IDF_ESP_PORT_H
#define ROOST_PORT_ESP_IDF_ESP_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/log.h"
#include "runtime/networks.h"
#include "proto/fleet/manifest.h"
#include "port/esp-idf/esp_part.h"
#include "port/port.h"
#include "proto/fleet/factory.h"

/* What the factory wrote for this device (proto/fleet/factory.h). Texts are "" where absent. */
struct esp_factory {
    bool found; /* there is a factory partition with a device id in it */
    char device_id[65];
    uint32_t hardware_version;
    char broker_host[ROOST_FACTORY_HOST_MAX + 1];
    uint16_t broker_port;
    bool broker_tls;
    char broker_user[ROOST_FACTORY_USER_MAX + 1], broker_password[ROOST_FACTORY_PASSWORD_MAX + 1];
    const char *broker_ca, *update_ca; /* PEM; NULL: absent. Allocated once, for good */
    char update_url[ROOST_FACTORY_URL_MAX + 1];
    uint8_t keys[2][ROOST_PUBLIC_KEY_BYTES];
    size_t key_count;
    char hub_url[ROOST_FACTORY_URL_MAX + 1];
    const char *hub_ca; /* as broker_ca */
    char child_id[ROOST_FACTORY_CHILD_ID_MAX + 1];
    uint8_t secret[ROOST_FACTORY_SECRET_BYTES];
    size_t secret_len; /* 0: absent */
    struct roost_network wifi[ROOST_FACTORY_WIFI_MAX];
    size_t wifi_count;
};

struct esp_port_options {
    const struct esp_part *parts; /* of the board, made in this order; borrowed */
    size_t part_count;
    const char *time_server; /* SNTP, "" or NULL: none */
};

/* NVS (encrypted where CONFIG_NVS_ENCRYPTION is set), the journal's and the slots' partitions, the
 * network stack, the parts. One whose hardware does not answer is no error here: its operations say
 * so later. What no part of the list has stays without operations. Returns 0; ROOST_ERR_NOT_FOUND
 * (a partition is missing: the log names it), ROOST_ERR_NO_MEMORY, ROOST_ERR_IO. */
int esp_port_init(const struct esp_port_options *options);

/* The port; the same object always. */
const struct roost_port *esp_port(void);

/* Reads the factory partition into *out. Returns 0 (also when there is none: found is false),
 * ROOST_ERR_CORRUPT, ROOST_ERR_TOO_LONG or ROOST_ERR_NO_MEMORY with the name of the entry in
 * *name. Once, after esp_port_init. */
int esp_factory_read(struct esp_factory *out, const char **name);

/* Warnings and errors of ESP-IDF go into this log too, from the device's task; they are on the
 * console as it is. Before esp_port_run; borrowed for ever. */
void esp_port_log(struct roost_log *log);

/* Starts the task that owns the device. Returns 0 or ROOST_ERR_NO_MEMORY. `step` returns when it
 * wants to be called again, in the port's milliseconds. */
int esp_port_run(roost_post_fn post, uint64_t (*step)(void *device), void *device);

#endif
