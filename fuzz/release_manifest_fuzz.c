/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "hub/firmware/manifest.h"

/* What the hub reads and answers is read again as the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct firmware_manifest manifest, again;
    char why[192] = "", out[ROOST_MANIFEST_MAX], twice[ROOST_MANIFEST_MAX];
    if (firmware_manifest_read(&manifest, (const char *)data, len, why, sizeof why) != 0) {
        FUZZ_CHECK(strncmp(why, "manifest.json: ", 15) == 0);
        return 0;
    }
    int written = firmware_manifest_write(out, sizeof out, &manifest, "https://hub/image");
    if (written < 0)
        return 0;
    FUZZ_CHECK(firmware_manifest_read(&again, out, (size_t)written, why, sizeof why) == 0);
    FUZZ_CHECK(firmware_manifest_write(twice, sizeof twice, &again, "https://hub/image") ==
               written);
    FUZZ_CHECK(memcmp(out, twice, (size_t)written) == 0);
    return 0;
}
