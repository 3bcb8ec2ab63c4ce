/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ESP32 application images whole: making the one a Linux program travels in, and checking any, as
 * the boot loader would (segments, checksum byte, appended SHA-256; ESP-IDF's image format, the
 * head is proto/fleet/image.h's). Depends on proto/fleet/image.h, OpenSSL.
 *
 *     24 bytes of header | segment 0: head, esp_app_desc_t | segment 1: head, ELF, zeros to 4 bytes
 *     | zeros and, as the last of 16 bytes, the checksum | SHA-256 of all before
 */
#ifndef ROOST_TOOLS_FIRMWARE_PACK_H
#define ROOST_TOOLS_FIRMWARE_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "host/why.h"

enum { PACK_IMAGE_MAX = 256 << 20 };

struct pack_source {
    const void *elf;
    size_t elf_len;
    const char *version, *project; /* 1 to 31 printable characters without blanks */
    uint32_t security_version;
};

/* *image is malloc'd and the caller's. */
int pack_image(uint8_t **image, size_t *len, const struct pack_source *source, struct why *why);

/* Whether an image is whole. Behind the image's own end a secure boot signature may follow: one
 * sector of 4096 bytes at the next multiple of that. */
int pack_check(const uint8_t *image, size_t len, struct why *why);

#endif
