/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One device of a batch: its name, the secrets nobody else has, and what of them goes where.
 * Depends on tools/factory/order.h, nvs.h, OpenSSL.
 */
#ifndef ROOST_TOOLS_FACTORY_DEVICE_H
#define ROOST_TOOLS_FACTORY_DEVICE_H

#include <stdint.h>

#include "proto/fleet/topic.h"
#include "proto/fleet/factory.h"
#include "tools/factory/nvs.h"
#include "tools/factory/order.h"
#include "host/why.h"

enum {
    DEVICE_PASSWORD_LEN = 43,         /* 32 bytes as base64url without padding */
    DEVICE_HASH_LEN = 7 + 16 + 1 + 88 /* "$7$101$" salt "$" hash */
};

struct device {
    char id[ROOST_DEVICE_ID_MAX + 1];
    uint8_t secret[ROOST_FACTORY_SECRET_BYTES]; /* claims the device; on its label */
    char password[DEVICE_PASSWORD_LEN + 1];     /* at the broker; only on the device */
    char password_hash[DEVICE_HASH_LEN + 1];    /* as Mosquitto keeps it */
    uint8_t nvs_keys[NVS_KEY_BYTES];            /* encrypted images only */
};

/* Draws everything anew. Returns 0 or ROOST_ERR_CRYPTO. */
int device_init(struct device *device, const struct order *order, struct why *why);
void device_deinit(struct device *device); /* clears the secrets */

/* Mosquitto's "$7$": PBKDF2 with SHA-512, 101 rounds. Returns 0 or ROOST_ERR_CRYPTO. */
int device_hash_password(char out[DEVICE_HASH_LEN + 1], const char *password,
                         const uint8_t salt[12]);

/* The NVS partition, order->partition_bytes long. Returns 0, ROOST_ERR_FULL or ROOST_ERR_CRYPTO. */
int device_image(uint8_t *image, const struct device *device, const struct order *order,
                 struct why *why);

#endif
