/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are their owner's alone: the databases with what SQLite keeps beside them, and keys.
 * Depends on POSIX, host/log.h.
 */
#ifndef ROOST_HOST_PRIVATE_FILE_H
#define ROOST_HOST_PRIVATE_FILE_H

enum { PRIVATE_FILE_MODE = 0600 };

/* Makes an empty file of mode 0600 where there is none. Whatever hinders that shows when the file
 * is opened for its use. */
void private_file_make(const char *path);

/* Takes the rights of group and others from a file that is there, and says so in the log. */
void private_file_close_to_others(const char *path);

#endif
