/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digital lines of a modelled board. Outputs hold what the firmware wrote and fall to inactive
 * on a reset; inputs are driven from outside (sim_board_set_gpio) and keep their level. Changes of
 * a watched line that come before the firmware was told are merged. Depends on port/port.h.
 */
#ifndef ROOST_PORT_SIM_GPIO_H
#define ROOST_PORT_SIM_GPIO_H

#include "port/port.h"

struct sim_board;

/* All by bit of the line. */
struct sim_gpio {
    uint16_t inputs, outputs, levels;
    uint16_t watched, told_soon; /* an event is on its way */
};

void sim_gpio_init(struct sim_board *board);
void sim_gpio_off(struct sim_board *board);

#endif
