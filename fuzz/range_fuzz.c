/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "host/net/http_range.h"

/* The first byte is the size of the body, the rest the header. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0)
        return 0;
    uint64_t size = data[0] < 200 ? data[0] : UINT64_MAX - data[0];
    char *text = malloc(len);
    FUZZ_CHECK(text);
    memcpy(text, data + 1, len - 1);
    text[len - 1] = '\0';
    uint64_t first = 7, part = 7;
    int got = http_range_parse(text, size, &first, &part);
    FUZZ_CHECK(got == 1 || got == 0 || got == ROOST_ERR_RANGE);
    if (got == 1)
        FUZZ_CHECK(part > 0 && part <= size && first <= size - part);
    free(text);
    return 0;
}
