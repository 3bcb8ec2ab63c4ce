/* SPDX-License-Identifier: Apache-2.0 */
/* A scratch folder for a test's database files. */
#ifndef ROOST_HUB_STORE_TEST_FILE_H
#define ROOST_HUB_STORE_TEST_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct test_file {
    char folder[256], path[300];
};

static inline int test_file_make(struct test_file *file, const char *name)
{
    const char *base = getenv("TMPDIR");
    snprintf(file->folder, sizeof file->folder, "%s/roost-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(file->folder))
        return -1;
    snprintf(file->path, sizeof file->path, "%s/%s", file->folder, name);
    return 0;
}

static inline void test_file_remove(const struct test_file *file)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    char path[320];
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s%s", file->path, ends[i]);
        unlink(path);
    }
    rmdir(file->folder);
}

#endif
