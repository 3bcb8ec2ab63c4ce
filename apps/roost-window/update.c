/* SPDX-License-Identifier: Apache-2.0 */
/* What the options say about updates over the air, as runtime/ota wants it. */
#include "apps/roost-window/program.h"

#include <stdio.h>
#include <string.h>

#include "apps/device/trust.h"
#include "core/err.h"

_Static_assert(sizeof(((struct roost_ota_config *)0)->keys[0]) == DEVICE_KEY_BYTES,
               "a key is a key");

static int refuse(char *why, size_t why_size, const char *option, const char *value,
                  const char *reason)
{
    snprintf(why, why_size, "--%s %s: %s", option, value, reason);
    return ROOST_ERR_INVALID;
}

/* Options that mean nothing without --update-url. */
static int check_alone(const struct program_settings *settings, char *why, size_t why_size)
{
    static const char reason[] = "needs --update-url too";

    if (settings->update_ca)
        return refuse(why, why_size, "update-ca", settings->update_ca, reason);
    if (settings->firmware_keys.count)
        return refuse(why, why_size, "firmware-key", settings->firmware_keys.values[0], reason);
    return 0;
}

static int check_url(const struct program_settings *settings, char *why, size_t why_size)
{
    const char *url = settings->update_url;

    if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
        return refuse(why, why_size, "update-url", url, "allowed is https://... or http://...");
    if (strlen(url) > ROOST_MANIFEST_URL_MAX) {
        snprintf(why, why_size, "--update-url: allowed are up to %d characters",
                 ROOST_MANIFEST_URL_MAX);
        return ROOST_ERR_TOO_LONG;
    }
    if (!settings->state_dir)
        return refuse(why, why_size, "update-url", url, "needs --state too");
    if (!settings->firmware_keys.count)
        return refuse(why, why_size, "update-url", url, "needs --firmware-key too");
    if (settings->update_ca && strncmp(url, "https://", 8) != 0)
        return refuse(why, why_size, "update-ca", settings->update_ca,
                      "needs an update URL with https://");
    return 0;
}

int program_check_update(struct program *program, char *why, size_t why_size)
{
    const struct program_settings *settings = &program->settings;
    struct roost_ota_config *update = &program->update;

    if (!settings->update_url)
        return check_alone(settings, why, why_size);
    int err = check_url(settings, why, why_size);
    if (!err && settings->update_ca)
        err = device_ca_check("--update-ca", settings->update_ca, why, why_size);
    *update = (struct roost_ota_config){
        .url = settings->update_url,
        .ca_pem = settings->update_ca ? settings->update_ca : settings->ca_file,
        .product = "window",
        .target = "linux",
        .version = ROOST_VERSION,
        .hardware_version = (uint32_t)settings->hardware_version,
        .key_count = settings->firmware_keys.count,
        .https_only = strncmp(settings->update_url, "https://", 8) == 0,
        .interval_ms = (uint32_t)settings->update_interval_s * 1000,
        .trial_ms = (uint32_t)settings->trial_s * 1000,
    };
    for (size_t i = 0; !err && i < update->key_count; i++)
        err = device_firmware_key_read(update->keys[i], "--firmware-key",
                                       settings->firmware_keys.values[i], why, why_size);
    return err;
}
