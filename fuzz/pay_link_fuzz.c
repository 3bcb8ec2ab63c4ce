/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "hub/csms/pay_link.h"

/* Nothing is a link that its key did not sign; what is written of these bytes is read as the same.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char key[] = "0123456789abcdef0123456789abcdef";
    struct pay_link link, again, made = {.kind = PAY_LINK_PLACE};
    char text[256], out[PAY_LINK_BYTES];
    size_t text_len = len < sizeof text ? len : sizeof text - 1;

    memcpy(text, data, text_len);
    text[text_len] = '\0';
    if (pay_link_read(key, text, 0, &link) == 0) {
        FUZZ_CHECK(pay_link_write(key, &link, out) == 0);
        FUZZ_CHECK(strcmp(out, text) == 0);
    }
    if (len < 6)
        return 0;
    for (int i = 0; i < 4; i++)
        made.expires_s = made.expires_s << 8 | data[i];
    made.connector = data[4];
    snprintf(made.identity, sizeof made.identity, "%s", text + 5);
    if (pay_link_write(key, &made, out) < 0)
        return 0;
    FUZZ_CHECK(pay_link_read(key, out, -1, &again) == 0);
    FUZZ_CHECK(memcmp(&again, &made, sizeof made) == 0);
    return 0;
}
