/* SPDX-License-Identifier: Apache-2.0 */
#include "world/window/street.h"

#include <math.h>

/* Levels in dBFS of a microphone that clips at about 105 dB SPL. */
#define FLOOR_DBFS          (-96.0)
#define ROOM_QUIET_DBFS     (-66.0) /* what the room itself makes */
#define RAIN_DBFS           (-36.0) /* outdoors, at full strength */
#define CAR_OVER_STREET_DB  9.0     /* nearest point of a car, above the street */
#define CLOSED_TRANSMISSION 0.0016  /* share of sound power through the closed window: -28 dB */
#define OPEN_TRANSMISSION   0.32    /* through the fully open one: -5 dB */

#define HOUR_MS     3600000
#define CAR_SLOT_MS 24000 /* at most one car in each */
#define CAR_PASS_MS 3500.0
#define RAIN_MS     (3 * HOUR_MS)

/* Outdoor level at each full hour; between hours it is interpolated. Two rush hours, quiet nights.
 */
static const double street_dbfs[24] = {-52, -54, -55, -55, -53, -48, -41, -34, -32, -35, -37, -37,
                                       -36, -37, -37, -36, -33, -31, -32, -35, -38, -42, -46, -49};

/* splitmix64: a well mixed number from any counter. */
static uint64_t mix(uint64_t x)
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

/* Even in [0, 1), the same for the same seed, stream and slot. */
static double draw(uint64_t seed, uint64_t stream, int64_t slot)
{
    return (double)(mix(mix(seed + stream) ^ (uint64_t)slot) >> 11) * 0x1p-53;
}

static double power(double dbfs)
{
    return pow(10.0, dbfs / 10.0);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

static double street_level(int64_t unix_ms)
{
    int64_t hour = floor_div(unix_ms, HOUR_MS);
    double part = (double)(unix_ms - hour * HOUR_MS) / HOUR_MS;
    int at = (int)(hour - floor_div(hour, 24) * 24);

    return street_dbfs[at] + (street_dbfs[(at + 1) % 24] - street_dbfs[at]) * part;
}

/* Cars are as frequent as the street is loud: nearly one a slot at rush hour, one in twenty at 3.
 */
static double car_power(uint64_t seed, int64_t unix_ms, double base_dbfs)
{
    int64_t here = floor_div(unix_ms, CAR_SLOT_MS);
    double sum = 0;

    for (int64_t slot = here - 1; slot <= here + 1; slot++) {
        double chance = (street_level(slot * CAR_SLOT_MS) + 57.0) / 26.0;
        if (draw(seed, 1, slot) >= chance)
            continue;
        double nearest = ((double)slot + draw(seed, 2, slot)) * CAR_SLOT_MS;
        double away = ((double)unix_ms - nearest) / CAR_PASS_MS;
        double peak = base_dbfs + CAR_OVER_STREET_DB + 6.0 * (draw(seed, 3, slot) - 0.5);
        sum += power(peak) / ((1.0 + away * away) * (1.0 + away * away));
    }
    return sum;
}

/* 0..1, continuous: a value per three hours, dry for most of them. */
static double rain_strength(uint64_t seed, int64_t unix_ms)
{
    int64_t slot = floor_div(unix_ms, RAIN_MS);
    double part = (double)(unix_ms - slot * RAIN_MS) / RAIN_MS;
    double a = draw(seed, 4, slot);
    double b = draw(seed, 4, slot + 1);
    double smooth = part * part * (3.0 - 2.0 * part);
    double strength = (a + (b - a) * smooth - 0.7) / 0.3;

    return strength > 0 ? strength : 0;
}

void world_street_init(struct world_street *street, uint64_t seed)
{
    *street = (struct world_street){
        .seed = seed, .noise = mix(seed) | 1, .lowpass = 0, .level_set_dbfs = NAN};
}

double world_street_level_dbfs(const struct world_street *street, int64_t unix_ms,
                               double window_pct)
{
    if (!isnan(street->level_set_dbfs))
        return fmax(FLOOR_DBFS, fmin(0.0, street->level_set_dbfs));

    double base = street_level(unix_ms);
    double rain = rain_strength(street->seed, unix_ms);
    double outdoor = power(base) + car_power(street->seed, unix_ms, base) +
                     (rain > 0 ? power(RAIN_DBFS) * rain : 0);
    double open = fmax(0.0, fmin(100.0, window_pct)) / 100.0;
    double through = CLOSED_TRANSMISSION + (OPEN_TRANSMISSION - CLOSED_TRANSMISSION) * open;
    double level = 10.0 * log10(outdoor * through + power(ROOM_QUIET_DBFS));

    return fmax(FLOOR_DBFS, fmin(0.0, level));
}

void world_street_pcm(struct world_street *street, int64_t unix_ms, double window_pct,
                      uint32_t sample_rate_hz, int16_t *out, size_t samples)
{
    /* White noise through one pole at 800 Hz: most of what traffic sounds like. An even draw in
     * -1..1 has a variance of 1/3, which the pole with gain a multiplies by a / (2 - a). */
    double a = 1.0 - exp(-2.0 * 3.14159265358979 * 800.0 / sample_rate_hz);
    double rms = 32768.0 * pow(10.0, world_street_level_dbfs(street, unix_ms, window_pct) / 20.0);
    double gain = rms / sqrt(a / (2.0 - a) / 3.0);

    for (size_t i = 0; i < samples; i++) {
        street->noise ^= street->noise << 13;
        street->noise ^= street->noise >> 7;
        street->noise ^= street->noise << 17;
        double white = (double)(int64_t)street->noise * 0x1p-63;
        street->lowpass += a * (white - street->lowpass);
        double sample = rint(street->lowpass * gain);
        out[i] = (int16_t)fmax(-32768.0, fmin(32767.0, sample));
    }
}
