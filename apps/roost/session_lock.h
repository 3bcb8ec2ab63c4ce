/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call of the command line at a time renews the sign-in: a refresh token is good once, and
 * calls that run at once would each use the one they read. Whoever has the lock reads the session
 * again before it asks. The lock is a file beside the session's, kept by the system for as long as
 * the process lives. Depends on POSIX.
 */
#ifndef ROOST_APPS_ROOST_SESSION_LOCK_H
#define ROOST_APPS_ROOST_SESSION_LOCK_H

enum { SESSION_LOCK_WAIT_MS = 90 * 1000 }; /* longer than a request of whoever has it */

/* The folder is there: a session was read from it. Returns what to unlock, or -1 where it cannot be
 * had in time or at all: then the call goes on alone. */
int session_lock(const char *session_path);
void session_unlock(int lock);

#endif
