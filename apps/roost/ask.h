/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the hub, as every command does it. Depends on client.h, commands.h. */
#ifndef ROOST_APPS_ROOST_ASK_H
#define ROOST_APPS_ROOST_ASK_H

#include <stddef.h>

#include "commands.h"

enum { ASK_PATH_SIZE = 512, ASK_WORD_SIZE = 3 * 128 + 1 /* a word of 128 bytes, encoded */ };

/* What is allowed as a device's id when this is none; NULL: it is one. Nothing is asked in the name
 * of one that no device can have. */
const char *ask_refuse_id(const char *id);

/* Signed in where the options say. */
struct client *ask_client(struct arguments *a);

/* GETs and prints: with --json the answer as it came. Returns the exit status. */
int ask_get(struct arguments *a, const char *path, void (*print)(const struct roost_json *doc));

/* False, after a line on stderr, when both --json and --csv are asked for: the exit status is 2. */
bool ask_one_form(const struct arguments *a);

/* Whatever is not plain becomes %XX, for a path or a query; what does not fit is left out. */
const char *ask_encode(const char *text, char *out, size_t size);

/* "/api/v1/devices/ID" and what follows, into a path of ASK_PATH_SIZE. */
const char *ask_device_path(const struct arguments *a, const char *rest, char *out);

#endif
