/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the rig share; for nobody else. */
#ifndef ROOST_RUNTIME_OTA_TEST_RIG_PARTS_H
#define ROOST_RUNTIME_OTA_TEST_RIG_PARTS_H

#include "runtime/ota/test/rig.h"

extern const struct roost_kv_ops rig_kv_ops; /* ctx of all: the rig */
extern const struct roost_flash_ops rig_slot_ops;
extern const struct roost_firmware_ops rig_firmware_ops;
extern const struct roost_random_ops rig_random_ops;
extern const struct roost_system_ops rig_system_ops;
extern const struct roost_crypto_ops rig_crypto_ops;
extern const struct roost_http_ops rig_http_ops;

/* ---- digests ---- */

uint64_t rig_sum(uint64_t sum, const void *data, size_t len);
void rig_sum_end(uint64_t sum, uint8_t out[32]);

/* Of bytes. */
void rig_digest(const void *data, size_t len, uint8_t out[32]);

/* What verifies as signed with the key. */
void rig_sign(const uint8_t key[65], const uint8_t digest[32], uint8_t out[64]);

/* Whether somebody trusted has signed an image of these bytes. */
bool rig_is_signed(const struct rig *rig, const uint8_t *bytes, size_t len);

void rig_fill(void *rig, void *out, size_t len); /* with random bytes */

/* Sends what the device takes of the running transfer. */
void rig_pump(struct rig *rig);

#endif
