/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A confined process that turns what it reads into what it writes: no sockets, no new privileges,
 * no files, little memory and time, no core, an empty environment, and no file of ours. Depends on
 * Linux.
 *
 *     helper_start(&helper, "/usr/bin/espeak-ng", argv);
 *     helper_say(&helper, text, len);           // whole, then its input ends
 *     while ((n = helper_read(&helper, bytes, sizeof bytes, timeout_ms)) > 0) ...
 *     helper_stop(&helper);
 */
#ifndef ROOST_HUB_SPEECH_HELPER_H
#define ROOST_HUB_SPEECH_HELPER_H

#include <stddef.h>
#include <sys/types.h>

enum {
    HELPER_CPU_S = 10,
    HELPER_MEMORY_MB = 512, /* of addresses */
    HELPER_FILES = 64,
};

/* pid 0: none. */
struct helper {
    pid_t pid;
    int in, out;
};

/* argv as execve takes it; argv[0] is the path. Any thread. Returns 0, ROOST_ERR_NOT_FOUND,
 * ROOST_ERR_NO_MEMORY or ROOST_ERR_IO. */
int helper_start(struct helper *helper, char *const argv[]);

/* Returns 0 or ROOST_ERR_CLOSED (it has ended). At most 64 KB: more would wait for it to read. */
int helper_say(struct helper *helper, const char *text, size_t len);

/* Returns bytes, 0 at the end, ROOST_ERR_TIMEOUT or ROOST_ERR_IO. */
int helper_read(struct helper *helper, void *bytes, size_t size, int timeout_ms);

/* Ends it if it has not ended. Returns its exit status, or -1 when a signal ended it. */
int helper_stop(struct helper *helper);

#endif
