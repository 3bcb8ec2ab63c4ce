/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/charger/main/reach.h"

#include <stdio.h>
#include <string.h>

#include "core/hex.h"
#include "esp_log.h"
#include "sdkconfig.h"

static const char tag[] = "central";

static bool encrypted(const struct esp_factory *factory)
{
    return strncmp(factory->hub_url, "wss://", 6) == 0;
}

bool charger_factory_key(const struct esp_factory *factory, char out[CHARGER_KEY_DIGITS + 1])
{
    size_t len = factory->secret_len < CHARGER_PASSWORD_MAX ? factory->secret_len
                                                            : (size_t)CHARGER_PASSWORD_MAX;

    roost_hex_write(out, factory->secret, len);
    return len > 0;
}

uint8_t charger_factory_profile(const struct esp_factory *factory)
{
    if (factory->secret_len == 0)
        return 0;
    return encrypted(factory) ? 2 : 1;
}

#if CONFIG_ROOST_PRODUCTION
bool charger_reach(struct esp_factory *factory)
{
    if (!factory->hub_url[0] ||
        (encrypted(factory) && (factory->hub_ca || factory->broker_ca) && factory->secret_len > 0))
        return true;
    ESP_LOGE(tag, "factory data: hub_url, hub_ca, secret: a production image speaks TLS only");
    return false;
}
#else
bool charger_reach(struct esp_factory *factory)
{
    if (factory->found)
        return true;
    snprintf(factory->hub_url, sizeof factory->hub_url, "%s", CONFIG_ROOST_CENTRAL_URL);
    ESP_LOGW(tag, "no factory data: %s goes to %s", factory->device_id,
             factory->hub_url[0] ? factory->hub_url : "no central system");
    return true;
}
#endif
