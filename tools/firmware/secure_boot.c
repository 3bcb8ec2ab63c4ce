/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/firmware/secure_boot.h"

#include <openssl/evp.h>
#include <string.h>

#include "core/bytes.h"
#include "core/crc32.h"

enum {
    HEADER = 24,
    SEGMENT_HEAD = 8,
    SEGMENTS_AT = 1,
    HASH_APPENDED_AT = 23,
    HASH = 32,
    PADDED_TO = 64 * 1024,
    SECTOR = 4096,
    BLOCK = 1216,
    BLOCKS = 3,
    MAGIC = 0xE7,
    VERSION_RSA = 2,
    VERSION_ECDSA = 3,
    DIGEST_AT = 4,
    CRC_AT = 1196
};

/* The image's own end, and whether its last segment is the one that signing needs: at no address,
 * and empty. */
static size_t own_end(const uint8_t *image, bool *padded)
{
    size_t at = HEADER;

    *padded = false;
    for (unsigned i = 0; i < image[SEGMENTS_AT]; i++) {
        uint32_t address = roost_le_get32(image + at), size = roost_le_get32(image + at + 4);
        at += SEGMENT_HEAD;
        *padded = address == 0;
        for (uint32_t k = 0; *padded && k < size; k++)
            *padded = image[at + k] == 0;
        at += size;
    }
    at = at / 16 * 16 + 16; /* behind the checksum */
    if (image[HASH_APPENDED_AT] == 1)
        at += HASH;
    *padded = *padded && at % PADDED_TO == 0;
    return at;
}

bool secure_boot_padded(const uint8_t *image)
{
    bool padded;

    (void)own_end(image, &padded);
    return padded;
}

static bool signs(const uint8_t *block, const uint8_t digest[HASH])
{
    return block[0] == MAGIC && (block[1] == VERSION_RSA || block[1] == VERSION_ECDSA) &&
           memcmp(block + DIGEST_AT, digest, HASH) == 0 &&
           roost_crc32(0, block, CRC_AT) == roost_le_get32(block + CRC_AT);
}

enum secure_boot secure_boot_of(const uint8_t *image, size_t len)
{
    bool padded;
    uint8_t digest[HASH];

    if (len == own_end(image, &padded))
        return padded ? SECURE_BOOT_UNSIGNED : SECURE_BOOT_NONE;
    const uint8_t *sector = image + len - SECTOR;
    if (EVP_Digest(image, len - SECTOR, digest, NULL, EVP_sha256(), NULL) != 1)
        return SECURE_BOOT_FOREIGN;
    for (size_t i = 0; i < BLOCKS; i++)
        if (signs(sector + i * BLOCK, digest))
            return SECURE_BOOT_SIGNED;
    return SECURE_BOOT_FOREIGN;
}
