/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of an ESP32 application image, as Espressif's tools write it: enough to refuse an image
 * that is none, is of another chip, or says another version than its manifest, before it is
 * activated. The Linux programs travel in the same form, so that one hub serves both: segment 0 is
 * the application description, segment 1 the ELF file, chip id ROOST_CHIP_LINUX.
 *
 *     offset 0   0xE9, segment count 1..16, flash mode, size and speed, entry address (LE)
 *           8    extended header of 16 bytes: ... chip id at 12 (LE) ... hash appended at 23
 *           24   segment 0: load address, length (LE), then its data, which begins with
 *           32   esp_app_desc_t: magic 0xABCD5432, secure version, 8 bytes, version[32],
 *                project name[32], ...
 *     (ESP-IDF: esp_app_format.h, esp_app_desc.h; the same in 5.3 and 5.5)
 *
 * Depends on core/err.h.
 */
#ifndef ROOST_PROTO_FLEET_IMAGE_H
#define ROOST_PROTO_FLEET_IMAGE_H

#include <stddef.h>
#include <stdint.h>

enum {
    ROOST_IMAGE_HEAD_BYTES = 32 + 256, /* headers and application description */
    ROOST_IMAGE_SEGMENTS_MAX = 16,
    ROOST_IMAGE_MAGIC = 0xE9,
    ROOST_CHIP_ESP32 = 0,
    ROOST_CHIP_ESP32S3 = 9,
    ROOST_CHIP_ESP32C3 = 5,
    ROOST_CHIP_LINUX = 0xFFF0 /* ours: not one of Espressif's */
};

#define ROOST_APP_DESC_MAGIC 0xABCD5432u

struct roost_image {
    uint8_t segments;
    uint16_t chip;
    uint32_t security_version;
    char version[32], project[32]; /* NUL-terminated */
};

/* Returns 0, ROOST_ERR_TRUNCATED (less than ROOST_IMAGE_HEAD_BYTES) or ROOST_ERR_CORRUPT (magic
 * byte, segment count, no application description, text without an end). */
int roost_image_read(struct roost_image *image, const void *bytes, size_t len);

/* The chip's id by the target's name ("esp32", "esp32s3", "esp32c3", "linux"), or -1. */
int roost_chip_find(const char *target);

#endif
