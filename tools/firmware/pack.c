/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/firmware/pack.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/err.h"
#include "proto/fleet/image.h"

enum {
    HEADER = 24,
    CHIP_AT = 12,
    HASH_APPENDED_AT = 23,
    SEGMENT_HEAD = 8,
    DESCRIPTION = 256,
    DESCRIPTION_ELF_HASH_AT = 144, /* behind magic, versions, names, time, date, IDF version */
    TEXT = 32,
    CHECKSUM_SEED = 0xEF,
    CHECKSUM_ALIGN = 16,
    HASH = 32,
    SECTOR = 4096,
    SIGNATURE_MAGIC = 0xE7
};

static bool sha256(const void *data, size_t len, uint8_t out[HASH])
{
    return EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) == 1;
}

static uint8_t checksum(uint8_t sum, const uint8_t *data, size_t len)
{
    for (; len > 0; len--)
        sum ^= *data++;
    return sum;
}

/* Where the checksum byte lies when the segments end at `end`. */
static size_t checksum_at(size_t end)
{
    return end / CHECKSUM_ALIGN * CHECKSUM_ALIGN + CHECKSUM_ALIGN - 1;
}

static bool is_word(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    return len > 0 && len < TEXT;
}

static bool describe(uint8_t *out, const struct pack_source *source)
{
    roost_le_put(out, ROOST_APP_DESC_MAGIC, 4);
    roost_le_put(out + 4, source->security_version, 4);
    memcpy(out + 16, source->version, strlen(source->version));
    memcpy(out + 16 + TEXT, source->project, strlen(source->project));
    return sha256(source->elf, source->elf_len, out + DESCRIPTION_ELF_HASH_AT);
}

int pack_image(uint8_t **image, size_t *len, const struct pack_source *source, struct why *why)
{
    size_t elf_len = (source->elf_len + 3) / 4 * 4;
    size_t elf_at = HEADER + 2 * SEGMENT_HEAD + DESCRIPTION,
           check_at = checksum_at(elf_at + elf_len);

    if (!is_word(source->version))
        return why_not(why, ROOST_ERR_INVALID,
                       "--version %s: allowed is 1 to %d printable "
                       "characters without blanks",
                       source->version, TEXT - 1);
    if (!is_word(source->project))
        return why_not(why, ROOST_ERR_INVALID,
                       "--project %s: allowed is 1 to %d printable "
                       "characters without blanks",
                       source->project, TEXT - 1);
    if (source->elf_len < 4 || memcmp(source->elf, "\177ELF", 4) != 0)
        return why_not(why, ROOST_ERR_INVALID, "--elf: is not an ELF file");
    if (source->elf_len > PACK_IMAGE_MAX - 2 * SECTOR)
        return why_not(why, ROOST_ERR_TOO_LONG, "--elf: %zu bytes; at most %d", source->elf_len,
                       PACK_IMAGE_MAX - 2 * SECTOR);
    uint8_t *out = calloc(1, check_at + 1 + HASH);
    if (!out)
        return why_not(why, ROOST_ERR_NO_MEMORY, "out of memory");

    uint8_t *description = out + HEADER + SEGMENT_HEAD, *elf = out + elf_at;
    out[0] = ROOST_IMAGE_MAGIC;
    out[1] = 2; /* segments */
    roost_le_put(out + CHIP_AT, ROOST_CHIP_LINUX, 2);
    out[HASH_APPENDED_AT] = 1;
    roost_le_put(out + HEADER + 4, DESCRIPTION, 4);
    roost_le_put(elf - 4, (uint32_t)elf_len, 4);
    memcpy(elf, source->elf, source->elf_len);
    bool good = describe(description, source);
    uint8_t sum = checksum(CHECKSUM_SEED, description, DESCRIPTION);
    out[check_at] = checksum(sum, elf, elf_len);
    if (!good || !sha256(out, check_at + 1, out + check_at + 1)) {
        free(out);
        return why_not(why, ROOST_ERR_CRYPTO, "the SHA-256 could not be made");
    }
    *image = out;
    *len = check_at + 1 + HASH;
    return 0;
}

/* Whether what follows an image that ends at `end` is nothing or a secure boot signature. */
static bool good_tail(const uint8_t *image, size_t len, size_t end)
{
    size_t sector = (end + SECTOR - 1) / SECTOR * SECTOR;

    return len == end || (len == sector + SECTOR && image[sector] == SIGNATURE_MAGIC);
}

int pack_check(const uint8_t *image, size_t len, struct why *why)
{
    struct roost_image head;
    uint8_t sum = CHECKSUM_SEED, hash[HASH];
    size_t at = HEADER;
    int err = roost_image_read(&head, image, len);

    if (err)
        return why_not(why, err, "is not an application image (%s)", roost_err_text(err));
    for (unsigned i = 0; i < head.segments; i++) {
        size_t left = len - at;
        uint32_t size = left < SEGMENT_HEAD ? UINT32_MAX : roost_le_get32(image + at + 4);
        if (left < SEGMENT_HEAD || size > left - SEGMENT_HEAD || size % 4 != 0)
            return why_not(why, ROOST_ERR_TRUNCATED, "segment %u ends outside the image", i);
        at += SEGMENT_HEAD;
        sum = checksum(sum, image + at, size);
        at += size;
    }
    size_t check_at = checksum_at(at), end = check_at + 1;
    if (check_at >= len)
        return why_not(why, ROOST_ERR_TRUNCATED, "the image ends before its checksum");
    if (image[check_at] != sum)
        return why_not(why, ROOST_ERR_CORRUPT, "the image's checksum does not match");
    if (image[HASH_APPENDED_AT] == 1) {
        if (len - end < HASH)
            return why_not(why, ROOST_ERR_TRUNCATED, "the image ends before its SHA-256");
        if (!sha256(image, end, hash) || memcmp(hash, image + end, HASH) != 0)
            return why_not(why, ROOST_ERR_CORRUPT, "the image's SHA-256 does not match");
        end += HASH;
    }
    if (!good_tail(image, len, end))
        return why_not(why, ROOST_ERR_CORRUPT, "%zu bytes follow the image's end", len - end);
    return 0;
}
