/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What surrounds a window: a room in a house, the street below, the sash, and on them the modelled
 * parts of the device with the faults they can have: a climate sensor, a microphone and a servo
 * behind the operations of port/port.h. Written once for every host: a process, the simulator, the
 * chip itself and tests differ in their time (world/time.h) and in the numbers of the
 * configuration. The models are brought up to the host's clock whenever somebody looks at them.
 * Portable C without a heap; knows neither runtime/ nor devices/.
 *
 *     config = world_window_plain(seed, unix_ms);
 *     world_window_init(&world, &config);
 *     world_window_attach(&world, &time, &port);      // fills in climate, audio_in and motor
 *     world_window_set_fault(&world, WORLD_WINDOW_MOTOR_JAM, true);
 *     opening = world_window_opening_pct(&world);
 */
#ifndef ROOST_WORLD_WINDOW_WINDOW_H
#define ROOST_WORLD_WINDOW_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"
#include "world/controls.h"
#include "world/microphone.h"
#include "world/time.h"
#include "world/window/house.h"
#include "world/window/sash.h"
#include "world/window/street.h"

#define WORLD_WINDOW_FAULT_LIST(X)                                                                 \
    X(SENSOR_SILENT, "sensor_silent")     /* no answer */                                          \
    X(SENSOR_STUCK, "sensor_stuck")       /* repeats what it last said */                          \
    X(SENSOR_RANGE, "sensor_range")       /* says what the part says with its line cut */          \
    X(SENSOR_CHECKSUM, "sensor_checksum") /* an answer that does not add up */                     \
    X(MIC_DEAD, "mic_dead")               /* its driver answers a fault */                         \
    X(MOTOR_JAM, "motor_jam")             /* cannot move from where it is */                       \
    X(MOTOR_DEAD, "motor_dead")           /* no current, no motion */                              \
    X(FEEDBACK_DEAD, "feedback_dead")     /* the position reads as it last did */                  \
    X(DRIVER_DEAD, "driver_dead")         /* the motor's driver answers a fault */

enum world_window_fault {
#define X(name, text) WORLD_WINDOW_##name,
    WORLD_WINDOW_FAULT_LIST(X)
#undef X
        WORLD_WINDOW_FAULT_COUNT
};

enum world_sensor {
    WORLD_SENSOR_DHT22, /* in tenths, good to about 0.2 degrees and 1 % */
    WORLD_SENSOR_BME280 /* in thousandths, with a noise of hundredths */
};

enum world_sound {
    WORLD_SOUND_PCM,  /* as it sounds (world_street_pcm) */
    WORLD_SOUND_NOISE /* of the street's level, in integers: a tenth of the cost without a FPU */
};

struct world_window_config {
    uint64_t seed;         /* of sash and street, and of the parts' noise */
    uint64_t weather_seed; /* of house and weather: neighbours share it */
    int64_t unix_ms;       /* the weather's wall clock at first */
    uint32_t speed;        /* house, weather and street run so many times as fast; 0: 1 */
    /* The house goes on when at least so much of its time is due and somebody looks at anything.
     * 0: when its climate is looked at, up to that moment. */
    uint32_t house_step_s;

    enum world_sensor sensor;
    uint32_t measure_ms, silent_ms;           /* until its answer, and until it is given up */
    const struct roost_climate_sample *reads; /* what it reads, not the house; borrowed. NULL */

    enum world_sound sound;
    uint32_t block_ms; /* of sound between two ROOST_EV_AUDIO_READY; 0: none is told */
    /* Of WORLD_SOUND_NOISE: */
    uint32_t level_ms;    /* of sound between two looks at the street; 0: one a read */
    int16_t *noise;       /* memory for noise that comes round again; NULL: always fresh */
    size_t noise_samples; /* of it */
    /* What is heard, not the street; borrowed. NULL */
    void (*hears)(void *ctx, int16_t *out, size_t samples);
    void *hears_ctx;
};

struct world_window {
    struct world_house house;
    struct world_street street;
    struct world_sash sash;
    /* The rest is the world's own, but the tests'. */
    struct world_window_config config;
    struct world_time time;
    uint64_t began_ms, house_ms, sash_ms; /* host's time: of the beginning, that these stand at */
    uint32_t faults;                      /* bits by enum world_window_fault */
    uint64_t random;
    struct {
        bool measuring, has_said;
        struct roost_climate_sample said;
    } climate;
    struct world_microphone mic;
    struct {
        uint32_t left; /* samples for which the gain holds */
        int32_t gain_q16;
        size_t noise_at;
        uint32_t noise;
    } level;
};

/* What a process and the chip begin with: a DHT22, the street as it sounds, in real time, a house
 * that goes in steps of ten seconds. */
struct world_window_config world_window_plain(uint64_t seed, int64_t unix_ms);

/* The configuration is copied. */
void world_window_init(struct world_window *world, const struct world_window_config *config);

/* Puts the modelled parts into `port`; time begins. Both are copied or filled in: only `world` must
 * stay. Returns 0. */
int world_window_attach(struct world_window *world, const struct world_time *time,
                        struct roost_port *port);

/* The device lost its power, or was reset: nothing measures or listens, the sash is let go. */
void world_window_off(struct world_window *world);

/* Brings house and sash up to now. */
void world_window_update(struct world_window *world);

double world_window_opening_pct(struct world_window *world);

/* Wall clock of weather and street, ms since 1970. */
int64_t world_window_unix_ms(const struct world_window *world);

bool world_window_has_fault(const struct world_window *world, enum world_window_fault fault);
void world_window_set_fault(struct world_window *world, enum world_window_fault fault, bool on);

/* The sash opens no further than this; NAN: nothing in the way. */
void world_window_obstruct(struct world_window *world, double opening_pct);

/* For struct world_window as the world. */
extern const struct world_controls world_window_controls;

#endif
