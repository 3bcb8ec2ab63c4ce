/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "proto/climate/payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct roost_request request, again;
    if (roost_request_parse(&request, (const char *)data, len) != 0)
        return 0;
    char out[1024];
    int written = roost_request_write(out, sizeof out, &request);
    FUZZ_CHECK(written > 0);
    FUZZ_CHECK(roost_request_parse(&again, out, (size_t)written) == 0);
    FUZZ_CHECK(strcmp(again.device_id, request.device_id) == 0);
    FUZZ_CHECK(strcmp(again.trace_id, request.trace_id) == 0);
    FUZZ_CHECK(again.unix_ms == request.unix_ms);
    double off = again.features.humidity_pct - request.features.humidity_pct;
    FUZZ_CHECK(off < 0.001 && off > -0.001);
    return 0;
}
