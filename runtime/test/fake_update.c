/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an update needs: a hub that serves a manifest and an image, the other slot, a boot loader,
 * and a crypto that tells right from wrong and is otherwise none.
 */
#include <string.h>

#include "core/assert.h"
#include "core/bytes.h"
#include "core/err.h"
#include "core/hex.h"
#include "core/json_write.h"
#include "proto/fleet/image.h"
#include "runtime/test/fake_parts.h"

enum { PART_MS = 2, PART_BYTES = 700 };

/* ---- crypto ---- */

struct sum {
    uint64_t lanes[4];
};

static struct sum running;

static void begin(struct sum *sum)
{
    for (unsigned i = 0; i < 4; i++)
        sum->lanes[i] = 14695981039346656037u + i * 0x9E3779B97F4A7C15u;
}

static void add(struct sum *sum, const void *data, size_t len)
{
    const uint8_t *bytes = data;

    for (size_t n = 0; n < len; n++)
        for (unsigned i = 0; i < 4; i++)
            sum->lanes[i] = (sum->lanes[i] ^ bytes[n]) * (1099511628211u + 2 * i);
}

static int sha256_begin(void *ctx)
{
    (void)ctx;
    begin(&running);
    return 0;
}

static int sha256_add(void *ctx, const void *data, size_t len)
{
    (void)ctx;
    add(&running, data, len);
    return 0;
}

static int sha256_end(void *ctx, uint8_t out[32])
{
    (void)ctx;
    memcpy(out, running.lanes, 32);
    return 0;
}

static int sha256(void *ctx, const void *data, size_t len, uint8_t out[32])
{
    struct sum sum;

    (void)ctx;
    begin(&sum);
    add(&sum, data, len);
    memcpy(out, sum.lanes, 32);
    return 0;
}

/* A signature is the digest, then the key's first bytes. */
static int ecdsa_p256_verify(void *ctx, const uint8_t public_key[65], const uint8_t digest[32],
                             const uint8_t signature[64])
{
    (void)ctx;
    return memcmp(signature, digest, 32) == 0 && memcmp(signature + 32, public_key, 32) == 0
               ? 0
               : ROOST_ERR_CRYPTO;
}

/* ---- what the hub has ---- */

static void make_image(struct fake_port *fake, const char *version)
{
    uint8_t *image = fake->image;

    for (size_t i = 0; i < sizeof fake->image; i++)
        image[i] = (uint8_t)(i * 2654435761u >> 11);
    memset(image, 0, ROOST_IMAGE_HEAD_BYTES);
    image[0] = ROOST_IMAGE_MAGIC;
    image[1] = 1;
    roost_le_put(image + 12, ROOST_CHIP_LINUX, 2);
    roost_le_put(image + 28, sizeof fake->image - 32, 4);
    roost_le_put(image + 32, ROOST_APP_DESC_MAGIC, 4);
    roost_le_put(image + 36, 1, 4); /* security version */
    memcpy(image + 48, version, strlen(version) + 1);
    memcpy(image + 80, "roost-", 6);
    memcpy(image + 86, fake->update.product, strlen(fake->update.product) + 1);
}

static void write_bytes(struct roost_json_writer *w, const char *key, const uint8_t *bytes,
                        size_t len)
{
    char digits[2 * 64 + 1];

    roost_hex_write(digits, bytes, len);
    roost_json_put_str(w, key, digits);
}

void fake_offer(struct fake_port *fake, const char *version)
{
    struct roost_manifest offer = {.available = true,
                                   .target = "linux",
                                   .security_version = 1,
                                   .size_bytes = sizeof fake->image,
                                   .min_hardware = 1,
                                   .max_hardware = 9};
    struct roost_json_writer w;
    char text[ROOST_MANIFEST_TEXT_MAX];

    make_image(fake, version);
    memcpy(offer.version, version, strlen(version) + 1);
    memcpy(offer.product, fake->update.product, strlen(fake->update.product) + 1);
    sha256(fake, fake->image, sizeof fake->image, offer.sha256);
    ROOST_ASSERT(roost_key_id(&fake->port.crypto, fake->update.keys[0], offer.key_id) == 0);
    int len = roost_manifest_text(&offer, text, sizeof text);
    ROOST_ASSERT(len > 0);
    sha256(fake, text, (size_t)len, offer.signature);
    memcpy(offer.signature + 32, fake->update.keys[0], 32);

    roost_json_begin(&w, fake->manifest, sizeof fake->manifest);
    roost_json_object(&w);
    roost_json_put_bool(&w, "available", true);
    roost_json_put_str(&w, "version", version);
    roost_json_put_str(&w, "url", "/image");
    write_bytes(&w, "sha256", offer.sha256, sizeof offer.sha256);
    roost_json_put_uint(&w, "size", offer.size_bytes);
    roost_json_put_uint(&w, "security_version", offer.security_version);
    write_bytes(&w, "signature", offer.signature, sizeof offer.signature);
    write_bytes(&w, "key_id", offer.key_id, sizeof offer.key_id);
    roost_json_put_object(&w, "compatibility");
    roost_json_put_uint(&w, "min_hardware_version", offer.min_hardware);
    roost_json_put_uint(&w, "max_hardware_version", offer.max_hardware);
    roost_json_end(&w);
    roost_json_put_object(&w, "meta");
    roost_json_put_str(&w, "product", offer.product);
    roost_json_put_str(&w, "target", offer.target);
    roost_json_end(&w);
    roost_json_end(&w);
    ROOST_ASSERT(roost_json_finish(&w) > 0);
}

/* ---- download ---- */

static void next_part(struct fake_port *fake)
{
    size_t left = fake->http_len - fake->http_at;
    struct roost_event event = {.type = ROOST_EV_HTTP_DATA,
                                .token = fake->http_at,
                                .data = fake->http_body + fake->http_at,
                                .len = left < PART_BYTES ? left : PART_BYTES};

    if (left == 0 || fake->http_breaks)
        event = (struct roost_event){.type = ROOST_EV_HTTP_DONE,
                                     .status = left == 0 ? 0 : ROOST_ERR_CLOSED};
    fake_later(fake, PART_MS, event);
}

static int get(void *ctx, const char *url, uint64_t offset, const char *ca_pem)
{
    struct fake_port *fake = ctx;
    bool manifest = strcmp(url, fake->update.url) == 0;

    (void)ca_pem;
    if (fake->http_open)
        return ROOST_ERR_BUSY;
    ROOST_ASSERT(manifest || strcmp(url, "https://hub/image") == 0);
    fake->http_gets++;
    fake->http_open = true;
    fake->http_body = manifest ? fake->manifest : (const char *)fake->image;
    fake->http_len = manifest ? strlen(fake->manifest) : sizeof fake->image;
    fake->http_at = (size_t)offset;
    if (fake->http_len > offset)
        next_part(fake);
    else
        fake_later(fake, PART_MS,
                   (struct roost_event){.type = ROOST_EV_HTTP_DONE, .status = ROOST_ERR_NOT_FOUND});
    return 0;
}

static int cancel(void *ctx)
{
    struct fake_port *fake = ctx;

    fake->http_open = false;
    fake_forget_pending(fake, ROOST_EV_HTTP_DATA);
    fake_forget_pending(fake, ROOST_EV_HTTP_DONE);
    return 0;
}

void fake_settle_http(struct fake_port *fake, struct roost_event *event)
{
    if (event->type == ROOST_EV_HTTP_DONE)
        fake->http_open = false;
}

void fake_http_posted(struct fake_port *fake, const struct roost_event *event, int err)
{
    ROOST_ASSERT(err == 0 || err == ROOST_ERR_FULL);
    if (!fake->http_open)
        return; /* it was cancelled from within a step */
    if (err == 0) {
        fake->http_at += event->len;
        next_part(fake);
    } else {
        fake_later(fake, 0, *event);
    }
}

/* ---- slots ---- */

static int firmware_running(void *ctx, struct roost_running *out)
{
    *out = ((struct fake_port *)ctx)->running;
    return 0;
}

static int activate(void *ctx, uint32_t len)
{
    struct fake_port *fake = ctx;

    fake->activations++;
    if (fake->activate_error < 0)
        return fake->activate_error;
    ROOST_ASSERT(len == sizeof fake->image && memcmp(fake->other_slot, fake->image, len) == 0);
    fake->activated = true;
    return 0;
}

static int confirm(void *ctx)
{
    ((struct fake_port *)ctx)->running.on_trial = false;
    return 0;
}

static void back(struct fake_port *fake)
{
    fake->running.slot = !fake->running.slot;
    fake->running.on_trial = false;
    fake->running.other_failed = true;
}

static int roll_back(void *ctx)
{
    struct fake_port *fake = ctx;

    back(fake);
    fake->reboots++;
    return 0;
}

void fake_boot_update(struct fake_port *fake)
{
    fake->http_open = false;
    if (fake->activated) {
        fake->running.slot = !fake->running.slot;
        fake->running.on_trial = true;
        fake->running.other_failed = false;
        fake->activated = false;
    } else if (fake->running.on_trial) {
        back(fake);
    }
}

void fake_use_update(struct fake_port *fake, const char *product)
{
    static const struct roost_http_ops http_ops = {.get = get, .cancel = cancel};
    static const struct roost_crypto_ops crypto_ops = {.sha256 = sha256,
                                                       .sha256_begin = sha256_begin,
                                                       .sha256_add = sha256_add,
                                                       .sha256_end = sha256_end,
                                                       .ecdsa_p256_verify = ecdsa_p256_verify};
    static const struct roost_firmware_ops firmware_ops = {.running = firmware_running,
                                                           .activate = activate,
                                                           .confirm = confirm,
                                                           .roll_back = roll_back};

    fake->update = (struct roost_ota_config){
        .url = "https://hub/firmware",
        .product = product,
        .target = "linux",
        .version = "1.2.3",
        .hardware_version = 1,
        .keys = {{0x04, 0x11, 0x22, 0x33}},
        .key_count = 1,
        .https_only = true,
    };
    fake->slot = (struct fake_region){.fake = fake,
                                      .bytes = fake->other_slot,
                                      .sectors = FAKE_SLOT_SECTORS,
                                      .sector_bytes = FAKE_SLOT_SECTOR_BYTES,
                                      .fails = &fake->slot_fails};
    fake->port.http = (struct roost_http){&http_ops, fake};
    fake->port.crypto = (struct roost_crypto){&crypto_ops, fake};
    fake->port.firmware = (struct roost_firmware){&firmware_ops, fake};
    fake->port.slot = (struct roost_flash){.ops = &fake_flash_ops,
                                           .ctx = &fake->slot,
                                           .sector_bytes = FAKE_SLOT_SECTOR_BYTES,
                                           .sector_count = FAKE_SLOT_SECTORS,
                                           .program_bytes = FAKE_PROGRAM_BYTES};
}
