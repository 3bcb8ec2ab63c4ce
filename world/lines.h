/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digital lines without pins: what a hand or a wire would do to a device's inputs, and what it does
 * with its outputs, behind the gpio of port/port.h. For any product's world. Depends on
 * port/port.h, world/time.h.
 *
 *     world_lines_attach(&lines, &time, 0, &port, 1u << BUTTON, 1u << RELAY);
 *     world_lines_set(&lines, BUTTON, true);      // pressed
 *     if (world_lines_get(&lines, RELAY)) ...
 */
#ifndef ROOST_WORLD_LINES_H
#define ROOST_WORLD_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "port/port.h"
#include "world/time.h"

struct world_lines {
    struct world_time time;
    unsigned timer;
    uint16_t inputs, outputs; /* which lines there are, a bit each */
    uint16_t levels, watched;
    uint16_t changed; /* told when the timer rings; changes before that are merged */
};

/* Takes the host's timer number `timer`. Returns 0. */
int world_lines_attach(struct world_lines *lines, const struct world_time *time, unsigned timer,
                       struct roost_port *port, uint16_t inputs, uint16_t outputs);

/* The device lost its power, or was reset: its outputs fall, nobody watches. */
void world_lines_off(struct world_lines *lines);

void world_lines_set(struct world_lines *lines, unsigned line, bool active); /* an input */
bool world_lines_get(const struct world_lines *lines, unsigned line);

#endif
