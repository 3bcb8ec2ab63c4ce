/* SPDX-License-Identifier: Apache-2.0 */
#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"

static int failed(struct why *why, const char *path)
{
    int err = errno == EEXIST   ? ROOST_ERR_EXISTS
              : errno == ENOSPC ? ROOST_ERR_NO_SPACE
                                : ROOST_ERR_IO;
    return why_not(why, err, "%s: %s", path, strerror(errno));
}

static int untried(struct why *why, const char *path)
{
    int err = errno == ENOENT || errno == ENOTDIR                    ? ROOST_ERR_NOT_FOUND
              : errno == EACCES || errno == EPERM || errno == EROFS  ? ROOST_ERR_AUTH
              : errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? ROOST_ERR_NO_SPACE
                                                                     : ROOST_ERR_IO;
    return why ? why_not(why, err, "%s: %s", path, strerror(errno)) : err;
}

/* ---- reading ---- */

static const char *oddity(mode_t mode)
{
    return S_ISREG(mode)    ? NULL
           : S_ISDIR(mode)  ? "a folder"
           : S_ISFIFO(mode) ? "a pipe"
           : S_ISSOCK(mode) ? "a socket"
                            : "a device";
}

const char *file_oddity(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 ? oddity(status.st_mode) : NULL;
}

static int refuse_oddity(struct why *why, const char *path, const char *what)
{
    return why ? why_not(why, ROOST_ERR_UNSUPPORTED, "%s: is %s, a regular file is needed", path,
                         what)
               : ROOST_ERR_UNSUPPORTED;
}

int file_open(const char *path, struct why *why)
{
    const char *what = file_oddity(path); /* before it is opened: some devices act on that */
    struct stat status;

    if (what)
        return refuse_oddity(why, path, what);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return untried(why, path);
    what = fstat(fd, &status) == 0 ? oddity(status.st_mode) : NULL; /* of a name that was moved */
    if (!what)
        return fd;
    close(fd);
    return refuse_oddity(why, path, what);
}

/* Reads what an open file holds, which may be a pipe. */
static int read_all(int fd, char **data, size_t *len, const char *path, size_t max, struct why *why)
{
    char *bytes = NULL;
    size_t size = 0, used = 0;
    ssize_t count = 1;

    while (count > 0) {
        if (used + 1 >= size) {
            size = size ? 2 * size : 4096;
            char *more = realloc(bytes, size);
            if (!more) {
                free(bytes);
                return why_not(why, ROOST_ERR_NO_MEMORY, "%s: out of memory", path);
            }
            bytes = more;
        }
        count = read(fd, bytes + used, size - used - 1);
        if (count < 0) {
            free(bytes);
            return failed(why, path);
        }
        used += (size_t)count;
        if (used > max) {
            free(bytes);
            return why_not(why, ROOST_ERR_TOO_LONG, "%s: longer than %zu bytes", path, max);
        }
    }
    if (used == 0) {
        free(bytes);
        return why_not(why, ROOST_ERR_EMPTY, "%s: is empty", path);
    }
    bytes[used] = '\0';
    *data = bytes;
    *len = used;
    return 0;
}

int file_read(char **data, size_t *len, const char *path, size_t max, struct why *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return failed(why, path);
    int err = read_all(fd, data, len, path, max, why);
    close(fd);
    return err;
}

/* ---- writing ---- */

/* Creates path, which must not exist; nothing is left of it after an error. */
static int create(const char *path, const void *data, size_t len, mode_t mode, bool durable,
                  struct why *why)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return failed(why, path);
    const char *bytes = data;
    bool good = fchmod(fd, mode) == 0; /* whatever the umask */
    while (good && len > 0) {
        ssize_t count = write(fd, bytes, len);
        good = count >= 0;
        if (good) {
            bytes += count;
            len -= (size_t)count;
        }
    }
    good = good && (!durable || fsync(fd) == 0);
    int err = good ? 0 : failed(why, path);
    if (close(fd) != 0 && !err)
        err = failed(why, path);
    if (err)
        (void)unlink(path);
    return err;
}

int file_create(const char *path, const void *data, size_t len, mode_t mode, struct why *why)
{
    return create(path, data, len, mode, false, why);
}

/* The folder a path lies in. */
static const char *parent(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;

    if (!slash)
        return ".";
    if (len == 0)
        return "/";
    snprintf(out, size, "%.*s", (int)len, path);
    return out;
}

/* The name a file has until it is published. */
static int temporary(char *out, const char *dir, const char *name, struct why *why)
{
    int len = snprintf(out, FILE_PATH_MAX, "%s/.%s.new", dir, name);
    if (len < 0 || len >= FILE_PATH_MAX)
        return why_not(why, ROOST_ERR_TOO_LONG, "%s: the path is longer than %d bytes", dir,
                       FILE_PATH_MAX - 1);
    return 0;
}

int file_prepare(const char *dir, const char *name, const void *data, size_t len, mode_t mode,
                 struct why *why)
{
    char path[FILE_PATH_MAX];
    int err = temporary(path, dir, name, why);

    if (err)
        return err;
    if (unlink(path) != 0 && errno != ENOENT) /* of a run that was cut */
        return failed(why, path);
    return create(path, data, len, mode, true, why);
}

int file_publish(const char *dir, const char *const *names, size_t count, struct why *why)
{
    char from[FILE_PATH_MAX], to[FILE_PATH_MAX];

    for (size_t i = 0; i < count; i++) {
        int err = temporary(from, dir, names[i], why);
        if (err)
            return err;
        snprintf(to, sizeof to, "%s/%s", dir, names[i]);
        if (rename(from, to) != 0)
            return failed(why, to);
    }
    return file_sync_dir(dir, why);
}

int file_write(const char *path, const void *data, size_t len, mode_t mode, struct why *why)
{
    char dir_text[FILE_PATH_MAX];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dir = parent(path, dir_text, sizeof dir_text);
    int err = file_prepare(dir, name, data, len, mode, why);
    return err ? err : file_publish(dir, &name, 1, why);
}

int file_write_new(const char *path, const void *data, size_t len, mode_t mode, struct why *why)
{
    char dir_text[FILE_PATH_MAX], made[FILE_PATH_MAX];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dir = parent(path, dir_text, sizeof dir_text);
    int err = temporary(made, dir, name, why);

    if (!err)
        err = file_prepare(dir, name, data, len, mode, why);
    if (err)
        return err;
    if (link(made, path) != 0) /* unlike rename it does not replace */
        err = failed(why, path);
    (void)unlink(made);
    return err ? err : file_sync_dir(dir, why);
}

static int sync_with(int (*sync_fd)(int fd), const char *dir, struct why *why)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return failed(why, dir);
    int err = sync_fd(fd) == 0 ? 0 : failed(why, dir);
    close(fd);
    return err;
}

int file_sync_dir(const char *dir, struct why *why)
{
    return sync_with(fsync, dir, why);
}

int file_sync_all(const char *dir, struct why *why)
{
    return sync_with(syncfs, dir, why);
}

/* ---- trying ---- */

/* A file without a name takes a block, and is gone when it is closed. */
static int try_folder(const char *dir, struct why *why)
{
    static const char block[4096];
    int fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
        /* A file system without such files: its word has to do. */
        return access(dir, W_OK | X_OK) == 0 ? 0 : untried(why, dir);
    if (fd < 0)
        return untried(why, dir);
    ssize_t done = write(fd, block, sizeof block);
    int err = 0;
    if (done < 0)
        err = untried(why, dir);
    else if ((size_t)done < sizeof block)
        err = why ? why_not(why, ROOST_ERR_NO_SPACE, "%s: no space", dir) : ROOST_ERR_NO_SPACE;
    close(fd);
    return err;
}

int file_try(const char *path, struct why *why)
{
    const char *slash = strrchr(path, '/');
    char dir[FILE_PATH_MAX] = ".";

    if (access(path, F_OK) == 0 && access(path, W_OK) != 0)
        return untried(why, path);
    if (slash) {
        int n = snprintf(dir, sizeof dir, "%.*s", slash == path ? 1 : (int)(slash - path), path);
        if (n < 0 || (size_t)n >= sizeof dir)
            return why ? why_not(why, ROOST_ERR_TOO_LONG, "%s: too long", path)
                       : ROOST_ERR_TOO_LONG;
    }
    return try_folder(dir, why);
}
