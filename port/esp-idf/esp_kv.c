/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small values: NVS, namespace "roost" in the partition "nvs", one blob a key. NVS writes a new
 * entry before it erases the old one and goes on with that after a power cut, which gives what
 * port.h asks for. With CONFIG_NVS_ENCRYPTION both partitions are XTS-AES, with the keys in
 * the partition nvs_keys that flash encryption protects.
 */
#include "port/esp-idf/esp_parts.h"

#include <string.h>

#include "esp_log.h"
#include "esp_partition.h"
#include "nvs.h"
#include "nvs_flash.h"

#include "core/err.h"

static const char tag[] = "roost.kv", partition_name[] = "nvs", name_space[] = "roost";
static nvs_handle_t handle;

int esp_port_nvs_error(esp_err_t err)
{
    switch (err) {
    case ESP_OK:
        return 0;
    case ESP_ERR_NVS_NOT_FOUND:
    case ESP_ERR_NVS_PART_NOT_FOUND:
        return ROOST_ERR_NOT_FOUND;
    case ESP_ERR_NVS_INVALID_LENGTH:
    case ESP_ERR_NVS_VALUE_TOO_LONG:
    case ESP_ERR_NVS_KEY_TOO_LONG:
        return ROOST_ERR_TOO_LONG;
    case ESP_ERR_NVS_NOT_ENOUGH_SPACE:
        return ROOST_ERR_NO_SPACE;
    case ESP_ERR_NVS_TYPE_MISMATCH:
    case ESP_ERR_NVS_XTS_DECR_FAILED:
        return ROOST_ERR_CORRUPT;
    case ESP_ERR_NO_MEM:
        return ROOST_ERR_NO_MEMORY;
    default:
        return ROOST_ERR_IO;
    }
}

/* ---- partitions ---- */

#if CONFIG_NVS_ENCRYPTION
/* As nvs_flash_init does, but that new keys are made only where there were none: with damaged ones
 * it would lock out, for good, what was written with them. */
static esp_err_t read_keys(nvs_sec_cfg_t *keys)
{
    nvs_sec_scheme_t *scheme = nvs_flash_get_default_security_scheme();
    esp_err_t err = nvs_flash_read_security_cfg_v2(scheme, keys);

    if (err != ESP_ERR_NVS_KEYS_NOT_INITIALIZED)
        return err;
    ESP_LOGW(tag, "no NVS keys: making new ones");
    return nvs_flash_generate_keys_v2(scheme, keys);
}

static esp_err_t open_partition(const char *name)
{
    nvs_sec_cfg_t keys = {0};
    esp_err_t err = read_keys(&keys);

    if (err == ESP_OK)
        err = nvs_flash_secure_init_partition(name, &keys);
    else
        ESP_LOGE(tag, "NVS keys: %s", esp_err_to_name(err));
    memset(&keys, 0, sizeof keys);
    return err;
}
#else
static esp_err_t open_partition(const char *name)
{
    return nvs_flash_init_partition(name);
}
#endif

int esp_port_nvs_open(const char *name)
{
    if (!esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_DATA_NVS, name))
        return ROOST_ERR_NOT_FOUND;
    esp_err_t err = open_partition(name);
    if (err != ESP_OK)
        ESP_LOGE(tag, "partition %s: %s", name, esp_err_to_name(err));
    return esp_port_nvs_error(err);
}

/* A partition without a free page or in a newer form cannot be used at all. A device that never
 * starts again helps nobody, and what the factory wrote is elsewhere; but it is not done silently.
 */
static esp_err_t open_or_erase(void)
{
    esp_err_t err = open_partition(partition_name);

    if (err != ESP_ERR_NVS_NO_FREE_PAGES && err != ESP_ERR_NVS_NEW_VERSION_FOUND)
        return err;
    ESP_LOGE(tag, "partition %s: %s: erasing it, settings, counters and Wi-Fi networks are lost",
             partition_name, esp_err_to_name(err));
    err = nvs_flash_erase_partition(partition_name);
    return err == ESP_OK ? open_partition(partition_name) : err;
}

/* ---- the operations ---- */

static int kv_get(void *ctx, const char *key, void *value, size_t size)
{
    size_t len = size;

    (void)ctx;
    esp_err_t err = nvs_get_blob(handle, key, value, &len);
    if (err != ESP_OK)
        return esp_port_nvs_error(err);
    return len <= size ? (int)len : ROOST_ERR_TOO_LONG; /* value NULL: only the length was told */
}

static int kv_set(void *ctx, const char *key, const void *value, size_t len)
{
    (void)ctx;
    if (len > ROOST_KV_VALUE_MAX || strlen(key) > ROOST_KV_KEY_MAX)
        return ROOST_ERR_TOO_LONG;
    esp_err_t err = nvs_set_blob(handle, key, len ? value : "", len);
    if (err == ESP_OK)
        err = nvs_commit(handle);
    return esp_port_nvs_error(err);
}

static int kv_erase(void *ctx, const char *key)
{
    (void)ctx;
    esp_err_t err = nvs_erase_key(handle, key);
    if (err == ESP_OK)
        err = nvs_commit(handle);
    return err == ESP_ERR_NVS_NOT_FOUND ? 0 : esp_port_nvs_error(err);
}

static int kv_erase_all(void *ctx)
{
    (void)ctx;
    esp_err_t err = nvs_erase_all(handle);
    if (err == ESP_OK)
        err = nvs_commit(handle);
    return esp_port_nvs_error(err);
}

static const struct roost_kv_ops kv_ops = {
    .get = kv_get, .set = kv_set, .erase = kv_erase, .erase_all = kv_erase_all};

int esp_port_kv_init(struct roost_kv *out)
{
    esp_err_t err = open_or_erase();

    if (err == ESP_OK)
        err = nvs_open_from_partition(partition_name, name_space, NVS_READWRITE, &handle);
    if (err != ESP_OK) {
        ESP_LOGE(tag, "partition %s: %s", partition_name, esp_err_to_name(err));
        return esp_port_nvs_error(err);
    }
    *out = (struct roost_kv){&kv_ops, NULL};
    return 0;
}
