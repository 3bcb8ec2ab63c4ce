/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The series store on SQLite 3, in one file with its write-ahead log beside it.
 *
 *     loop thread --write()--> writer thread: one transaction a batch, fsync --uv_async--> done()
 *     loop thread --history()/newest()--> threads of their own, read-only connections --> done()
 *
 * A commit is durable against a power cut: journal_mode WAL with synchronous FULL, which syncs the
 * log at each commit (NORMAL would sync at checkpoints only and lose the last commits). Checkpoints
 * run on the writer thread after `done` was called, so no message of that batch waits for one. No
 * thread is shared with anything else: a long history holds up neither a write nor a sign-in.
 *
 * Sums for long histories are made by the writer thread in steps between writes: at the start, some
 * time after a write, or when many rows wait for it. So are retention and removals.
 *
 * loop NULL is the mode of the simulator and of pure tests: no thread and no clock are used; write,
 * retain, history and newest do their work on the calling thread at once, and their `done`
 * functions wait for series_sqlite_pump(). Commits are not synced then (they survive the end of the
 * process, not a power cut of the machine); `path` may be ":memory:".
 */
#ifndef ROOST_HUB_STORE_SERIES_SQLITE_H
#define ROOST_HUB_STORE_SERIES_SQLITE_H

#include <stddef.h>

#include "hub/store/series.h"

struct uv_loop_s;

/* Opens or creates the file and runs the migrations. On error *out is untouched and `why` (may be
 * NULL) says what is wrong: ROOST_ERR_IO, ROOST_ERR_NO_SPACE, ROOST_ERR_CORRUPT (no database of
 * ours), ROOST_ERR_UNSUPPORTED (made by a newer program). `loop` is borrowed until close. */
int series_sqlite_open(struct series *out, struct uv_loop_s *loop, const char *path, char *why,
                       size_t why_size);

/* Mode without a loop: calls the `done` functions that wait, in order, and those of the calls they
 * make; returns how many were called. */
size_t series_sqlite_pump(const struct series *series);

/* Lets the file grow to this many bytes only (0: no limit but the disk): a quota, and how tests
 * fill the disk. Takes effect with the next write. */
void series_sqlite_limit(const struct series *series, uint64_t bytes);

#endif
