/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "proto/fleet/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct roost_status status, again;
    if (roost_status_parse(&status, (const char *)data, len) != 0)
        return 0;
    char out[3 * ROOST_STATUS_MAX]; /* control characters in a text grow sixfold */
    int written = roost_status_write(out, sizeof out, &status);
    FUZZ_CHECK(written > 0);
    FUZZ_CHECK(roost_status_parse(&again, out, (size_t)written) == 0);
    FUZZ_CHECK(again.online == status.online && again.has_health == status.has_health);
    FUZZ_CHECK(again.seq == status.seq && again.uptime_ms == status.uptime_ms);
    FUZZ_CHECK(again.rssi_dbm == status.rssi_dbm);
    FUZZ_CHECK(again.counter_count == status.counter_count);
    for (int i = 0; i < status.counter_count; i++)
        FUZZ_CHECK(strcmp(again.counters[i].name, status.counters[i].name) == 0 &&
                   again.counters[i].value == status.counters[i].value);
    FUZZ_CHECK(strcmp(again.firmware, status.firmware) == 0);
    FUZZ_CHECK(strcmp(again.fault, status.fault) == 0);
    FUZZ_CHECK(again.has_update == status.has_update);
    FUZZ_CHECK(again.update.error == status.update.error);
    FUZZ_CHECK(strcmp(again.update.state, status.update.state) == 0);
    FUZZ_CHECK(strcmp(again.update.version, status.update.version) == 0);
    FUZZ_CHECK(strcmp(again.update.report, status.update.report) == 0);
    return 0;
}
