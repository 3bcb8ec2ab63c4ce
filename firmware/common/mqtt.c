/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/common/mqtt.h"

#include <stdio.h>

#include "esp_log.h"
#include "sdkconfig.h"

enum { KEEPALIVE_S = 30 };

static const char tag[] = "broker";

#if CONFIG_ROOST_PRODUCTION
bool firmware_reach_broker(struct esp_factory *factory)
{
    if (factory->broker_tls && factory->broker_ca)
        return true;
    ESP_LOGE(tag, "factory data: broker_tls, broker_ca: a production image speaks TLS only");
    return false;
}
#else
bool firmware_reach_broker(struct esp_factory *factory)
{
    if (factory->found)
        return true;
    snprintf(factory->broker_host, sizeof factory->broker_host, "%s", CONFIG_ROOST_BROKER_HOST);
    factory->broker_port = CONFIG_ROOST_BROKER_PORT;
    if (!factory->broker_host[0]) {
        ESP_LOGE(tag, "no factory data, and CONFIG_ROOST_BROKER_HOST is empty: "
                      "write a factory image (docs/factory.md) or set it");
        return false;
    }
    ESP_LOGW(tag, "no factory data: %s speaks to %s:%u without TLS and password",
             factory->device_id, factory->broker_host, factory->broker_port);
    return true;
}
#endif

struct roost_mqtt_options firmware_broker(const struct esp_factory *factory)
{
    return (struct roost_mqtt_options){
        .host = factory->broker_host,
        .port = factory->broker_port,
        .tls = factory->broker_tls,
        .ca_pem = factory->broker_ca,
        .user = factory->broker_user[0] ? factory->broker_user : NULL,
        .password = factory->broker_password[0] ? factory->broker_password : NULL,
        .keepalive_s = KEEPALIVE_S,
        .clean_session = true};
}
