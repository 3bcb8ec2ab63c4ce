/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "proto/fleet/image.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct roost_image image;
    int err = roost_image_read(&image, data, len);
    if (len < ROOST_IMAGE_HEAD_BYTES) {
        FUZZ_CHECK(err == ROOST_ERR_TRUNCATED);
        return 0;
    }
    FUZZ_CHECK(err == 0 || err == ROOST_ERR_CORRUPT);
    if (err)
        return 0;
    FUZZ_CHECK(data[0] == ROOST_IMAGE_MAGIC);
    FUZZ_CHECK(image.segments >= 1 && image.segments <= ROOST_IMAGE_SEGMENTS_MAX);
    FUZZ_CHECK(strlen(image.version) < sizeof image.version);
    FUZZ_CHECK(strlen(image.project) < sizeof image.project);
    return 0;
}
