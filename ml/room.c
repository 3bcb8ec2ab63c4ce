/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/room.h"

#include <math.h>

#include "core/assert.h"

#define YEAR_START_MS         1767225600000LL /* 2026-01-01T00:00:00Z */
#define SETTLE_DAYS           7
#define TEMPERATURE_NOISE     0.1 /* BME280 and DHT22 repeat about that well */
#define HUMIDITY_NOISE        1.0
#define SOUND_AVERAGE_PARTS   5
#define SOUND_AVERAGE_PART_MS 120000

static double level_dbfs(const struct ml_room *room, int64_t before_ms)
{
    int64_t at_ms = room->house.unix_ms - before_ms;
    return world_street_level_dbfs(&room->street, at_ms, room->window_pct);
}

void ml_room_init(struct ml_room *room, uint64_t seed)
{
    world_house_init(&room->house, seed, YEAR_START_MS - SETTLE_DAYS * 86400000LL);
    world_street_init(&room->street, seed);
    room->errors = (struct ml_random){seed ^ 0x5EED};
    room->window_pct = 0.0;
    world_house_step(&room->house, SETTLE_DAYS * 86400.0, 0.0);
    room->sound_dbfs = level_dbfs(room, 0);
}

struct roost_features ml_room_measure(struct ml_room *room)
{
    double humidity = room->house.humidity_pct + HUMIDITY_NOISE * ml_random_normal(&room->errors);
    return (struct roost_features){
        .temperature_degc =
            room->house.temperature_degc + TEMPERATURE_NOISE * ml_random_normal(&room->errors),
        .humidity_pct = fmax(0.0, fmin(100.0, humidity)),
        .sound_volume_dbfs = room->sound_dbfs,
    };
}

struct roost_features ml_room_truth(const struct ml_room *room)
{
    double power = 0.0;
    for (int part = 0; part < SOUND_AVERAGE_PARTS; part++)
        power += pow(10.0, level_dbfs(room, part * SOUND_AVERAGE_PART_MS) / 10.0);
    return (struct roost_features){
        .temperature_degc = room->house.temperature_degc,
        .humidity_pct = room->house.humidity_pct,
        .sound_volume_dbfs = 10.0 * log10(power / SOUND_AVERAGE_PARTS),
    };
}

void ml_room_advance(struct ml_room *room, double window_pct)
{
    room->window_pct = fmax(0.0, fmin(100.0, window_pct));
    world_house_step(&room->house, ML_STEP_S, room->window_pct);
    room->sound_dbfs = level_dbfs(room, 0);
}

static void account(struct ml_year *year, const struct ml_room *room, double moved_pct)
{
    /* Any value inside the band takes a part out of the sum. */
    const double easy_degc = 22.0, easy_pct = 45.0, silent_dbfs = ROOST_SOUND_FLOOR_DBFS;
    const double hours = ML_STEP_S / 3600.0;
    double degc = room->house.temperature_degc;
    double heat = world_discomfort_degc(degc, easy_pct, silent_dbfs) * hours;
    double humidity =
        world_discomfort_degc(easy_degc, room->house.humidity_pct, silent_dbfs) * hours;
    double noise = world_discomfort_degc(easy_degc, easy_pct, room->sound_dbfs) * hours;
    if (degc < easy_degc)
        year->cold_degch += heat;
    else
        year->warm_degch += heat;
    year->humidity_degch += humidity;
    year->noise_degch += noise;
    year->discomfort_degch += heat + humidity + noise;
    year->travel_pct += fabs(moved_pct);
}

void ml_year_run(const uint64_t *seeds, size_t count, const struct ml_controller *controller,
                 struct ml_year *years)
{
    struct ml_room rooms[ML_ROOMS_MAX];
    struct roost_features measured[ML_ROOMS_MAX];
    double window_pct[ML_ROOMS_MAX];

    ROOST_ASSERT(count <= ML_ROOMS_MAX);
    for (size_t i = 0; i < count; i++) {
        ml_room_init(&rooms[i], seeds[i]);
        years[i] = (struct ml_year){0};
        window_pct[i] = rooms[i].window_pct;
    }
    for (long step = 0; step < ML_YEAR_DAYS * 86400L / ML_STEP_S; step++) {
        for (size_t i = 0; i < count; i++)
            measured[i] = ml_room_measure(&rooms[i]);
        controller->decide(controller->ctx, measured, count, window_pct);
        for (size_t i = 0; i < count; i++) {
            double moved_pct = window_pct[i] - rooms[i].window_pct;
            ml_room_advance(&rooms[i], window_pct[i]);
            account(&years[i], &rooms[i], moved_pct);
        }
    }
}

struct ml_year ml_year_mean(const struct ml_year *years, size_t count)
{
    struct ml_year mean = {0};
    for (size_t i = 0; i < count; i++) {
        mean.discomfort_degch += years[i].discomfort_degch / (double)count;
        mean.cold_degch += years[i].cold_degch / (double)count;
        mean.warm_degch += years[i].warm_degch / (double)count;
        mean.humidity_degch += years[i].humidity_degch / (double)count;
        mean.noise_degch += years[i].noise_degch / (double)count;
        mean.travel_pct += years[i].travel_pct / (double)count;
    }
    return mean;
}

static void fixed_decide(const void *ctx, const struct roost_features *measured, size_t count,
                         double *window_pct)
{
    const double *opening_pct = ctx;
    (void)measured;
    for (size_t i = 0; i < count; i++)
        window_pct[i] = *opening_pct;
}

struct ml_controller ml_fixed_controller(const double *opening_pct)
{
    return (struct ml_controller){fixed_decide, opening_pct};
}

static void thermostat_decide(const void *ctx, const struct roost_features *measured, size_t count,
                              double *window_pct)
{
    const struct ml_thermostat *thermostat = ctx;
    for (size_t i = 0; i < count; i++) {
        if (measured[i].temperature_degc > thermostat->open_above_degc)
            window_pct[i] = thermostat->open_pct;
        else if (measured[i].temperature_degc < thermostat->close_below_degc)
            window_pct[i] = thermostat->closed_pct;
    }
}

struct ml_controller ml_thermostat_controller(const struct ml_thermostat *thermostat)
{
    return (struct ml_controller){thermostat_decide, thermostat};
}
