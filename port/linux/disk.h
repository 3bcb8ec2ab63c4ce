/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file operations of the modelled flash, one write step each, so that a test can pull the plug
 * inside any of them: at the step armed by linux_disk_cut_after, a write leaves half of its bytes,
 * everything else nothing, and from then on every step fails as if the process were gone. Foreign
 * errors become ours here. Depends on POSIX files only.
 */
#ifndef ROOST_PORT_LINUX_DISK_H
#define ROOST_PORT_LINUX_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { LINUX_PATH_MAX = 1024 };

struct linux_disk {
    uint32_t steps_left; /* steps until the cut; 0: none armed */
    bool cut;            /* the power is gone */
};

void linux_disk_cut_after(struct linux_disk *disk, uint32_t steps);

/* Writes all of it at `offset`. 0, ROOST_ERR_NO_SPACE or ROOST_ERR_IO. */
int linux_disk_write(struct linux_disk *disk, int fd, const void *data, size_t len, off_t offset);

/* fdatasync. */
int linux_disk_sync(struct linux_disk *disk, int fd);

int linux_disk_rename(struct linux_disk *disk, const char *from, const char *to);

/* 0 also when there was none. */
int linux_disk_unlink(struct linux_disk *disk, const char *path);

/* Makes the entries of a directory durable. */
int linux_disk_sync_dir(struct linux_disk *disk, const char *path);

/* Reads a whole small file. Returns its length, ROOST_ERR_NOT_FOUND, ROOST_ERR_TOO_LONG (more than
 * `size`) or ROOST_ERR_IO. */
int linux_disk_read_file(const char *path, void *out, size_t size);

/* Replaces a file so that after a cut at any step the old or the new content is there, whole:
 * temporary file, sync, rename, sync of the directory `dir`. */
int linux_disk_replace(struct linux_disk *disk, const char *dir, const char *path, const void *data,
                       size_t len);

/* errno as one of ours. */
int linux_disk_error(int error);

#endif
