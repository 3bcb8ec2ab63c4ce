/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the boot loader of the modelled chip remembers: which slot runs next, how each slot stands,
 * and the lowest security version that may run. One small text file, replaced as a whole, with the
 * states of ESP-IDF's otadata:
 *
 *     EMPTY --activate--> NEW --first boot--> PENDING --confirm--> VALID
 *                                                |--any reset---> ABORTED
 *                                                `--roll back---> INVALID
 *
 * A slot with image_bytes 0 holds the program as its user started it: `program` is its path. Pure
 * but for read and write. Depends on disk.h and core/.
 */
#ifndef ROOST_PORT_LINUX_BOOT_H
#define ROOST_PORT_LINUX_BOOT_H

#include <stdbool.h>
#include <stdint.h>

#include "port/linux/disk.h"

#define LINUX_SLOT_STATE_LIST(X)                                                                   \
    X(EMPTY, "empty")                                                                              \
    X(NEW, "new")                                                                                  \
    X(PENDING, "pending")                                                                          \
    X(VALID, "valid")                                                                              \
    X(INVALID, "invalid")                                                                          \
    X(ABORTED, "aborted")

enum linux_slot_state {
#define X(name, text) LINUX_SLOT_##name,
    LINUX_SLOT_STATE_LIST(X)
#undef X
        LINUX_SLOT_STATE_COUNT
};

struct linux_boot_slot {
    enum linux_slot_state state;
    uint32_t image_bytes, security_version;
    uint8_t elf_sha256[32]; /* of the program inside the image */
};

struct linux_boot {
    uint8_t next;
    uint32_t lowest; /* security version that may run */
    struct linux_boot_slot slot[2];
    char program[LINUX_PATH_MAX]; /* "": not known yet */
};

/* As a chip leaves the factory: slot 0 runs. */
void linux_boot_reset(struct linux_boot *boot);

/* Returns 0, or ROOST_ERR_NOT_FOUND, ROOST_ERR_CORRUPT, ROOST_ERR_IO with the record reset. */
int linux_boot_read(struct linux_boot *boot, const char *path);
int linux_boot_write(const struct linux_boot *boot, struct linux_disk *disk, const char *dir,
                     const char *path);

/* What the boot loader does at a reset: a trial that was not confirmed is over, and the slot that
 * is to run is `next` afterwards. Returns it, or ROOST_ERR_NOT_FOUND when neither may run. Sets
 * *changed when the record has to be written. */
int linux_boot_choose(struct linux_boot *boot, bool *changed);

/* Whether this slot holds something that may run. */
bool linux_boot_runs(const struct linux_boot *boot, int slot);

#endif
