/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "proto/climate/payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct roost_window_state state, again;
    if (roost_window_state_parse(&state, (const char *)data, len) != 0)
        return 0;
    FUZZ_CHECK(state.position_pct >= 0.0 && state.position_pct <= 100.0);
    char out[512];
    int written = roost_window_state_write(out, sizeof out, &state);
    FUZZ_CHECK(written > 0);
    FUZZ_CHECK(roost_window_state_parse(&again, out, (size_t)written) == 0);
    FUZZ_CHECK(again.moving == state.moving && again.calibrated == state.calibrated);
    FUZZ_CHECK(strcmp(again.fault, state.fault) == 0);
    return 0;
}
