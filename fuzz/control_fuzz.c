/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "proto/climate/payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct roost_control control, again;
    if (roost_control_parse(&control, (const char *)data, len) != 0)
        return 0;
    FUZZ_CHECK(control.position_pct >= 0.0 && control.position_pct <= 100.0);
    FUZZ_CHECK(control.confidence >= 0.0 && control.confidence <= 1.0);
    char out[1024];
    int written = roost_control_write(out, sizeof out, &control);
    FUZZ_CHECK(written > 0);
    FUZZ_CHECK(roost_control_parse(&again, out, (size_t)written) == 0);
    FUZZ_CHECK(strcmp(again.device_id, control.device_id) == 0);
    FUZZ_CHECK(strcmp(again.model_version, control.model_version) == 0);
    FUZZ_CHECK(strcmp(again.trace_id, control.trace_id) == 0);
    FUZZ_CHECK(again.unix_ms == control.unix_ms);
    FUZZ_CHECK(again.has_features == control.has_features);
    double off = again.position_pct - control.position_pct;
    FUZZ_CHECK(off < 0.001 && off > -0.001);
    return 0;
}
