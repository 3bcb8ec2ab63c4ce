/* SPDX-License-Identifier: Apache-2.0 */
/* Against the C library: the same text gives the same number. */
#include <math.h>
#include <stdbool.h>

#include "core/err.h"
#include "core/number.h"
#include "fuzz/fuzz.h"

static void check_integers(const char *data, size_t len, const char *text)
{
    int64_t integer;
    uint64_t natural;
    char out[ROOST_NUMBER_MAX];
    bool digits = strspn(text, "-0123456789") == len;
    if (roost_parse_int64(data, len, &integer) == 0) {
        if (digits)
            FUZZ_CHECK(integer == strtoll(text, NULL, 10));
        size_t written = roost_write_scaled(out, integer, 0);
        int64_t again;
        FUZZ_CHECK(written < sizeof out && roost_parse_int64(out, written, &again) == 0);
        FUZZ_CHECK(again == integer);
    }
    if (roost_parse_uint64(data, len, &natural) == 0) {
        if (digits)
            FUZZ_CHECK(natural == strtoull(text, NULL, 10));
        size_t written = roost_write_uint64(out, natural);
        uint64_t again;
        FUZZ_CHECK(written < sizeof out && roost_parse_uint64(out, written, &again) == 0);
        FUZZ_CHECK(again == natural);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char text[512];
    if (len >= sizeof text)
        return 0;
    memcpy(text, data, len);
    text[len] = '\0';
    check_integers((const char *)data, len, text);
    double value;
    int err = roost_parse_double((const char *)data, len, &value);
    FUZZ_CHECK(err <= 0);
    if (err)
        return 0;
    char *end;
    double expected = strtod(text, &end);
    FUZZ_CHECK(end == text + len && isfinite(value));
    FUZZ_CHECK(fabs(value - expected) <= 1e-13 * fabs(expected) + 1e-300);
    if (fabs(value) < 1e9) {
        char out[ROOST_NUMBER_MAX];
        size_t written = roost_write_double(out, value, 3);
        FUZZ_CHECK(written < sizeof out);
        FUZZ_CHECK(fabs(strtod(out, NULL) - value) <= 0.000501);
    }
    return 0;
}
