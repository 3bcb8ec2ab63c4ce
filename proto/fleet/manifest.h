/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifest of a firmware image, as a hub serves it at GET /api/v1/esp32/firmware, and the check
 * of its signature. Reading and verifying are pure; nothing here trusts a manifest that was not
 * verified. Depends on core/ (JSON, hex, number, error list) and the crypto of port/port.h.
 *
 *     err = roost_manifest_read(&manifest, json, len, &field);
 *     if (!err)
 *         err = roost_manifest_verify(&manifest, &port->crypto, keys, 2);
 *
 * What is signed is not the JSON but these lines, each ended by one line feed, numbers in decimal
 * without leading zeros, bytes in lower-case hexadecimal:
 *
 *     roost-firmware-1
 *     product=window
 *     target=esp32c3
 *     version=1.4.0
 *     security_version=3
 *     size=1048576
 *     sha256=<64 digits>
 *     min_hardware_version=1
 *     max_hardware_version=9
 *
 * with ECDSA on P-256 over their SHA-256 (FIPS 186-4), r and s as 128 digits in `signature`.
 * `key_id` is the first 8 bytes of the SHA-256 of the public key (65 bytes, SEC 1 uncompressed).
 * Product and target stand in the manifest's `meta`, the hardware versions in `compatibility`;
 * url, notes, build and mandatory are not signed: they decide nothing about what may run.
 */
#ifndef ROOST_PROTO_FLEET_MANIFEST_H
#define ROOST_PROTO_FLEET_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct roost_crypto;

enum {
    ROOST_MANIFEST_MAX = 2048, /* bytes of JSON */
    /* Keys and values of it: the members we know are 40, the rest is for those we do not. */
    ROOST_MANIFEST_VALUES_MAX = 80,
    ROOST_MANIFEST_NAME_MAX = 15,
    ROOST_MANIFEST_VERSION_MAX = 31, /* what an ESP-IDF application description holds */
    ROOST_MANIFEST_URL_MAX = 255,
    ROOST_MANIFEST_TEXT_MAX = 320, /* the signed lines */
    ROOST_PUBLIC_KEY_BYTES = 65,
    ROOST_KEY_ID_BYTES = 8
};

struct roost_manifest {
    bool available; /* false: there is nothing to install; the members below may be empty */
    bool mandatory;
    char product[ROOST_MANIFEST_NAME_MAX + 1], target[ROOST_MANIFEST_NAME_MAX + 1];
    char version[ROOST_MANIFEST_VERSION_MAX + 1];
    uint32_t security_version, size_bytes;
    uint32_t min_hardware, max_hardware;
    uint8_t sha256[32];
    char url[ROOST_MANIFEST_URL_MAX + 1]; /* of the image, or its path on the hub */
    uint8_t key_id[ROOST_KEY_ID_BYTES];
    uint8_t signature[64]; /* r, s */
};

/* Returns 0 or an error of core/json_read.h; *field then names the member that is missing or wrong
 * ("sha256", "meta.product"; "manifest" for the whole). Product, target and version are printable
 * ASCII without blanks. Unknown members are ignored. Absent hardware versions are 0 and
 * UINT32_MAX. 2 KB of stack. */
int roost_manifest_read(struct roost_manifest *manifest, const char *json, size_t len,
                        const char **field);

/* The signed lines. Returns their length or ROOST_ERR_TOO_LONG. */
int roost_manifest_text(const struct roost_manifest *manifest, char *out, size_t size);

/* The key id of a public key. Returns 0 or ROOST_ERR_CRYPTO. */
int roost_key_id(const struct roost_crypto *crypto, const uint8_t key[ROOST_PUBLIC_KEY_BYTES],
                 uint8_t id[ROOST_KEY_ID_BYTES]);

/* Verifies with the key of that id among `count` trusted ones. Returns 0, ROOST_ERR_AUTH (signed by
 * none of them) or ROOST_ERR_CRYPTO (the signature does not verify). */
int roost_manifest_verify(const struct roost_manifest *manifest, const struct roost_crypto *crypto,
                          const uint8_t (*keys)[ROOST_PUBLIC_KEY_BYTES], size_t count);

#endif
