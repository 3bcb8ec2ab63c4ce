/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry on SQLite 3 (WAL, synchronous FULL: what a call returned 0 for survives a power
 * cut). One connection, used by the calling thread only; each call is one short transaction.
 */
#ifndef ROOST_HUB_STORE_REGISTRY_SQLITE_H
#define ROOST_HUB_STORE_REGISTRY_SQLITE_H

#include <stddef.h>

#include "hub/store/registry.h"

/* Opens or creates the file (":memory:" for tests) and runs the migrations. On error *out is
 * untouched and `why` (may be NULL) says what is wrong: ROOST_ERR_IO, ROOST_ERR_NO_SPACE,
 * ROOST_ERR_CORRUPT (no database of ours), ROOST_ERR_UNSUPPORTED (made by a newer program). */
int registry_sqlite_open(struct registry *out, const char *path, char *why, size_t why_size);

/* Lets the file grow to this many bytes only (0: no limit but the disk). */
void registry_sqlite_limit(const struct registry *registry, uint64_t bytes);

#endif
