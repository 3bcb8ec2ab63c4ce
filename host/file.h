/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole files, read and written. What is written is on the disk when a function returns 0, and no
 * reader ever sees a part of it. Errors name the file. Depends on POSIX.
 *
 *     err = file_write_new("key.pem", pem, len, 0600, why);   // refuses to overwrite
 *
 *     err = file_prepare(dir, "a", a, a_len, 0644, why);      // two that belong together
 *     if (!err)
 *         err = file_prepare(dir, "b", b, b_len, 0644, why);
 *     if (!err)
 *         err = file_publish(dir, (const char *const[]){"a", "b"}, 2, why);
 */
#ifndef ROOST_HOST_FILE_H
#define ROOST_HOST_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "host/why.h"

enum { FILE_PATH_MAX = 1024 };

/* Reads 1 to max bytes. *data is malloc'd, NUL-terminated behind *len, and the caller's. */
int file_read(char **data, size_t *len, const char *path, size_t max, struct why *why);

/* What stands at a path that is no regular file: "a folder", "a pipe", "a socket", "a device".
 * NULL: a regular file, or nothing. */
const char *file_oddity(const char *path);

/* Opens a regular file for reading and waits for nobody: a pipe would hold whoever reads it until
 * somebody writes, a device may never end. Returns a descriptor, ROOST_ERR_NOT_FOUND,
 * ROOST_ERR_AUTH, ROOST_ERR_UNSUPPORTED (no regular file) or ROOST_ERR_IO; why may be NULL. */
int file_open(const char *path, struct why *why);

/* Creates path, or returns ROOST_ERR_EXISTS. For files of a folder that nobody knows yet: it is not
 * durable before file_sync_all. */
int file_create(const char *path, const void *data, size_t len, mode_t mode, struct why *why);

/* Makes everything in a folder durable. */
int file_sync_all(const char *dir, struct why *why);

/* Returns ROOST_ERR_EXISTS when there is something of that name. */
int file_write_new(const char *path, const void *data, size_t len, mode_t mode, struct why *why);

/* Replaces path at once. */
int file_write(const char *path, const void *data, size_t len, mode_t mode, struct why *why);

/* Writes dir/name under a temporary name beside it; file_publish gives all of them their names, one
 * straight after the other. */
int file_prepare(const char *dir, const char *name, const void *data, size_t len, mode_t mode,
                 struct why *why);
int file_publish(const char *dir, const char *const *names, size_t count, struct why *why);

/* Whether path can be written: it is there and may be, or its folder takes a new file. Nothing is
 * left behind. Returns 0, ROOST_ERR_NOT_FOUND (no such folder), ROOST_ERR_AUTH, ROOST_ERR_NO_SPACE
 * or ROOST_ERR_IO; why may be NULL. */
int file_try(const char *path, struct why *why);

/* Makes names in a folder durable. */
int file_sync_dir(const char *dir, struct why *why);

#endif
