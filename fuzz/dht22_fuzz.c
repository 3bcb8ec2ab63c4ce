/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pulses of any length and level, as an RMT records them: an answer is what its 40 bits say, or
 * nothing is. Input: a pulse of two bytes, little-endian; or, after 'F', the five bytes of a frame
 * and how it is stretched.
 */
#include <stdbool.h>

#include "core/err.h"
#include "fuzz/fuzz.h"
#include "port/parts/dht22.h"

enum { PULSES = 160 };

static void check_pulses(const uint8_t *data, size_t len)
{
    uint16_t pulses[PULSES];
    struct roost_climate_sample sample = {INT32_MIN, INT32_MIN};
    size_t count = len / 2 < PULSES ? len / 2 : PULSES;

    for (size_t i = 0; i < count; i++)
        pulses[i] = (uint16_t)(data[2 * i] | data[2 * i + 1] << 8);
    int err = dht22_decode(pulses, count, &sample);
    FUZZ_CHECK(err == 0 || err == ROOST_ERR_TIMEOUT || err == ROOST_ERR_CORRUPT);
    if (err) {
        FUZZ_CHECK(sample.temperature_mdegc == INT32_MIN && sample.humidity_mpct == INT32_MIN);
        return;
    }
    FUZZ_CHECK(sample.temperature_mdegc % 100 == 0 && sample.humidity_mpct % 100 == 0);
    FUZZ_CHECK(abs(sample.temperature_mdegc) <= 0x7FFF * 100);
    FUZZ_CHECK(sample.humidity_mpct >= 0 && sample.humidity_mpct <= 0xFFFF * 100);
}

/* A frame as a sensor sends it, somewhat too slow or too fast. */
static void check_frame(const uint8_t *bytes, uint8_t stretch)
{
    uint16_t pulses[DHT22_PULSES];
    struct roost_climate_sample sample;
    size_t count = 0;
    unsigned percent = 85 + stretch % 31;
    bool sums_up = (uint8_t)(bytes[0] + bytes[1] + bytes[2] + bytes[3]) == bytes[4];

    pulses[count++] = DHT22_HIGH | 30;
    pulses[count++] = (uint16_t)(80 * percent / 100);
    pulses[count++] = (uint16_t)(DHT22_HIGH | 80 * percent / 100);
    for (int bit = 0; bit < DHT22_BITS; bit++) {
        unsigned us = bytes[bit / 8] & 0x80 >> bit % 8 ? 70 : 26;

        pulses[count++] = (uint16_t)(50 * percent / 100);
        pulses[count++] = (uint16_t)(DHT22_HIGH | us * percent / 100);
    }
    pulses[count++] = (uint16_t)(50 * percent / 100);
    pulses[count++] = DHT22_HIGH;
    int err = dht22_decode(pulses, count, &sample);
    FUZZ_CHECK(err == (sums_up ? 0 : ROOST_ERR_CORRUPT));
    if (err)
        return;
    int32_t tenths = (bytes[2] & 0x7F) << 8 | bytes[3];
    FUZZ_CHECK(sample.temperature_mdegc == (bytes[2] & 0x80 ? -tenths : tenths) * 100);
    FUZZ_CHECK(sample.humidity_mpct == (bytes[0] << 8 | bytes[1]) * 100);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len >= 7 && data[0] == 'F')
        check_frame(data + 1, data[6]);
    else
        check_pulses(data, len);
    return 0;
}
