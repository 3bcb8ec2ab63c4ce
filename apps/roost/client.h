/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The REST client of the command line: one signed-in session, kept in a file of mode 0600
 * (ROOST_SESSION, else $XDG_CONFIG_HOME or ~/.config + /roost/session.json). An expired access
 * token is refreshed once and the request repeated. Depends on libcurl, core/json_*.h.
 */
#ifndef ROOST_APPS_ROOST_CLIENT_H
#define ROOST_APPS_ROOST_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/json_read.h"

struct client {
    char hub[256];  /* "http://127.0.0.1:8080" */
    char path[512]; /* of the session file */
    char access[1024], refresh[256];
    const char *ca; /* PEM file or NULL: the system's */
};

/* An answer; free with reply_free. */
struct reply {
    long status;
    char *text;
    size_t len;
    struct roost_json doc;
    struct roost_json_token *tokens;
};

/* Reads the session if there is one; hub NULL: the session's, else http://127.0.0.1:8080. */
void client_init(struct client *client, const char *hub, const char *ca);

/* body NULL: none. On failure a line that says what happened, to which URL and what to do went to
 * stderr, and the result is false. Success is a status below 300. */
bool client_call(struct client *client, const char *method, const char *path, const char *body,
                 struct reply *reply);
void reply_free(struct reply *reply);

bool client_login(struct client *client, const char *email, const char *password);
bool client_logout(struct client *client);

/* A copy of one JSON text as an answer, for what a stream brings. False when it is none. */
bool reply_of_text(struct reply *reply, const char *text);

/* Calls line() for each line of an event stream until line() returns false, or it ends, or
 * timeout_ms have passed. 0: no limit, and one that ended, as with the access token, is opened
 * again. False after a line on stderr: it could not be had, or it broke. */
bool client_stream(struct client *client, const char *path, long timeout_ms,
                   bool (*line)(void *ctx, const char *text), void *ctx);

#endif
