/* SPDX-License-Identifier: Apache-2.0 */
#include "host/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/log.h"

void private_file_make(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, PRIVATE_FILE_MODE);

    if (fd >= 0)
        close(fd);
}

/* Never by a descriptor: closing one lets go of the locks that this process has on a database. */
void private_file_close_to_others(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) || (status.st_mode & 077) == 0)
        return;
    if (chmod(path, status.st_mode & 0700) == 0)
        HOST_LOG(ROOST_LOG_WARN, "file", "file was open to others, closed", RF_STR("file", path),
                 RF_INT("mode_was", status.st_mode & 0777));
    else
        HOST_LOG(ROOST_LOG_WARN, "file", "file is open to others, and is not ours to close",
                 RF_STR("file", path), RF_STR("why", strerror(errno)));
}
