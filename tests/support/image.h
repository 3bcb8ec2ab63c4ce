/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes firmware images in the form of Espressif's tools (esptool's documentation, "Firmware Image
 * Format") out of any program, for tests of slots and updates. Written from that description and
 * not from what reads them.
 */
#ifndef ROOST_TESTS_SUPPORT_IMAGE_H
#define ROOST_TESTS_SUPPORT_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* An image for Linux (chip 0xFFF0) with the application description as its first segment and the
 * program as its second. malloc'd. */
uint8_t *support_make_image(const void *program, size_t program_len, uint32_t security_version,
                            const char *version, size_t *len);

/* Makes check byte and hash right again after a change. `len` is the whole image's. */
void support_seal_image(uint8_t *image, size_t len);

#endif
