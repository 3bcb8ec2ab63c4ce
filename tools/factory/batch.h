/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a batch: a folder with the files of each device and batch.json, the signed list that a hub
 * imports. It appears under its name only when it is whole.
 *
 *     ID.nvs.bin    the NVS partition, encrypted when the order says so
 *     ID.keys.bin   then also the partition that opens it
 *     ID.sig        signature of ID.nvs.bin: 128 hexadecimal digits, blank, 16 of the key's id
 *     ID.label.txt  ID.label.svg
 *     batch.json    {"batch", "made_at", "product", "devices": [{"device_id", "hardware_version",
 *                   "broker_user", "broker_password_hash", "secret_hex"}], "signature", "key_id"}
 *
 * batch.json is signed with ECDSA P-256 over the SHA-256 of lines that end with a line feed:
 *
 *     roost-batch-1
 *     batch=20261121-0f3a9c11
 *     made_at=2026-11-21T04:30:00Z
 *     product=window
 *     device=<device_id> <hardware_version> <broker_user> <broker_password_hash> <secret_hex>
 *     ... one for each device, in the order of the file
 *
 * Depends on tools/factory, host/key.h, file.h.
 */
#ifndef ROOST_TOOLS_FACTORY_BATCH_H
#define ROOST_TOOLS_FACTORY_BATCH_H

#include "tools/factory/order.h"
#include "host/key.h"
#include "host/why.h"

#define BATCH_IMAGE_SUFFIX     ".nvs.bin"
#define BATCH_SIGNATURE_SUFFIX ".sig"

/* dir must not exist. */
int batch_make(const char *dir, const struct order *order, const struct key *key, struct why *why);

/* Whether an image is what the holder of this public key made. The signature lies beside it. */
int batch_verify(const char *image_path, const char *public_path, struct why *why);

#endif
