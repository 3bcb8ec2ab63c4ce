/* SPDX-License-Identifier: Apache-2.0 */
/* What an INMP441 says, for the drivers of boards that have one. Depends on nothing. */
#ifndef ROOST_PORT_ESP_IDF_ESP_INMP441_H
#define ROOST_PORT_ESP_IDF_ESP_INMP441_H

#include <stdint.h>

/* Nothing but zeros in the first 2^18 clocks after power-on (data sheet, Power Management), 64 of
 * them a frame. */
enum { ESP_INMP441_START_FRAMES = (1 << 18) / 64 };

/* 24 bits in the upper part of 32. The part's full scale is 120 dB SPL; all levels here
 * count from 105, which leaves a quiet room some bits: 15 dB, 5.63 times.
 */
static inline int16_t esp_inmp441_pcm16(int32_t raw)
{
    int32_t value = ((raw >> 12) * 360) >> 10;

    return (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
}

#endif
