/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an application image is signed for the chip's own secure boot (ESP-IDF's v2), which is
 * another signature than that of the release: a boot loader that checks it runs nothing without.
 * Whose key it is only the chip can say; that the signature belongs to this image can be seen here.
 * Depends on proto/fleet/image.h, OpenSSL.
 *
 * A build for secure boot ends with an empty segment, so long that the image ends at a multiple of
 * 64 KB. Signing adds a sector of 4096 bytes with up to three blocks of 1216:
 *
 *     offset 0   magic 0xE7, version 2 (RSA) or 3 (ECDSA), 2 zeros
 *            4   SHA-256 of everything before the sector
 *           36   public key and signature
 *         1196   CRC-32 of the bytes before it (LE), 16 zeros
 */
#ifndef ROOST_TOOLS_FIRMWARE_SECURE_BOOT_H
#define ROOST_TOOLS_FIRMWARE_SECURE_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum secure_boot {
    SECURE_BOOT_NONE,     /* neither built nor signed for it */
    SECURE_BOOT_UNSIGNED, /* built for it, and not signed */
    SECURE_BOOT_FOREIGN,  /* what is there is no signature of this image */
    SECURE_BOOT_SIGNED
};

/* Of an image that pack_check() found whole. */
enum secure_boot secure_boot_of(const uint8_t *image, size_t len);

/* Whether it was built for secure boot, signed or not. */
bool secure_boot_padded(const uint8_t *image);

#endif
