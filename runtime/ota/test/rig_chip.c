/* SPDX-License-Identifier: Apache-2.0 */
/* The chip: digests and signatures, two keys, two slots, the boot loader's words, and the power. */
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"
#include "proto/fleet/image.h"
#include "runtime/ota/test/rig_parts.h"

/* ---- random, digest, signature ---- */

static uint32_t draw(struct rig *rig)
{
    rig->random = rig->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rig->random >> 33);
}

void rig_fill(void *ctx, void *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)draw(ctx);
}

uint64_t rig_sum(uint64_t sum, const void *data, size_t len)
{
    for (const uint8_t *byte = data; len > 0; byte++, len--)
        sum = (sum ^ *byte) * 1099511628211u;
    return sum;
}

void rig_sum_end(uint64_t sum, uint8_t out[32])
{
    for (int i = 0; i < 32; i++) {
        sum = (sum ^ (uint64_t)i) * 1099511628211u;
        out[i] = (uint8_t)(sum >> 32);
    }
}

void rig_digest(const void *data, size_t len, uint8_t out[32])
{
    rig_sum_end(rig_sum(1, data, len), out);
}

static int sha256(void *ctx, const void *data, size_t len, uint8_t out[32])
{
    (void)ctx;
    rig_digest(data, len, out);
    return ROOST_OK;
}

static int sha256_begin(void *ctx)
{
    ((struct rig *)ctx)->sum = 1;
    return ROOST_OK;
}

static int sha256_add(void *ctx, const void *data, size_t len)
{
    struct rig *rig = ctx;
    rig->sum = rig_sum(rig->sum, data, len);
    return ROOST_OK;
}

static int sha256_end(void *ctx, uint8_t out[32])
{
    rig_sum_end(((struct rig *)ctx)->sum, out);
    return ROOST_OK;
}

void rig_sign(const uint8_t key[65], const uint8_t digest[32], uint8_t out[64])
{
    uint64_t sum = rig_sum(rig_sum(7, key, 65), digest, 32);
    rig_sum_end(sum, out);
    rig_sum_end(~sum, out + 32);
}

static int verify(void *ctx, const uint8_t key[65], const uint8_t digest[32],
                  const uint8_t signature[64])
{
    uint8_t expected[64];
    (void)ctx;
    rig_sign(key, digest, expected);
    return memcmp(expected, signature, 64) == 0 ? ROOST_OK : ROOST_ERR_CRYPTO;
}

const struct roost_random_ops rig_random_ops = {rig_fill};
const struct roost_crypto_ops rig_crypto_ops = {.sha256 = sha256,
                                                .sha256_begin = sha256_begin,
                                                .sha256_add = sha256_add,
                                                .sha256_end = sha256_end,
                                                .ecdsa_p256_verify = verify};

/* ---- power ---- */

/* Every operation that changes flash begins here. Returns 0, 1: the power goes in it, or -1: it is
 * gone. */
static int begin_operation(struct rig *rig)
{
    if (!rig->power)
        return -1;
    if (rig->operations++ != rig->cut_at)
        return 0;
    rig->power = false;
    return 1;
}

/* For what is atomic: does it happen, although the power may go? */
static bool happens(struct rig *rig, int operation)
{
    return operation == 0 || (operation > 0 && (rig->cut == RIG_CUT_AFTER ||
                                                (rig->cut == RIG_CUT_TORN && draw(rig) % 2 == 0)));
}

/* ---- kv ---- */

static int key_of(const char *name)
{
    assert_true(strcmp(name, "ota") == 0 || strcmp(name, "ota.why") == 0);
    return name[3] != '\0';
}

static int kv_get(void *ctx, const char *name, void *value, size_t size)
{
    struct rig *rig = ctx;
    int key = key_of(name), len = rig->key[key].len;
    if (rig->kv_error)
        return rig->kv_error;
    if (len < 0)
        return ROOST_ERR_NOT_FOUND;
    if ((size_t)len > size)
        return ROOST_ERR_TOO_LONG;
    memcpy(value, rig->key[key].value, (size_t)len);
    return len;
}

static int kv_put(struct rig *rig, const char *name, const void *value, int len)
{
    int key = key_of(name), operation = begin_operation(rig);
    if (rig->kv_error)
        return rig->kv_error;
    if (happens(rig, operation)) {
        rig->key[key].len = len;
        if (len > 0)
            memcpy(rig->key[key].value, value, (size_t)len);
    }
    return operation ? ROOST_ERR_IO : ROOST_OK;
}

static int kv_set(void *ctx, const char *name, const void *value, size_t len)
{
    assert_true(len <= RIG_VALUE);
    return kv_put(ctx, name, value, (int)len);
}

static int kv_erase(void *ctx, const char *name)
{
    return kv_put(ctx, name, NULL, -1);
}

static int kv_erase_all(void *ctx)
{
    (void)kv_erase(ctx, "ota");
    return kv_erase(ctx, "ota.why");
}

const struct roost_kv_ops rig_kv_ops = {kv_get, kv_set, kv_erase, kv_erase_all};

/* ---- the slot that does not run ---- */

uint8_t *rig_other(struct rig *rig)
{
    return rig->slot[!rig->running];
}

static int slot_read(void *ctx, uint32_t offset, void *out, size_t len)
{
    struct rig *rig = ctx;
    assert_true(offset + len <= RIG_SLOT);
    if (rig->read_error || !rig->power)
        return ROOST_ERR_IO;
    memcpy(out, rig_other(rig) + offset, len);
    return ROOST_OK;
}

static int slot_program(void *ctx, uint32_t offset, const void *data, size_t len)
{
    struct rig *rig = ctx;
    const uint8_t *in = data;
    uint8_t *bytes = rig_other(rig) + offset;
    uint32_t unit = rig->port.slot.program_bytes;
    assert_true(len > 0 && offset % unit == 0 && len % unit == 0 && offset + len <= RIG_SLOT);
    assert_int_equal(offset / RIG_SECTOR, (offset + len - 1) / RIG_SECTOR);
    int operation = begin_operation(rig);
    if (operation < 0 || rig->program_error)
        return ROOST_ERR_IO;
    size_t done = operation == 0 || rig->cut == RIG_CUT_AFTER ? len
                  : rig->cut == RIG_CUT_BEFORE                ? 0
                                                              : draw(rig) % len;
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(bytes[i], 0xFF); /* erased before, never programmed twice */
        if (i < done && &bytes[i] != rig->rot)
            bytes[i] = in[i];
    }
    if (done < len && operation && rig->cut == RIG_CUT_TORN)
        bytes[done] &= (uint8_t)(in[done] | draw(rig));
    return operation ? ROOST_ERR_IO : ROOST_OK;
}

static int slot_erase(void *ctx, uint32_t sector)
{
    struct rig *rig = ctx;
    uint8_t *bytes = rig_other(rig) + sector * RIG_SECTOR;
    assert_true(sector < RIG_SECTORS);
    int operation = begin_operation(rig);
    if (operation < 0 || rig->erase_error)
        return ROOST_ERR_IO;
    if (operation == 0 || rig->cut == RIG_CUT_AFTER)
        memset(bytes, 0xFF, RIG_SECTOR);
    else if (rig->cut == RIG_CUT_TORN)
        rig_fill(rig, bytes, RIG_SECTOR);
    return operation ? ROOST_ERR_IO : ROOST_OK;
}

const struct roost_flash_ops rig_slot_ops = {slot_read, slot_program, slot_erase};

/* ---- firmware and boot loader ---- */

bool rig_is_signed(const struct rig *rig, const uint8_t *bytes, size_t len)
{
    uint8_t digest[32];
    rig_digest(bytes, len, digest);
    for (int i = 0; i < rig->signed_count; i++)
        if (memcmp(digest, rig->signed_images[i], 32) == 0)
            return true;
    return false;
}

static int running(void *ctx, struct roost_running *out)
{
    const struct rig *rig = ctx;
    *out = (struct roost_running){
        .slot = rig->running,
        .on_trial = rig->slot_state[rig->running] == RIG_PENDING,
        .other_failed = rig->slot_state[!rig->running] == RIG_FAILED,
        .security_version = rig->lowest,
    };
    return rig->running_error;
}

static int activate(void *ctx, uint32_t len)
{
    struct rig *rig = ctx;
    assert_true(rig_is_signed(rig, rig_other(rig), len));
    int operation = begin_operation(rig);
    if (rig->activate_error)
        return rig->activate_error;
    if (happens(rig, operation))
        rig->slot_state[!rig->running] = RIG_NEW;
    return operation ? ROOST_ERR_IO : ROOST_OK;
}

static int confirm(void *ctx)
{
    struct rig *rig = ctx;
    struct roost_image image;
    int operation = begin_operation(rig);
    if (rig->confirm_error)
        return rig->confirm_error;
    if (happens(rig, operation)) {
        rig->slot_state[rig->running] = RIG_VALID;
        assert_int_equal(roost_image_read(&image, rig->slot[rig->running], RIG_SLOT), 0);
        rig->lowest = image.security_version;
    }
    return operation ? ROOST_ERR_IO : ROOST_OK;
}

static void reboot(void *ctx, enum roost_reset_reason reason)
{
    struct rig *rig = ctx;
    if (!rig->power)
        return;
    rig->rebooting = true;
    rig->asked_reason = reason;
}

static int roll_back(void *ctx)
{
    struct rig *rig = ctx;
    int operation = begin_operation(rig);
    if (rig->roll_back_error)
        return rig->roll_back_error;
    if (happens(rig, operation))
        rig->slot_state[rig->running] = RIG_FAILED;
    reboot(rig, ROOST_RESET_UPDATE);
    return operation ? ROOST_ERR_IO : ROOST_OK;
}

static enum roost_reset_reason reset_reason(void *ctx)
{
    return ((struct rig *)ctx)->reason;
}

const struct roost_firmware_ops rig_firmware_ops = {running, activate, confirm, roll_back};
const struct roost_system_ops rig_system_ops = {.reset_reason = reset_reason, .reboot = reboot};
