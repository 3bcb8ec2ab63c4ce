/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/factory/nvs.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

#include "core/assert.h"
#include "core/bytes.h"
#include "core/crc32.h"
#include "core/err.h"

enum {
    ENTRIES = 126,
    ENTRY_BYTES = 32,
    BITMAP_AT = 32,
    ENTRIES_AT = 64,
    VERSION_2 = 0xFE,
    SPACE_OF_SPACES = 0, /* where the namespaces themselves stand */
    SPACE = 1,           /* the number of ours */
    NO_CHUNK = 0xFF
};

enum entry_type {
    U8 = 0x01,
    U16 = 0x02,
    U32 = 0x04,
    TEXT = 0x21,
    BLOB_DATA = 0x42,
    BLOB_INDEX = 0x48
};

#define PAGE_ACTIVE 0xFFFFFFFEu
#define PAGE_FULL   0xFFFFFFFCu
#define CRC_SEED    0xFFFFFFFFu

static uint8_t *page_of(const struct nvs *nvs)
{
    return nvs->image + nvs->page * NVS_PAGE_BYTES;
}

static void open_page(struct nvs *nvs)
{
    uint8_t *page = page_of(nvs);

    roost_le_put(page, PAGE_ACTIVE, 4);
    roost_le_put(page + 4, (uint32_t)nvs->page, 4); /* sequence number */
    page[8] = VERSION_2;
    roost_le_put(page + 28, roost_crc32(CRC_SEED, page + 4, 24), 4);
    nvs->entry = 0;
}

/* Makes room for `span` entries in a row. Returns false, with the error kept, without it. */
static bool reserve(struct nvs *nvs, size_t span)
{
    if (nvs->err)
        return false;
    if (span > ENTRIES) {
        nvs->err = ROOST_ERR_TOO_LONG;
        return false;
    }
    if (nvs->entry + span <= ENTRIES)
        return true;
    if (nvs->page + 2 >= nvs->pages) { /* the last page stays empty */
        nvs->err = ROOST_ERR_FULL;
        return false;
    }
    roost_le_put(page_of(nvs), PAGE_FULL, 4);
    nvs->page++;
    open_page(nvs);
    return true;
}

/* Writes one entry and marks it as written: the lower of its two bits. */
static void write_entry(struct nvs *nvs, const uint8_t entry[ENTRY_BYTES])
{
    uint8_t *page = page_of(nvs);

    memcpy(page + ENTRIES_AT + nvs->entry * ENTRY_BYTES, entry, ENTRY_BYTES);
    page[BITMAP_AT + nvs->entry / 4] &= (uint8_t) ~(1u << (nvs->entry % 4 * 2));
    nvs->entry++;
}

/* The head of a value: `low` and `high` are the two words of the value field. */
static void write_head(struct nvs *nvs, uint8_t space, enum entry_type type, size_t span,
                       uint8_t chunk, const char *name, uint32_t low, uint32_t high)
{
    uint8_t entry[ENTRY_BYTES] = {space, (uint8_t)type, (uint8_t)span, chunk};

    memcpy(entry + 8, name, strlen(name));
    roost_le_put(entry + 24, low, 4);
    roost_le_put(entry + 28, high, 4);
    roost_le_put(entry + 4, roost_crc32(roost_crc32(CRC_SEED, entry, 4), entry + 8, 24), 4);
    write_entry(nvs, entry);
}

static void write_number(struct nvs *nvs, uint8_t space, enum entry_type type, const char *name,
                         uint32_t value)
{
    uint32_t unused = type == U32 ? 0 : UINT32_MAX << 8 * (unsigned)type; /* type: its bytes */

    if (!nvs->err && strlen(name) > NVS_NAME_MAX)
        nvs->err = ROOST_ERR_TOO_LONG;
    if (reserve(nvs, 1))
        write_head(nvs, space, type, 1, NO_CHUNK, name, value | unused, UINT32_MAX);
}

static void write_bytes(struct nvs *nvs, enum entry_type type, uint8_t chunk, const char *name,
                        const void *value, size_t len)
{
    const uint8_t *bytes = value;
    size_t span = 1 + (len + ENTRY_BYTES - 1) / ENTRY_BYTES;

    write_head(nvs, SPACE, type, span, chunk, name, 0xFFFF0000u | (uint32_t)len,
               roost_crc32(CRC_SEED, value, len));
    for (size_t at = 0; at < len; at += ENTRY_BYTES) {
        uint8_t entry[ENTRY_BYTES];
        memset(entry, 0xFF, sizeof entry);
        memcpy(entry, bytes + at, len - at < ENTRY_BYTES ? len - at : ENTRY_BYTES);
        write_entry(nvs, entry);
    }
}

/* Checks name and length, and reserves their entries and `more`. */
static bool reserve_bytes(struct nvs *nvs, const char *name, size_t len, size_t more)
{
    if (!nvs->err && (strlen(name) > NVS_NAME_MAX || len > NVS_VALUE_MAX))
        nvs->err = ROOST_ERR_TOO_LONG;
    return reserve(nvs, 1 + (len + ENTRY_BYTES - 1) / ENTRY_BYTES + more);
}

void nvs_begin(struct nvs *nvs, void *image, size_t size, const char *space)
{
    ROOST_ASSERT(size % NVS_PAGE_BYTES == 0 && size / NVS_PAGE_BYTES >= NVS_PAGES_MIN);
    *nvs = (struct nvs){.image = image, .pages = size / NVS_PAGE_BYTES};
    memset(image, 0xFF, size);
    open_page(nvs);
    write_number(nvs, SPACE_OF_SPACES, U8, space, SPACE);
}

void nvs_u8(struct nvs *nvs, const char *name, uint8_t value)
{
    write_number(nvs, SPACE, U8, name, value);
}

void nvs_u16(struct nvs *nvs, const char *name, uint16_t value)
{
    write_number(nvs, SPACE, U16, name, value);
}

void nvs_u32(struct nvs *nvs, const char *name, uint32_t value)
{
    write_number(nvs, SPACE, U32, name, value);
}

void nvs_text(struct nvs *nvs, const char *name, const char *value)
{
    size_t len = strlen(value) + 1;

    if (reserve_bytes(nvs, name, len, 0))
        write_bytes(nvs, TEXT, NO_CHUNK, name, value, len);
}

void nvs_blob(struct nvs *nvs, const char *name, const void *value, size_t len)
{
    if (!reserve_bytes(nvs, name, len, 1))
        return;
    write_bytes(nvs, BLOB_DATA, 0, name, value, len);
    /* Size of the whole; one chunk, counted from 0. */
    write_head(nvs, SPACE, BLOB_INDEX, 1, NO_CHUNK, name, (uint32_t)len, 0xFFFF0001u);
}

int nvs_end(const struct nvs *nvs)
{
    return nvs->err;
}

static bool encrypt_entry(EVP_CIPHER_CTX *cipher, uint8_t *entry, size_t offset)
{
    uint8_t tweak[16] = {0};
    int len;

    roost_le_put(tweak, (uint32_t)offset, 4);
    return EVP_EncryptInit_ex(cipher, NULL, NULL, NULL, tweak) == 1 &&
           EVP_EncryptUpdate(cipher, entry, &len, entry, ENTRY_BYTES) == 1 && len == ENTRY_BYTES;
}

int nvs_encrypt(void *image, size_t size, const uint8_t keys[NVS_KEY_BYTES])
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool good = cipher && EVP_EncryptInit_ex(cipher, EVP_aes_256_xts(), NULL, keys, NULL) == 1;

    for (size_t page_at = 0; page_at < size; page_at += NVS_PAGE_BYTES) {
        uint8_t *page = (uint8_t *)image + page_at;
        for (size_t i = 0; i < ENTRIES && good; i++) {
            bool empty = page[BITMAP_AT + i / 4] & 1u << (i % 4 * 2);
            size_t at = ENTRIES_AT + i * ENTRY_BYTES;
            if (!empty)
                good = encrypt_entry(cipher, page + at, page_at + at);
        }
    }
    EVP_CIPHER_CTX_free(cipher);
    return good ? 0 : ROOST_ERR_CRYPTO;
}

void nvs_key_page(uint8_t page[NVS_PAGE_BYTES], const uint8_t keys[NVS_KEY_BYTES])
{
    memset(page, 0xFF, NVS_PAGE_BYTES);
    memcpy(page, keys, NVS_KEY_BYTES);
    roost_le_put(page + NVS_KEY_BYTES, roost_crc32(CRC_SEED, keys, NVS_KEY_BYTES), 4);
}
