/* SPDX-License-Identifier: Apache-2.0 */
/* The charger on the chip: what of it is the product's alone. */
#include "devices/charger/front/front.h"

#include <string.h>

#include "core/err.h"
#include "firmware/charger/main/hardware.h"
#include "firmware/charger/main/reach.h"
#include "firmware/common/firmware.h"

static struct roost_charger charger;
static struct charger_front front;

static struct charger_power_config wiring(void)
{
    struct charger_power_config power = {.port = esp_port(), .can_bus = {0, 1}};

    for (unsigned i = 0; i < CHARGER_INPUT_COUNT; i++)
        power.input[i] = (uint8_t)i;
    for (unsigned i = 0; i < CHARGER_OUTPUT_COUNT; i++)
        power.output[i] = (uint8_t)(LINE_OUTPUTS + i);
#if CONFIG_ROOST_POWER_BOARD
    power.gun_mdegc = charger_gun_mdegc;
#if CONFIG_ROOST_DC_METER
    power.register_mwh = charger_meter_register;
#endif
#else
    power.gun_mdegc = charger_modelled_gun;
#endif
    return power;
}

static void make_front(void)
{
    struct charger_front_config config = {.reader = charger_reader_line()};

    if (esp_port()->light.ops)
        config.lights[0].light = &esp_port()->light;
    charger_front_init(&front, &charger, &config);
}

static int make(const struct firmware_setup *setup)
{
    static struct charger_power_config power;
    static char key[CHARGER_KEY_DIGITS + 1];
    const struct esp_factory *factory = setup->factory;
    const struct roost_charger_config config = {
        .device_id = factory->device_id,
        .firmware_version = setup->version,
        .url = factory->hub_url,
        .ca_pem = factory->hub_ca ? factory->hub_ca : factory->broker_ca,
        .authorization_key = charger_factory_key(factory, key) ? key : NULL,
        .security_profile = charger_factory_profile(factory),
        .connectors = 1,
        .power = &power,
        .facts = {.vendor = CONFIG_ROOST_VENDOR,
                  .model = CONFIG_ROOST_MODEL,
                  .serial = factory->device_id},
        .update = setup->update,
    };

    power = wiring();
    int err = roost_charger_init(&charger, esp_port(), &config);
    memset(key, 0, sizeof key);
    if (!err)
        make_front();
    return err;
}

static int post(void *ctx, const struct roost_event *event)
{
    return roost_charger_post(ctx, event);
}

static uint64_t step(void *none)
{
    (void)none;
    return charger_front_step(&front);
}

void app_main(void)
{
    static const struct firmware_product product = {
        .name = "charger",
        .parts = charger_parts,
        .part_count = sizeof charger_parts / sizeof charger_parts[0],
        .reach = charger_reach,
        .make = make,
        .log = &charger.device.log,
        .post = post,
        .step = step,
        .device = &charger,
    };

    firmware_start(&product);
}
