/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One hub owns its files: two on the same ones would each take the broker's messages for their own,
 * and a reading would be stored twice. A lock on a file of its own beside the database, by the
 * database's real path, so that no link to it is another file; it carries the owner's process id.
 * The system gives it back however the process ends. SQLite's own locks are not touched, so that
 * tools and --check use the database meanwhile. Depends on POSIX, core/err.h.
 *
 *     int lock;
 *     err = owner_take(&lock, "/var/lib/roost/roost.db", why, sizeof why);
 *     ...                                       /var/lib/roost/roost.db.lock holds "1234"
 *     owner_release(lock);
 */
#ifndef ROOST_HUB_STORE_OWNER_H
#define ROOST_HUB_STORE_OWNER_H

#include <stddef.h>

enum { OWNER_NONE = -1 };

/* Makes an empty database file where there is none. *lock is OWNER_NONE after an error, and for
 * ":memory:", which is nobody else's. Returns 0; ROOST_ERR_BUSY: another process owns it, `why`
 * says which; ROOST_ERR_IO, ROOST_ERR_NO_SPACE or ROOST_ERR_TOO_LONG, said likewise. */
int owner_take(int *lock, const char *path, char *why, size_t why_size);
void owner_release(int lock); /* the file stays: removing it would let two have "the" lock */

#endif
