/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/charger/main/gun.h"

#include "core/err.h"
#include "devices/charger/thermistor.h"
#include "port/esp-idf/esp_adc1.h"

enum { SUPPLY_MV = 3300 };

static struct esp_adc1 sensor;

static int init(const void *config, struct roost_port *port)
{
    const struct charger_gun_part *wanted = config;

    (void)port;
    return esp_adc1_open("gun", &sensor, "thermistor", wanted->sensor_pin);
}

int charger_gun_mdegc(void *none, int32_t *mdegc)
{
    int32_t mv;

    (void)none;
    if (!sensor.there || esp_adc1_read_mv(&sensor, &mv) < 0)
        return ROOST_ERR_FAULT;
    return charger_thermistor_mdegc(mv, SUPPLY_MV, mdegc);
}

const struct esp_driver charger_gun_driver = {.name = "gun", .init = init};
