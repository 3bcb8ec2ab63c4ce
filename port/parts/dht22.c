/* SPDX-License-Identifier: Apache-2.0 */
#include "port/parts/dht22.h"

#include <stdbool.h>

#include "core/bytes.h"
#include "core/err.h"

/* Microseconds. Wider than the manual's, which wires of some metres and the weaker parts on the
 * market do not keep; ZERO_MAX lies halfway between the two kinds of bit. */
enum {
    ANSWER_MIN = 60,
    ANSWER_MAX = 110,
    LOW_MIN = 30,
    LOW_MAX = 80,
    BIT_MIN = 10,
    ZERO_MAX = 48,
    ONE_MAX = 95,
    HEAD_MAX = 6 /* pulses before the answer: what is left of the host's, and a glitch */
};

static bool is_pulse(uint16_t pulse, bool high, unsigned min_us, unsigned max_us)
{
    unsigned us = pulse & (DHT22_HIGH - 1u);

    return ((pulse & DHT22_HIGH) != 0) == high && us >= min_us && us <= max_us;
}

/* Returns the index behind the answer, or 0. */
static size_t find_answer(const uint16_t *pulses, size_t count)
{
    for (size_t i = 0; i + 1 < count && i < HEAD_MAX; i++)
        if (is_pulse(pulses[i], false, ANSWER_MIN, ANSWER_MAX) &&
            is_pulse(pulses[i + 1], true, ANSWER_MIN, ANSWER_MAX))
            return i + 2;
    return 0;
}

static int take_bits(const uint16_t *pulses, uint8_t bytes[DHT22_BITS / 8])
{
    for (size_t bit = 0; bit < DHT22_BITS; bit++) {
        uint16_t high = pulses[2 * bit + 1];

        if (!is_pulse(pulses[2 * bit], false, LOW_MIN, LOW_MAX) ||
            !is_pulse(high, true, BIT_MIN, ONE_MAX))
            return ROOST_ERR_CORRUPT;
        unsigned one = is_pulse(high, true, BIT_MIN, ZERO_MAX) ? 0 : 1;
        bytes[bit / 8] = (uint8_t)((unsigned)bytes[bit / 8] << 1 | one);
    }
    return 0;
}

int dht22_decode(const uint16_t *pulses, size_t count, struct roost_climate_sample *out)
{
    uint8_t bytes[DHT22_BITS / 8] = {0};

    for (size_t i = 0; i < count; i++)
        if ((pulses[i] & (DHT22_HIGH - 1u)) == 0)
            count = i;
    size_t at = find_answer(pulses, count);
    if (at == 0)
        return ROOST_ERR_TIMEOUT;
    size_t rest = count - at;
    /* Behind the bits only the end: low, and high again where that was measured. */
    if (rest < 2 * DHT22_BITS || rest > 2 * DHT22_BITS + 2)
        return ROOST_ERR_CORRUPT;
    int err = take_bits(pulses + at, bytes);
    if (err < 0)
        return err;
    if ((uint8_t)(bytes[0] + bytes[1] + bytes[2] + bytes[3]) != bytes[4])
        return ROOST_ERR_CORRUPT;
    /* Tenths; the temperature as magnitude and sign. */
    int32_t tenths = (bytes[2] & 0x7F) << 8 | bytes[3];
    out->temperature_mdegc = (bytes[2] & 0x80 ? -tenths : tenths) * 100;
    out->humidity_mpct = roost_be_get16(bytes) * 100;
    return 0;
}
