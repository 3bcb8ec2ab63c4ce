/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/image.h"
#include "core/bytes.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 24, SEGMENT = 8, DESCRIPTION = 256, HASH = 32 };

void support_seal_image(uint8_t *image, size_t len)
{
    uint8_t check = 0xEF;
    const uint8_t *segment = image + HEADER;

    for (int i = 0; i < image[1]; i++) {
        size_t bytes = roost_le_get32(segment + 4);
        segment += SEGMENT;
        while (bytes-- > 0)
            check ^= *segment++;
    }
    image[len - HASH - 1] = check;
    SHA256(image, len - HASH, image + len - HASH);
}

uint8_t *support_make_image(const void *program, size_t program_len, uint32_t security_version,
                            const char *version, size_t *len)
{
    size_t end = HEADER + SEGMENT + DESCRIPTION + SEGMENT + program_len;

    *len = (end / 16 + 1) * 16 + HASH;
    uint8_t *image = calloc(1, *len);
    if (!image)
        abort();
    image[0] = 0xE9;
    image[1] = 2;
    image[12] = 0xF0;
    image[13] = 0xFF;
    image[23] = 1; /* a hash follows */
    roost_le_put(image + HEADER + 4, DESCRIPTION, 4);
    uint8_t *description = image + HEADER + SEGMENT;
    roost_le_put(description, 0xABCD5432, 4);
    roost_le_put(description + 4, security_version, 4);
    snprintf((char *)description + 16, 32, "%s", version);
    snprintf((char *)description + 48, 32, "test");
    roost_le_put(description + DESCRIPTION + 4, (uint32_t)program_len, 4);
    memcpy(description + DESCRIPTION + SEGMENT, program, program_len);
    support_seal_image(image, *len);
    return image;
}
