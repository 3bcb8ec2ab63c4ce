/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/fleet/image.h"

#include <stdbool.h>
#include <string.h>

#include "core/bytes.h"
#include "core/err.h"

/* Where things stand in the head: esp_image_header_t, esp_image_segment_header_t, esp_app_desc_t.
 */
enum {
    AT_MAGIC = 0,
    AT_SEGMENTS = 1,
    AT_CHIP = 12,
    AT_APP_MAGIC = 32,
    AT_SECURITY_VERSION = 36,
    AT_VERSION = 48,
    AT_PROJECT = 80,
};

int roost_image_read(struct roost_image *image, const void *bytes, size_t len)
{
    const uint8_t *head = bytes;
    if (len < ROOST_IMAGE_HEAD_BYTES)
        return ROOST_ERR_TRUNCATED;
    *image = (struct roost_image){
        .segments = head[AT_SEGMENTS],
        .chip = roost_le_get16(head + AT_CHIP),
        .security_version = roost_le_get32(head + AT_SECURITY_VERSION),
    };
    memcpy(image->version, head + AT_VERSION, sizeof image->version);
    memcpy(image->project, head + AT_PROJECT, sizeof image->project);
    bool whole = head[AT_MAGIC] == ROOST_IMAGE_MAGIC && image->segments >= 1 &&
                 image->segments <= ROOST_IMAGE_SEGMENTS_MAX &&
                 roost_le_get32(head + AT_APP_MAGIC) == ROOST_APP_DESC_MAGIC &&
                 memchr(image->version, 0, sizeof image->version) &&
                 memchr(image->project, 0, sizeof image->project);
    return whole ? ROOST_OK : ROOST_ERR_CORRUPT;
}

int roost_chip_find(const char *target)
{
    static const struct {
        char target[8];
        uint16_t chip;
    } chips[] = {
        {"esp32", ROOST_CHIP_ESP32},
        {"esp32s3", ROOST_CHIP_ESP32S3},
        {"esp32c3", ROOST_CHIP_ESP32C3},
        {"linux", ROOST_CHIP_LINUX},
    };
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++)
        if (strcmp(chips[i].target, target) == 0)
            return chips[i].chip;
    return -1;
}
