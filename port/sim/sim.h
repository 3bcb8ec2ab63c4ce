/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port/port.h in virtual time. Nothing waits, nothing is left to chance but by the seed, and
 * whatever a field can do to a device can be done to it here:
 *
 *     clock.h    virtual time, random streams, digest of the run
 *     flash.h    NOR flash and key-value store with a power cut at any operation
 *     net.h      connections with delay, jitter, loss, partition, silent ends
 *     broker.h   an MQTT broker           client.h   MQTT clients
 *     web.h      a web server         http.h     the device's HTTP client
 *     ws_end.h   WebSockets           ws.h    the device's WebSocket client
 *     can.h      CAN buses            gpio.h     digital lines
 *     slots.h    firmware slots and their boot loader
 *     image.h    makes and checks firmware images
 *     board.h    an ESP32 in a modelled room, with the firmware that runs on it
 *     cut.h      the power-cut test: a scenario cut at write n, n+1, ... and again in its recovery
 *
 *     struct sim sim;
 *     sim_init(&sim, seed);
 *     sim_board_init(&board, &sim.clock, &sim.net, &options);
 *     sim_board_power_on(&board, &firmware);
 *     sim_run_until(&sim.clock, 24 * 3600 * 1000);
 */
#ifndef ROOST_PORT_SIM_SIM_H
#define ROOST_PORT_SIM_SIM_H

#include "port/sim/board.h"
#include "port/sim/broker.h"
#include "port/sim/client.h"
#include "port/sim/clock.h"
#include "port/sim/cut.h"
#include "port/sim/flash.h"
#include "port/sim/net.h"
#include "port/sim/web.h"

/* What all boards of a run share. */
struct sim {
    struct sim_clock clock;
    struct sim_net net;
    struct sim_broker broker;
    struct sim_web web;
};

/* Returns 0 or ROOST_ERR_NO_MEMORY. */
int sim_init(struct sim *sim, uint64_t seed);
void sim_deinit(struct sim *sim);

#endif
