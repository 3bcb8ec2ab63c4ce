/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"

/* The folder that `path` lies in. */
static void folder_of(const char *path, char folder[LINUX_PATH_MAX])
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        snprintf(folder, LINUX_PATH_MAX, ".");
    else
        snprintf(folder, LINUX_PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

static bool lies_inside(const char *folder, const char *state_dir)
{
    char *outer = realpath(state_dir, NULL), *inner = realpath(folder, NULL);
    size_t len = outer ? strlen(outer) : 0;
    bool inside = outer && inner && strncmp(inner, outer, len) == 0 &&
                  (inner[len] == '/' || inner[len] == '\0');

    free(outer);
    free(inner);
    return inside;
}

static int make_key(const char *path, const char *folder, struct linux_disk *disk,
                    uint8_t key[LINUX_KEY_BYTES], char *why, size_t why_size)
{
    int err = ROOST_ERR_IO;

    if (getrandom(key, LINUX_KEY_BYTES, 0) == LINUX_KEY_BYTES)
        err = linux_disk_replace(disk, folder, path, key, LINUX_KEY_BYTES);
    if (err)
        snprintf(why, why_size, "key file %s: cannot be made: %s", path, roost_err_text(err));
    return err;
}

static int check_file(int fd, const char *path, char *why, size_t why_size)
{
    struct stat info;

    if (fstat(fd, &info)) {
        snprintf(why, why_size, "key file %s: %s", path, strerror(errno));
        return ROOST_ERR_IO;
    }
    if (!S_ISREG(info.st_mode)) {
        snprintf(why, why_size, "key file %s: not a file", path);
        return ROOST_ERR_INVALID;
    }
    if (info.st_mode & 077) {
        snprintf(why, why_size,
                 "key file %s: others may read or write it (mode %04o); allowed is 0600", path,
                 (unsigned)info.st_mode & 07777);
        return ROOST_ERR_AUTH;
    }
    if (info.st_size != LINUX_KEY_BYTES) {
        snprintf(why, why_size, "key file %s: has %lld bytes; allowed are %d", path,
                 (long long)info.st_size, LINUX_KEY_BYTES);
        return ROOST_ERR_INVALID;
    }
    return 0;
}

int linux_key_file(const char *path, const char *state_dir, bool make, struct linux_disk *disk,
                   uint8_t key[LINUX_KEY_BYTES], char *why, size_t why_size)
{
    char beside[LINUX_PATH_MAX], folder[LINUX_PATH_MAX];
    size_t len = strlen(state_dir);

    while (len > 1 && state_dir[len - 1] == '/')
        len--;
    if (!path &&
        snprintf(beside, sizeof beside, "%.*s.key", (int)len, state_dir) >= (int)sizeof beside) {
        snprintf(why, why_size, "state directory: path longer than %d bytes", LINUX_PATH_MAX - 16);
        return ROOST_ERR_TOO_LONG;
    }
    if (!path)
        path = beside;
    folder_of(path, folder);
    if (lies_inside(folder, state_dir)) {
        snprintf(why, why_size,
                 "key file %s: lies in the state directory; allowed is a place outside", path);
        return ROOST_ERR_INVALID;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT && make)
        return make_key(path, folder, disk, key, why, why_size);
    if (fd < 0) {
        snprintf(why, why_size, "key file %s: %s", path,
                 errno == ENOENT ? "missing, and the state directory was sealed with it"
                                 : strerror(errno));
        return errno == ENOENT ? ROOST_ERR_NOT_FOUND : linux_disk_error(errno);
    }
    int err = check_file(fd, path, why, why_size);
    if (!err && read(fd, key, LINUX_KEY_BYTES) != LINUX_KEY_BYTES) {
        snprintf(why, why_size, "key file %s: cannot be read", path);
        err = ROOST_ERR_IO;
    }
    close(fd);
    return err;
}
