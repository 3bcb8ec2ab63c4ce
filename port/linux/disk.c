/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "core/err.h"

void linux_disk_cut_after(struct linux_disk *disk, uint32_t steps)
{
    disk->steps_left = steps;
}

/* Counts a step; returns true when the power goes inside it. */
static bool cut_now(struct linux_disk *disk)
{
    if (disk->steps_left && --disk->steps_left == 0) {
        disk->cut = true;
        return true;
    }
    return false;
}

int linux_disk_error(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return ROOST_ERR_NO_SPACE;
    case ENOENT:
        return ROOST_ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return ROOST_ERR_AUTH;
    case ENOMEM:
        return ROOST_ERR_NO_MEMORY;
    default:
        return ROOST_ERR_IO;
    }
}

static int write_all(int fd, const uint8_t *data, size_t len, off_t offset)
{
    while (len > 0) {
        ssize_t written = pwrite(fd, data, len, offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno == ENOSPC || errno == EDQUOT ? ROOST_ERR_NO_SPACE : ROOST_ERR_IO;
        data += written;
        len -= (size_t)written;
        offset += written;
    }
    return 0;
}

int linux_disk_write(struct linux_disk *disk, int fd, const void *data, size_t len, off_t offset)
{
    if (disk->cut)
        return ROOST_ERR_IO;
    if (cut_now(disk)) {
        (void)write_all(fd, data, len / 2, offset);
        return ROOST_ERR_IO;
    }
    return write_all(fd, data, len, offset);
}

int linux_disk_sync(struct linux_disk *disk, int fd)
{
    if (disk->cut || cut_now(disk))
        return ROOST_ERR_IO;
    return fdatasync(fd) ? linux_disk_error(errno) : 0;
}

int linux_disk_rename(struct linux_disk *disk, const char *from, const char *to)
{
    if (disk->cut || cut_now(disk))
        return ROOST_ERR_IO;
    return rename(from, to) ? linux_disk_error(errno) : 0;
}

int linux_disk_unlink(struct linux_disk *disk, const char *path)
{
    if (disk->cut || cut_now(disk))
        return ROOST_ERR_IO;
    return unlink(path) && errno != ENOENT ? linux_disk_error(errno) : 0;
}

int linux_disk_sync_dir(struct linux_disk *disk, const char *path)
{
    if (disk->cut || cut_now(disk))
        return ROOST_ERR_IO;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return linux_disk_error(errno);
    int err = fsync(fd) ? linux_disk_error(errno) : 0;
    close(fd);
    return err;
}

int linux_disk_read_file(const char *path, void *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return linux_disk_error(errno);
    size_t len = 0;
    int result = 0;
    while (len < size) {
        ssize_t got = read(fd, (uint8_t *)out + len, size - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            result = linux_disk_error(errno);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    uint8_t beyond;
    if (!result && len == size && read(fd, &beyond, 1) > 0)
        result = ROOST_ERR_TOO_LONG;
    close(fd);
    return result ? result : (int)len;
}

int linux_disk_replace(struct linux_disk *disk, const char *dir, const char *path, const void *data,
                       size_t len)
{
    char temporary[LINUX_PATH_MAX + 8];
    int written = snprintf(temporary, sizeof temporary, "%s.new", path);

    if (written < 0 || (size_t)written >= sizeof temporary)
        return ROOST_ERR_TOO_LONG;
    if (disk->cut)
        return ROOST_ERR_IO;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return linux_disk_error(errno);
    int err = linux_disk_write(disk, fd, data, len, 0);
    if (!err)
        err = linux_disk_sync(disk, fd);
    close(fd);
    if (!err)
        err = linux_disk_rename(disk, temporary, path);
    else if (!disk->cut)
        (void)unlink(temporary);
    return err ? err : linux_disk_sync_dir(disk, dir);
}
