/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware images of Linux programs as they lie in a slot's file: the form of an ESP32 image
 * (proto/fleet/image.h) whose second segment is the ELF file. Checked as a boot loader checks them,
 * by check byte and appended SHA-256, and unpacked into a program that can be executed. Depends on
 * proto/fleet/image.h, disk.h and crypto.h.
 */
#ifndef ROOST_PORT_LINUX_IMAGE_H
#define ROOST_PORT_LINUX_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "port/linux/disk.h"
#include "port/port.h"

struct linux_image {
    uint32_t security_version;
    uint32_t elf_offset, elf_bytes;
    uint8_t elf_sha256[32];
};

/* Whether the first len bytes of the file are one whole image for Linux. Returns 0,
 * ROOST_ERR_CORRUPT or ROOST_ERR_IO. */
int linux_image_check(struct linux_image *image, int fd, uint32_t len,
                      const struct roost_crypto *crypto);

/* Unpacks the program so that after a cut at any step `path` is what it was or whole. Returns 0,
 * ROOST_ERR_CORRUPT when it has not the sum it should have, or an error of the disk. */
int linux_image_unpack(const struct linux_image *image, int fd, const struct roost_crypto *crypto,
                       struct linux_disk *disk, const char *dir, const char *path);

/* Whether the file at `path` is the program of this sum and may be executed. */
bool linux_image_unpacked(const char *path, const uint8_t sum[32],
                          const struct roost_crypto *crypto);

#endif
