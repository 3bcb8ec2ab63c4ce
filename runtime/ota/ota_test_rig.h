/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device, its flash and a hub for the tests of runtime/ota: two slots with a boot loader as the
 * chip's, two kv keys, and a web server, all in memory, where the power can go at every operation
 * that changes something. Time is virtual. The digest is a simple one, and what "verifies" as
 * signed is a digest over key and text: the real ones have their own tests. What breaks the
 * contract of port.h, and the activation of an image that nobody signed, fails the test at once.
 * Works on the bare machine too. Include after cmocka.h.
 *
 *     rig_start(&rig);                          // 1.3.0 runs, the hub has nothing
 *     rig_offer(&rig, "1.4.0", 3);
 *     rig_run(&rig, RIG_DAY_MS);
 *     assert_string_equal(rig.version, "1.4.0");
 */
#ifndef ROOST_RUNTIME_OTA_OTA_TEST_RIG_H
#define ROOST_RUNTIME_OTA_OTA_TEST_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/err.h"
#include "core/hex.h"
#include "core/json_write.h"
#include "proto/fleet/image.h"
#include "runtime/ota/ota.h"
#include "core/timer.h"

enum {
    RIG_SECTOR = 256,
    RIG_SECTORS = 40,
    RIG_SLOT = RIG_SECTOR * RIG_SECTORS,
    RIG_NOTED = RIG_SECTOR * ROOST_OTA_NOTE_SECTORS, /* bytes between two notes */
    RIG_IMAGE = 2 * RIG_NOTED + 3 * RIG_SECTOR + 77,
    RIG_VALUE = 112,
    RIG_SIGNED = 4,
    RIG_DAY_MS = 24 * 3600 * 1000, /* one check falls into it */
    RIG_NO_CUT = -1
};

enum rig_cut { RIG_CUT_BEFORE, RIG_CUT_TORN, RIG_CUT_AFTER, RIG_CUTS };
enum rig_slot_state { RIG_EMPTY, RIG_NEW, RIG_PENDING, RIG_VALID, RIG_FAILED };

struct rig_transfer {
    bool open, of_image;
    uint64_t at;
    size_t sent;
};

struct rig {
    struct roost_port port;
    struct roost_ota ota;
    struct roost_ota_config config;
    struct roost_log log;
    char ring[2048];
    uint64_t now_ms, random, sum;
    bool network_up;

    /* chip */
    uint8_t slot[2][RIG_SLOT];
    enum rig_slot_state slot_state[2];
    uint8_t running;
    uint32_t lowest; /* security version */
    char version[ROOST_MANIFEST_VERSION_MAX + 1];
    struct {
        uint8_t value[RIG_VALUE];
        int len; /* -1: none */
    } key[2];
    enum roost_reset_reason reason, asked_reason;
    bool rebooting;
    int boots;

    /* what goes wrong */
    bool power;
    int operations, cut_at; /* the operation in which the power goes */
    enum rig_cut cut;
    int kv_error, erase_error, program_error, read_error, activate_error, confirm_error,
        roll_back_error, get_error, running_error;
    uint8_t *rot; /* a byte that program leaves as it is */

    /* owner */
    const char *missing; /* of the self-test */
    bool hold;           /* does not restart when it could */

    /* hub */
    char manifest[3000];
    size_t manifest_len;
    uint8_t image[RIG_SLOT + 64];
    size_t image_len, part_bytes;
    int manifest_status, image_status;
    size_t drop_after; /* image bytes after which a transfer breaks; 0: it does not */
    int drops;         /* times it does */
    bool no_range;
    struct rig_transfer transfer;
    int gets, cancels, fulls;
    uint64_t image_offset; /* of the last get of the image */
    char url[ROOST_MANIFEST_URL_MAX + 1];

    /* digests of the images that somebody trusted has signed */
    uint8_t signed_images[RIG_SIGNED][32];
    int signed_count;
};

static inline void rig_text(char *out, const char *text)
{
    memcpy(out, text, strlen(text) + 1);
}

/* ---- random, digest, signature ---- */

static inline uint32_t rig_draw(struct rig *rig)
{
    rig->random = rig->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rig->random >> 33);
}

static inline void rig_fill(void *ctx, void *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)rig_draw(ctx);
}

static inline uint64_t rig_sum(uint64_t sum, const void *data, size_t len)
{
    for (const uint8_t *byte = data; len > 0; byte++, len--)
        sum = (sum ^ *byte) * 1099511628211u;
    return sum;
}

static inline void rig_sum_end(uint64_t sum, uint8_t out[32])
{
    for (int i = 0; i < 32; i++) {
        sum = (sum ^ (uint64_t)i) * 1099511628211u;
        out[i] = (uint8_t)(sum >> 32);
    }
}

static inline int rig_sha256(void *ctx, const void *data, size_t len, uint8_t out[32])
{
    (void)ctx;
    rig_sum_end(rig_sum(1, data, len), out);
    return ROOST_OK;
}

static inline int rig_sha256_begin(void *ctx)
{
    ((struct rig *)ctx)->sum = 1;
    return ROOST_OK;
}

static inline int rig_sha256_add(void *ctx, const void *data, size_t len)
{
    struct rig *rig = ctx;
    rig->sum = rig_sum(rig->sum, data, len);
    return ROOST_OK;
}

static inline int rig_sha256_end(void *ctx, uint8_t out[32])
{
    rig_sum_end(((struct rig *)ctx)->sum, out);
    return ROOST_OK;
}

static inline void rig_sign(const uint8_t key[65], const uint8_t digest[32], uint8_t out[64])
{
    uint64_t sum = rig_sum(rig_sum(7, key, 65), digest, 32);
    rig_sum_end(sum, out);
    rig_sum_end(~sum, out + 32);
}

static inline int rig_verify(void *ctx, const uint8_t key[65], const uint8_t digest[32],
                             const uint8_t signature[64])
{
    uint8_t expected[64];
    (void)ctx;
    rig_sign(key, digest, expected);
    return memcmp(expected, signature, 64) == 0 ? ROOST_OK : ROOST_ERR_CRYPTO;
}

/* ---- power ---- */

/* Every operation that changes flash begins here. Returns 0, 1: the power goes in it, or -1: it is
 * gone. */
static inline int rig_operation(struct rig *rig)
{
    if (!rig->power)
        return -1;
    if (rig->operations++ != rig->cut_at)
        return 0;
    rig->power = false;
    return 1;
}

/* For what is atomic: does it happen, although the power may go? */
static inline bool rig_happens(struct rig *rig, int operation)
{
    return operation == 0 ||
           (operation > 0 &&
            (rig->cut == RIG_CUT_AFTER || (rig->cut == RIG_CUT_TORN && rig_draw(rig) % 2 == 0)));
}

/* ---- kv ---- */

static inline int rig_key(const char *name)
{
    assert_true(strcmp(name, "ota") == 0 || strcmp(name, "ota.why") == 0);
    return name[3] != '\0';
}

static inline int rig_kv_get(void *ctx, const char *name, void *value, size_t size)
{
    struct rig *rig = ctx;
    int key = rig_key(name), len = rig->key[key].len;
    if (rig->kv_error)
        return rig->kv_error;
    if (len < 0)
        return ROOST_ERR_NOT_FOUND;
    if ((size_t)len > size)
        return ROOST_ERR_TOO_LONG;
    memcpy(value, rig->key[key].value, (size_t)len);
    return len;
}

static inline int rig_kv_put(struct rig *rig, const char *name, const void *value, int len)
{
    int key = rig_key(name), operation = rig_operation(rig);
    if (rig->kv_error)
        return rig->kv_error;
    if (rig_happens(rig, operation)) {
        rig->key[key].len = len;
        if (len > 0)
            memcpy(rig->key[key].value, value, (size_t)len);
    }
    return operation ? ROOST_ERR_IO : ROOST_OK;
}

static inline int rig_kv_set(void *ctx, const char *name, const void *value, size_t len)
{
    assert_true(len <= RIG_VALUE);
    return rig_kv_put(ctx, name, value, (int)len);
}

static inline int rig_kv_erase(void *ctx, const char *name)
{
    return rig_kv_put(ctx, name, NULL, -1);
}

static inline int rig_kv_erase_all(void *ctx)
{
    (void)rig_kv_erase(ctx, "ota");
    return rig_kv_erase(ctx, "ota.why");
}

/* ---- the slot that does not run ---- */

static inline uint8_t *rig_other(struct rig *rig)
{
    return rig->slot[!rig->running];
}

static inline int rig_slot_read(void *ctx, uint32_t offset, void *out, size_t len)
{
    struct rig *rig = ctx;
    assert_true(offset + len <= RIG_SLOT);
    if (rig->read_error || !rig->power)
        return ROOST_ERR_IO;
    memcpy(out, rig_other(rig) + offset, len);
    return ROOST_OK;
}

static inline int rig_slot_program(void *ctx, uint32_t offset, const void *data, size_t len)
{
    struct rig *rig = ctx;
    const uint8_t *in = data;
    uint8_t *bytes = rig_other(rig) + offset;
    uint32_t unit = rig->port.slot.program_bytes;
    assert_true(len > 0 && offset % unit == 0 && len % unit == 0 && offset + len <= RIG_SLOT);
    assert_int_equal(offset / RIG_SECTOR, (offset + len - 1) / RIG_SECTOR);
    int operation = rig_operation(rig);
    if (operation < 0 || rig->program_error)
        return ROOST_ERR_IO;
    size_t done = operation == 0 || rig->cut == RIG_CUT_AFTER ? len
                  : rig->cut == RIG_CUT_BEFORE                ? 0
                                                              : rig_draw(rig) % len;
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(bytes[i], 0xFF); /* erased before, never programmed twice */
        if (i < done && &bytes[i] != rig->rot)
            bytes[i] = in[i];
    }
    if (done < len && operation && rig->cut == RIG_CUT_TORN)
        bytes[done] &= (uint8_t)(in[done] | rig_draw(rig));
    return operation ? ROOST_ERR_IO : ROOST_OK;
}

static inline int rig_slot_erase(void *ctx, uint32_t sector)
{
    struct rig *rig = ctx;
    uint8_t *bytes = rig_other(rig) + sector * RIG_SECTOR;
    assert_true(sector < RIG_SECTORS);
    int operation = rig_operation(rig);
    if (operation < 0 || rig->erase_error)
        return ROOST_ERR_IO;
    if (operation == 0 || rig->cut == RIG_CUT_AFTER)
        memset(bytes, 0xFF, RIG_SECTOR);
    else if (rig->cut == RIG_CUT_TORN)
        rig_fill(rig, bytes, RIG_SECTOR);
    return operation ? ROOST_ERR_IO : ROOST_OK;
}

/* ---- firmware and boot loader ---- */

static inline bool rig_is_signed(const struct rig *rig, const uint8_t *bytes, size_t len)
{
    uint8_t digest[32];
    rig_sum_end(rig_sum(1, bytes, len), digest);
    for (int i = 0; i < rig->signed_count; i++)
        if (memcmp(digest, rig->signed_images[i], 32) == 0)
            return true;
    return false;
}

static inline int rig_running(void *ctx, struct roost_running *out)
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

static inline int rig_activate(void *ctx, uint32_t len)
{
    struct rig *rig = ctx;
    assert_true(rig_is_signed(rig, rig_other(rig), len));
    int operation = rig_operation(rig);
    if (rig->activate_error)
        return rig->activate_error;
    if (rig_happens(rig, operation))
        rig->slot_state[!rig->running] = RIG_NEW;
    return operation ? ROOST_ERR_IO : ROOST_OK;
}

static inline int rig_confirm(void *ctx)
{
    struct rig *rig = ctx;
    struct roost_image image;
    int operation = rig_operation(rig);
    if (rig->confirm_error)
        return rig->confirm_error;
    if (rig_happens(rig, operation)) {
        rig->slot_state[rig->running] = RIG_VALID;
        assert_int_equal(roost_image_read(&image, rig->slot[rig->running], RIG_SLOT), 0);
        rig->lowest = image.security_version;
    }
    return operation ? ROOST_ERR_IO : ROOST_OK;
}

static inline void rig_reboot(void *ctx, enum roost_reset_reason reason)
{
    struct rig *rig = ctx;
    if (!rig->power)
        return;
    rig->rebooting = true;
    rig->asked_reason = reason;
}

static inline int rig_roll_back(void *ctx)
{
    struct rig *rig = ctx;
    int operation = rig_operation(rig);
    if (rig->roll_back_error)
        return rig->roll_back_error;
    if (rig_happens(rig, operation))
        rig->slot_state[rig->running] = RIG_FAILED;
    rig_reboot(rig, ROOST_RESET_UPDATE);
    return operation ? ROOST_ERR_IO : ROOST_OK;
}

static inline enum roost_reset_reason rig_reset_reason(void *ctx)
{
    return ((struct rig *)ctx)->reason;
}

/* ---- hub ---- */

static inline int rig_get(void *ctx, const char *url, uint64_t offset, const char *ca_pem)
{
    struct rig *rig = ctx;
    assert_false(rig->transfer.open);
    assert_true(!ca_pem && rig->network_up && strlen(url) <= ROOST_MANIFEST_URL_MAX);
    if (rig->get_error)
        return rig->get_error;
    rig->gets++;
    rig->transfer = (struct rig_transfer){.open = true, .at = offset};
    rig->transfer.of_image = strcmp(url, rig->config.url) != 0;
    if (rig->transfer.of_image) {
        rig_text(rig->url, url);
        rig->image_offset = offset;
    }
    return ROOST_OK;
}

static inline int rig_cancel(void *ctx)
{
    struct rig *rig = ctx;
    rig->cancels++;
    rig->transfer.open = false;
    return ROOST_OK;
}

static inline void rig_done(struct rig *rig, int status)
{
    rig->transfer.open = false;
    assert_int_equal(roost_ota_post(&rig->ota, &(struct roost_event){.type = ROOST_EV_HTTP_DONE,
                                                                     .status = status}),
                     0);
}

/* Sends what the device takes of the running transfer. */
static inline void rig_pump(struct rig *rig)
{
    struct rig_transfer *transfer = &rig->transfer;
    while (transfer->open) {
        bool of_image = transfer->of_image;
        const uint8_t *body = of_image ? rig->image : (const uint8_t *)rig->manifest;
        size_t len = of_image ? rig->image_len : rig->manifest_len;
        int status = of_image ? rig->image_status : rig->manifest_status;
        if (status == 0 && transfer->at > 0 && transfer->sent == 0 && rig->no_range)
            status = ROOST_ERR_UNSUPPORTED;
        if (status == 0 && of_image && rig->drops > 0 && transfer->sent >= rig->drop_after) {
            rig->drops--;
            status = rig->drops % 2 ? ROOST_ERR_TIMEOUT : ROOST_ERR_CLOSED;
        }
        if (status || transfer->at >= len) {
            rig_done(rig, status);
            return;
        }
        size_t left = len - (size_t)transfer->at;
        size_t part = left < rig->part_bytes ? left : rig->part_bytes;
        int err = roost_ota_post(&rig->ota, &(struct roost_event){.type = ROOST_EV_HTTP_DATA,
                                                                  .token = transfer->at,
                                                                  .data = body + transfer->at,
                                                                  .len = part});
        if (err) {
            assert_int_equal(err, ROOST_ERR_FULL);
            rig->fulls++;
            return;
        }
        transfer->at += part;
        transfer->sent += part;
    }
}

/* An image as the chip takes it: a head that says the version, then bytes that follow from it. */
static inline void rig_make_image(uint8_t *out, size_t len, const char *version,
                                  uint32_t security_version)
{
    uint32_t x = (uint32_t)rig_sum(3, version, strlen(version));
    for (size_t i = 0; i < len; i++) {
        x = x * 1664525 + 1013904223;
        out[i] = (uint8_t)(x >> 24);
    }
    memset(out, 0, ROOST_IMAGE_HEAD_BYTES);
    out[0] = ROOST_IMAGE_MAGIC;
    out[1] = 2;
    out[12] = (uint8_t)ROOST_CHIP_ESP32C3;
    for (unsigned i = 0; i < 4; i++) {
        out[32 + i] = (uint8_t)(ROOST_APP_DESC_MAGIC >> 8 * i);
        out[36 + i] = (uint8_t)(security_version >> 8 * i);
    }
    rig_text((char *)out + 48, version);
    rig_text((char *)out + 80, "roost-window");
}

/* The manifest of rig->image as a hub would give it, before it is signed. */
static inline struct roost_manifest rig_manifest(const struct rig *rig, const char *version,
                                                 uint32_t security_version)
{
    struct roost_manifest manifest = {.available = true,
                                      .product = "window",
                                      .target = "esp32c3",
                                      .security_version = security_version,
                                      .size_bytes = (uint32_t)rig->image_len,
                                      .min_hardware = 1,
                                      .max_hardware = 9,
                                      .url = "https://hub.example/firmware/window.bin"};
    rig_text(manifest.version, version);
    rig_sum_end(rig_sum(1, rig->image, rig->image_len), manifest.sha256);
    return manifest;
}

static inline void rig_hex_member(struct roost_json_writer *w, const char *name, const void *bytes,
                                  size_t len)
{
    char digits[129];
    roost_hex_write(digits, bytes, len);
    roost_json_key(w, name);
    roost_json_str(w, digits);
}

static inline void rig_write_manifest(struct rig *rig, const struct roost_manifest *manifest)
{
    struct roost_json_writer w;
    roost_json_begin(&w, rig->manifest, ROOST_MANIFEST_MAX);
    roost_json_object(&w);
    roost_json_key(&w, "available");
    roost_json_bool(&w, manifest->available);
    roost_json_key(&w, "version");
    roost_json_str(&w, manifest->version);
    roost_json_key(&w, "security_version");
    roost_json_uint(&w, manifest->security_version);
    roost_json_key(&w, "size");
    roost_json_uint(&w, manifest->size_bytes);
    rig_hex_member(&w, "sha256", manifest->sha256, 32);
    rig_hex_member(&w, "key_id", manifest->key_id, 8);
    rig_hex_member(&w, "signature", manifest->signature, 64);
    roost_json_key(&w, "url");
    roost_json_str(&w, manifest->url);
    roost_json_key(&w, "meta");
    roost_json_object(&w);
    roost_json_key(&w, "product");
    roost_json_str(&w, manifest->product);
    roost_json_key(&w, "target");
    roost_json_str(&w, manifest->target);
    roost_json_end(&w);
    roost_json_key(&w, "compatibility");
    roost_json_object(&w);
    roost_json_key(&w, "min_hardware_version");
    roost_json_uint(&w, manifest->min_hardware);
    roost_json_key(&w, "max_hardware_version");
    roost_json_uint(&w, manifest->max_hardware);
    roost_json_end(&w);
    roost_json_end(&w);
    int len = roost_json_finish(&w);
    assert_true(len > 0);
    rig->manifest_len = (size_t)len;
    rig->manifest_status = 0;
}

/* Signs with one of the device's keys and serves it. */
static inline void rig_serve(struct rig *rig, struct roost_manifest *manifest, unsigned key)
{
    char text[ROOST_MANIFEST_TEXT_MAX];
    uint8_t digest[32];
    int len = roost_manifest_text(manifest, text, sizeof text);
    assert_true(len > 0);
    rig_sha256(rig, text, (size_t)len, digest);
    rig_sign(rig->config.keys[key], digest, manifest->signature);
    assert_int_equal(roost_key_id(&rig->port.crypto, rig->config.keys[key], manifest->key_id), 0);
    if (!rig_is_signed(rig, rig->image, rig->image_len)) {
        assert_true(rig->signed_count < RIG_SIGNED);
        memcpy(rig->signed_images[rig->signed_count++], manifest->sha256, 32);
    }
    rig_write_manifest(rig, manifest);
}

/* The hub has a good image of this version. */
static inline void rig_offer(struct rig *rig, const char *version, uint32_t security_version)
{
    rig->image_len = RIG_IMAGE;
    rig_make_image(rig->image, rig->image_len, version, security_version);
    struct roost_manifest manifest = rig_manifest(rig, version, security_version);
    rig_serve(rig, &manifest, 0);
}

/* ---- life ---- */

static inline uint64_t rig_now(void *ctx)
{
    return ((struct rig *)ctx)->now_ms;
}

/* What the boot loader does, then the device's own start. */
static inline void rig_boot(struct rig *rig, enum roost_reset_reason reason)
{
    struct roost_image image;
    uint8_t other = !rig->running;
    if (rig->slot_state[rig->running] == RIG_PENDING)
        rig->slot_state[rig->running] = RIG_FAILED;
    if (rig->slot_state[rig->running] == RIG_FAILED || rig->slot_state[other] == RIG_NEW)
        rig->running = other;
    if (rig->slot_state[rig->running] == RIG_NEW)
        rig->slot_state[rig->running] = RIG_PENDING;
    rig->power = true;
    rig->rebooting = false;
    rig->reason = reason;
    rig->transfer.open = false;
    rig->boots++;
    rig->now_ms += 1000;
    assert_true(rig_is_signed(rig, rig->slot[rig->running], RIG_IMAGE));
    assert_int_equal(roost_image_read(&image, rig->slot[rig->running], RIG_SLOT), 0);
    rig_text(rig->version, image.version);
    memset(&rig->ota, 0x55, sizeof rig->ota);
    assert_int_equal(roost_ota_init(&rig->ota, &rig->port, &rig->config, &rig->log, rig->now_ms),
                     rig->running_error ? ROOST_ERR_UNSUPPORTED : 0);
}

/* One turn of the owner's loop. False: the power went. */
static inline bool rig_work(struct rig *rig)
{
    struct roost_ota *ota = &rig->ota;
    rig_pump(rig);
    roost_ota_step(ota, rig->now_ms, rig->network_up);
    if (ota->state == ROOST_OTA_TRIAL)
        roost_ota_self_test(ota, rig->now_ms, rig->missing);
    if (ota->state == ROOST_OTA_READY && !rig->hold)
        roost_ota_restart(ota);
    if (rig->power && rig->rebooting)
        rig_boot(rig, rig->asked_reason);
    return rig->power;
}

/* Time goes on when nothing is left to do. False: it is until_ms. */
static inline bool rig_wait(struct rig *rig, uint64_t until_ms)
{
    uint64_t due_ms = roost_ota_due(&rig->ota);
    if (!rig->transfer.open && due_ms > rig->now_ms)
        rig->now_ms = due_ms < until_ms ? due_ms : until_ms;
    return rig->now_ms < until_ms;
}

static inline void rig_run(struct rig *rig, uint64_t ms)
{
    uint64_t until_ms = rig->now_ms + ms;
    for (int turns = 0; rig_work(rig) && rig_wait(rig, until_ms); turns++)
        assert_true(turns < 20000);
}

/* Until this state; fails when it does not come within two days. */
static inline void rig_until(struct rig *rig, enum roost_ota_state state)
{
    uint64_t until_ms = rig->now_ms + 2 * (uint64_t)RIG_DAY_MS;
    while (rig->ota.state != state) {
        assert_true(rig_work(rig));
        assert_true(rig->ota.state == state || rig_wait(rig, until_ms));
    }
}

/* Version 1.3.0 with security version 2 runs; the hub has nothing; nothing goes wrong. */
static inline void rig_start(struct rig *rig)
{
    static const struct roost_kv_ops kv = {rig_kv_get, rig_kv_set, rig_kv_erase, rig_kv_erase_all};
    static const struct roost_flash_ops slot = {rig_slot_read, rig_slot_program, rig_slot_erase};
    static const struct roost_firmware_ops firmware = {rig_running, rig_activate, rig_confirm,
                                                       rig_roll_back};
    static const struct roost_http_ops http = {rig_get, rig_cancel};
    static const struct roost_random_ops random = {rig_fill};
    static const struct roost_system_ops system = {.reset_reason = rig_reset_reason,
                                                   .reboot = rig_reboot};
    static const struct roost_crypto_ops crypto = {.sha256 = rig_sha256,
                                                   .sha256_begin = rig_sha256_begin,
                                                   .sha256_add = rig_sha256_add,
                                                   .sha256_end = rig_sha256_end,
                                                   .ecdsa_p256_verify = rig_verify};
    memset(rig, 0, sizeof *rig);
    rig->port = (struct roost_port){
        .kv = {&kv, rig},
        .slot = {&slot, rig, RIG_SECTOR, RIG_SECTORS, 4},
        .firmware = {&firmware, rig},
        .http = {&http, rig},
        .random = {&random, rig},
        .system = {&system, rig},
        .crypto = {&crypto, rig},
    };
    rig->config = (struct roost_ota_config){
        .url = "https://hub.example/api/v1/esp32/firmware",
        .product = "window",
        .target = "esp32c3",
        .version = rig->version,
        .hardware_version = 2,
        .key_count = 2,
        .https_only = true,
    };
    memset(rig->config.keys[0], 0xA0, ROOST_PUBLIC_KEY_BYTES);
    memset(rig->config.keys[1], 0xA1, ROOST_PUBLIC_KEY_BYTES);
    roost_log_init(&rig->log, rig->ring, sizeof rig->ring, rig_now, NULL, rig);
    rig->random = 1;
    rig->network_up = rig->power = true;
    rig->cut_at = RIG_NO_CUT;
    rig->key[0].len = rig->key[1].len = -1;
    rig->part_bytes = 300;
    rig->manifest_status = ROOST_ERR_NOT_FOUND;
    rig->slot_state[0] = RIG_VALID;
    rig->lowest = 2;
    rig_fill(rig, rig->slot[1], RIG_SLOT);
    rig_make_image(rig->slot[0], RIG_SLOT, "1.3.0", 2);
    rig_sum_end(rig_sum(1, rig->slot[0], RIG_IMAGE), rig->signed_images[rig->signed_count++]);
    rig_boot(rig, ROOST_RESET_POWER_ON);
}

#endif
