/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key-value flash: one file per key in `dir` (magic, length, first 8 bytes of the value's SHA-256,
 * value), replaced by write, sync, rename, sync; or, without a directory, records in a fixed piece
 * of memory. Depends on disk.h and OpenSSL.
 */
#ifndef ROOST_PORT_LINUX_KV_H
#define ROOST_PORT_LINUX_KV_H

#include "port/linux/disk.h"
#include "port/port.h"

struct linux_kv {
    struct linux_disk *disk;
    char dir[LINUX_PATH_MAX]; /* "": in memory */
    uint8_t *memory;          /* records of u8 key length, u16 value length, key, value */
    size_t size, used;
};

/* Makes the directory when it is missing. `dir` NULL: memory_bytes are allocated here once.
 * Returns 0 or an error. */
int linux_kv_init(struct linux_kv *kv, struct linux_disk *disk, const char *dir,
                  size_t memory_bytes, struct roost_kv *out);
void linux_kv_deinit(struct linux_kv *kv);

#endif
