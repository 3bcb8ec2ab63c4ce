/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sign-ins of the command line: a file of mode 0600 with the tokens of each hub, the default
 * one first. That is where the last sign-in was; --hub picks another. A file of one hub, as earlier
 * versions wrote it, is read as it stands. Depends on core/json_*.h, host/file.h.
 *
 *     {"hub":"http://a","access_token":"...","refresh_token":"...",
 *      "others":[{"hub":"http://b","access_token":"...","refresh_token":"..."}]}
 */
#ifndef ROOST_APPS_ROOST_SESSION_H
#define ROOST_APPS_ROOST_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "host/why.h"

enum { SESSION_HUBS_MAX = 16, SESSION_PATH_MAX = 512, SESSION_HUB_MAX = 255 };

struct session_hub {
    char hub[SESSION_HUB_MAX + 1]; /* "http://127.0.0.1:8080", without a slash at its end */
    char access[1024], refresh[256];
};

struct session {
    struct session_hub hubs[SESSION_HUBS_MAX];
    size_t count;
};

/* ROOST_SESSION, else $XDG_CONFIG_HOME or ~/.config + /roost/session.json. */
void session_path(char *out, size_t size);

/* A file that is missing or holds no session gives one without hubs. */
void session_read(const char *path, struct session *session);

/* Replaces the file at once; without hubs it is removed. Makes the folders that are missing. */
int session_write(const char *path, const struct session *session, struct why *why);

/* NULL when there was no sign-in at this hub; a slash at the end makes no difference. */
struct session_hub *session_find(struct session *session, const char *hub);

/* The entry of a hub, a new one when there is none: the oldest gives way when SESSION_HUBS_MAX are
 * there. `make_default` puts it first. */
struct session_hub *session_put(struct session *session, const char *hub, bool make_default);
void session_remove(struct session *session, const char *hub);

#endif
