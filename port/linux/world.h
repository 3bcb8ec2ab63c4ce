/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hardware around a board: climate sensor, microphone and motor. Modelled, they are a DHT22 in
 * world/house.h, a microphone in world/street.h and a servo on world/sash.h, which are brought up
 * to the port's clock whenever something looks at them. The microphone can also be a WAV file,
 * played round and round in real time, or an ALSA device. Real: the ALSA microphone is the only one
 * of these parts that Linux has; climate sensor and motor stay modelled, which is said on the
 * console.
 */
#ifndef ROOST_PORT_LINUX_WORLD_H
#define ROOST_PORT_LINUX_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "port/linux/microphone.h"
#include "port/port.h"
#include "world/window/house.h"
#include "world/window/sash.h"
#include "world/window/street.h"

struct roost_board;

struct linux_world_options {
    bool real;
    uint32_t speed; /* house and weather run this many times as fast; 0: 1 */
    uint64_t seed;
    const char *microphone; /* "alsa:DEV" or a WAV file; NULL: the street, real: "alsa:default" */
};

enum linux_world_fault {
    LINUX_FAULT_SENSOR_SILENT,
    LINUX_FAULT_SENSOR_STUCK,
    LINUX_FAULT_SENSOR_RANGE,
    LINUX_FAULT_SENSOR_CHECKSUM,
    LINUX_FAULT_MIC_DEAD,
    LINUX_FAULT_MOTOR_JAM,
    LINUX_FAULT_MOTOR_DEAD,
    LINUX_FAULT_FEEDBACK_DEAD,
    LINUX_FAULT_COUNT
};

struct linux_world {
    struct world_house house;
    struct world_street street;
    struct world_sash sash;
    uint64_t stepped_ms; /* port time the models stand at */
    double house_due_s;  /* modelled time the house still has to go */
    uint32_t speed;
    uint32_t faults; /* bit set of enum linux_world_fault */
    uint64_t noise;
    /* climate sensor */
    uv_timer_t climate_timer;
    bool measuring, have_sample;
    struct roost_climate_sample sample;
    /* microphone */
    uv_timer_t audio_timer;
    struct linux_microphone microphone;
    bool listening;
    uint32_t rate_hz, overruns;
    uint64_t audio_from_ms, audio_taken; /* since start: when it began, samples read or lost */
};

/* Returns 0 or an error with the reason in `why`. */
int linux_world_init(struct roost_board *board, char *why, size_t why_size);
void linux_world_deinit(struct roost_board *board);

/* Brings the models up to now. */
void linux_world_update(struct roost_board *board);

/* "sensor_silent" and so on. Static storage. */
const char *linux_world_fault_name(enum linux_world_fault fault);
void linux_world_set_fault(struct roost_board *board, enum linux_world_fault fault, bool on);

/* The sash opens no further than this; NAN: nothing in the way. */
void linux_world_obstruct(struct roost_board *board, double opening_pct);

/* Wall clock of the modelled weather, ms since 1970. */
int64_t linux_world_unix_ms(const struct roost_board *board);

#endif
