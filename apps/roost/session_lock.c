/* SPDX-License-Identifier: Apache-2.0 */
#include "session_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MS = 20 };

int session_lock(const char *session_path)
{
    char path[1024];
    int len = snprintf(path, sizeof path, "%s.lock", session_path);
    int fd =
        len > 0 && (size_t)len < sizeof path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};

    for (int waited_ms = 0; fd >= 0; waited_ms += PAUSE_MS) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return fd;
        if (errno != EWOULDBLOCK || waited_ms >= SESSION_LOCK_WAIT_MS) {
            close(fd);
            return -1;
        }
        nanosleep(&pause, NULL);
    }
    return -1;
}

/* The file stays: removed, two could have a lock of that name. */
void session_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}
