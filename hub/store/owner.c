/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"

static int failed(const char *path, const char *what, int error, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s: %s: %s", path, what, strerror(error));
    return error == ENOSPC || error == EDQUOT ? ROOST_ERR_NO_SPACE : ROOST_ERR_IO;
}

/* The process that has a file open under another name of it, beside which this one's lock says
 * nothing; 0: none. SQLite holds a lock of its own on what it has open, readers too, so a file of
 * one name is not asked about. */
static pid_t user_elsewhere(int file)
{
    struct stat info;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fstat(file, &info) != 0 || info.st_nlink < 2)
        return 0;
    return fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? lock.l_pid : 0;
}

/* The path of the lock beside the file that `path` means in the end, and who has it open elsewhere.
 * The file is made first: a link that leads nowhere yet has no real path. */
static int lock_path(char out[PATH_MAX], pid_t *elsewhere, const char *path, char *why,
                     size_t why_size)
{
    static const char suffix[] = ".lock";
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (file < 0 || !realpath(path, out)) {
        int error = errno;
        if (file >= 0)
            close(file);
        return failed(path, "cannot be opened", error, why, why_size);
    }
    *elsewhere = user_elsewhere(file);
    close(file); /* nothing of this process has it open yet, so no lock on it is given up */
    size_t len = strlen(out);
    if (len + sizeof suffix > PATH_MAX) {
        snprintf(why, why_size, "%s: the path is too long", path);
        return ROOST_ERR_TOO_LONG;
    }
    memcpy(out + len, suffix, sizeof suffix);
    return 0;
}

static int refused(int lock, const char *path, char *why, size_t why_size)
{
    char pid[24];
    ssize_t len = pread(lock, pid, sizeof pid - 1, 0);

    pid[len > 0 ? len : 0] = '\0';
    pid[strspn(pid, "0123456789")] = '\0';
    snprintf(why, why_size, "%s: in use by another roostd (process %s); one hub owns its files",
             path, pid[0] ? pid : "unknown");
    return ROOST_ERR_BUSY;
}

int owner_take(int *lock, const char *path, char *why, size_t why_size)
{
    char beside[PATH_MAX];
    char pid[24];
    pid_t elsewhere;

    *lock = OWNER_NONE;
    if (strcmp(path, ":memory:") == 0)
        return 0;
    int err = lock_path(beside, &elsewhere, path, why, why_size);
    if (err)
        return err;
    int fd = open(beside, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed(beside, "cannot be opened", errno, why, why_size);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        err = errno == EWOULDBLOCK ? refused(fd, path, why, why_size)
                                   : failed(beside, "cannot be locked", errno, why, why_size);
        close(fd);
        return err;
    }
    if (elsewhere) {
        close(fd);
        snprintf(why, why_size, "%s: in use under another name of the file (process %ld)", path,
                 (long)elsewhere);
        return ROOST_ERR_BUSY;
    }
    /* Only for whoever is refused: a full disk costs him the number. */
    int len = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) == 0 && pwrite(fd, pid, (size_t)len, 0) != len)
        (void)!ftruncate(fd, 0);
    *lock = fd;
    return 0;
}

void owner_release(int lock)
{
    if (lock >= 0)
        close(lock);
}
