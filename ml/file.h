/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small files that must be whole or absent: read with a limit, hashed, replaced in one step that
 * survives a power cut. POSIX. Depends on OpenSSL's SHA-256, core/err.h.
 */
#ifndef ROOST_ML_FILE_H
#define ROOST_ML_FILE_H

#include <stddef.h>

enum { ML_SHA256_HEX = 64, ML_PATH_MAX = 1024 };

/* The whole file into a new buffer, NUL-terminated behind *len; the caller frees it. Returns 0,
 * ROOST_ERR_NOT_FOUND, ROOST_ERR_TOO_LONG (more than max bytes), ROOST_ERR_IO, ROOST_ERR_NO_MEMORY.
 */
int ml_file_read(const char *path, size_t max, char **data, size_t *len);

/* Written beside the path, synced, renamed over it, the folder synced. Returns 0,
 * ROOST_ERR_NO_SPACE or ROOST_ERR_IO; on error the old content is untouched. */
int ml_file_replace(const char *path, const void *data, size_t len);

/* Makes what was written to the file, or the entries of the folder, durable. */
int ml_file_sync(const char *path);

/* Lower-case hex. */
int ml_file_sha256(const char *path, char hex[ML_SHA256_HEX + 1]);

/* dir/name into out (ML_PATH_MAX). Returns 0 or ROOST_ERR_TOO_LONG. */
int ml_path_join(char *out, const char *dir, const char *name);

#endif
