/* SPDX-License-Identifier: Apache-2.0 */
#include "passwords.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"

enum { PATH_SIZE = 4096 };

static int say(char *why, size_t size, int err, const char *what, const char *text)
{
    snprintf(why, size, "%s: %s", what, text);
    return err;
}

/* Such as would make two lines of one, or a user of a hash. */
static bool is_safe(const char *text, bool user)
{
    for (const char *c = text; *c; c++)
        if (*c <= ' ' || *c > '~' || (user && (*c == ':' || *c == '#')))
            return false;
    return text[0] != '\0';
}

static int by_user(const void *a, const void *b)
{
    return strcmp(((const struct password_line *)a)->user, ((const struct password_line *)b)->user);
}

/* Copies the lines whose user is not in the sorted list. */
static bool copy_others(FILE *in, FILE *out, const struct password_line *sorted, size_t count)
{
    struct password_line key;
    char *line = NULL;
    size_t size = 0;
    bool ended = true;

    for (ssize_t n; (n = getline(&line, &size, in)) > 0;) {
        size_t len = strcspn(line, ":");
        bool ours = len < sizeof key.user && line[len] == ':';
        if (ours) {
            memcpy(key.user, line, len);
            key.user[len] = '\0';
            ours = bsearch(&key, sorted, count, sizeof key, by_user) != NULL;
        }
        if (ours)
            continue;
        fwrite(line, 1, (size_t)n, out);
        ended = line[n - 1] == '\n';
    }
    free(line);
    if (!ended)
        fputc('\n', out);
    return !ferror(in) && !ferror(out);
}

/* The new file under another name, on the disk. */
static bool write_draft(const char *path, const char *draft, const struct password_line *sorted,
                        size_t count)
{
    struct stat old;
    FILE *in = fopen(path, "re");
    int fd =
        !in && errno != ENOENT ? -1 : open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    bool good = out != NULL;

    if (good && in && fstat(fileno(in), &old) == 0)
        good = (fchown(fd, old.st_uid, old.st_gid) == 0 || old.st_uid == geteuid()) &&
               fchmod(fd, old.st_mode & 07777) == 0;
    if (good && in)
        good = copy_others(in, out, sorted, count);
    for (size_t i = 0; good && i < count; i++)
        good = fprintf(out, "%s:%s\n", sorted[i].user, sorted[i].hash) > 0;
    good = good && fflush(out) == 0 && fsync(fd) == 0;
    if (in)
        fclose(in);
    if (out)
        good = fclose(out) == 0 && good;
    else if (fd >= 0)
        close(fd);
    return good;
}

int passwords_put(const char *path, const struct password_line *lines, size_t count, char *why,
                  size_t why_size)
{
    char draft[PATH_SIZE];

    for (size_t i = 0; i < count; i++)
        if (!is_safe(lines[i].user, true) || !is_safe(lines[i].hash, false))
            return say(why, why_size, ROOST_ERR_INVALID, lines[i].user,
                       "user or hash does not go into a password file");
    int len = snprintf(draft, sizeof draft, "%s.%ld", path, (long)getpid());
    struct password_line *sorted = malloc((count + 1) * sizeof *sorted);
    if (!sorted || len < 0 || (size_t)len >= sizeof draft) {
        free(sorted);
        return say(why, why_size, ROOST_ERR_NO_MEMORY, path, "out of memory, or too long a path");
    }
    memcpy(sorted, lines, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_user);
    errno = 0;
    bool good = write_draft(path, draft, sorted, count) && rename(draft, path) == 0;
    int reason = errno;
    free(sorted);
    if (good)
        return 0;
    unlink(draft);
    return say(why, why_size, ROOST_ERR_IO, path,
               reason ? strerror(reason) : "could not be written");
}
