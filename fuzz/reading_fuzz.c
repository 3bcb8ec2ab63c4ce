/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "proto/climate/payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct roost_reading reading, again;
    const char *text = (const char *)data;
    if (roost_reading_parse(&reading, CLIMATE_TOPIC_HUMIDITY, text, len) == 0)
        FUZZ_CHECK(reading.value >= 0.0 && reading.value <= 100.0);
    if (roost_reading_parse(&reading, CLIMATE_TOPIC_TEMPERATURE, text, len) != 0)
        return 0;
    FUZZ_CHECK(reading.value >= ROOST_TEMPERATURE_MIN_DEGC);
    FUZZ_CHECK(reading.value <= ROOST_TEMPERATURE_MAX_DEGC);
    char out[128];
    int64_t milli = (int64_t)(reading.value * 1000.0);
    int written = roost_reading_write(out, sizeof out, milli, reading.unix_ms, reading.seq);
    FUZZ_CHECK(written > 0);
    FUZZ_CHECK(roost_reading_parse(&again, CLIMATE_TOPIC_TEMPERATURE, out, (size_t)written) == 0);
    FUZZ_CHECK(again.unix_ms == reading.unix_ms && again.seq == reading.seq);
    double off = again.value - (double)milli / 1000.0;
    FUZZ_CHECK(off < 1e-9 && off > -1e-9);
    return 0;
}
