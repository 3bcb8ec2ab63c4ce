/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes an NVS partition image as ESP-IDF reads it: format version 2 (blobs as data and index),
 * one namespace, optionally encrypted as nvs_flash_secure_init_partition expects. Values are laid
 * down in the order they come; none is split over two pages, and the last page stays empty, which
 * NVS needs to work in. Depends on core/crc32.h, core/err.h, OpenSSL (XTS).
 *
 *     nvs_begin(&nvs, image, 0x6000, "factory");
 *     nvs_text(&nvs, "device_id", "window-1");
 *     err = nvs_end(&nvs);                    // the first error of all of it
 *     if (!err)
 *         err = nvs_encrypt(image, 0x6000, keys);
 *
 *     page of 4096 bytes: header 32 | two bits for each of 126 entries 32 | entries of 32 bytes
 *     entry: namespace, type, span, chunk | CRC of the rest | name, 16 bytes | value, 8 bytes
 *     (ESP-IDF, docs "NVS", nvs_page.hpp, nvs_types.hpp; CRC-32 with seed 0xFFFFFFFF)
 */
#ifndef ROOST_TOOLS_FACTORY_NVS_H
#define ROOST_TOOLS_FACTORY_NVS_H

#include <stddef.h>
#include <stdint.h>

enum {
    NVS_PAGE_BYTES = 4096,
    NVS_PAGES_MIN = 3,
    NVS_NAME_MAX = 15,
    NVS_VALUE_MAX = 4000, /* of a text with its NUL; a blob ends at 3968 */
    NVS_KEY_BYTES = 64,   /* AES key, tweak key: 32 bytes each */
};

struct nvs {
    uint8_t *image;
    size_t pages, page, entry; /* entry: the next free one of the page */
    int err;
};

/* Image: size bytes, a multiple of NVS_PAGE_BYTES and at least NVS_PAGES_MIN of them. */
void nvs_begin(struct nvs *nvs, void *image, size_t size, const char *space);

/* A failure sticks: ROOST_ERR_TOO_LONG (name or value), ROOST_ERR_FULL (partition). */
void nvs_u8(struct nvs *nvs, const char *name, uint8_t value);
void nvs_u16(struct nvs *nvs, const char *name, uint16_t value);
void nvs_u32(struct nvs *nvs, const char *name, uint32_t value);
void nvs_text(struct nvs *nvs, const char *name, const char *value);
void nvs_blob(struct nvs *nvs, const char *name, const void *value, size_t len);

int nvs_end(const struct nvs *nvs);

/* AES-256-XTS, entry by entry, each with its offset in the partition as the tweak. Headers and what
 * is empty stay as they are. Returns 0 or ROOST_ERR_CRYPTO. */
int nvs_encrypt(void *image, size_t size, const uint8_t keys[NVS_KEY_BYTES]);

/* The partition of type nvs_keys that opens it. */
void nvs_key_page(uint8_t page[NVS_PAGE_BYTES], const uint8_t keys[NVS_KEY_BYTES]);

#endif
