/* SPDX-License-Identifier: Apache-2.0 */
/* Open files: how many HTTP may have, so that store, broker and files always get theirs. */
#ifndef ROOSTD_FILES_H
#define ROOSTD_FILES_H

#include <stdint.h>

/* Descriptors that connections never get: about 25 are in use when all is well, the rest is for
 * files that are read, look-ups, and the moment in which a connection is turned away. */
enum { FILES_RESERVE = 64, FILES_CONNECTIONS_MIN = 8 };

/* Of the connections that are wanted, how many fit under a limit of open files. */
uint32_t files_fit(uint64_t limit, uint32_t wanted);

/* Raises the soft limit to the hard one, and says what fits; logs a warning when it is less than
 * what is wanted. */
uint32_t files_take(uint32_t wanted);

#endif
