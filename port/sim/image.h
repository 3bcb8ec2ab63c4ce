/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware images for modelled boards: made as Espressif's tools make them (esptool, "Firmware
 * Image Format") and checked as the chip's boot loader checks them, by segments, check byte and
 * appended SHA-256. Depends on proto/fleet/image.h and OpenSSL's SHA-256.
 *
 *     struct sim_image_options new = {.version = "1.1.0", .project = "roost-lamp",
 *                                     .security_version = 2, .body_bytes = 100000};
 *     uint8_t *image = sim_image_make(&new, &len);
 */
#ifndef ROOST_PORT_SIM_IMAGE_H
#define ROOST_PORT_SIM_IMAGE_H

#include "proto/fleet/image.h"

struct sim_image_options {
    const char *version, *project; /* at most 31 characters */
    uint16_t chip;                 /* 0 is ROOST_CHIP_ESP32 */
    uint32_t security_version;
    size_t body_bytes; /* of what stands for the code, drawn from the seed */
    uint64_t seed;
};

/* Never NULL: out of memory ends the simulation. The caller frees it. */
uint8_t *sim_image_make(const struct sim_image_options *options, size_t *len);

/* Reads the head and checks the first len bytes as one whole image of this chip. Returns 0 or
 * ROOST_ERR_CORRUPT. */
int sim_image_check(struct roost_image *image, const uint8_t *bytes, size_t len, uint16_t chip);

#endif
