/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/versions.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"

#define CURRENT "current"
#define STAGING ".staging"
#define LOCK    "lock"

static bool is_version(const char *dir, const char *name)
{
    char folder[ML_PATH_MAX], file[ML_PATH_MAX];
    struct stat info;
    return ml_version_check(name) == 0 && ml_path_join(folder, dir, name) == 0 &&
           ml_path_join(file, folder, "metadata.json") == 0 && stat(file, &info) == 0;
}

int ml_versions_current(const char *dir, struct ml_version *version)
{
    char path[ML_PATH_MAX];
    char *text;
    size_t len;
    int err = ml_path_join(path, dir, CURRENT);
    if (!err)
        err = ml_file_read(path, ROOST_VERSION_MAX + 2, &text, &len);
    if (err)
        return err == ROOST_ERR_TOO_LONG ? ROOST_ERR_INVALID : err;
    text[strcspn(text, "\r\n")] = '\0';
    err = ml_version_check(text) == 0 ? 0 : ROOST_ERR_INVALID;
    if (!err)
        memcpy(version->name, text, strlen(text) + 1);
    free(text);
    return err;
}

int ml_versions_promote(const char *dir, const char *name)
{
    char path[ML_PATH_MAX], line[ROOST_VERSION_MAX + 2];
    if (!is_version(dir, name))
        return ROOST_ERR_NOT_FOUND;
    int len = snprintf(line, sizeof line, "%s\n", name);
    int err = ml_path_join(path, dir, CURRENT);
    return err ? err : ml_file_replace(path, line, (size_t)len);
}

/* The number of "v12"; 0 for a name of another form. */
static unsigned long number_of(const char *name)
{
    char *end;
    if (name[0] != 'v' || name[1] < '1' || name[1] > '9' || strlen(name) > 9)
        return 0;
    unsigned long number = strtoul(name + 1, &end, 10);
    return *end == '\0' ? number : 0;
}

int ml_versions_compare(const char *a, const char *b)
{
    unsigned long m = number_of(a), n = number_of(b);
    return m == n ? strcmp(a, b) : m < n ? -1 : 1;
}

static int by_age(const void *a, const void *b)
{
    const struct ml_version *x = a, *y = b;
    return ml_versions_compare(x->name, y->name);
}

int ml_versions_list(const char *dir, struct ml_version *versions, size_t size)
{
    DIR *folder = opendir(dir);
    if (!folder)
        return errno == ENOENT ? ROOST_ERR_NOT_FOUND : ROOST_ERR_IO;
    size_t count = 0;
    const struct dirent *entry;
    while (count < size && (entry = readdir(folder))) {
        if (is_version(dir, entry->d_name))
            memcpy(versions[count++].name, entry->d_name, strlen(entry->d_name) + 1);
    }
    closedir(folder);
    qsort(versions, count, sizeof *versions, by_age);
    return (int)count;
}

int ml_versions_before(const char *dir, const char *name, struct ml_version *version)
{
    struct ml_version *all = calloc(ML_VERSIONS_MAX, sizeof *all);
    if (!all)
        return ROOST_ERR_NO_MEMORY;
    int count = ml_versions_list(dir, all, ML_VERSIONS_MAX);
    int older = 0;
    while (older < count && ml_versions_compare(all[older].name, name) < 0)
        older++;
    if (older > 0)
        *version = all[older - 1];
    free(all);
    return count < 0 ? count : older > 0 ? 0 : ROOST_ERR_NOT_FOUND;
}

int ml_versions_next(const char *dir, struct ml_version *version)
{
    struct ml_version *all = calloc(ML_VERSIONS_MAX, sizeof *all);
    if (!all)
        return ROOST_ERR_NO_MEMORY;
    int count = ml_versions_list(dir, all, ML_VERSIONS_MAX);
    unsigned long last = count > 0 ? number_of(all[count - 1].name) : 0;
    free(all);
    if (count < 0 && count != ROOST_ERR_NOT_FOUND)
        return count;
    snprintf(version->name, sizeof version->name, "v%lu", last + 1);
    return 0;
}

/* Only what a version consists of: a folder that holds anything else is somebody's, and rmdir
 * refuses it. */
static int remove_version(const char *folder)
{
    static const char *const files[] = {"model.pt", "metadata.json", "metadata.json.tmp"};
    char path[ML_PATH_MAX];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (ml_path_join(path, folder, files[i]) == 0 && unlink(path) != 0 && errno != ENOENT)
            return ROOST_ERR_IO;
    }
    return rmdir(folder) == 0 || errno == ENOENT ? 0 : ROOST_ERR_IO;
}

/* What a run that was cut off left there goes first. */
int ml_versions_stage(const char *dir, char *path)
{
    if (mkdir(dir, 0755) != 0 && errno != EEXIST)
        return ROOST_ERR_IO;
    int err = ml_path_join(path, dir, STAGING);
    if (!err)
        err = remove_version(path);
    if (!err && mkdir(path, 0755) != 0)
        err = errno == ENOSPC ? ROOST_ERR_NO_SPACE : ROOST_ERR_IO;
    return err;
}

/* The files are durable before the folder has the name that others look for, so that a version is
 * whole or absent after a power cut. */
int ml_versions_publish(const char *dir, const char *name)
{
    char from[ML_PATH_MAX], to[ML_PATH_MAX];
    int err = ml_path_join(from, dir, STAGING);
    if (!err)
        err = ml_file_sync(from);
    if (!err)
        err = ml_path_join(to, dir, name);
    if (err)
        return err;
    if (rename(from, to) != 0)
        return errno == EEXIST || errno == ENOTEMPTY ? ROOST_ERR_EXISTS : ROOST_ERR_IO;
    return ml_file_sync(dir);
}

int ml_versions_prune(const char *dir, size_t keep, const char *parent)
{
    struct ml_version current;
    int err = ml_versions_current(dir, &current);
    if (err)
        return err;
    struct ml_version *all = calloc(ML_VERSIONS_MAX, sizeof *all);
    if (!all)
        return ROOST_ERR_NO_MEMORY;
    int count = ml_versions_list(dir, all, ML_VERSIONS_MAX);
    int removed = 0;
    for (int i = 0; i < count && (size_t)(count - removed) > keep; i++) {
        char folder[ML_PATH_MAX];
        if (strcmp(all[i].name, current.name) == 0 || strcmp(all[i].name, parent) == 0)
            continue;
        if (ml_path_join(folder, dir, all[i].name) == 0 && remove_version(folder) == 0)
            removed++;
    }
    free(all);
    return count < 0 ? count : removed;
}

/* A lock on an open file, not a file as a lock: it ends with the process, however that ends. */
int ml_versions_lock(const char *dir)
{
    char path[ML_PATH_MAX];
    if (ml_path_join(path, dir, LOCK) != 0 || (mkdir(dir, 0755) != 0 && errno != EEXIST))
        return ROOST_ERR_IO;
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock < 0)
        return ROOST_ERR_IO;
    if (flock(lock, LOCK_EX | LOCK_NB) == 0)
        return lock;
    int err = errno == EWOULDBLOCK ? ROOST_ERR_BUSY : ROOST_ERR_IO;
    close(lock);
    return err;
}

void ml_versions_unlock(int lock)
{
    close(lock);
}
