/* SPDX-License-Identifier: Apache-2.0 */
/*
 *              sun      people, appliances        heating
 *               | \          |                     |
 *               |  \         v                     v
 *   outdoor ----+---\--> [ air ] <---------------------
 *     |  panes, leaks,      |
 *     |  open window        | surfaces
 *     |              \      v
 *     +---- walls --> -> [ mass ]
 *
 * Results are equal bit for bit on every IEEE machine: sine and exponential are computed here from
 * additions and multiplications, whose rounding the standard fixes, and not by a C library, whose
 * last digit differs from one to the next. (-ffp-contract=off keeps compilers from fusing them.)
 */
#include "world/window/house.h"

#include <math.h>
#include <stddef.h>

#define MS_PER_HOUR 3600000.0
#define MS_PER_DAY  86400000LL

/* The room: 20 m2 of an older flat, one window. */
#define ROOM_M3            50.0
#define AIR_J_K            300e3 /* air, paper, textiles: what follows the air within minutes */
#define MASS_J_K           9e6   /* walls and furniture */
#define SURFACE_W_K        160.0
#define PANES_W_K          6.0
#define WALLS_W_K          14.0
#define LEAK_M3_S          (0.35 * ROOM_M3 / 3600.0) /* 0.35 air changes an hour when shut */
#define SASH_M2            0.8
#define SASH_HEIGHT_M      1.0
#define SUN_APERTURE_M2    0.7 /* pane area x transmittance x orientation */
#define SUN_TO_AIR         0.35
#define AIR_HEAT_J_M3_K    1206.0
#define MOISTURE_BUFFER    4.0 /* textiles and plaster take part: times the air's own volume */
#define HEATING_MAX_W      1500.0
#define HEATING_W_K        1000.0
#define HEATING_DAY_DEGC   21.5
#define HEATING_NIGHT_DEGC 20.5
#define PERSON_W           75.0
#define PERSON_KG_S        (0.050 / 3600.0)
#define APPLIANCES_W       40.0
#define EVENING_W          120.0
#define PLANTS_KG_S        (0.010 / 3600.0)
#define COOKING_KG_S       (0.350 / 3600.0)
#define SUBSTEP_MAX_S      300.0

/* The site. */
#define LATITUDE_SIN 0.7431 /* 48 degrees north */
#define LATITUDE_COS 0.6691
#define YEAR_DAYS    365.2425

/* Comfort: a band for a clothed, seated person; 60 % and 30 % are the usual limits of mould and of
 * dry eyes; noise counts from 50 dB SPL, at a microphone that clips at 105 dB. */
#define COMFORT_LOW_DEGC      20.0
#define COMFORT_HIGH_DEGC     24.0
#define COMFORT_DRY_PCT       30.0
#define COMFORT_HUMID_PCT     60.0
#define COMFORT_NOISE_DBFS    (-55.0)
#define HUMIDITY_DEGC_PER_PCT 0.10
#define NOISE_DEGC_PER_DB     0.05

enum noise_stream {
    STREAM_CLIMATE,
    STREAM_FRONT,
    STREAM_GUST,
    STREAM_CLOUD,
    STREAM_SCUD,
    STREAM_DEW,
    STREAM_WIND,
    STREAM_PEOPLE,
    STREAM_OUT,
    STREAM_BACK,
    STREAM_STAYS
};

static double clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

/* splitmix64's finaliser over the three coordinates: 0 <= result < 1. */
static double hash_unit(uint64_t seed, enum noise_stream stream, int64_t index)
{
    uint64_t x = seed + 0x9E3779B97F4A7C15u * ((uint64_t)stream + 1);
    x ^= (uint64_t)index * 0xD1B54A32D192ED03u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    x ^= x >> 31;
    x = (x + 0x9E3779B97F4A7C15u) * 0xBF58476D1CE4E5B9u;
    x ^= x >> 32;
    return (double)(x >> 11) * 0x1p-53;
}

/* Smooth noise, -1..1, that takes a new value every 1.0 of x, with a continuous slope. */
static double smooth_noise(uint64_t seed, enum noise_stream stream, double x)
{
    double floor_x = floor(x);
    double t = x - floor_x;
    double weight = t * t * (3.0 - 2.0 * t);
    double a = hash_unit(seed, stream, (int64_t)floor_x);
    double b = hash_unit(seed, stream, (int64_t)floor_x + 1);
    return 2.0 * (a + (b - a) * weight) - 1.0;
}

/* Sine of a number of turns: Taylor up to x^13 on a quarter turn, error below 1e-9. */
static double sine(double turns)
{
    static const double term[] = {-1.0 / 6,     1.0 / 120,       -1.0 / 5040,
                                  1.0 / 362880, -1.0 / 39916800, 1.0 / 6227020800.0};
    double t = turns - floor(turns + 0.5);
    if (t > 0.25)
        t = 0.5 - t;
    else if (t < -0.25)
        t = -0.5 - t;
    double x = t * 6.283185307179586;
    double q = x * x;
    double p = term[5];
    for (int n = 4; n >= 0; n--)
        p = term[n] + q * p;
    return x + x * q * p;
}

static double cosine(double turns)
{
    return sine(turns + 0.25);
}

/* e^x for |x| < 30: the argument made small, Taylor, squared back; relative error below 1e-7. */
static double exponential(double x)
{
    static const double term[] = {1.0, 1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720};
    double y = x / 256.0;
    double power = term[6];
    for (int n = 5; n >= 0; n--)
        power = term[n] + y * power;
    for (int n = 0; n < 8; n++)
        power *= power;
    return power;
}

/* Magnus over water, as a density. */
static double saturation_kg_m3(double degc)
{
    double pascal = 610.94 * exponential(17.625 * degc / (degc + 243.04));
    return pascal / (461.5 * (degc + 273.15));
}

static double solar_w_m2(double year_turns, double hour, double cloud)
{
    double declination_sin = -0.3978 * cosine(year_turns + 10.0 / YEAR_DAYS);
    double declination_cos = sqrt(1.0 - declination_sin * declination_sin);
    double elevation_sin =
        LATITUDE_SIN * declination_sin - LATITUDE_COS * declination_cos * cosine(hour / 24.0);
    if (elevation_sin <= 0.0)
        return 0.0;
    double clear = 1080.0 * elevation_sin * (0.55 + 0.45 * sqrt(elevation_sin));
    return clear * (1.0 - 0.8 * cloud * cloud);
}

static int64_t day_of(int64_t unix_ms)
{
    int64_t day = unix_ms / MS_PER_DAY;
    return unix_ms % MS_PER_DAY < 0 ? day - 1 : day;
}

static double hour_of(int64_t unix_ms)
{
    return (double)(unix_ms - day_of(unix_ms) * MS_PER_DAY) / MS_PER_HOUR;
}

struct world_weather world_weather_at(uint64_t seed, int64_t unix_ms)
{
    double hours = (double)unix_ms / MS_PER_HOUR;
    double hour = hour_of(unix_ms);
    double year_turns = hours / 24.0 / YEAR_DAYS;
    double climate = 2.0 * hash_unit(seed, STREAM_CLIMATE, 0) - 1.0;

    double cloud = 0.5 + 0.45 * smooth_noise(seed, STREAM_CLOUD, hours / 34.0) +
                   0.25 * smooth_noise(seed, STREAM_SCUD, hours / 5.0);
    cloud = clamp(cloud, 0.0, 1.0);

    double season = -cosine(year_turns - 20.0 / YEAR_DAYS); /* coldest on 20 January */
    double front = smooth_noise(seed, STREAM_FRONT, hours / 67.0);
    double swing = 5.5 - 4.0 * cloud + 1.2 * season; /* clear days: hot noon, cold night */
    double base = 11.5 + 1.5 * climate + 10.0 * season + 5.5 * front;

    struct world_weather weather;
    weather.temperature_degc = base - swing * cosine((hour - 3.0) / 24.0) +
                               0.8 * smooth_noise(seed, STREAM_GUST, hours / 4.0);

    double spread = 4.5 - 2.5 * cloud + 3.0 * smooth_noise(seed, STREAM_DEW, hours / 29.0);
    double dew_degc = base - clamp(spread, 0.5, 12.0) - 1.5;
    double relative = saturation_kg_m3(dew_degc) / saturation_kg_m3(weather.temperature_degc);
    weather.humidity_pct = clamp(100.0 * relative, 5.0, 100.0);

    weather.solar_w_m2 = solar_w_m2(year_turns, hour, cloud);
    double gale = 1.0 + smooth_noise(seed, STREAM_WIND, hours / 11.0);
    weather.wind_m_s = 0.5 + 1.8 * gale * (1.0 + 0.3 * front);
    return weather;
}

/* Who is in: residents leave and come back on working days at hours of their own, some stay. */
static int people_at(uint64_t seed, int64_t unix_ms)
{
    int64_t day = day_of(unix_ms);
    double hour = hour_of(unix_ms);
    bool weekend = (day % 7 + 7) % 7 == 2 || (day % 7 + 7) % 7 == 3; /* 1970-01-01: a Thursday */
    int residents = 1 + (int)(3.0 * hash_unit(seed, STREAM_PEOPLE, 0));
    int present = 0;
    for (int person = 0; person < residents; person++) {
        int64_t index = day * 4 + person;
        double out = 6.8 + 2.5 * hash_unit(seed, STREAM_OUT, index) + (weekend ? 4.0 : 0.0);
        double back = 15.5 + 3.5 * hash_unit(seed, STREAM_BACK, index);
        bool stays = hash_unit(seed, STREAM_STAYS, index) < (weekend ? 0.6 : 0.2);
        if (stays || hour < out || hour >= back)
            present++;
    }
    return present;
}

static void observe_outdoor(struct world_house *house)
{
    struct world_weather weather = world_weather_at(house->seed, house->unix_ms);
    if (house->outdoor_temperature_set)
        weather.temperature_degc = house->outdoor.temperature_degc;
    if (house->outdoor_humidity_set)
        weather.humidity_pct = house->outdoor.humidity_pct;
    house->outdoor = weather;
    house->people = people_at(house->seed, house->unix_ms);
}

/* De Gids and Phaff (1982), one-sided airing: wind and stack effect with a turbulent floor. */
static double airing_m3_s(const struct world_house *house, double window_pct)
{
    double wind = house->outdoor.wind_m_s;
    double difference = fabs(house->temperature_degc - house->outdoor.temperature_degc);
    double open_m2 = SASH_M2 * clamp(window_pct, 0.0, 100.0) / 100.0;
    double drive = sqrt(0.001 * wind * wind + 0.0035 * SASH_HEIGHT_M * difference + 0.01);
    return LEAK_M3_S + 0.5 * open_m2 * drive;
}

/* Heat into each node: a constant part and, for the air, one that falls with its temperature. */
struct heat {
    double air_w, air_w_k, mass_w, mass_w_k;
};

/* Backward Euler on both heat balances at once: 2 x 2, stable for any step. */
static void solve_heat(const struct world_house *house, double dt_s, const struct heat *heat,
                       double *air_degc, double *mass_degc)
{
    double a11 = AIR_J_K / dt_s + heat->air_w_k + SURFACE_W_K;
    double a22 = MASS_J_K / dt_s + heat->mass_w_k + SURFACE_W_K;
    double b1 = AIR_J_K / dt_s * house->temperature_degc + heat->air_w;
    double b2 = MASS_J_K / dt_s * house->mass_temperature_degc + heat->mass_w;
    double determinant = a11 * a22 - SURFACE_W_K * SURFACE_W_K;
    *air_degc = (b1 * a22 + SURFACE_W_K * b2) / determinant;
    *mass_degc = (a11 * b2 + SURFACE_W_K * b1) / determinant;
}

static void step_heat(struct world_house *house, double dt_s, double flow_m3_s, double hour)
{
    double evening_w = hour >= 18.0 && hour < 23.0 && house->people > 0 ? EVENING_W : 0.0;
    double sun_w = house->outdoor.solar_w_m2 * SUN_APERTURE_M2;
    double outdoor = house->outdoor.temperature_degc;
    double exchange_w_k = PANES_W_K + flow_m3_s * AIR_HEAT_J_M3_K;
    struct heat gains = {
        .air_w = APPLIANCES_W + evening_w + PERSON_W * house->people + SUN_TO_AIR * sun_w +
                 exchange_w_k * outdoor,
        .air_w_k = exchange_w_k,
        .mass_w = (1.0 - SUN_TO_AIR) * sun_w + WALLS_W_K * outdoor,
        .mass_w_k = WALLS_W_K,
    };

    /* The valve is proportional: solved as part of the balance, and again as a constant where it
     * turns out to be shut or fully open. */
    double target = hour >= 6.0 && hour < 22.0 ? HEATING_DAY_DEGC : HEATING_NIGHT_DEGC;
    struct heat heated = gains;
    heated.air_w += HEATING_W_K * target;
    heated.air_w_k += HEATING_W_K;
    double air_degc, mass_degc;
    solve_heat(house, dt_s, &heated, &air_degc, &mass_degc);
    house->heating_w = HEATING_W_K * (target - air_degc);
    if (house->heating_w < 0.0 || house->heating_w > HEATING_MAX_W) {
        house->heating_w = clamp(house->heating_w, 0.0, HEATING_MAX_W);
        gains.air_w += house->heating_w;
        solve_heat(house, dt_s, &gains, &air_degc, &mass_degc);
    }
    house->temperature_degc = air_degc;
    house->mass_temperature_degc = mass_degc;
}

static void step_moisture(struct world_house *house, double dt_s, double flow_m3_s, double hour)
{
    bool cooking = house->people > 0 && hour >= 18.5 && hour < 19.5;
    double source_kg_s = PLANTS_KG_S + PERSON_KG_S * house->people + (cooking ? COOKING_KG_S : 0.0);
    double outdoor =
        house->outdoor.humidity_pct / 100.0 * saturation_kg_m3(house->outdoor.temperature_degc);
    double capacity_m3 = ROOM_M3 * MOISTURE_BUFFER;
    house->vapour_kg_m3 =
        (capacity_m3 * house->vapour_kg_m3 + dt_s * (source_kg_s + flow_m3_s * outdoor)) /
        (capacity_m3 + dt_s * flow_m3_s);
    double saturation = saturation_kg_m3(house->temperature_degc);
    if (house->vapour_kg_m3 > saturation)
        house->vapour_kg_m3 = saturation; /* the rest runs down the pane */
    house->humidity_pct = 100.0 * house->vapour_kg_m3 / saturation;
}

static void substep(struct world_house *house, double dt_s, double window_pct)
{
    double hour = hour_of(house->unix_ms);
    double flow_m3_s = airing_m3_s(house, window_pct);
    step_heat(house, dt_s, flow_m3_s, hour);
    step_moisture(house, dt_s, flow_m3_s, hour);

    double elapsed_ms = dt_s * 1000.0 + house->remainder_ms;
    double whole_ms = floor(elapsed_ms);
    house->unix_ms += (int64_t)whole_ms;
    house->remainder_ms = elapsed_ms - whole_ms;
    observe_outdoor(house);
}

void world_house_init(struct world_house *house, uint64_t seed, int64_t unix_ms)
{
    *house = (struct world_house){.seed = seed, .unix_ms = unix_ms};
    observe_outdoor(house);
    double start = clamp(house->outdoor.temperature_degc + 4.0, 20.0, 26.0);
    house->temperature_degc = start;
    house->mass_temperature_degc = start;
    house->humidity_pct = 50.0;
    house->vapour_kg_m3 = 0.5 * saturation_kg_m3(start);
}

void world_house_step(struct world_house *house, double dt_s, double window_pct)
{
    while (dt_s > 0.0) {
        double part = dt_s < SUBSTEP_MAX_S ? dt_s : SUBSTEP_MAX_S;
        substep(house, part, window_pct);
        dt_s -= part;
    }
}

void world_house_hold_outdoor_temperature(struct world_house *house, double degc)
{
    house->outdoor_temperature_set = !isnan(degc);
    if (house->outdoor_temperature_set)
        house->outdoor.temperature_degc = clamp(degc, -60.0, 60.0);
    observe_outdoor(house);
}

void world_house_hold_outdoor_humidity(struct world_house *house, double pct)
{
    house->outdoor_humidity_set = !isnan(pct);
    if (house->outdoor_humidity_set)
        house->outdoor.humidity_pct = clamp(pct, 0.0, 100.0);
    observe_outdoor(house);
}

double world_discomfort_degc(double temperature_degc, double humidity_pct, double sound_dbfs)
{
    double cold = fmax(0.0, COMFORT_LOW_DEGC - temperature_degc);
    double warm = fmax(0.0, temperature_degc - COMFORT_HIGH_DEGC);
    double dry = fmax(0.0, COMFORT_DRY_PCT - humidity_pct);
    double humid = fmax(0.0, humidity_pct - COMFORT_HUMID_PCT);
    double noise = fmax(0.0, sound_dbfs - COMFORT_NOISE_DBFS);
    return cold + warm + HUMIDITY_DEGC_PER_PCT * (dry + humid) + NOISE_DEGC_PER_DB * noise;
}
