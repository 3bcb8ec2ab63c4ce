/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest.json as `roost-firmware sign` writes it, and what GET /api/v1/esp32/firmware makes of
 * it: the same members, and the address the image is served at. The hub does not judge the
 * signature: devices do, with the keys they were made with. Pure. Depends on core/.
 *
 *     int err = firmware_manifest_read(&manifest, json, len, why, sizeof why);
 *     len = firmware_manifest_write(out, sizeof out, &manifest, "https://hub.example/...");
 */
#ifndef ROOST_HUB_FIRMWARE_MANIFEST_H
#define ROOST_HUB_FIRMWARE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/fleet/manifest.h"

/* One value as the file has it, or what stands for an absent one. */
struct firmware_value {
    const char *json;
    size_t len;
};

/* The values point into `text`: a manifest is not copied. */
struct firmware_manifest {
    char text[ROOST_MANIFEST_MAX];
    char version[ROOST_MANIFEST_VERSION_MAX + 1];
    char sha256[2 * 32 + 1], signature[2 * 64 + 1], key_id[2 * ROOST_KEY_ID_BYTES + 1];
    bool available, mandatory;
    uint32_t size_bytes, security_version;
    struct firmware_value build, notes, min_hardware, max_hardware, bootloader, meta;
    int meta_values; /* keys and values inside meta */
};

/* Needed are version, size, sha256, signature, key_id, security_version, meta.product and
 * meta.target; hexadecimal digits become lower case. Returns 0, ROOST_ERR_TOO_LONG,
 * ROOST_ERR_INVALID; `why` then names the member and what it has to be. */
int firmware_manifest_read(struct firmware_manifest *manifest, const char *json, size_t len,
                           char *why, size_t why_size);

/* Returns the length, or ROOST_ERR_TOO_LONG when devices could not take it (ROOST_MANIFEST_MAX,
 * ROOST_MANIFEST_VALUES_MAX). */
int firmware_manifest_write(char *out, size_t size, const struct firmware_manifest *manifest,
                            const char *url);

#endif
