/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/window/main/model.h"

#include "port/esp-idf/esp_world.h"
#include "world/window/window.h"

enum { LEVEL_MS = 250 };

/* The port of all modelled parts; made by the first that is listed. */
static const struct roost_port *model(void)
{
    static struct world_window world;
    static struct roost_port all;

    if (all.climate.ops)
        return &all;
    const struct world_time time = esp_world_time();
    struct world_window_config config = world_window_plain(esp_world_seed(), esp_world_unix_ms());
    config.sound = WORLD_SOUND_NOISE;
    config.level_ms = LEVEL_MS;
    world_window_init(&world, &config);
    (void)world_window_attach(&world, &time, &all); /* which has nothing that could fail */
    return &all;
}

static int init_climate(const void *none, struct roost_port *port)
{
    (void)none;
    port->climate = model()->climate;
    return 0;
}

static int init_motor(const void *none, struct roost_port *port)
{
    (void)none;
    port->motor = model()->motor;
    return 0;
}

static int init_audio(const void *none, struct roost_port *port)
{
    (void)none;
    port->audio_in = model()->audio_in;
    return 0;
}

const struct esp_driver window_model_climate = {.name = "modelled room", .init = init_climate};
const struct esp_driver window_model_motor = {.name = "modelled sash", .init = init_motor};
const struct esp_driver window_model_audio = {.name = "modelled street", .init = init_audio};
