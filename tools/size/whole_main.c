/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least firmware that is a charger, whole, linked to see what it costs on the chip, the port's
 * own code left out. It is never run: its port is nothing.
 */
#include "devices/charger/device/charger.h"

struct roost_charger size_whole;

static int gun_mdegc(void *ctx, int32_t *out)
{
    (void)ctx;
    *out = 20000;
    return 0;
}

int main(void)
{
    static struct roost_port port;
    static const struct charger_power_config power = {.port = &port, .gun_mdegc = gun_mdegc};
    static const struct roost_charger_config config = {
        .device_id = "charger-01",
        .firmware_version = "1.0.0",
        .url = "wss://hub/ocpp",
        .connectors = 1,
        .power = &power,
        .facts = {.vendor = "Roost", .model = "DC-25"}};
    int err = roost_charger_init(&size_whole, &port, &config);

    while (!err && !roost_charger_stopped(&size_whole)) {
        (void)roost_charger_step(&size_whole);
        (void)roost_charger_post(&size_whole, &(struct roost_event){.type = ROOST_EV_WS_PART});
        roost_charger_emergency(&size_whole);
        roost_charger_card(&size_whole, 1, "CARD");
        roost_charger_button(&size_whole, 1);
        (void)roost_charger_reset_faults(&size_whole);
        roost_charger_stop(&size_whole);
    }
    return err;
}
