/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking at a store's file from beside it, without changing it: for roostd --check, which leaves
 * nothing behind, and for readiness, which tries what a write needs. Both block: never on the loop.
 * Depends on sqlite3, host/file.h.
 *
 *     err = sqlite_try_registry("roost.db", why, sizeof why);
 *     err = sqlite_try_write("roost.db", why, sizeof why);
 */
#ifndef ROOST_HUB_STORE_SQLITE_TRY_H
#define ROOST_HUB_STORE_SQLITE_TRY_H

#include <stddef.h>

/* Whether a hub could open it: it is a registry's (a series', a charging) file of this program's
 * schema or an older one, or could be made there. A database that is brought to a newer schema by
 * an open stays as it is. Returns 0 or what sqlite_db_migrate and file_try say, with `why` in one
 * line. */
int sqlite_try_registry(const char *path, char *why, size_t why_size);
int sqlite_try_series(const char *path, char *why, size_t why_size);
int sqlite_try_charging(const char *path, char *why, size_t why_size);
int sqlite_try_sites(const char *path, char *why, size_t why_size); /* beside the charging file */
int sqlite_try_money(const char *path, char *why, size_t why_size); /* likewise */

/* Whether the file is there, takes the lock of a writer, which is given back at once, and its
 * folder's medium takes a block. Waits SQLITE_TRY_MS for another writer at most: ROOST_ERR_BUSY. */
enum { SQLITE_TRY_MS = 4000 };
int sqlite_try_write(const char *path, char *why, size_t why_size);

#endif
