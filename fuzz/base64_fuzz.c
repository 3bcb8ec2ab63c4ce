/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base64.h"
#include "core/err.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    /* Only one text stands for given bytes: what decodes encodes to itself. */
    uint8_t *bytes = malloc(len + 1);
    char *text = malloc(ROOST_BASE64_LEN(len) + 1);
    FUZZ_CHECK(bytes && text);
    int count = roost_base64_decode(bytes, len, (const char *)data, len);
    if (count >= 0) {
        size_t text_len = roost_base64_encode(text, bytes, (size_t)count);
        FUZZ_CHECK(text_len == len && memcmp(text, data, len) == 0);
        if (count > 0)
            FUZZ_CHECK(roost_base64_decode(bytes, (size_t)count - 1, text, text_len) ==
                       ROOST_ERR_TOO_LONG);
    }
    size_t text_len = roost_base64_encode(text, data, len);
    FUZZ_CHECK(text_len == ROOST_BASE64_LEN(len));
    FUZZ_CHECK(roost_base64_decode(text, text_len, text, text_len) == (int)len);
    FUZZ_CHECK(len == 0 || memcmp(text, data, len) == 0);
    free(text);
    free(bytes);
    return 0;
}
