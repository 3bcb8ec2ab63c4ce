/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of model versions:
 *
 *     DIR/v1/model.pt  DIR/v1/metadata.json      a version, never changed once it is there
 *     DIR/v2/...
 *     DIR/current                                one line: the version that serves
 *     DIR/labels.jsonl                           what hands set (ml/labels.h)
 *     DIR/lock                                   held by whoever makes or removes versions
 *
 * A version appears whole by a rename, `current` is replaced by a rename, so that a reader at any
 * moment, and after a power cut, finds a usable state. POSIX. Depends on ml/file.h, ml/metadata.h.
 */
#ifndef ROOST_ML_VERSIONS_H
#define ROOST_ML_VERSIONS_H

#include <stddef.h>

#include "ml/metadata.h"

enum { ML_VERSIONS_MAX = 1000, ML_VERSIONS_KEEP = 10 };

struct ml_version {
    char name[ROOST_VERSION_MAX + 1];
};

/* Which version serves. Returns 0, ROOST_ERR_NOT_FOUND (no folder or no `current`),
 * ROOST_ERR_INVALID (it does not hold a version's name), ROOST_ERR_IO. */
int ml_versions_current(const char *dir, struct ml_version *version);

/* Makes an existing version the one that serves. ROOST_ERR_NOT_FOUND when it is not there. */
int ml_versions_promote(const char *dir, const char *name);

/* Below 0 when `a` is the older: v2 before v10, other names by alphabet before those. */
int ml_versions_compare(const char *a, const char *b);

/* Fills `versions`, the oldest first. Returns their number, or an error. */
int ml_versions_list(const char *dir, struct ml_version *versions, size_t size);

/* The newest version that is older than `name`. ROOST_ERR_NOT_FOUND when there is none. */
int ml_versions_before(const char *dir, const char *name, struct ml_version *version);

/* One above the highest number so far: "v7". */
int ml_versions_next(const char *dir, struct ml_version *version);

/* A new version is written into a staging folder (made here, its path goes to `path`, ML_PATH_MAX)
 * and then published under its name. What an earlier, interrupted attempt left is removed. */
int ml_versions_stage(const char *dir, char *path);
int ml_versions_publish(const char *dir, const char *name);

/* Removes the oldest versions beyond `keep`, never the current one or its parent `parent`. Returns
 * how many were removed. */
int ml_versions_prune(const char *dir, size_t keep, const char *parent);

/* Exclusive among processes, released when the process ends. Returns a descriptor to be given to
 * ml_versions_unlock, ROOST_ERR_BUSY when another process holds it, or ROOST_ERR_IO. */
int ml_versions_lock(const char *dir);
void ml_versions_unlock(int lock);

#endif
