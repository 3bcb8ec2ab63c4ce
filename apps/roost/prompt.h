/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where passwords and children's names come from: the first line of a file, else the terminal,
 * which does not show passwords, else a line of standard input. Never the command line, which every
 * user of the machine can read.
 * Depends on POSIX, host/why.h.
 */
#ifndef ROOST_APPS_ROOST_PROMPT_H
#define ROOST_APPS_ROOST_PROMPT_H

#include <stddef.h>

#include "host/why.h"

enum { PASSWORD_SIZE = 512 };

/* option: the name of `file`'s option, for messages; what: "Password". */
int prompt_password(const char *option, const char *file, const char *what, char *out, size_t size,
                    struct why *why);

/* As prompt_password; from a terminal it is asked for twice. */
int prompt_new_password(const char *option, const char *file, const char *what, char *out,
                        size_t size, struct why *why);

/* What is no password, and may be seen while it is typed. */
int prompt_line(const char *option, const char *file, const char *what, char *out, size_t size,
                struct why *why);

#endif
