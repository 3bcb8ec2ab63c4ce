/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a DHT22 (AM2302) says, from the lengths of its pulses. Whatever measures these, the ESP32's
 * RMT for one, hands them over as they came; nothing here waits or touches hardware. Depends on
 * core/err.h and the sample of port/port.h.
 *
 *       host |                    sensor
 *     ______    __      ____    __    ____
 *           |__|  |____|    |__|  |__|    |_ ...  |__|
 *           1 ms      80   80   50 27  50  70     50 us
 *                    answer     bit 0   bit 1     end
 *
 *     pulses[n] = DHT22_HIGH | 27;
 *     err = dht22_decode(pulses, n, &event.climate);
 *
 * Source: Aosong, AM2302 product manual, single-bus communication.
 */
#ifndef ROOST_PORT_PARTS_DHT22_H
#define ROOST_PORT_PARTS_DHT22_H

#include <stddef.h>
#include <stdint.h>

#include "port/port.h"

enum {
    DHT22_HIGH = 0x8000, /* or'ed to the length in microseconds: the level of a pulse */
    DHT22_BITS = 40,
    DHT22_PULSES = 2 + 2 + 2 * DHT22_BITS + 2, /* the host's end, answer, bits, end */
};

/* The pulses of one transmission in turn, the end of the host's own in front or not; a pulse of
 * length 0 ends them. Returns 0 with *out set, ROOST_ERR_TIMEOUT (no answer in it) or
 * ROOST_ERR_CORRUPT (a pulse of a wrong length, too few or too many, checksum). */
int dht22_decode(const uint16_t *pulses, size_t count, struct roost_climate_sample *out);

#endif
