/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reading as the window's outbox keeps it, behind the head of runtime/outbox.h. Depends on
 * runtime/outbox.h, port/port.h.
 */
#ifndef ROOST_DEVICES_WINDOW_READINGS_H
#define ROOST_DEVICES_WINDOW_READINGS_H

#include "port/port.h"
#include "runtime/outbox.h"

/*  0..3         4..7     little-endian, thousandths
 *  temperature  humidity */
enum { WINDOW_READING_BYTES = 8 };

extern const struct roost_outbox_kind window_readings; /* ctx: a struct roost_window */

void window_reading_write(uint8_t out[WINDOW_READING_BYTES],
                          const struct roost_climate_sample *sample);
struct roost_climate_sample window_reading_read(const uint8_t bytes[WINDOW_READING_BYTES]);

#endif
