/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two firmware slots as ESP-IDF's boot loader keeps them, in two records of the partition
 * otadata that are written in turn: a new image is NEW, its first boot makes it PENDING_VERIFY, and
 * a second boot before it was confirmed makes it ABORTED and starts the other one. All that is the
 * boot loader's with CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE; without it a bad image would stay, and
 * there are no updates.
 */
#include "port/esp-idf/esp_parts.h"

#include "esp_app_desc.h"
#include "esp_log.h"
#include "esp_ota_ops.h"
#if CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK
#include "esp_efuse.h"
#endif

#include "core/err.h"

#if CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE

static const char tag[] = "roost.firmware";

/* Of an image that has no record (the first one, written over the cable): VALID. */
static esp_ota_img_states_t state_of(const esp_partition_t *partition)
{
    esp_ota_img_states_t state = ESP_OTA_IMG_VALID;

    if (!partition || esp_ota_get_state_partition(partition, &state) != ESP_OK)
        state = ESP_OTA_IMG_VALID;
    return state;
}

static const esp_partition_t *other_slot(void)
{
    const esp_partition_t *running = esp_ota_get_running_partition();
    const esp_partition_t *other = esp_ota_get_next_update_partition(running);

    return other == running ? NULL : other;
}

static uint32_t lowest_security_version(void)
{
#if CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK
    return esp_efuse_read_secure_version();
#else
    return esp_app_get_description()->secure_version; /* nothing keeps a higher one */
#endif
}

static int firmware_running(void *ctx, struct roost_running *out)
{
    const esp_partition_t *running = esp_ota_get_running_partition();
    esp_ota_img_states_t other = state_of(other_slot());

    (void)ctx;
    *out = (struct roost_running){
        .slot = running->subtype == ESP_PARTITION_SUBTYPE_APP_OTA_1,
        .on_trial = state_of(running) == ESP_OTA_IMG_PENDING_VERIFY,
        .other_failed = other == ESP_OTA_IMG_INVALID || other == ESP_OTA_IMG_ABORTED,
        .security_version = lowest_security_version(),
    };
    return 0;
}

/* Reads the whole image: its hash and, with secure boot, its signature are checked here and again
 * by the boot loader. */
static int firmware_activate(void *ctx, uint32_t len)
{
    const esp_partition_t *other = other_slot();

    (void)ctx;
    if (!other)
        return ROOST_ERR_UNSUPPORTED;
    if (len == 0 || len > other->size)
        return ROOST_ERR_CORRUPT;
    esp_err_t err = esp_ota_set_boot_partition(other);
    if (err == ESP_OK)
        return 0;
    ESP_LOGE(tag, "slot %s: %s", other->label, esp_err_to_name(err));
    switch (err) {
    case ESP_ERR_OTA_VALIDATE_FAILED:
#if CONFIG_SECURE_BOOT
        return ROOST_ERR_CRYPTO; /* it does not say which of its checks failed */
#else
        return ROOST_ERR_CORRUPT;
#endif
    case ESP_ERR_OTA_SMALL_SEC_VER:
        return ROOST_ERR_CRYPTO;
    default:
        return ROOST_ERR_IO;
    }
}

static int firmware_confirm(void *ctx)
{
    (void)ctx;
    if (state_of(esp_ota_get_running_partition()) != ESP_OTA_IMG_PENDING_VERIFY)
        return 0;
    esp_err_t err = esp_ota_mark_app_valid_cancel_rollback();
    if (err == ESP_OK)
        return 0;
    ESP_LOGE(tag, "not confirmed: %s", esp_err_to_name(err));
    return ROOST_ERR_IO;
}

static int firmware_roll_back(void *ctx)
{
    (void)ctx;
    esp_port_note_reset(ROOST_RESET_UPDATE);
    esp_err_t err =
        esp_ota_mark_app_invalid_rollback_and_reboot(); /* returns only when it failed */
    esp_port_note_reset(ROOST_RESET_UNKNOWN);
    ESP_LOGE(tag, "not rolled back: %s", esp_err_to_name(err));
    return ROOST_ERR_STATE;
}

#else /* no rollback */

static int firmware_running(void *ctx, struct roost_running *out)
{
    (void)ctx;
    *out = (struct roost_running){0};
    return ROOST_ERR_UNSUPPORTED;
}

static int firmware_activate(void *ctx, uint32_t len)
{
    (void)ctx;
    (void)len;
    return ROOST_ERR_UNSUPPORTED;
}

static int firmware_confirm(void *ctx)
{
    (void)ctx;
    return 0; /* nothing is ever on trial */
}

static int firmware_roll_back(void *ctx)
{
    (void)ctx;
    return ROOST_ERR_STATE;
}

#endif

static const struct roost_firmware_ops firmware_ops = {.running = firmware_running,
                                                       .activate = firmware_activate,
                                                       .confirm = firmware_confirm,
                                                       .roll_back = firmware_roll_back};

struct roost_firmware esp_port_firmware(void)
{
    return (struct roost_firmware){&firmware_ops, NULL};
}
