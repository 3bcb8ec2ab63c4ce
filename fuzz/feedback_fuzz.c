/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "proto/climate/payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    double position_pct, again;
    if (roost_feedback_parse(&position_pct, (const char *)data, len) != 0)
        return 0;
    FUZZ_CHECK(position_pct >= 0.0 && position_pct <= 100.0);
    char out[64];
    int written = roost_feedback_write(out, sizeof out, position_pct);
    FUZZ_CHECK(written > 0);
    FUZZ_CHECK(roost_feedback_parse(&again, out, (size_t)written) == 0);
    FUZZ_CHECK(again - position_pct < 0.01 && position_pct - again < 0.01);
    return 0;
}
