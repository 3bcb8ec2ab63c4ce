/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least firmware that is a teddy, linked to see what it costs on the chip, the port's own code
 * and the decoders left out. It is never run: its port is nothing.
 */
#include "devices/teddy/teddy.h"

struct roost_teddy size_teddy;
static uint8_t said[ROOST_TEDDY_SAID_BYTES(VOICE_RESUME_CHUNKS + 1)];
static uint8_t heard[ROOST_TEDDY_HEARD_BYTES];

int main(void)
{
    static const struct roost_ota_config update = {.url = "https://hub/api/v1/esp32/firmware",
                                                   .product = "teddy",
                                                   .target = "esp32c3",
                                                   .version = "1.0.0",
                                                   .key_count = 2,
                                                   .https_only = true};
    static struct roost_port port;
    static const struct roost_teddy_config config = {.device_id = "teddy-01",
                                                     .firmware_version = "1.0.0",
                                                     .hub = "wss://hub",
                                                     .child_id = "1",
                                                     .child_name = "1",
                                                     .child_age = "7",
                                                     .key = "key",
                                                     .key_len = 3,
                                                     .said_memory = said,
                                                     .said_bytes = sizeof said,
                                                     .heard_memory = heard,
                                                     .heard_bytes = sizeof heard,
                                                     .update = &update};
    int err = roost_teddy_init(&size_teddy, &port, &config);

    while (!err && !roost_teddy_stopped(&size_teddy)) {
        (void)roost_teddy_step(&size_teddy);
        (void)roost_teddy_post(&size_teddy, &(struct roost_event){.type = ROOST_EV_WS_TEXT});
        roost_teddy_stop(&size_teddy);
    }
    return err;
}
