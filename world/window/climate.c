/* SPDX-License-Identifier: Apache-2.0 */
/* The climate sensor. */
#include <math.h>

#include "core/err.h"
#include "world/window/parts.h"

static struct roost_climate_sample dht22(struct world_window *world)
{
    /* The part repeats itself to 0.2 degrees and 1 %, most of the time to half of that. */
    double temperature =
        world->house.temperature_degc + 0.1 * (world_window_draw(world) + world_window_draw(world));
    double humidity =
        world->house.humidity_pct + 0.4 * (world_window_draw(world) + world_window_draw(world));

    return (struct roost_climate_sample){(int32_t)lrint(temperature * 10.0) * 100,
                                         (int32_t)lrint(humidity * 10.0) * 100};
}

static struct roost_climate_sample bme280(struct world_window *world, int32_t temperature_noise,
                                          int32_t humidity_noise)
{
    return (struct roost_climate_sample){
        (int32_t)lrint(world->house.temperature_degc * 1000.0) + temperature_noise,
        (int32_t)lrint(world->house.humidity_pct * 1000.0) + humidity_noise};
}

/* What either part says with its data line cut or shorted. */
static struct roost_climate_sample out_of_range(enum world_sensor sensor)
{
    return sensor == WORLD_SENSOR_BME280 ? (struct roost_climate_sample){-146250, 0}
                                         : (struct roost_climate_sample){150000, 120000};
}

static struct roost_climate_sample sample(struct world_window *world)
{
    struct roost_climate_sample sample;
    int32_t noise[2] = {0, 0};

    /* Drawn before the models go on and in every case: equal seeds, equal runs. */
    if (world->config.sensor == WORLD_SENSOR_BME280) {
        noise[0] = (int32_t)(world_window_random(world) % 61) - 30;
        noise[1] = (int32_t)(world_window_random(world) % 241) - 120;
    }
    world_window_update(world);
    if (world->config.reads)
        return *world->config.reads;
    if (world_window_has_fault(world, WORLD_WINDOW_SENSOR_RANGE))
        return out_of_range(world->config.sensor);
    sample = world->config.sensor == WORLD_SENSOR_BME280 ? bme280(world, noise[0], noise[1])
                                                         : dht22(world);
    if (sample.humidity_mpct < 0)
        sample.humidity_mpct = 0;
    if (sample.humidity_mpct > 100000)
        sample.humidity_mpct = 100000;
    return sample;
}

static void on_measured(void *arg)
{
    struct world_window *world = arg;
    struct roost_event event = {.type = ROOST_EV_CLIMATE, .climate = sample(world)};

    world->climate.measuring = false;
    if (world_window_has_fault(world, WORLD_WINDOW_SENSOR_SILENT))
        event = (struct roost_event){.type = ROOST_EV_CLIMATE, .status = ROOST_ERR_TIMEOUT};
    else if (world_window_has_fault(world, WORLD_WINDOW_SENSOR_CHECKSUM))
        event = (struct roost_event){.type = ROOST_EV_CLIMATE, .status = ROOST_ERR_CORRUPT};
    else if (world_window_has_fault(world, WORLD_WINDOW_SENSOR_STUCK) && world->climate.has_said)
        event.climate = world->climate.said;
    if (event.status == 0) {
        world->climate.said = event.climate;
        world->climate.has_said = true;
    }
    world->time.ops->post(world->time.ctx, &event);
}

static int measure(void *ctx)
{
    struct world_window *world = ctx;
    bool silent = world_window_has_fault(world, WORLD_WINDOW_SENSOR_SILENT);

    if (!world_window_powered(world))
        return ROOST_ERR_IO;
    if (world->climate.measuring)
        return ROOST_ERR_BUSY;
    int err = world->time.ops->start(world->time.ctx, WORLD_WINDOW_CLIMATE_TIMER,
                                     silent ? world->config.silent_ms : world->config.measure_ms,
                                     on_measured, world);
    world->climate.measuring = err == 0;
    return err;
}

const struct roost_climate_sensor_ops world_window_climate_ops = {.measure = measure};
