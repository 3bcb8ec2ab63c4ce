/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a product over MQTT has on a chip: how it reaches its broker. Depends on firmware.h.
 *
 *     .reach = firmware_reach_broker, ...
 *     config.broker = firmware_broker(setup->factory);
 */
#ifndef ROOST_FIRMWARE_COMMON_MQTT_H
#define ROOST_FIRMWARE_COMMON_MQTT_H

#include "firmware/common/firmware.h"

/* For struct firmware_product. A production image speaks TLS only; without factory data the
 * configured broker is taken, without TLS and password. */
bool firmware_reach_broker(struct esp_factory *factory);

/* Borrowed from the factory's data. */
struct roost_mqtt_options firmware_broker(const struct esp_factory *factory);

#endif
