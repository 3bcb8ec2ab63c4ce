/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/charger/main/modelled.h"

#include "port/esp-idf/esp_world.h"
#include "world/charger/charger.h"

enum { SOC_PERMILLE = 400 };

static struct world_charger world;

/* All of them: they stand in one world. */
static int init(const void *none, struct roost_port *port)
{
    const struct world_time time = esp_world_time();
    const struct world_charger_config config = {.soc_permille = SOC_PERMILLE};

    (void)none;
    world_charger_init(&world, &config);
    return world_charger_attach(&world, &time, port);
}

int charger_modelled_gun(void *none, int32_t *mdegc)
{
    (void)none;
    return world_charger_gun_mdegc(&world, mdegc);
}

const struct esp_driver charger_modelled = {.name = "modelled charger", .init = init};
