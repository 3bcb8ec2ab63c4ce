/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The teddy's surroundings on the chip itself (world/teddy), for emulators and for a board without
 * its parts: nobody presses and nobody speaks, but the device runs whole and comes to its hub.
 *
 *     TEDDY_MODELLED(),                // in the list of parts
 */
#ifndef ROOST_FIRMWARE_TEDDY_MODELLED_H
#define ROOST_FIRMWARE_TEDDY_MODELLED_H

#include "port/esp-idf/esp_part.h"

extern const struct esp_driver teddy_modelled;
#define TEDDY_MODELLED() ESP_BARE_PART(teddy_modelled)

#endif
