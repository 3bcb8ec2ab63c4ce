/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets that live in files: reading one, drawing one, and telling a weak one. Depends
 * on core/err.h, host/file.h.
 */
#ifndef ROOST_HOST_SECRET_H
#define ROOST_HOST_SECRET_H

#include <stdbool.h>
#include <stddef.h>

enum { SECRET_MIN_BYTES = 32, SECRET_FILE_MAX = 1024 };

/* True for what could be guessed: shorter than SECRET_MIN_BYTES, a short piece repeated, or so few
 * different characters that it holds less than 96 bits. NULL when good, else why. */
const char *secret_weakness(const char *secret);

/* The first line of a file, without its line end. Returns its length, ROOST_ERR_NOT_FOUND,
 * ROOST_ERR_AUTH (not readable), ROOST_ERR_UNSUPPORTED (no regular file, see host/file.h),
 * ROOST_ERR_EMPTY, ROOST_ERR_TOO_LONG, ROOST_ERR_INVALID (a NUL byte), ROOST_ERR_IO. */
int secret_read(const char *path, char *out, size_t size);

/* What such an error says to whoever named the file. Static storage. */
const char *secret_problem(int err);

/* Reads the secret kept at path, or draws 256 bits, writes them as 64 hex digits to a new file of
 * mode 0600 that is whole or absent after a crash, and returns them. Returns the length or as
 * secret_read, ROOST_ERR_NO_SPACE. */
int secret_keep(const char *path, char *out, size_t size);

/* The same without the file: for one who only looks whether it would do. */
int secret_look(const char *path, char *out, size_t size);

#endif
