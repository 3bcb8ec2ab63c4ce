/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charger's surroundings on the chip itself (world/charger), for emulators and for a board
 * without its parts: battery, power module and cable are there, nobody plugs the gun in.
 *
 *     CHARGER_MODELLED(),              // in the list of parts
 */
#ifndef ROOST_FIRMWARE_CHARGER_MODELLED_H
#define ROOST_FIRMWARE_CHARGER_MODELLED_H

#include "port/esp-idf/esp_part.h"

extern const struct esp_driver charger_modelled;
#define CHARGER_MODELLED() ESP_BARE_PART(charger_modelled)

/* Of the gun's sensor, as struct charger_power_config wants it. */
int charger_modelled_gun(void *none, int32_t *mdegc);

#endif
