/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the firmware of every product does on a chip before its device runs: the port with the
 * board's parts, the factory's data or in development what was configured, the networks that came
 * with them, and what an update needs. A product brings its parts and how its device is made.
 *
 *     void app_main(void)
 *     {
 *         static const struct firmware_product lamp = {.name = "lamp", .parts = parts, ...};
 *
 *         firmware_start(&lamp);
 *     }
 *
 * Depends on port/esp-idf, proto/fleet, runtime/ and ESP-IDF; on no product.
 */
#ifndef ROOST_FIRMWARE_COMMON_FIRMWARE_H
#define ROOST_FIRMWARE_COMMON_FIRMWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/log.h"
#include "port/esp-idf/esp_part.h"
#include "port/esp-idf/esp_port.h"
#include "runtime/ota/ota.h"

/* What a device is made of; all of it lives as long as the device. */
struct firmware_setup {
    const struct esp_factory *factory;
    const char *version;
    const struct roost_ota_config *update; /* NULL: none */
};

struct firmware_product {
    const char *name; /* of the product, in manifests and on the console */
    const struct esp_part *parts;
    size_t part_count;
    /* Whether what the factory wrote is enough to reach the hub by; in development it may complete
     * it from the configuration. False: it is not, and the log says what is missing. */
    bool (*reach)(struct esp_factory *factory);
    /* Makes the device on esp_port(). Returns 0 or an error. */
    int (*make)(const struct firmware_setup *setup);
    struct roost_log *log; /* the device's, once it was made */
    roost_post_fn post;
    uint64_t (*step)(void *device);
    void *device;
};

/* Starts the device's task, or says on the console why not; nothing restarts it then: what is
 * missing does not come by itself. Once, from app_main, which may return. `product` is borrowed for
 * ever. */
void firmware_start(const struct firmware_product *product);

#endif
