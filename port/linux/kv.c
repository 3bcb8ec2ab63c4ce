/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/kv.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "core/bytes.h"
#include "core/err.h"

enum {
    MAGIC_BYTES = 4,
    TITLE_BYTES = 8, /* magic and length */
    NONCE_BYTES = 12,
    TAG_BYTES = 16,
    HEADER_BYTES = TITLE_BYTES + NONCE_BYTES + TAG_BYTES,
    NAME_MAX_BYTES = 3 * ROOST_KV_KEY_MAX + 4, /* of a file, with its end */
    FILE_MAX = HEADER_BYTES + ROOST_KV_VALUE_MAX
};

static const uint8_t magic[MAGIC_BYTES] = {'R', 'K', 'V', '2'};

static int check_key(const char *key)
{
    size_t len = strnlen(key, ROOST_KV_KEY_MAX + 1);

    if (len > ROOST_KV_KEY_MAX)
        return ROOST_ERR_TOO_LONG;
    return len == 0 ? ROOST_ERR_INVALID : 0;
}

/* ---- in files ---- */

/* A key's file is its name with everything but [A-Za-z0-9_-] and a dot inside it as %XX, so that no
 * key can leave the directory or collide with a temporary file. */
static int key_path(const struct linux_kv *kv, const char *key, char path[LINUX_PATH_MAX])
{
    int at = snprintf(path, LINUX_PATH_MAX, "%s/", kv->dir);

    if (at < 0 || at > LINUX_PATH_MAX - 3 * ROOST_KV_KEY_MAX - 8)
        return ROOST_ERR_TOO_LONG;
    for (const char *c = key; *c; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                     (*c >= '0' && *c <= '9') || *c == '_' || *c == '-' || (*c == '.' && c != key);
        at += snprintf(path + at, (size_t)(LINUX_PATH_MAX - at), plain ? "%c" : "%%%02X",
                       (unsigned char)*c);
    }
    snprintf(path + at, (size_t)(LINUX_PATH_MAX - at), ".kv");
    return 0;
}

/* What is authenticated with a value: the file's title and name, so that one value cannot be put in
 * the place of another. Returns its length. */
static size_t associated(uint8_t *out, const uint8_t *title, const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    size_t len = strnlen(name, NAME_MAX_BYTES);

    memcpy(out, title, TITLE_BYTES);
    memcpy(out + TITLE_BYTES, name, len);
    return TITLE_BYTES + len;
}

static void write_title(uint8_t *title, size_t len)
{
    memcpy(title, magic, MAGIC_BYTES);
    roost_le_put(title + 4, len, 4);
}

/* Reads and opens the file; the value is at file + HEADER_BYTES. Returns its length. */
static int open_file(const struct linux_kv *kv, const char *path, uint8_t file[FILE_MAX])
{
    uint8_t title[TITLE_BYTES], aad[TITLE_BYTES + NAME_MAX_BYTES];
    int got = linux_disk_read_file(path, file, FILE_MAX);

    if (got == ROOST_ERR_TOO_LONG || (got >= 0 && got < HEADER_BYTES))
        return ROOST_ERR_CORRUPT;
    if (got < 0)
        return got == ROOST_ERR_NOT_FOUND ? got : ROOST_ERR_IO;
    size_t len = (size_t)got - HEADER_BYTES;
    write_title(title, len);
    if (memcmp(title, file, TITLE_BYTES) != 0)
        return ROOST_ERR_CORRUPT;
    uint8_t *value = file + HEADER_BYTES;
    size_t aad_len = associated(aad, title, path);
    int err =
        kv->crypto->ops->aes_gcm_open(kv->crypto->ctx, kv->secret, file + TITLE_BYTES, aad, aad_len,
                                      value, len, file + TITLE_BYTES + NONCE_BYTES, value);
    return err ? ROOST_ERR_CORRUPT : (int)len;
}

static int file_get(void *ctx, const char *key, void *value, size_t size)
{
    struct linux_kv *kv = ctx;
    char path[LINUX_PATH_MAX];
    uint8_t file[FILE_MAX];
    int err = check_key(key);

    if (!err)
        err = key_path(kv, key, path);
    if (err)
        return err;
    int len = open_file(kv, path, file);
    if (len > 0 && (size_t)len > size)
        len = ROOST_ERR_TOO_LONG;
    else if (len > 0)
        memcpy(value, file + HEADER_BYTES, (size_t)len);
    OPENSSL_cleanse(file, sizeof file);
    return len;
}

static int file_set(void *ctx, const char *key, const void *value, size_t len)
{
    struct linux_kv *kv = ctx;
    char path[LINUX_PATH_MAX];
    uint8_t file[FILE_MAX], aad[TITLE_BYTES + NAME_MAX_BYTES];
    int err = check_key(key);

    if (!err && len > ROOST_KV_VALUE_MAX)
        err = ROOST_ERR_TOO_LONG;
    if (!err)
        err = key_path(kv, key, path);
    if (err)
        return err;
    write_title(file, len);
    size_t aad_len = associated(aad, file, path);
    uint8_t *nonce = file + TITLE_BYTES, *tag = nonce + NONCE_BYTES;
    if (getrandom(nonce, NONCE_BYTES, 0) != NONCE_BYTES ||
        kv->crypto->ops->aes_gcm_seal(kv->crypto->ctx, kv->secret, nonce, aad, aad_len, value, len,
                                      file + HEADER_BYTES, tag))
        return ROOST_ERR_IO;
    err = linux_disk_replace(kv->disk, kv->dir, path, file, HEADER_BYTES + len);
    return err == 0 || err == ROOST_ERR_NO_SPACE ? err : ROOST_ERR_IO;
}

static int file_erase(void *ctx, const char *key)
{
    struct linux_kv *kv = ctx;
    char path[LINUX_PATH_MAX];
    int err = check_key(key);

    if (!err)
        err = key_path(kv, key, path);
    if (err)
        return err;
    if (linux_disk_unlink(kv->disk, path) || linux_disk_sync_dir(kv->disk, kv->dir))
        return ROOST_ERR_IO;
    return 0;
}

static int file_erase_all(void *ctx)
{
    struct linux_kv *kv = ctx;
    DIR *dir = opendir(kv->dir);
    int err = 0;

    if (!dir)
        return ROOST_ERR_IO;
    for (struct dirent *entry; !err && (entry = readdir(dir));) {
        char path[LINUX_PATH_MAX + 256];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", kv->dir, entry->d_name);
        err = linux_disk_unlink(kv->disk, path);
    }
    closedir(dir);
    if (!err)
        err = linux_disk_sync_dir(kv->disk, kv->dir);
    return err ? ROOST_ERR_IO : 0;
}

/* Whether a name in the directory is a value's. */
static bool is_value(const char *name)
{
    size_t len = strlen(name);

    return len > 3 && len < NAME_MAX_BYTES && strcmp(name + len - 3, ".kv") == 0;
}

void linux_kv_count(const struct linux_kv *kv, unsigned *values, unsigned *corrupt)
{
    DIR *dir = opendir(kv->dir);
    uint8_t file[FILE_MAX];

    *values = *corrupt = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[LINUX_PATH_MAX + 256];
        if (!is_value(entry->d_name))
            continue;
        snprintf(path, sizeof path, "%s/%s", kv->dir, entry->d_name);
        ++*values;
        *corrupt += open_file(kv, path, file) < 0;
    }
    OPENSSL_cleanse(file, sizeof file);
    if (dir)
        closedir(dir);
}

bool linux_kv_sealed(const char *dir_path)
{
    DIR *dir = opendir(dir_path);
    uint8_t file[FILE_MAX];
    bool sealed = false;

    for (struct dirent *entry; dir && !sealed && (entry = readdir(dir));) {
        char path[LINUX_PATH_MAX + 256];
        if (!is_value(entry->d_name))
            continue;
        snprintf(path, sizeof path, "%s/%s", dir_path, entry->d_name);
        sealed = linux_disk_read_file(path, file, sizeof file) >= MAGIC_BYTES &&
                 memcmp(file, magic, MAGIC_BYTES) == 0;
    }
    if (dir)
        closedir(dir);
    return sealed;
}

static const struct roost_kv_ops file_ops = {
    .get = file_get, .set = file_set, .erase = file_erase, .erase_all = file_erase_all};

/* ---- in memory ---- */

static size_t record_bytes(const uint8_t *record)
{
    return 3u + record[0] + roost_le_get16(record + 1);
}

static uint8_t *find(const struct linux_kv *kv, const char *key)
{
    size_t len = strlen(key);

    for (size_t at = 0; at < kv->used; at += record_bytes(kv->memory + at))
        if (kv->memory[at] == len && memcmp(kv->memory + at + 3, key, len) == 0)
            return kv->memory + at;
    return NULL;
}

static int memory_get(void *ctx, const char *key, void *value, size_t size)
{
    struct linux_kv *kv = ctx;
    int err = check_key(key);

    if (err)
        return err;
    const uint8_t *record = find(kv, key);
    if (!record)
        return ROOST_ERR_NOT_FOUND;
    size_t len = roost_le_get16(record + 1);
    if (len > size)
        return ROOST_ERR_TOO_LONG;
    if (len)
        memcpy(value, record + 3 + record[0], len);
    return (int)len;
}

static int memory_erase(void *ctx, const char *key)
{
    struct linux_kv *kv = ctx;
    int err = check_key(key);

    if (err)
        return err;
    uint8_t *record = find(kv, key);
    if (record) {
        size_t bytes = record_bytes(record);
        memmove(record, record + bytes, kv->used - (size_t)(record - kv->memory) - bytes);
        kv->used -= bytes;
    }
    return 0;
}

static int memory_set(void *ctx, const char *key, const void *value, size_t len)
{
    struct linux_kv *kv = ctx;
    int err = check_key(key);

    if (!err && len > ROOST_KV_VALUE_MAX)
        err = ROOST_ERR_TOO_LONG;
    if (err)
        return err;
    size_t key_len = strlen(key);
    const uint8_t *old = find(kv, key);
    size_t freed = old ? record_bytes(old) : 0;
    if (kv->used - freed + 3 + key_len + len > kv->size)
        return ROOST_ERR_NO_SPACE;
    (void)memory_erase(kv, key);
    uint8_t *record = kv->memory + kv->used;
    record[0] = (uint8_t)key_len;
    roost_le_put(record + 1, len, 2);
    memcpy(record + 3, key, key_len); /* NOLINT: its length is stored, not a NUL */
    if (len)
        memcpy(record + 3 + key_len, value, len);
    kv->used += 3 + key_len + len;
    return 0;
}

static int memory_erase_all(void *ctx)
{
    ((struct linux_kv *)ctx)->used = 0;
    return 0;
}

static const struct roost_kv_ops memory_ops = {
    .get = memory_get, .set = memory_set, .erase = memory_erase, .erase_all = memory_erase_all};

int linux_kv_init(struct linux_kv *kv, struct linux_disk *disk,
                  const struct linux_kv_options *options, struct roost_kv *out)
{
    *kv = (struct linux_kv){.disk = disk, .crypto = options->crypto};
    if (!options->dir) {
        kv->memory = malloc(options->memory_bytes);
        if (!kv->memory)
            return ROOST_ERR_NO_MEMORY;
        kv->size = options->memory_bytes;
        *out = (struct roost_kv){&memory_ops, kv};
        return 0;
    }
    if (snprintf(kv->dir, sizeof kv->dir, "%s", options->dir) >= (int)sizeof kv->dir)
        return ROOST_ERR_TOO_LONG;
    if (mkdir(options->dir, 0700) && errno != EEXIST)
        return linux_disk_error(errno);
    memcpy(kv->secret, options->secret, sizeof kv->secret);
    *out = (struct roost_kv){&file_ops, kv};
    return 0;
}

void linux_kv_deinit(struct linux_kv *kv)
{
    OPENSSL_cleanse(kv->secret, sizeof kv->secret);
    free(kv->memory);
    kv->memory = NULL;
}
