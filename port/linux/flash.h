/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A raw flash region, the journal's or the ledger's: a file with the behaviour of NOR flash (erased is 0xFF, programming
 * clears bits), or the same in memory. What program and erase returned 0 for survives kill -9
 * because it is in the file, and a power cut because each is followed by fdatasync. The file has
 * its full size from the start, so a full disk cannot stop a device that runs. Depends on disk.h.
 */
#ifndef ROOST_PORT_LINUX_FLASH_H
#define ROOST_PORT_LINUX_FLASH_H

#include "port/linux/disk.h"
#include "port/port.h"

enum { LINUX_FLASH_SECTOR_BYTES = 4096, LINUX_FLASH_PROGRAM_BYTES = 4 };

struct linux_flash {
    struct linux_disk *disk;
    int fd;          /* -1: in memory */
    uint8_t *memory; /* the region as it is; with a file, its mirror for reads */
    uint32_t sector_count;
};

/* `path` NULL: in memory. An existing file must have the size of sector_count sectors
 * (ROOST_ERR_INVALID). Returns 0 or an error. */
int linux_flash_init(struct linux_flash *flash, struct linux_disk *disk, const char *dir,
                     const char *path, uint32_t sector_count, struct roost_flash *out);
void linux_flash_deinit(struct linux_flash *flash);

#endif
