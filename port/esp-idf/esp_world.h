/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chip as a host of modelled surroundings (world/time.h): for emulators, and for a board that
 * lacks parts. Timers of the chip only ask; everything of a world runs in the device's task.
 *
 *     struct world_time time = esp_world_time();       // in the init of a modelled part
 *     world_lamp_attach(&world, &time, port);
 *
 * Depends on ESP-IDF's timers, esp_queue.h, world/time.h.
 */
#ifndef ROOST_PORT_ESP_IDF_ESP_WORLD_H
#define ROOST_PORT_ESP_IDF_ESP_WORLD_H

#include <stdint.h>

#include "world/time.h"

/* For the one world of a board. */
struct world_time esp_world_time(void);

/* The same surroundings after every reset, and others on every board: from the MAC address. */
uint64_t esp_world_seed(void);

/* Wall clock to begin with, ms since 1970: a summer noon where nobody has told the time. */
int64_t esp_world_unix_ms(void);

#endif
