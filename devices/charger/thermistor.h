/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The temperature of a thermistor (NTC, 10 kOhm at 25 degrees, B 3950) that hangs from the supply
 * through 10 kOhm, by the voltage across it. Integers: a table of the B equation, straight between
 * its points; off by less than 0.6 degrees from -20 to 100. Depends on core/err.h.
 *
 *     err = charger_thermistor_mdegc(mv, 3300, &mdegc);
 */
#ifndef ROOST_DEVICES_CHARGER_THERMISTOR_H
#define ROOST_DEVICES_CHARGER_THERMISTOR_H

#include <stdint.h>

/* 0, or ROOST_ERR_FAULT below -40 and above 125 degrees: a wire is broken, or two of them touch. */
int charger_thermistor_mdegc(int32_t mv, int32_t supply_mv, int32_t *mdegc);

#endif
