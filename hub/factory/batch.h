/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch.json as `roost-factory` writes it: the devices that were made together, signed by the
 * factory. Nothing is used of a file whose signature does not verify. The signed bytes are lines
 * that end with a line feed (ECDSA on P-256 over their SHA-256, r and s):
 *
 *     roost-batch-1
 *     batch=20261121-0f3a9c11
 *     made_at=2026-11-21T04:30:00Z
 *     product=window
 *     device=<device_id> <hardware_version> <broker_user> <broker_password_hash> <secret_hex>
 *     ... one for each device, in the order of the file
 *
 * Pure. Depends on OpenSSL, core/json_read.h, proto/fleet/topic.h.
 *
 *     int err = factory_batch_read(&batch, json, len, public_key, why, sizeof why);
 *     ...
 *     factory_batch_free(batch);
 */
#ifndef ROOST_HUB_FACTORY_BATCH_H
#define ROOST_HUB_FACTORY_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "proto/fleet/topic.h"
#include "proto/fleet/factory.h"

enum {
    FACTORY_DEVICES_MAX = 1000,
    FACTORY_FILE_MAX = 1 << 20, /* bytes of batch.json */
    FACTORY_KEY_BYTES = 65,     /* public key, SEC 1 uncompressed */
    FACTORY_HASH_MAX = 255      /* of a broker password */
};

struct factory_device {
    char id[ROOST_DEVICE_ID_MAX + 1];
    uint32_t hardware_version;
    char broker_user[ROOST_FACTORY_USER_MAX + 1];
    char password_hash[FACTORY_HASH_MAX + 1];
    char secret_hex[2 * ROOST_FACTORY_SECRET_BYTES + 1]; /* as it was written */
    uint8_t secret[ROOST_FACTORY_SECRET_BYTES];
};

struct factory_batch {
    char id[65], made_at[33], product[16];
    size_t count;
    struct factory_device devices[];
};

/* Returns 0 with *batch new; else `why` says it in one line: ROOST_ERR_INVALID (the member is
 * named), ROOST_ERR_TOO_LONG (more than FACTORY_DEVICES_MAX), ROOST_ERR_EXISTS (one device twice),
 * ROOST_ERR_AUTH (another key's), ROOST_ERR_CRYPTO (does not verify, or public_key is none),
 * ROOST_ERR_NO_MEMORY. */
int factory_batch_read(struct factory_batch **batch, const char *json, size_t len,
                       const uint8_t public_key[FACTORY_KEY_BYTES], char *why, size_t why_size);

/* Clears the secrets. NULL is fine. */
void factory_batch_free(struct factory_batch *batch);

#endif
