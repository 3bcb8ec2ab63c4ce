/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware slots of a board with a state directory, and the boot loader that chooses between them.
 *
 *     slots/boot   what the boot loader remembers (boot.h)
 *     slots/N.img  the flash of slot N, as far as it was written; behind its end it is erased
 *     slots/N.elf  the program of slot N, unpacked when it runs for the first time
 *
 * As it leaves the factory a board runs the program its user started: that is slot 0, and needs no
 * file. From the first update on that program is a boot loader first: started again by hand, it
 * hands over to the slot that was confirmed (exec, same arguments, same process). A restart goes
 * the same way: the boot loader's choice, then exec. An image on trial that ended in any other way
 * than confirm is not started a second time; one that cannot be unpacked or executed is marked
 * invalid. Which of the programs a process is, it knows from its own file; that it was started by
 * the boot loader and not by hand, from ROOST_HANDED_OVER in its environment.
 *
 * A board without `argv` executes nothing: it plays the slot that was chosen (for tests). Depends
 * on boot.h, image.h, disk.h.
 */
#ifndef ROOST_PORT_LINUX_SLOTS_H
#define ROOST_PORT_LINUX_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/linux/boot.h"
#include "port/linux/crypto.h"
#include "port/port.h"

struct roost_board;

enum {
    LINUX_SLOT_SECTOR_BYTES = 4096,
    LINUX_SLOT_PROGRAM_BYTES = 16,
    LINUX_SLOT_SECTORS = 4096 /* 16 MiB: programs for Linux are larger than for a chip */
};

struct linux_slots {
    char dir[LINUX_PATH_MAX];
    struct linux_boot boot;
    struct linux_crypto sum; /* its own: the device may be in the middle of a sum of the board's */
    struct roost_crypto crypto;
    uint8_t running;
    int self;         /* the slot whose program this process is; -1: as it was started by hand */
    int fd;           /* of the region that does not run; -1: none yet */
    uint32_t written; /* bytes of the file; erased behind */
};

/* Does what a boot loader does, which may end in another program's main. Returns 0 when this
 * process is the one that is to run, or an error with `why` set. */
int linux_slots_init(struct roost_board *board, char *why, size_t why_size);
void linux_slots_deinit(struct linux_slots *slots);

/* Restarts into the slot that the boot loader chooses. Returns only when nothing can be executed.
 */
void linux_slots_restart(struct roost_board *board);

#endif
