/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A modelled house with one room behind the window: heat and moisture balances driven by the
 * weather, the people in it, its heating and the window's opening. The weather is a pure function
 * of time and seed, so that any hour of any year can be asked for. One physical model serves the
 * Linux devices, the simulator, and the training and evaluation of the window model. Depends on
 * <math.h> only.
 *
 *     world_house_init(&house, seed, unix_ms);
 *     world_house_step(&house, 10.0, window_pct);
 *     reading = house.temperature_degc;
 */
#ifndef ROOST_WORLD_WINDOW_HOUSE_H
#define ROOST_WORLD_WINDOW_HOUSE_H

#include <stdbool.h>
#include <stdint.h>

struct world_weather {
    double temperature_degc, humidity_pct, solar_w_m2, wind_m_s;
};

/* Continuous in time; seasons, days, fronts of a few days' length. */
struct world_weather world_weather_at(uint64_t seed, int64_t unix_ms);

struct world_house {
    uint64_t seed;
    int64_t unix_ms;
    double temperature_degc;      /* of the room's air */
    double mass_temperature_degc; /* of walls and furniture */
    double vapour_kg_m3;
    double humidity_pct; /* relative, 0..100 */
    int people;          /* in the room now, from the hour and the seed */
    double heating_w;
    struct world_weather outdoor;
    bool outdoor_temperature_set,
        outdoor_humidity_set; /* held at a given value, not the weather's */
    double remainder_ms;      /* of the time not yet in unix_ms, 0..1 */
};

void world_house_init(struct world_house *house, uint64_t seed, int64_t unix_ms);

/* Advances by dt_s (> 0; split internally so that it is stable) with the window open to
 * window_pct (0..100). */
void world_house_step(struct world_house *house, double dt_s, double window_pct);

/* Holds the outdoor value from now on, or gives it back to the weather with NAN. */
void world_house_hold_outdoor_temperature(struct world_house *house, double degc);
void world_house_hold_outdoor_humidity(struct world_house *house, double pct);

/* How far this instant is from comfort, in degrees: distance of the temperature from the comfort
 * band plus humidity outside 30..60 % and noise weighed into degrees (weights in the source). */
double world_discomfort_degc(double temperature_degc, double humidity_pct, double sound_dbfs);

#endif
