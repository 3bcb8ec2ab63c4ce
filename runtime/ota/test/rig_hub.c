/* SPDX-License-Identifier: Apache-2.0 */
/* The hub: a manifest and an image over HTTP, in parts, with what can go wrong on the way. */
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/bytes.h"
#include "core/err.h"
#include "core/hex.h"
#include "core/json_write.h"
#include "proto/fleet/image.h"
#include "runtime/ota/test/rig_parts.h"

/* ---- transfers ---- */

static int get(void *ctx, const char *url, uint64_t offset, const char *ca_pem)
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

static int cancel(void *ctx)
{
    struct rig *rig = ctx;
    rig->cancels++;
    rig->transfer.open = false;
    return ROOST_OK;
}

static void end_transfer(struct rig *rig, int status)
{
    rig->transfer.open = false;
    assert_int_equal(roost_ota_post(&rig->ota, &(struct roost_event){.type = ROOST_EV_HTTP_DONE,
                                                                     .status = status}),
                     0);
}

const struct roost_http_ops rig_http_ops = {.get = get, .cancel = cancel};

void rig_pump(struct rig *rig)
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
            end_transfer(rig, status);
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

/* ---- what it has ---- */

void rig_make_image(uint8_t *out, size_t len, const char *version, uint32_t security_version)
{
    uint32_t x = (uint32_t)rig_sum(3, version, strlen(version));
    for (size_t i = 0; i < len; i++) {
        x = x * 1664525 + 1013904223;
        out[i] = (uint8_t)(x >> 24);
    }
    memset(out, 0, ROOST_IMAGE_HEAD_BYTES);
    out[0] = ROOST_IMAGE_MAGIC;
    out[1] = 2;
    roost_le_put(out + 12, ROOST_CHIP_ESP32C3, 2);
    roost_le_put(out + 32, ROOST_APP_DESC_MAGIC, 4);
    roost_le_put(out + 36, security_version, 4);
    rig_text((char *)out + 48, version);
    rig_text((char *)out + 80, "roost-window");
}

struct roost_manifest rig_manifest(const struct rig *rig, const char *version,
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
    rig_digest(rig->image, rig->image_len, manifest.sha256);
    return manifest;
}

static void put_hex(struct roost_json_writer *w, const char *name, const void *bytes, size_t len)
{
    char digits[129];
    roost_hex_write(digits, bytes, len);
    roost_json_put_str(w, name, digits);
}

void rig_write_manifest(struct rig *rig, const struct roost_manifest *manifest)
{
    struct roost_json_writer w;
    roost_json_begin(&w, rig->manifest, ROOST_MANIFEST_MAX);
    roost_json_object(&w);
    roost_json_put_bool(&w, "available", manifest->available);
    roost_json_put_str(&w, "version", manifest->version);
    roost_json_put_uint(&w, "security_version", manifest->security_version);
    roost_json_put_uint(&w, "size", manifest->size_bytes);
    put_hex(&w, "sha256", manifest->sha256, 32);
    put_hex(&w, "key_id", manifest->key_id, 8);
    put_hex(&w, "signature", manifest->signature, 64);
    roost_json_put_str(&w, "url", manifest->url);
    roost_json_put_object(&w, "meta");
    roost_json_put_str(&w, "product", manifest->product);
    roost_json_put_str(&w, "target", manifest->target);
    roost_json_end(&w);
    roost_json_put_object(&w, "compatibility");
    roost_json_put_uint(&w, "min_hardware_version", manifest->min_hardware);
    roost_json_put_uint(&w, "max_hardware_version", manifest->max_hardware);
    roost_json_end(&w);
    roost_json_end(&w);
    int len = roost_json_finish(&w);
    assert_true(len > 0);
    rig->manifest_len = (size_t)len;
    rig->manifest_status = 0;
}

void rig_serve(struct rig *rig, struct roost_manifest *manifest, unsigned key)
{
    char text[ROOST_MANIFEST_TEXT_MAX];
    uint8_t digest[32];
    int len = roost_manifest_text(manifest, text, sizeof text);
    assert_true(len > 0);
    rig_digest(text, (size_t)len, digest);
    rig_sign(rig->config.keys[key], digest, manifest->signature);
    assert_int_equal(roost_key_id(&rig->port.crypto, rig->config.keys[key], manifest->key_id), 0);
    if (!rig_is_signed(rig, rig->image, rig->image_len)) {
        assert_true(rig->signed_count < RIG_SIGNED);
        memcpy(rig->signed_images[rig->signed_count++], manifest->sha256, 32);
    }
    rig_write_manifest(rig, manifest);
}

void rig_offer(struct rig *rig, const char *version, uint32_t security_version)
{
    rig->image_len = RIG_IMAGE;
    rig_make_image(rig->image, rig->image_len, version, security_version);
    struct roost_manifest manifest = rig_manifest(rig, version, security_version);
    rig_serve(rig, &manifest, 0);
}
