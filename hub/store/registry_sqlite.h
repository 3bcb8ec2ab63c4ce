/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry on SQLite 3 (WAL, synchronous FULL: what was answered with 0 survives a power cut).
 *
 *     loop thread --ask()--> queue --round--> its thread: one transaction, fsync --> done() of all
 *
 * A round is everything that waits when the one before is over; its requests have a savepoint each,
 * so that one that fails undoes no other. When the transaction as a whole fails, on a full disk,
 * each is tried alone. While another program holds the file's lock, the writes stay in the queue
 * and are tried every REGISTRY_RETRY_MS until they are given up.
 *
 * loop NULL is the mode of tools and of pure tests: no thread is used. Requests are worked on by
 * the call that asks or by `wait`, and answered by `wait`.
 */
#ifndef ROOST_HUB_STORE_REGISTRY_SQLITE_H
#define ROOST_HUB_STORE_REGISTRY_SQLITE_H

#include <stddef.h>

#include "hub/store/registry.h"

enum { REGISTRY_RETRY_MS = 20 };

struct uv_loop_s;

/* Opens or creates the file (":memory:" for tests) and runs the migrations, blocking. On error *out
 * is untouched and `why` (may be NULL) says what is wrong: ROOST_ERR_IO, ROOST_ERR_NO_SPACE,
 * ROOST_ERR_CORRUPT (no database of ours), ROOST_ERR_UNSUPPORTED (made by a newer program). `loop`
 * is borrowed until close. */
int registry_sqlite_open(struct registry *out, struct uv_loop_s *loop, const char *path, char *why,
                         size_t why_size);

/* Lets the file grow to this many bytes only (0: no limit but the disk). Takes effect with the next
 * round. */
void registry_sqlite_limit(const struct registry *registry, uint64_t bytes);

#endif
