/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/factory/device.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/assert.h"
#include "core/base64.h"
#include "core/err.h"

enum { SALT = 12, HASH = 64, ROUNDS = 101 };

/* No character that a person takes for another one. */
static const char letters[] = "23456789abcdefghjkmnpqrstuvwxyz";

static bool random_letters(char *out, size_t count)
{
    const unsigned kinds = sizeof letters - 1, fair = 256 / kinds * kinds;

    while (count > 0) {
        uint8_t byte;
        if (RAND_bytes(&byte, 1) != 1)
            return false;
        if (byte >= fair)
            continue;
        *out++ = letters[byte % kinds];
        count--;
    }
    *out = '\0';
    return true;
}

int device_hash_password(char out[DEVICE_HASH_LEN + 1], const char *password,
                         const uint8_t salt[SALT])
{
    uint8_t hash[HASH];
    size_t len = strlen("$7$101$");

    if (PKCS5_PBKDF2_HMAC(password, (int)strlen(password), salt, SALT, ROUNDS, EVP_sha512(), HASH,
                          hash) != 1)
        return ROOST_ERR_CRYPTO;
    memcpy(out, "$7$101$", len);
    len += roost_base64_encode(out + len, salt, SALT);
    out[len++] = '$';
    len += roost_base64_encode(out + len, hash, HASH);
    out[len] = '\0';
    return 0;
}

static int draw_password(struct device *device)
{
    uint8_t bytes[32], salt[SALT];
    char text[ROOST_BASE64_LEN(sizeof bytes) + 1];

    if (RAND_priv_bytes(bytes, sizeof bytes) != 1 || RAND_bytes(salt, sizeof salt) != 1)
        return ROOST_ERR_CRYPTO;
    roost_base64_encode(text, bytes, sizeof bytes);
    for (size_t i = 0; i < DEVICE_PASSWORD_LEN; i++) /* RFC 4648, section 5 */
        device->password[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
    device->password[DEVICE_PASSWORD_LEN] = '\0';
    OPENSSL_cleanse(bytes, sizeof bytes);
    OPENSSL_cleanse(text, sizeof text);
    return device_hash_password(device->password_hash, device->password, salt);
}

int device_init(struct device *device, const struct order *order, struct why *why)
{
    char random[ORDER_RANDOM_CHARS + 1] = "";

    *device = (struct device){0};
    bool good = (order->id || random_letters(random, ORDER_RANDOM_CHARS)) &&
                RAND_priv_bytes(device->secret, sizeof device->secret) == 1 &&
                RAND_priv_bytes(device->nvs_keys, sizeof device->nvs_keys) == 1 &&
                draw_password(device) == 0;
    if (!good) {
        device_deinit(device);
        return why_not(why, ROOST_ERR_CRYPTO, "no random numbers");
    }
    snprintf(device->id, sizeof device->id, "%s%s", order->id ? order->id : order->id_prefix,
             random);
    return 0;
}

void device_deinit(struct device *device)
{
    OPENSSL_cleanse(device, sizeof *device);
}

static void write_values(struct nvs *nvs, const struct device *device, const struct order *order)
{
    static const char *const key_names[ORDER_KEYS_MAX] = {ROOST_FACTORY_KEY_0, ROOST_FACTORY_KEY_1};

    ROOST_ASSERT(order->key_count <= ORDER_KEYS_MAX);
    nvs_text(nvs, ROOST_FACTORY_DEVICE_ID, device->id);
    nvs_u32(nvs, ROOST_FACTORY_HARDWARE, order->hardware_version);
    if (order->broker.host[0]) {
        nvs_text(nvs, ROOST_FACTORY_BROKER_HOST, order->broker.host);
        nvs_u16(nvs, ROOST_FACTORY_BROKER_PORT, order->broker.port);
        nvs_u8(nvs, ROOST_FACTORY_BROKER_TLS, order->broker.tls);
        nvs_text(nvs, ROOST_FACTORY_USER, device->id);
        nvs_text(nvs, ROOST_FACTORY_PASSWORD, device->password);
    }
    nvs_blob(nvs, ROOST_FACTORY_SECRET, device->secret, sizeof device->secret);
    for (size_t i = 0; i < order->key_count; i++)
        nvs_blob(nvs, key_names[i], order->keys[i], sizeof order->keys[i]);
    for (size_t i = 0; i < order->network_count; i++) {
        char name[sizeof ROOST_FACTORY_WIFI_PREFIX + 1];
        snprintf(name, sizeof name, ROOST_FACTORY_WIFI_PREFIX "%c", '0' + (char)i);
        nvs_text(nvs, name, order->networks[i]);
    }
    if (order->hub)
        nvs_text(nvs, ROOST_FACTORY_HUB_URL, order->hub);
    if (order->hub_ca)
        nvs_text(nvs, ROOST_FACTORY_HUB_CA, order->hub_ca);
    if (order->child)
        nvs_text(nvs, ROOST_FACTORY_CHILD_ID, order->child);
    if (order->update_url)
        nvs_text(nvs, ROOST_FACTORY_UPDATE_URL, order->update_url);
    if (order->broker_ca)
        nvs_text(nvs, ROOST_FACTORY_BROKER_CA, order->broker_ca);
    if (order->update_ca)
        nvs_text(nvs, ROOST_FACTORY_UPDATE_CA, order->update_ca);
}

int device_image(uint8_t *image, const struct device *device, const struct order *order,
                 struct why *why)
{
    struct nvs nvs;

    nvs_begin(&nvs, image, order->partition_bytes, ROOST_FACTORY_NAMESPACE);
    write_values(&nvs, device, order);
    int err = nvs_end(&nvs);
    if (err)
        return why_not(why, err, "--partition-size 0x%zx: too small for these values",
                       order->partition_bytes);
    if (order->encrypt && nvs_encrypt(image, order->partition_bytes, device->nvs_keys))
        return why_not(why, ROOST_ERR_CRYPTO, "the image could not be encrypted");
    return 0;
}
