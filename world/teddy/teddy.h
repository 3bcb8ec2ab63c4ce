/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What surrounds a teddy: a hand on its button, somebody who speaks to it, an ear that listens, an
 * eye on its light, and on them the modelled parts of the device with the faults they can have,
 * behind the operations of port/port.h. Written once for every host, as world/window is: they
 * differ in their time (world/time.h). Portable C without a heap; knows neither runtime/ nor
 * devices/.
 *
 *     world_teddy_init(&world, &(struct world_teddy_config){.seed = 1});
 *     world_teddy_attach(&world, &time, &port);       // fills in gpio, audio_in, audio_out, light
 *     world_teddy_press(&world, true);
 *     world_teddy_say(&world, pcm, samples);          // is heard while the microphone is open
 */
#ifndef ROOST_WORLD_TEDDY_TEDDY_H
#define ROOST_WORLD_TEDDY_TEDDY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"
#include "world/controls.h"
#include "world/lines.h"
#include "world/microphone.h"
#include "world/time.h"

#define WORLD_TEDDY_FAULT_LIST(X)                                                                  \
    X(MIC_DEAD, "mic_dead")           /* its driver answers a fault */                             \
    X(MIC_FLAT, "mic_flat")           /* all samples are the same */                               \
    X(SPEAKER_DEAD, "speaker_dead")   /* its driver answers a fault */                             \
    X(SPEAKER_SLOW, "speaker_slow")   /* its clock goes at half the rate */                        \
    X(BUTTON_BOUNCE, "button_bounce") /* each change comes as several */                           \
    X(BUTTON_STUCK, "button_stuck")   /* pressed, whatever the hand does */                        \
    X(LIGHT_DEAD, "light_dead")       /* its driver answers a fault */

enum world_teddy_fault {
#define X(name, text) WORLD_TEDDY_##name,
    WORLD_TEDDY_FAULT_LIST(X)
#undef X
        WORLD_TEDDY_FAULT_COUNT
};

enum {
    WORLD_TEDDY_LINE_BUTTON = 0, /* of the port's gpio */
    WORLD_TEDDY_OUT_MS = 100,    /* what the loudspeaker's buffer holds */
    WORLD_TEDDY_SHOWN = 32       /* patterns of the light that are kept */
};

struct world_teddy_config {
    uint64_t seed;     /* of the microphone's noise */
    uint32_t block_ms; /* of sound between two ROOST_EV_AUDIO_READY; 0: none is told */
    int16_t noise;     /* peak of what the microphone hears when nobody speaks; 0: 8, below: none */
    /* The loudspeaker shares its clock with the microphone: no other rate while that one runs, and
     * only this one ever. 0: any from 8 to 48 kHz. */
    uint32_t one_rate_hz;
    bool
        deaf_to_itself; /* the microphone does not hear the loudspeaker; else it does, 12 dB down */
    /* What is heard of the loudspeaker, in the order it is heard, as time passes. NULL */
    void (*heard)(void *ctx, const int16_t *pcm, size_t samples, uint32_t rate_hz);
    void *heard_ctx;
    /* What is said, instead of world_teddy_say: fills all of `out`. NULL */
    void (*says)(void *ctx, int16_t *out, size_t samples);
    void *says_ctx;
};

struct world_teddy {
    /* The rest is the world's own, but the tests'. */
    struct world_teddy_config config;
    struct world_time time;
    struct world_lines lines;
    uint32_t faults; /* bits by enum world_teddy_fault */
    uint32_t noise;
    bool hand;       /* on the button */
    uint8_t bounces; /* that are still to come of the last change */

    struct world_microphone mic;
    struct {
        const int16_t *pcm; /* NULL: nobody speaks */
        size_t samples;
        uint64_t from_ms; /* when it began */
    } voice;
    struct {
        bool on, ran_dry;
        uint32_t rate_hz, underruns, starts;
        uint64_t at_ms; /* drained up to here, ... */
        uint32_t rest;  /* ... and this many thousandths of a sample */
        uint64_t heard; /* samples, since the world began */
        int16_t ring[48 * WORLD_TEDDY_OUT_MS];
        size_t head, used;
        int16_t peak;     /* of what was heard lately, ... */
        uint64_t loud_ms; /* ... up to then */
    } out;
    struct {
        struct roost_light_pattern shown[WORLD_TEDDY_SHOWN]; /* a ring */
        uint32_t count;                                      /* patterns, since the world began */
    } light;
};

/* The configuration is copied. */
void world_teddy_init(struct world_teddy *world, const struct world_teddy_config *config);

/* Puts the modelled parts into `port`. `time` is copied; `world` must stay. Returns 0. */
int world_teddy_attach(struct world_teddy *world, const struct world_time *time,
                       struct roost_port *port);

/* The device lost its power, or was reset: silence and darkness. */
void world_teddy_off(struct world_teddy *world);

void world_teddy_press(struct world_teddy *world, bool down);

/* Is said from now on at 16 kHz, whoever listens; borrowed until it is over. NULL, 0: falls silent.
 */
void world_teddy_say(struct world_teddy *world, const int16_t *pcm, size_t samples);
/* Whether somebody still speaks. */
bool world_teddy_says(const struct world_teddy *world);

/* Brings the loudspeaker up to now: `heard` has been told of all that was heard. */
void world_teddy_update(struct world_teddy *world);
/* Whether the loudspeaker has something to play. */
bool world_teddy_sounds(struct world_teddy *world);

/* What the light shows. */
struct roost_light_pattern world_teddy_light(const struct world_teddy *world);

bool world_teddy_has_fault(const struct world_teddy *world, enum world_teddy_fault fault);
void world_teddy_set_fault(struct world_teddy *world, enum world_teddy_fault fault, bool on);

/* For struct world_teddy as the world: button, voice and loudspeaker levels, the faults above. */
extern const struct world_controls world_teddy_controls;

#endif
