/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/teddy/main/modelled.h"

#include "port/esp-idf/esp_world.h"
#include "world/teddy/teddy.h"

enum { BLOCK_MS = 64, RATE_HZ = 16000 };

/* All of them: they stand in one world. */
static int init(const void *none, struct roost_port *port)
{
    static struct world_teddy world;
    const struct world_time time = esp_world_time();
    const struct world_teddy_config config = {
        .seed = esp_world_seed(), .block_ms = BLOCK_MS, .one_rate_hz = RATE_HZ};

    (void)none;
    world_teddy_init(&world, &config);
    return world_teddy_attach(&world, &time, port);
}

const struct esp_driver teddy_modelled = {.name = "modelled teddy", .init = init};
