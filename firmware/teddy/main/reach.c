/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/teddy/main/reach.h"

#include <stdio.h>
#include <string.h>

#include "core/hex.h"
#include "esp_log.h"
#include "sdkconfig.h"

static const char tag[] = "hub";

#if CONFIG_ROOST_PRODUCTION
bool teddy_reach(struct esp_factory *factory)
{
    bool secure = strncmp(factory->hub_url, "wss://", 6) == 0;

    if (!factory->hub_url[0] || (secure && (factory->hub_ca || factory->broker_ca)))
        return true;
    ESP_LOGE(tag, "factory data: hub_url, hub_ca: a production image speaks TLS only");
    return false;
}
#else
static void take_key(struct esp_factory *factory, const char *hex)
{
    size_t digits = strlen(hex);

    if (digits == 0)
        return;
    if (digits % 2 == 0 && digits / 2 <= sizeof factory->secret &&
        roost_hex_read(factory->secret, hex, digits / 2))
        factory->secret_len = digits / 2;
    else
        ESP_LOGE(tag, "CONFIG_ROOST_HUB_KEY_HEX: allowed are up to %u hexadecimal digits",
                 (unsigned)(2 * sizeof factory->secret));
}

bool teddy_reach(struct esp_factory *factory)
{
    if (factory->found)
        return true;
    snprintf(factory->hub_url, sizeof factory->hub_url, "%s", CONFIG_ROOST_HUB_URL);
    snprintf(factory->child_id, sizeof factory->child_id, "%s", CONFIG_ROOST_CHILD_ID);
    take_key(factory, CONFIG_ROOST_HUB_KEY_HEX);
    ESP_LOGW(tag, "no factory data: %s goes to %s", factory->device_id,
             factory->hub_url[0] ? factory->hub_url : "no hub");
    return true;
}
#endif
