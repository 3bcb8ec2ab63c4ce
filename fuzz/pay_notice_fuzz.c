/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "hub/provider/http_provider.h"

/* A notice that is signed and one that is not; and the same bytes as an answer of the provider. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char secret[] = "0123456789abcdef0123456789abcdef";
    char signature[HTTP_PROVIDER_SIGNATURE_BYTES], body[4096];
    char reference[MONEY_REFERENCE_BYTES] = "", url[MONEY_URL_BYTES] = "";
    struct money_notice notice;
    const char *text = (const char *)data;

    FUZZ_CHECK(http_provider_sign(secret, text, len, signature) == 0);
    FUZZ_CHECK(http_provider_notice(secret, text, len, "", &notice) == ROOST_ERR_AUTH);
    if (http_provider_notice(secret, text, len, signature, &notice) == 0) {
        FUZZ_CHECK(strlen(notice.payment_id) < MONEY_ID_BYTES);
        FUZZ_CHECK(notice.event.kind == MONEY_IS_PAID || notice.event.kind == MONEY_IS_FAILED ||
                   notice.event.kind == MONEY_IS_REFUNDED);
    }
    size_t body_len = len < sizeof body ? len : sizeof body - 1;
    memcpy(body, data, body_len);
    body[body_len] = '\0';
    if (http_provider_begun(200, body, reference, url) == 0)
        FUZZ_CHECK(strncmp(url, "http", 4) == 0);
    (void)http_provider_refunded(200, body);
    return 0;
}
