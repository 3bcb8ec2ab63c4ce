/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image together with its signed manifest, as a hub serves them from one folder: firmware.bin
 * and manifest.json. Version and security version are the image's own. The manifest has no url: the
 * hub knows where it serves the image. Depends on runtime/ota, host/key.h, pack.h.
 *
 *     err = release_write("/srv/firmware", &release, &key, image, len, why);
 */
#ifndef ROOST_TOOLS_FIRMWARE_RELEASE_H
#define ROOST_TOOLS_FIRMWARE_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/fleet/manifest.h"
#include "host/key.h"
#include "host/why.h"

enum {
    RELEASE_NOTES_MAX = 500,
    RELEASE_BUILD_MAX = 63,
    /* Bytes of JSON: leaves room for the hub's url within ROOST_MANIFEST_MAX. */
    RELEASE_JSON_MAX = ROOST_MANIFEST_MAX - ROOST_MANIFEST_URL_MAX - 32
};

#define RELEASE_IMAGE    "firmware.bin"
#define RELEASE_MANIFEST "manifest.json"

struct release {
    const char *product, *target; /* "window", "esp32c3" */
    uint32_t hardware_min, hardware_max;
    const char *notes, *build; /* build NULL: the first 8 digits of the image's SHA-256 */
    bool mandatory;
    bool secure_boot; /* the devices run nothing that is not signed for the chip's secure boot */
};

/* Makes the manifest of an image; refuses one that is damaged, not of this product and target, or
 * built for secure boot and not signed for it. */
int release_manifest(char *json, size_t size, const struct release *release, const struct key *key,
                     const uint8_t *image, size_t len, struct why *why);

/* The same, and writes both files into dir, which is made when it is not there. */
int release_write(const char *dir, const struct release *release, const struct key *key,
                  const uint8_t *image, size_t len, struct why *why);

#endif
