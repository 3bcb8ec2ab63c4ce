/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A password file of Mosquitto: lines "user:hash". Users of a batch are put in or replaced, every
 * other line stays as it is, and a reader sees the old file or the new one, never a part. Depends
 * on POSIX, core/err.h.
 */
#ifndef ROOST_APPS_ROOST_PASSWORDS_H
#define ROOST_APPS_ROOST_PASSWORDS_H

#include <stddef.h>

struct password_line {
    char user[65], hash[256];
};

/* The file need not exist; a new one has mode 0600, an old one keeps its mode and owner. Returns 0,
 * or an error that `why` says in one line: ROOST_ERR_INVALID (a user or hash that would break the
 * file), ROOST_ERR_IO, ROOST_ERR_NO_MEMORY. */
int passwords_put(const char *path, const struct password_line *lines, size_t count, char *why,
                  size_t why_size);

#endif
