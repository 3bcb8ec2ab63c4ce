/* SPDX-License-Identifier: Apache-2.0 */
#include "core/datetime.h"
#include "core/err.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    int64_t unix_ms, again;
    char text[ROOST_DATETIME_LEN + 1];
    int err = roost_datetime_parse((const char *)data, len, &unix_ms);
    FUZZ_CHECK(err <= 0);
    if (err == 0) {
        roost_datetime_write(text, unix_ms);
        FUZZ_CHECK(strlen(text) == ROOST_DATETIME_LEN);
        FUZZ_CHECK(roost_datetime_parse(text, ROOST_DATETIME_LEN, &again) == 0);
        FUZZ_CHECK(again == unix_ms);
    }
    if (len >= sizeof unix_ms) { /* whatever time it is asked to write */
        memcpy(&unix_ms, data, sizeof unix_ms);
        roost_datetime_write(text, unix_ms);
        FUZZ_CHECK(strlen(text) == ROOST_DATETIME_LEN);
        FUZZ_CHECK(roost_datetime_parse(text, ROOST_DATETIME_LEN, &again) == 0);
    }
    return 0;
}
