/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key-value flash: one file per key in `dir`, replaced by write, sync, rename, sync, its value
 * sealed with AES-256-GCM under the device's key (key_file.h):
 *
 *     "RKV2", length (LE, 2 bytes), 0, 0, nonce (12), tag (16), the value encrypted
 *
 * What is authenticated beside the value is the first 8 bytes and the file's name, so that neither
 * a value nor a whole file can be passed off as another key's. Or, without a directory, records in
 * a fixed piece of memory. Depends on disk.h, port.h's crypto and the kernel's random numbers.
 */
#ifndef ROOST_PORT_LINUX_KV_H
#define ROOST_PORT_LINUX_KV_H

#include "port/linux/disk.h"
#include "port/port.h"

enum { LINUX_KV_SECRET_BYTES = 32 };

struct linux_kv {
    struct linux_disk *disk;
    const struct roost_crypto *crypto;
    uint8_t secret[LINUX_KV_SECRET_BYTES];
    char dir[LINUX_PATH_MAX]; /* "": in memory */
    uint8_t *memory;          /* records of u8 key length, u16 value length, key, value */
    size_t size, used;
};

struct linux_kv_options {
    const char *dir; /* made when it is missing; NULL: memory_bytes, allocated once */
    size_t memory_bytes;
    const uint8_t *secret;             /* with dir: LINUX_KV_SECRET_BYTES, copied */
    const struct roost_crypto *crypto; /* with dir: borrowed */
};

/* Returns 0 or an error. */
int linux_kv_init(struct linux_kv *kv, struct linux_disk *disk,
                  const struct linux_kv_options *options, struct roost_kv *out);
void linux_kv_deinit(struct linux_kv *kv);

/* Counts the values of a directory and those that cannot be opened. */
void linux_kv_count(const struct linux_kv *kv, unsigned *values, unsigned *corrupt);

/* Whether a directory, which may be missing, holds values that were sealed. */
bool linux_kv_sealed(const char *dir);

#endif
