/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "core/err.h"
#include "core/hex.h"

static int from_errno(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return ROOST_ERR_NOT_FOUND;
    case ENOSPC:
    case EDQUOT:
        return ROOST_ERR_NO_SPACE;
    case ENOMEM:
        return ROOST_ERR_NO_MEMORY;
    default:
        return ROOST_ERR_IO;
    }
}

static int read_all(int fd, char *data, size_t len)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = read(fd, data + done, len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ROOST_ERR_IO;
        done += (size_t)n;
    }
    return 0;
}

int ml_file_read(const char *path, size_t max, char **data, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe is not waited for */
    if (fd < 0)
        return from_errno(errno);
    struct stat info;
    int err = 0;
    char *buffer = NULL;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        err = ROOST_ERR_IO;
    else if ((uint64_t)info.st_size > max)
        err = ROOST_ERR_TOO_LONG;
    else if (!(buffer = malloc((size_t)info.st_size + 1)))
        err = ROOST_ERR_NO_MEMORY;
    else
        err = read_all(fd, buffer, (size_t)info.st_size);
    close(fd);
    if (err) {
        free(buffer);
        return err;
    }
    buffer[info.st_size] = '\0';
    *data = buffer;
    *len = (size_t)info.st_size;
    return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = write(fd, data + done, len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return from_errno(errno);
        done += (size_t)n;
    }
    return 0;
}

int ml_file_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return from_errno(errno);
    int err = fsync(fd) == 0 ? 0 : from_errno(errno);
    close(fd);
    return err;
}

static int sync_folder_of(const char *path)
{
    char folder[ML_PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    if (len >= sizeof folder)
        return ROOST_ERR_TOO_LONG;
    memcpy(folder, path, len);
    folder[len] = '\0';
    return ml_file_sync(slash ? (len ? folder : "/") : ".");
}

/* A reader, and a power cut, find the old file or the new one. */
int ml_file_replace(const char *path, const void *data, size_t len)
{
    char beside[ML_PATH_MAX];
    int n = snprintf(beside, sizeof beside, "%s.tmp", path);
    if (n < 0 || (size_t)n >= sizeof beside)
        return ROOST_ERR_TOO_LONG;
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return from_errno(errno);
    int err = write_all(fd, data, len);
    if (!err && fsync(fd) != 0)
        err = from_errno(errno);
    if (close(fd) != 0 && !err)
        err = from_errno(errno);
    if (!err && rename(beside, path) != 0)
        err = from_errno(errno);
    if (err) {
        (void)unlink(beside); /* the first error is the one to report */
        return err;
    }
    return sync_folder_of(path);
}

int ml_file_sha256(const char *path, char hex[ML_SHA256_HEX + 1])
{
    enum { MODEL_BYTES_MAX = 64 << 20 };
    char *data;
    size_t len;
    int err = ml_file_read(path, MODEL_BYTES_MAX, &data, &len);
    if (err)
        return err;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int digest_len = 0;
    if (EVP_Digest(data, len, digest, &digest_len, EVP_sha256(), NULL) != 1)
        err = ROOST_ERR_CRYPTO;
    free(data);
    if (!err)
        roost_hex_write(hex, digest, digest_len);
    return err;
}

int ml_path_join(char *out, const char *dir, const char *name)
{
    int n = snprintf(out, ML_PATH_MAX, "%s/%s", dir, name);
    return n < 0 || n >= ML_PATH_MAX ? ROOST_ERR_TOO_LONG : 0;
}
