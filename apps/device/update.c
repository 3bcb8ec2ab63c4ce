/* SPDX-License-Identifier: Apache-2.0 */
/* What the options say about updates over the air, as runtime/ota wants it. */
#include "apps/device/program_parts.h"

#include <stdio.h>
#include <string.h>

#include "host/trust.h"
#include "core/err.h"

_Static_assert(sizeof(((struct roost_ota_config *)0)->keys[0]) == SIGNATURE_KEY_BYTES,
               "a key is a key");

/* Options that mean nothing without --update-url. */
static int check_alone(const struct device_program_options *options, char *why, size_t why_size)
{
    static const char reason[] = "needs --update-url too";

    if (options->update_ca)
        return device_option_refuse(why, why_size, "update-ca", options->update_ca, reason);
    if (options->firmware_keys.count)
        return device_option_refuse(why, why_size, "firmware-key", options->firmware_keys.values[0],
                                    reason);
    return 0;
}

static int check_url(const struct device_program_options *options, char *why, size_t why_size)
{
    const char *url = options->update_url;

    if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
        return device_option_refuse(why, why_size, "update-url", url,
                                    "allowed is https://... or http://...");
    if (strlen(url) > ROOST_MANIFEST_URL_MAX) {
        snprintf(why, why_size, "--update-url: allowed are up to %d characters",
                 ROOST_MANIFEST_URL_MAX);
        return ROOST_ERR_TOO_LONG;
    }
    if (!options->state_dir)
        return device_option_refuse(why, why_size, "update-url", url, "needs --state too");
    if (!options->firmware_keys.count)
        return device_option_refuse(why, why_size, "update-url", url, "needs --firmware-key too");
    if (options->update_ca && strncmp(url, "https://", 8) != 0)
        return device_option_refuse(why, why_size, "update-ca", options->update_ca,
                                    "needs an update URL with https://");
    return 0;
}

int program_check_update(struct device_program *program, char *why, size_t why_size)
{
    const struct device_program_options *options = &program->options;
    struct roost_ota_config *update = &program->update;

    if (!options->update_url)
        return check_alone(options, why, why_size);
    int err = check_url(options, why, why_size);
    if (!err && options->update_ca)
        err = trust_ca_check("--update-ca", options->update_ca, why, why_size);
    *update = (struct roost_ota_config){
        .url = options->update_url,
        .ca_pem = options->update_ca ? options->update_ca : program->ca_file,
        .product = program->product->type,
        .target = "linux",
        .version = program->product->version,
        .hardware_version = (uint32_t)options->hardware_version,
        .key_count = options->firmware_keys.count,
        /* A hub that is asked by https cannot send the device elsewhere by http. */
        .https_only = strncmp(options->update_url, "https://", 8) == 0,
        .interval_ms = (uint32_t)options->update_interval_s * 1000,
        .trial_ms = (uint32_t)options->trial_s * 1000,
    };
    for (size_t i = 0; !err && i < update->key_count; i++)
        err = trust_key_read(update->keys[i], "--firmware-key", options->firmware_keys.values[i],
                             why, why_size);
    return err;
}
