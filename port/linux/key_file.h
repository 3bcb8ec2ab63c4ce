/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device's key, which on the chip is burnt into an eFuse that only the hardware reads: here a
 * file of 32 random bytes that nobody else may read. It lies outside the state directory, which
 * stands for the flash: whoever copies the one has not the other. Depends on disk.h.
 */
#ifndef ROOST_PORT_LINUX_KEY_FILE_H
#define ROOST_PORT_LINUX_KEY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/linux/disk.h"

enum { LINUX_KEY_BYTES = 32 };

/* Reads the key, or makes it when it is missing and `make` is true. `path` NULL: the state
 * directory's name with ".key" behind. Returns 0 or an error with `why` set: the file is inside the
 * state directory, may be read by others, is not 32 bytes long, or is missing. */
int linux_key_file(const char *path, const char *state_dir, bool make, struct linux_disk *disk,
                   uint8_t key[LINUX_KEY_BYTES], char *why, size_t why_size);

#endif
