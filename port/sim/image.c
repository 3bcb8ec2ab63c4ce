/* SPDX-License-Identifier: Apache-2.0 */
#include "port/sim/image.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/bytes.h"
#include "core/err.h"
#include "port/sim/clock.h"

enum {
    HEADER = 24,
    SEGMENT = 8,
    DESCRIPTION = 256,
    CHECK_SEED = 0xEF,
    CHECK_ALIGN = 16, /* the check byte is the last of a block of 16 */
    CHIP_AT = 12,
    HASH_FLAG_AT = 23,
    HASH = SHA256_DIGEST_LENGTH
};

uint8_t *sim_image_make(const struct sim_image_options *options, size_t *len)
{
    size_t end = HEADER + SEGMENT + DESCRIPTION + SEGMENT + options->body_bytes;
    size_t check_at = end | (CHECK_ALIGN - 1);
    uint8_t *image = calloc(1, check_at + 1 + HASH);
    struct sim_random random;

    ROOST_ASSERT(image && options->body_bytes <= UINT32_MAX);
    image[0] = ROOST_IMAGE_MAGIC;
    image[1] = 2;
    roost_le_put(image + CHIP_AT, options->chip, 2);
    image[HASH_FLAG_AT] = 1;

    uint8_t *description = image + HEADER + SEGMENT;
    roost_le_put(description - 4, DESCRIPTION, 4);
    roost_le_put(description, ROOST_APP_DESC_MAGIC, 4);
    roost_le_put(description + 4, options->security_version, 4);
    snprintf((char *)description + 16, 32, "%s", options->version);
    snprintf((char *)description + 48, 32, "%s", options->project);

    uint8_t *body = description + DESCRIPTION + SEGMENT;
    roost_le_put(body - 4, (uint32_t)options->body_bytes, 4);
    sim_random_init(&random, options->seed, "image", 0);
    sim_random_fill(&random, body, options->body_bytes);

    image[check_at] = CHECK_SEED;
    for (size_t i = 0; i < DESCRIPTION; i++)
        image[check_at] ^= description[i];
    for (size_t i = 0; i < options->body_bytes; i++)
        image[check_at] ^= body[i];
    SHA256(image, check_at + 1, image + check_at + 1);
    *len = check_at + 1 + HASH;
    return image;
}

int sim_image_check(struct roost_image *image, const uint8_t *bytes, size_t len, uint16_t chip)
{
    uint8_t check = CHECK_SEED, sum[HASH];
    size_t at = HEADER;

    if (roost_image_read(image, bytes, len) < 0 || image->chip != chip || bytes[HASH_FLAG_AT] != 1)
        return ROOST_ERR_CORRUPT;
    for (unsigned i = 0; i < image->segments; i++) {
        if (len - at < SEGMENT)
            return ROOST_ERR_CORRUPT;
        size_t end = at + SEGMENT + roost_le_get32(bytes + at + 4);
        if (end > len)
            return ROOST_ERR_CORRUPT;
        for (at += SEGMENT; at < end; at++)
            check ^= bytes[at];
    }
    at |= CHECK_ALIGN - 1;
    if (at + 1 + HASH != len || bytes[at] != check)
        return ROOST_ERR_CORRUPT;
    SHA256(bytes, at + 1, sum);
    return memcmp(sum, bytes + at + 1, HASH) == 0 ? 0 : ROOST_ERR_CORRUPT;
}
