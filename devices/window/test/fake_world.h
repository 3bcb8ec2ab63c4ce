/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What surrounds the window in its tests: sensor, microphone and motor on world/window, put into
 * the fake port (runtime/test/fake_port.h), and the readings as its broker has them. Everything a
 * test may want to bend is a plain member.
 *
 *     fake_init(&fake);
 *     fake_world_init(&world, &fake);
 *     roost_window_init(&window, &fake.port, &config);
 *     fake_attach_window(&fake, &window);
 *     world.sash.jammed = true;
 */
#ifndef ROOST_DEVICES_WINDOW_TEST_FAKE_WORLD_H
#define ROOST_DEVICES_WINDOW_TEST_FAKE_WORLD_H

#include "devices/window/window.h"
#include "proto/climate/topic.h"
#include "runtime/test/fake_port.h"
#include "world/window/window.h"

enum { FAKE_READINGS = 600 };

/* The fake's numbers of the window's topics. */
enum {
    FAKE_CONTROL = FAKE_OWN + CLIMATE_TOPIC_CONTROL,
    FAKE_STATE = FAKE_OWN + CLIMATE_TOPIC_STATE,
    FAKE_AUDIO = FAKE_OWN + CLIMATE_TOPIC_AUDIO,
};

struct fake_reading {
    enum climate_topic kind;
    int64_t unix_ms;
    uint64_t seq;
    int32_t value_milli;
    int token;
    bool acked;
};

struct fake_world {
    struct fake_port *fake;

    /* readings and sound, as the broker was given them */
    struct fake_reading readings[FAKE_READINGS];
    int reading_count;
    bool lossy; /* what is not acknowledged when the connection ends was never received */
    void (*on_audio)(void *ctx, const char *payload, size_t len);
    void *audio_ctx;

    /* sensor */
    struct roost_climate_sample climate; /* changes a little with each measurement ... */
    bool climate_frozen;                 /* ... but for this */
    int climate_status;
    bool sensor_silent, measuring;
    int measurements;

    /* microphone */
    bool mic_open, mic_dead, mic_flat, mic_gone;
    uint64_t mic_read;
    int mic_starts;

    /* motor */
    struct world_sash sash;
    int sense_error, set_error;
    int sets, releases;

    /* the models behind it, brought up to the members above before each operation */
    struct world_window model;
    struct roost_port parts;
    world_ring_fn measured;
    struct roost_event *event; /* that is posted */
};

/* Puts its parts into a fake that was just initialised, and follows it from then on. */
void fake_world_init(struct fake_world *world, struct fake_port *fake);

/* The window runs on the fake from now on. */
void fake_attach_window(struct fake_port *fake, struct roost_window *window);

/* What the microphone hears as sample n since it was opened. */
int16_t fake_sample(uint64_t n);

#endif
