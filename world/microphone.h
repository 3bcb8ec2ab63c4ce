/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A modelled microphone: samples are made by the clock, wait in a ring of a second, and are lost
 * there when nobody reads them, behind the audio_in of port/port.h. What is heard is the world's.
 * For any product's world. Depends on port/port.h, world/time.h.
 *
 *     static const struct world_microphone_ops ops = {.dead = dead, .hear = hear};
 *     world_microphone_attach(&world->mic, &ops, world, block_ms, time, TIMER, port);
 */
#ifndef ROOST_WORLD_MICROPHONE_H
#define ROOST_WORLD_MICROPHONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"
#include "world/time.h"

struct world_microphone_ops {
    bool (*dead)(const void *world); /* its driver answers a fault */
    void (*started)(void *world);    /* NULL: nothing begins anew */
    /* What is heard from sample number `first` since the start on. */
    void (*hear)(void *world, uint64_t first, int16_t *out, size_t samples);
};

struct world_microphone {
    const struct world_microphone_ops *ops;
    void *world;
    struct world_time time;
    unsigned timer;
    uint32_t block_ms;
    bool on;
    uint32_t rate_hz, overruns, starts;
    uint64_t from_ms, taken; /* since start: when that was, samples read or lost */
};

/* Takes the host's timer number `timer`. block_ms: of sound between two ROOST_EV_AUDIO_READY; 0:
 * none is told. */
void world_microphone_attach(struct world_microphone *mic, const struct world_microphone_ops *ops,
                             void *world, uint32_t block_ms, const struct world_time *time,
                             unsigned timer, struct roost_port *port);

#endif
