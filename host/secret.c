/* SPDX-License-Identifier: Apache-2.0 */
#include "host/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "core/hex.h"
#include "host/file.h"
#include "host/private_file.h"

static const double bits_min = 96;

const char *secret_weakness(const char *secret)
{
    size_t len = strlen(secret);
    size_t seen[256] = {0};
    double bits = 0;

    if (len < SECRET_MIN_BYTES)
        return "shorter than 32 bytes";
    for (size_t period = 1; period <= len / 2; period++)
        if (memcmp(secret, secret + period, len - period) == 0)
            return "a short piece repeated";
    for (size_t i = 0; i < len; i++)
        seen[(unsigned char)secret[i]]++;
    for (size_t i = 0; i < 256; i++)
        if (seen[i] > 0)
            bits -= (double)seen[i] * log2((double)seen[i] / (double)len);
    return bits < bits_min ? "too few different characters" : NULL;
}

static int error_of_errno(void)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return ROOST_ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return ROOST_ERR_AUTH;
    case EEXIST:
        return ROOST_ERR_EXISTS;
    case ENOSPC:
    case EDQUOT:
        return ROOST_ERR_NO_SPACE;
    default:
        return ROOST_ERR_IO;
    }
}

int secret_read(const char *path, char *out, size_t size)
{
    char text[SECRET_FILE_MAX + 1];
    int fd = file_open(path, NULL);

    if (fd < 0)
        return fd;
    ssize_t n = read(fd, text, sizeof text);
    int err = n < 0 ? error_of_errno() : 0;
    close(fd);
    if (err < 0)
        return err;
    size_t got = n > 0 ? (size_t)n : 0;
    const char *end = memchr(text, '\n', got);
    size_t len = end ? (size_t)(end - text) : got;
    if (len > 0 && text[len - 1] == '\r')
        len--;
    if (len == 0)
        return ROOST_ERR_EMPTY;
    if (len > SECRET_FILE_MAX || len >= size)
        return ROOST_ERR_TOO_LONG;
    if (memchr(text, '\0', len))
        return ROOST_ERR_INVALID;
    memcpy(out, text, len);
    out[len] = '\0';
    return (int)len;
}

const char *secret_problem(int err)
{
    return err == ROOST_ERR_UNSUPPORTED
               ? "a pipe, a socket, a device or a folder, and a regular file is needed"
               : roost_err_text(err);
}

static int write_new(const char *path, const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return error_of_errno();
    ssize_t done = write(fd, text, len);
    int err = done < 0 ? error_of_errno() : 0;
    if (err == 0 && ((size_t)done < len || fsync(fd) != 0))
        err = ROOST_ERR_IO;
    if (close(fd) != 0 && err == 0)
        err = ROOST_ERR_IO;
    return err;
}

enum { DRAWN_BYTES = 32, DRAWN_DIGITS = 2 * DRAWN_BYTES };

/* DRAWN_DIGITS and a NUL. */
static int draw(char *out)
{
    uint8_t bytes[DRAWN_BYTES];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return ROOST_ERR_IO;
    roost_hex_write(out, bytes, sizeof bytes);
    return 0;
}

int secret_look(const char *path, char *out, size_t size)
{
    int len = secret_read(path, out, size);

    if (len != ROOST_ERR_NOT_FOUND)
        return len;
    int err = file_try(path, NULL);
    if (err == 0 && size <= DRAWN_DIGITS)
        err = ROOST_ERR_TOO_LONG;
    if (err == 0)
        err = draw(out);
    return err < 0 ? err : DRAWN_DIGITS;
}

int secret_keep(const char *path, char *out, size_t size)
{
    char text[DRAWN_DIGITS + 1];
    char draft[4096];

    int len = secret_read(path, out, size);
    if (len != ROOST_ERR_NOT_FOUND) {
        private_file_close_to_others(path);
        return len;
    }
    int err = draw(text);
    if (err < 0)
        return err;
    text[DRAWN_DIGITS] = '\n';
    int n = snprintf(draft, sizeof draft, "%s.%ld", path, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof draft)
        return ROOST_ERR_TOO_LONG;
    err = write_new(draft, text, sizeof text);
    /* link, unlike rename, leaves a key alone that another process kept meanwhile. */
    if (err == 0 && link(draft, path) != 0 && errno != EEXIST)
        err = error_of_errno();
    unlink(draft);
    return err < 0 ? err : secret_read(path, out, size);
}
