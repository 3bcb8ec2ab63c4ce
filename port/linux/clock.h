/* SPDX-License-Identifier: Apache-2.0 */
/* Monotonic clock since the board's start, wall clock and random bytes, all of the kernel. */
#ifndef ROOST_PORT_LINUX_CLOCK_H
#define ROOST_PORT_LINUX_CLOCK_H

struct roost_board;

void linux_clock_init(struct roost_board *board);

#endif
