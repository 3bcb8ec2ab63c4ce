/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/test/folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ml/file.h"

char *test_folder_make(void)
{
    const char *base = getenv("TMPDIR");
    char *folder = malloc(ML_PATH_MAX);
    if (!folder)
        return NULL;
    snprintf(folder, ML_PATH_MAX, "%s/roost-ml-XXXXXX", base ? base : "/tmp");
    if (mkdtemp(folder))
        return folder;
    free(folder);
    return NULL;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info;
    (void)type;
    (void)place;
    return remove(path);
}

void test_folder_remove(char *folder)
{
    if (folder)
        nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

int test_copy(const char *from, const char *to)
{
    char *data;
    size_t len;
    if (ml_file_read(from, 1 << 20, &data, &len) != 0)
        return -1;
    int err = ml_file_replace(to, data, len);
    free(data);
    return err;
}

static int copy_version(const char *folder, const char *name)
{
    static const char *const files[] = {"model.pt", "metadata.json"};
    char from[ML_PATH_MAX], to[ML_PATH_MAX], file[ML_PATH_MAX];
    if (ml_path_join(to, folder, name) != 0 || mkdir(to, 0755) != 0)
        return -1;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(file, sizeof file, "%s/%s", name, files[i]);
        if (ml_path_join(from, ML_SHIPPED_MODELS, file) != 0 ||
            ml_path_join(to, folder, file) != 0 || test_copy(from, to) != 0)
            return -1;
    }
    return ml_versions_promote(folder, name);
}

char *test_models_make(struct ml_version *version)
{
    char *folder = test_folder_make();
    if (!folder || ml_versions_current(ML_SHIPPED_MODELS, version) != 0 ||
        copy_version(folder, version->name) != 0) {
        test_folder_remove(folder);
        return NULL;
    }
    return folder;
}
