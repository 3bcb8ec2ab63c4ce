/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reset reasons, restart, watchdog, heap figures and console of a board, and the process-wide guard
 * of a device program: a watchdog thread that does not need the loop, and signal handlers that
 * record a crash. The guard is for a process that is one device; a load generator leaves it out.
 *
 * The reason of the next boot is a file in the state directory, written before the end and removed
 * at boot, so that a pulled plug (kill -9) reads as power-on.
 *
 * The heap is a model of the chip's: 300 KB minus what the device holds, what a connection with TLS
 * takes there, and what waits in the port's queues. mallinfo2 would count the libraries of Linux
 * instead of anything the chip has, and nothing at all under the sanitizers.
 */
#ifndef ROOST_PORT_LINUX_SYSTEM_H
#define ROOST_PORT_LINUX_SYSTEM_H

#include "port/linux/disk.h"
#include "port/port.h"

struct roost_board;

enum { LINUX_HEAP_BYTES = 300 * 1024, LINUX_WATCHDOG_S = 15 };

struct linux_system {
    char reason_path[LINUX_PATH_MAX]; /* "": no state directory */
    enum roost_reset_reason reason;
    uint32_t heap_low_bytes;
    uint32_t feeds;
    int lock_fd; /* holds the state directory; -1: none */
};

/* Takes hold of the state directory. */
int linux_system_init(struct roost_board *board);

/* Reads and removes the reason of this boot. */
void linux_system_boot(struct roost_board *board);
void linux_system_deinit(struct roost_board *board);

/* Starts the guard for this process: the watchdog bites when no board fed it for watchdog_s, and
 * both a bite and a crash are recorded as the board's next reset reason. Returns 0 or an error. */
int roost_guard_start(struct roost_board *board, unsigned watchdog_s);

/* Ends the guard in an orderly end of the program. */
void roost_guard_stop(void);

#endif
