/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "core/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = malloc(len + 1), *memory = malloc(len + 1), *masked = malloc(len + 4);
    FUZZ_CHECK(text && memory && masked);
    memcpy(text, data, len);
    text[len] = '\0';
    size_t size = strlen(text) + 1;
    struct roost_url url;
    const char *host;
    uint16_t port;
    int err = roost_url_parse(&url, text, memory, size);
    FUZZ_CHECK(err == 0 || err == ROOST_ERR_INVALID);
    if (err == 0) {
        FUZZ_CHECK(url.scheme[0] && url.host[0]);
        roost_url_mask(masked, size + 3, text);
        FUZZ_CHECK(!url.password[0] || strstr(masked, ":***@"));
    }
    err = roost_url_parse_host_port(&host, &port, text, memory, size);
    FUZZ_CHECK(err <= 0);
    if (err == 0)
        FUZZ_CHECK(host[0] && port > 0);
    free(masked);
    free(memory);
    free(text);
    return 0;
}
